-- Everything is as it stood at the end of the month: contracts signed, advances paid, acts signed, payments sent by then.
WITH signed AS (
  SELECT
    calendar.period AS period,
    contract.contract_id AS contract_id,
    contract.organisation_id AS organisation_id,
    contract.amount_kzt AS amount_kzt,
    CASE WHEN contract.terminated_on <= calendar.last_day THEN 1 ELSE 0 END AS terminated
  FROM calendar
  JOIN contract ON contract.signed_on <= calendar.last_day
),
advanced AS (
  SELECT calendar.period AS period, advance.contract_id AS contract_id, sum(advance.amount_kzt) AS amount_kzt
  FROM calendar
  JOIN advance ON advance.paid_on <= calendar.last_day
  GROUP BY calendar.period, advance.contract_id
),
claimed AS (
  SELECT
    calendar.period AS period,
    act.contract_id AS contract_id,
    sum(act.amount_kzt) AS amount_kzt,
    sum(act.advance_offset_kzt) AS offset_kzt
  FROM calendar
  JOIN act ON act.signed_on <= calendar.last_day
  GROUP BY calendar.period, act.contract_id
),
sent AS (
  SELECT
    calendar.period AS period,
    act.contract_id AS contract_id,
    sum(payment.amount_kzt) AS amount_kzt,
    sum(
      CASE WHEN payment.status = 'released' AND payment.settled_on <= calendar.last_day THEN payment.amount_kzt ELSE 0 END
    ) AS paid_kzt,
    sum(
      CASE WHEN payment.status = 'returned' AND payment.settled_on <= calendar.last_day THEN payment.amount_kzt ELSE 0 END
    ) AS returned_kzt,
    sum(
      CASE
        WHEN payment.settled_on IS NULL OR payment.settled_on > calendar.last_day THEN payment.amount_kzt ELSE 0
      END
    ) AS held_kzt
  FROM calendar
  JOIN payment ON payment.initiated_on <= calendar.last_day
  JOIN act ON act.act_id = payment.act_id
  GROUP BY calendar.period, act.contract_id
),
blocked AS (
  SELECT DISTINCT calendar.period AS period, block.organisation_id AS organisation_id
  FROM calendar
  JOIN block ON block.started_on <= calendar.last_day
  WHERE block.cured_on IS NULL OR block.cured_on > calendar.last_day
),
chain AS (
  SELECT
    signed.period AS period,
    signed.organisation_id AS organisation_id,
    signed.terminated AS terminated,
    CASE WHEN blocked.organisation_id IS NULL THEN 0 ELSE 1 END AS blocked,
    signed.amount_kzt AS contracted_kzt,
    coalesce(advanced.amount_kzt, 0) AS advanced_kzt,
    coalesce(claimed.amount_kzt, 0) AS claimed_kzt,
    coalesce(claimed.offset_kzt, 0) AS offset_kzt,
    coalesce(sent.amount_kzt, 0) AS ordered_kzt,
    coalesce(sent.paid_kzt, 0) AS paid_kzt,
    coalesce(sent.returned_kzt, 0) AS returned_kzt,
    coalesce(sent.held_kzt, 0) AS held_kzt
  FROM signed
  LEFT JOIN advanced ON advanced.period = signed.period AND advanced.contract_id = signed.contract_id
  LEFT JOIN claimed ON claimed.period = signed.period AND claimed.contract_id = signed.contract_id
  LEFT JOIN sent ON sent.period = signed.period AND sent.contract_id = signed.contract_id
  LEFT JOIN blocked ON blocked.period = signed.period AND blocked.organisation_id = signed.organisation_id
)
SELECT
  organisation.region AS region,
  chain.period AS period,
  organisation.ownership AS ownership,
  sum(chain.contracted_kzt) AS contracted_kzt,
  sum(CASE WHEN chain.terminated = 1 THEN 0 ELSE chain.contracted_kzt - chain.claimed_kzt END) AS unclaimed_kzt,
  sum(CASE WHEN chain.terminated = 1 THEN chain.contracted_kzt - chain.claimed_kzt ELSE 0 END) AS cancelled_kzt,
  sum(chain.advanced_kzt) AS advanced_kzt,
  sum(chain.advanced_kzt - chain.offset_kzt) AS advance_open_kzt,
  sum(chain.claimed_kzt) AS claimed_kzt,
  sum(chain.offset_kzt) AS advance_offset_kzt,
  sum(chain.claimed_kzt - chain.offset_kzt - chain.ordered_kzt) AS unordered_kzt,
  sum(chain.ordered_kzt) AS ordered_kzt,
  sum(chain.paid_kzt) AS paid_kzt,
  sum(chain.returned_kzt) AS returned_kzt,
  sum(chain.held_kzt) AS held_kzt,
  sum(chain.claimed_kzt - chain.offset_kzt - chain.ordered_kzt + chain.held_kzt) AS due_kzt,
  sum(
    CASE WHEN chain.blocked = 1 THEN chain.claimed_kzt - chain.offset_kzt - chain.ordered_kzt + chain.held_kzt ELSE 0 END
  ) AS blocked_kzt,
  sum(
    CASE WHEN chain.blocked = 1 THEN 0 ELSE chain.claimed_kzt - chain.offset_kzt - chain.ordered_kzt + chain.held_kzt END
  ) AS waiting_kzt
FROM chain
JOIN organisation ON organisation.organisation_id = chain.organisation_id
GROUP BY organisation.region, chain.period, organisation.ownership
