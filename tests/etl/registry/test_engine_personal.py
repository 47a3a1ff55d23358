"""No person's data come out of a SELECT: planted violations are found through every detour, honest counts are let be."""

import pytest

from etl.registry.contract import TABLES
from etl.registry.engine.personal import personal_faults
from etl.registry.engine.select import read_select

IN_OUTPUT, IN_ROWS = "lets personal data out", "rows about single persons"

AGE = "CASE WHEN person_born_year < 1960 THEN 'old' ELSE 'young' END"
PLANTED = {
    "a pseudonym": ("SELECT policy_id FROM service", IN_OUTPUT),
    "a pseudonym under another name": (
        "SELECT policy_id AS region, count(*) AS n FROM service GROUP BY policy_id",
        IN_OUTPUT,
    ),
    "a pseudonym in a text": (
        "SELECT 'p' || substr(CAST(person AS VARCHAR), 1, 3) AS code, count(*) AS n FROM policy"
        " GROUP BY 'p' || substr(CAST(person AS VARCHAR), 1, 3)",
        IN_OUTPUT,
    ),
    "arithmetic on a pseudonym": ("SELECT sum(policy_id % 10) AS n FROM service", IN_OUTPUT),
    "the least pseudonym": ("SELECT min(policy_id) AS n FROM service", IN_OUTPUT),
    "the greatest, made safe": ("SELECT coalesce(max(policy_id), 0) AS n FROM service", IN_OUTPUT),
    "the greatest of some": (
        "SELECT period, max(policy_id) FILTER (WHERE person_sex = 'male') AS n FROM service GROUP BY period",
        IN_OUTPUT,
    ),
    "the greatest over a window": (
        "SELECT max(policy_id) OVER () AS n, count(*) AS m FROM service GROUP BY policy_id",
        IN_OUTPUT,
    ),
    "a sum of years of birth": ("SELECT sum(person_born_year) AS n FROM service", IN_OUTPUT),
    "a sum of years of birth of some": (
        "SELECT period, sum(CASE WHEN person_sex = 'male' THEN person_born_year ELSE 0 END) AS n FROM service"
        " GROUP BY period",
        IN_OUTPUT,
    ),
    "a pseudonym out of a case": (
        "SELECT period, sum(CASE policy_id WHEN 5 THEN policy_id ELSE 0 END) AS n FROM service GROUP BY period",
        IN_OUTPUT,
    ),
    "a month of death": (
        "SELECT strftime(person_died_on, '%Y-%m') AS month, count(*) AS n FROM service"
        " GROUP BY strftime(person_died_on, '%Y-%m')",
        IN_OUTPUT,
    ),
    "a class of ages": (f"SELECT {AGE} AS age, count(*) AS n FROM service GROUP BY {AGE}", IN_OUTPUT),
    "whether anybody died": (
        "SELECT period, max(CASE WHEN person_died_on IS NULL THEN 0 ELSE 1 END) AS n FROM service GROUP BY period",
        IN_OUTPUT,
    ),
    "the greatest of a class": ("SELECT max(payer_category) AS code FROM policy", IN_OUTPUT),
    "an attachment": ("SELECT organisation_id, count(*) AS n FROM policy GROUP BY organisation_id", IN_OUTPUT),
    "the key of a service": ("SELECT max(service_id) AS n FROM service", IN_OUTPUT),
    "through a common table expression": (
        "WITH s AS (SELECT policy_id AS x, period FROM service) SELECT period, max(x) AS n FROM s GROUP BY period",
        IN_OUTPUT,
    ),
    "through two of them": (
        "WITH s AS (SELECT policy_id AS x FROM service), t AS (SELECT x AS y FROM s)"
        " SELECT y, count(*) AS n FROM t GROUP BY y",
        IN_OUTPUT,
    ),
    "through a subquery": ("SELECT z.x AS k FROM (SELECT doctor AS x FROM service) AS z", IN_OUTPUT),
    "through names of columns": (
        "SELECT max(t.b) AS n FROM (SELECT 1, max(policy_id) FROM service) AS t(a, b)",
        IN_OUTPUT,
    ),
    "through the second branch of a union": (
        "SELECT period, n FROM (SELECT period, 1 AS n FROM act UNION ALL SELECT period, policy_id AS n FROM service) AS u",
        IN_OUTPUT,
    ),
    "through a union at the top": (
        "(SELECT period, 1 AS n FROM act) UNION ALL (SELECT period, policy_id AS n FROM service)",
        IN_OUTPUT,
    ),
    "through a join": (
        "SELECT o.region, p.policy_id FROM organisation AS o JOIN policy AS p ON p.organisation_id = o.organisation_id",
        IN_OUTPUT,
    ),
    "the pseudonym of the row before": (
        "SELECT period, lag(policy_id) OVER (ORDER BY event_id) AS n FROM account_event",
        IN_OUTPUT,
    ),
    "the place of a person": (
        'SELECT period, row_number() OVER (PARTITION BY policy_id ORDER BY "at") AS n FROM account_event',
        IN_OUTPUT,
    ),
    "rows of services": (
        "SELECT region, tariff_kzt FROM service JOIN organisation ON organisation.organisation_id = service.organisation_id",
        IN_ROWS,
    ),
    "rows for each person, without the person": (
        "SELECT kind_of_care, count(*) AS n FROM service GROUP BY kind_of_care, policy_id",
        IN_ROWS,
    ),
    "rows for each person, aggregated before": (
        "WITH p AS (SELECT policy_id, count(*) AS n FROM service GROUP BY policy_id) SELECT n FROM p",
        IN_ROWS,
    ),
    "rows for each person, crossed with clinics": (
        "WITH p AS (SELECT policy_id, count(*) AS n FROM service GROUP BY policy_id)"
        " SELECT o.region, p.n FROM organisation AS o CROSS JOIN p",
        IN_ROWS,
    ),
    "different persons": ("SELECT DISTINCT doctor FROM service", IN_ROWS),
    "rows of requests": ("SELECT region, phone_known FROM consent_request", IN_ROWS),
}
HONEST = {
    "persons counted": "SELECT period, count(DISTINCT policy_id) AS n FROM service GROUP BY period",
    "persons counted by class": "SELECT payer_category, region_of_attachment, count(*) AS n FROM policy GROUP BY 1, 2",
    "a fact counted": (
        "WITH s AS (SELECT period, CASE WHEN started_on > person_died_on THEN 1 ELSE 0 END AS late FROM service)"
        " SELECT period, sum(late) AS n FROM s GROUP BY period"
    ),
    "facts about each person, counted": (
        "WITH p AS (SELECT policy_id, period, max(CASE WHEN verification = 'qr' THEN 1 ELSE 0 END) AS shown FROM service"
        " GROUP BY policy_id, period) SELECT period, sum(shown) AS n FROM p GROUP BY period"
    ),
    "persons with many services": (
        "WITH p AS (SELECT policy_id, count(*) AS n FROM service GROUP BY policy_id) SELECT count(*) AS n FROM p WHERE n > 3"
    ),
    "the last event of each": (
        "WITH e AS (SELECT kind, row_number() OVER (PARTITION BY policy_id ORDER BY account_event.at DESC, event_id) AS place"
        " FROM account_event) SELECT kind, count(*) AS n FROM e WHERE place = 1 GROUP BY kind"
    ),
    "amounts of some": "SELECT sum(CASE WHEN person_sex = 'male' THEN tariff_kzt ELSE 0 END) AS kzt FROM service",
    "counts of some": "SELECT count(*) FILTER (WHERE person_born_year < 1960) AS n FROM service",
    "places of attachment": (
        "SELECT region, count(*) AS n FROM policy JOIN organisation ON organisation.organisation_id = policy.organisation_id"
        " GROUP BY region"
    ),
    "clinics, which are no persons": "SELECT organisation_id, region FROM organisation",
    "a union of counts": "(SELECT count(*) AS n FROM act) UNION ALL (SELECT count(service_id) AS n FROM service)",
}


@pytest.mark.parametrize("name", PLANTED)
def test_violation_is_found(name: str) -> None:
    sql, expected = PLANTED[name]
    assert expected in " ".join(message for message, _ in personal_faults(read_select(sql).tree))


@pytest.mark.parametrize("name", HONEST)
def test_count_is_let_be(name: str) -> None:
    assert list(personal_faults(read_select(HONEST[name]).tree)) == []


@pytest.mark.parametrize(
    ("table", "column"),
    [(table.name, column.name) for table in TABLES.values() for column in table.columns if column.personal],
)
def test_every_personal_column_is_kept_in(table: str, column: str) -> None:
    for sql in (f"SELECT {column} FROM {table}", f"SELECT max({column}) AS n FROM {table}"):
        assert list(personal_faults(read_select(sql).tree)), sql
