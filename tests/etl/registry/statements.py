"""SELECTs that use, between them, all that a transform may use; each with its windows. They are no datasets."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Statement:
    """`month` is None for a SELECT that is run once for all months."""

    sql: str
    month: str | None = "2026-04"
    windows: dict[str, str] = field(default_factory=dict)


STATEMENTS = {
    "local days at the edges of months": Statement(
        "SELECT period, strftime(on_day, '%Y-%m-%d') AS day, count(*) AS n FROM account_event"
        " GROUP BY period, strftime(on_day, '%Y-%m-%d')"
    ),
    "days between dates and between instants": Statement(
        "SELECT sum(date_diff('day', requested_on, answered_on)) AS local,"
        " sum(date_diff('day', requested_at, answered_at)) AS utc,"
        " sum(date_diff('day', answered_at, requested_at)) AS back, count(answered_at) AS answered FROM consent_request"
    ),
    "intervals, at the ends of months too": Statement(
        "SELECT block.factor, sum(CASE WHEN calendar.last_day > started_on + INTERVAL 2 MONTH THEN 1 ELSE 0 END) AS late,"
        " sum(CASE WHEN cured_on <= CAST(started_on + INTERVAL 5 DAY AS DATE) THEN 1 ELSE 0 END) AS soon,"
        " sum(CASE WHEN cured_on - 5 > started_on THEN 1 ELSE 0 END) AS slow"
        " FROM block CROSS JOIN calendar GROUP BY block.factor"
    ),
    "instants compared": Statement(
        "SELECT answer, sum(CASE WHEN answered_at <= requested_at + INTERVAL 4 HOUR THEN 1 ELSE 0 END) AS quick,"
        " sum(CASE WHEN requested_at >= CAST('2026-04-10 00:00:00' AS TIMESTAMP) THEN 1 ELSE 0 END) AS later"
        " FROM consent_request GROUP BY answer"
    ),
    "days of the week": Statement(
        "SELECT date_diff('day', DATE '2024-01-01', started_on) % 7 AS weekday, count(*) AS n FROM service"
        " GROUP BY date_diff('day', DATE '2024-01-01', started_on) % 7"
    ),
    "distinct counts": Statement(
        "SELECT organisation_id, count(DISTINCT policy_id) AS patients, count(DISTINCT channel) AS channels,"
        " count(channel) AS named, count(*) AS services FROM service GROUP BY organisation_id"
    ),
    "sums of cases, of nothing, of large numbers": Statement(
        "SELECT funding, sum(CASE WHEN verification <> 'none' THEN tariff_kzt ELSE 0 END) AS kzt,"
        " sum(CASE WHEN person_sex = 'no such' THEN 1 END) AS nothing, coalesce(sum(act_id), 0) AS large"
        " FROM service GROUP BY funding"
    ),
    "filtered aggregates": Statement(
        "SELECT count(*) FILTER (WHERE also_paid_by_voluntary) AS twice, sum(tariff_kzt) FILTER (WHERE channel IS NULL)"
        " AS unseen FROM service"
    ),
    "joins, outer and over unequal days": Statement(
        "SELECT o.region, count(DISTINCT b.block_id) AS blocks, count(t.amount_kzt) AS debts, count(*) AS rows_of_it"
        " FROM organisation AS o LEFT JOIN block AS b ON b.organisation_id = o.organisation_id"
        " LEFT JOIN tax_debt AS t ON t.organisation_id = o.organisation_id AND t.from_on <= b.started_on"
        " AND (t.to_on IS NULL OR t.to_on > b.started_on) GROUP BY o.region"
    ),
    "full and right joins": Statement(
        "SELECT coalesce(a.contract_id, c.contract_id) AS contract, count(a.act_id) AS acts, count(p.payment_id) AS paid"
        " FROM act AS a FULL JOIN contract AS c ON c.contract_id = a.contract_id"
        " RIGHT JOIN payment AS p ON p.act_id = a.act_id GROUP BY coalesce(a.contract_id, c.contract_id)"
    ),
    "a join of a table with itself": Statement(
        "SELECT count(*) AS pairs FROM service AS a JOIN service AS b ON b.policy_id = a.policy_id"
        " AND b.service_id > a.service_id AND b.started_on < a.ended_on"
    ),
    "rows that exist elsewhere": Statement(
        "SELECT count(*) AS n FROM policy WHERE policy_id IN (SELECT s.policy_id FROM service AS s)"
        " AND NOT EXISTS (SELECT 1 FROM drug_issue AS d WHERE d.policy_id = policy.policy_id)"
        " AND policy_id NOT IN (SELECT e.policy_id FROM account_event AS e WHERE e.kind = 'close')"
    ),
    "rows that exist elsewhere, or not": Statement(
        "SELECT count(*) AS n FROM policy WHERE limit_kzt > 100"
        " OR EXISTS (SELECT 1 FROM service AS s WHERE s.policy_id = policy.policy_id AND s.started_on > policy.issued_on)"
    ),
    "window functions, with nulls and ties": Statement(
        "WITH placed AS (SELECT kind, row_number() OVER (PARTITION BY kind ORDER BY order_id DESC, event_id) AS place,"
        " rank() OVER (PARTITION BY kind ORDER BY order_id) AS rank_,"
        " dense_rank() OVER (ORDER BY order_id DESC NULLS FIRST) AS dense,"
        " lag(order_id) OVER (PARTITION BY kind ORDER BY event_id) AS before,"
        " lead(order_id, 2) OVER (ORDER BY event_id DESC) AS after,"
        " count(*) OVER (PARTITION BY kind) AS size,"
        " max(event_id) OVER (ORDER BY event_id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS near,"
        " sum(event_id) OVER (PARTITION BY kind ORDER BY event_id) AS running"
        " FROM account_event)"
        " SELECT kind, sum(place * rank_) AS a, sum(dense) AS b, sum(before) AS c, sum(after) AS d, max(size) AS e,"
        " sum(running) AS f, sum(near) AS g FROM placed GROUP BY kind"
    ),
    "order of letters": Statement(
        "SELECT min(service_code) AS first, max(service_code) AS last, count(DISTINCT service_code) AS codes,"
        " sum(CASE WHEN service_code < 'a' THEN 1 ELSE 0 END) AS before_a,"
        " sum(CASE WHEN service_code > 'SCR-BREAST' THEN 1 ELSE 0 END) AS after_breast FROM service"
    ),
    "order of letters in windows": Statement(
        "WITH placed AS (SELECT service_code, service_id, row_number() OVER (ORDER BY service_code DESC, service_id) AS place"
        " FROM service) SELECT service_code, min(place) AS first_place FROM placed GROUP BY service_code"
    ),
    "texts": Statement(
        "SELECT substr(service_code, 1, 3) || '/' || kind_of_care AS code, length(service_code) AS letters,"
        " replace(service_code, '-', '') AS plain, sum(CASE WHEN service_code LIKE 'SCR_%' THEN 1 ELSE 0 END) AS screenings"
        " FROM service GROUP BY substr(service_code, 1, 3) || '/' || kind_of_care, length(service_code),"
        " replace(service_code, '-', '')"
    ),
    "nulls among keys and in conditions": Statement(
        "SELECT coalesce(channel, 'none') AS channel, CASE WHEN act_id IS NULL THEN 'no' ELSE 'yes' END AS act,"
        " sum(CASE WHEN person_died_on IS NOT NULL AND NOT started_on > person_died_on THEN 1 ELSE 0 END) AS alive,"
        " sum(CASE WHEN channel IS DISTINCT FROM 'kaspi' THEN 1 ELSE 0 END) AS others,"
        " sum(CASE WHEN channel IS NOT DISTINCT FROM 'halyk' THEN 1 ELSE 0 END) AS halyk,"
        " sum(CASE WHEN channel NOT IN ('kaspi', 'halyk') THEN 1 ELSE 0 END) AS elsewhere, count(*) AS n"
        " FROM service GROUP BY channel, CASE WHEN act_id IS NULL THEN 'no' ELSE 'yes' END"
    ),
    "conditions": Statement(
        "SELECT CASE kind WHEN 'dialysis' THEN 'd' WHEN 'blood' THEN 'b' ELSE 'o' END AS k,"
        " count(CASE WHEN licensed AND NOT (photos_on IS NULL) THEN 1 END) AS shown,"
        " count(CASE WHEN licensed = FALSE OR photos_on BETWEEN DATE '2026-03-01' AND DATE '2026-04-15' THEN 1 END) AS n"
        " FROM site JOIN organisation ON organisation.organisation_id = site.organisation_id"
        " GROUP BY CASE kind WHEN 'dialysis' THEN 'd' WHEN 'blood' THEN 'b' ELSE 'o' END HAVING count(*) > 1"
    ),
    "whole numbers": Statement(
        "SELECT contract_id % 7 AS rest, sum(amount_kzt // 1000) AS thousands, sum(abs(advance_offset_kzt - amount_kzt))"
        " AS gap, max(greatest(volume, verified_volume)) AS most, min(least(volume, 5)) AS least_,"
        " sum(nullif(volume, 7)) AS others, sum((advance_offset_kzt - amount_kzt) // 1000) AS below,"
        " sum(-contract_id % 7) AS negative FROM act GROUP BY contract_id % 7"
    ),
    "unions and the rest of set operations": Statement(
        "WITH places AS (SELECT region, 'site' AS what, count(*) AS n, CAST(NULL AS DATE) AS day FROM site GROUP BY region"
        " UNION ALL SELECT region, 'clinic' AS what, count(*) AS n, max(agreement_on) AS day FROM organisation"
        " GROUP BY region), few AS (SELECT region FROM site EXCEPT SELECT region FROM organisation WHERE kind = 'blood'),"
        " others AS (SELECT region FROM site INTERSECT SELECT region FROM organisation)"
        " SELECT places.region, places.what, sum(places.n) AS n, count(places.day) AS days, count(few.region) AS in_some,"
        " count(others.region) AS in_others FROM places LEFT JOIN few ON few.region = places.region"
        " LEFT JOIN others ON others.region = places.region GROUP BY places.region, places.what"
        " UNION SELECT 'all' AS region, 'none' AS what, 0 AS n, 0 AS days, 0 AS in_some, 0 AS in_others"
    ),
    "distinct rows": Statement(
        "SELECT region, count(*) AS kinds FROM (SELECT DISTINCT region, kind FROM organisation) AS d GROUP BY region"
    ),
    "a crossing with literal rows": Statement(
        "SELECT region, answer.name, sum(CASE WHEN kind = answer.name THEN 1 ELSE 0 END) AS n FROM organisation"
        " CROSS JOIN (SELECT 'blood' AS name UNION ALL SELECT 'dialysis' AS name) AS answer GROUP BY region, answer.name"
    ),
    "no rows at all": Statement("SELECT count(*) AS n, sum(categories) AS s, max(period) AS p FROM bank_request"),
    "the month and the one before": Statement(
        "SELECT service.period, calendar.period AS month, count(*) AS n FROM service CROSS JOIN calendar"
        " GROUP BY service.period, calendar.period",
        windows={"service": "previous"},
    ),
    "the month before the first": Statement(
        "SELECT period, count(*) AS n FROM service GROUP BY period", month="2026-03", windows={"service": "previous"}
    ),
    "months until now": Statement(
        "SELECT policy.period, count(*) AS n, count(DISTINCT service.policy_id) AS seen FROM policy"
        " LEFT JOIN service ON service.policy_id = policy.policy_id GROUP BY policy.period",
        month="2026-05",
        windows={"policy": "through"},
    ),
    "all months, once": Statement(
        "SELECT calendar.period, count(act.act_id) AS acts, count(payment.payment_id) AS payments,"
        " date_diff('day', calendar.last_day, calendar.as_of) AS left_days FROM calendar"
        " LEFT JOIN act ON act.period = calendar.period"
        " LEFT JOIN payment ON payment.act_id = act.act_id AND payment.period >= calendar.period"
        " GROUP BY calendar.period, date_diff('day', calendar.last_day, calendar.as_of)",
        month=None,
        windows={"act": "all", "payment": "all"},
    ),
    "registers only": Statement(
        "SELECT region, ownership, count(*) AS n FROM organisation GROUP BY 1, 2 ORDER BY region", month=None
    ),
    "names that are words of SQL": Statement(
        "SELECT kind AS kind, count(*) AS n FROM account_event WHERE \"at\" >= CAST('2026-04-02 00:00:00' AS TIMESTAMP)"
        " AND \"at\" < CAST('2026-04-28 00:00:00' AS TIMESTAMP) GROUP BY kind"
    ),
}
