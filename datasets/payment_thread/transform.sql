-- Every act is counted once, at the first link that is broken on the way contract - act - e-invoice - order - payment.
-- A payment may take 30 days from the signature of the act, or from the end of the last block of the clinic if that is later.
WITH sent AS (
  SELECT
    payment.act_id AS act_id,
    sum(payment.amount_kzt) AS amount_kzt,
    max(CASE WHEN payment.invoice_id IS NULL THEN 1 ELSE 0 END) AS no_invoice,
    max(
      CASE
        WHEN registry_order.order_id IS NULL OR registry_order.kind <> 'pay' OR registry_order.status = 'rejected' THEN 1
        WHEN payment.status <> 'held' AND registry_order.status <> 'executed' THEN 1
        ELSE 0
      END
    ) AS no_order,
    max(CASE WHEN payment.status = 'returned' THEN 1 ELSE 0 END) AS returned,
    max(CASE WHEN payment.status = 'held' THEN 1 ELSE 0 END) AS held
  FROM payment
  LEFT JOIN registry_order ON registry_order.order_id = payment.order_id
  GROUP BY payment.act_id
),
stopped AS (
  SELECT
    block.organisation_id AS organisation_id,
    max(CASE WHEN block.cured_on IS NULL OR block.cured_on > ending.as_of THEN 1 ELSE 0 END) AS in_force,
    max(CASE WHEN block.cured_on <= ending.as_of THEN block.cured_on END) AS cured_on
  FROM block
  CROSS JOIN (SELECT max(as_of) AS as_of FROM calendar) AS ending
  WHERE block.started_on <= ending.as_of
  GROUP BY block.organisation_id
),
threads AS (
  SELECT
    organisation.region AS region,
    act.period AS period,
    act.amount_kzt AS amount_kzt,
    CASE
      WHEN contract.signed_on > calendar.last_day OR contract.terminated_on < calendar.first_day THEN 'outside_contract'
      WHEN sent.act_id IS NULL AND act.amount_kzt = act.advance_offset_kzt THEN 'complete'
      WHEN sent.act_id IS NULL AND stopped.in_force = 1 THEN 'held'
      WHEN sent.act_id IS NULL
        THEN CASE
          WHEN date_diff('day', greatest(act.signed_on, coalesce(stopped.cured_on, act.signed_on)), calendar.as_of) > 30
            THEN 'no_payment'
          ELSE 'in_progress'
        END
      WHEN sent.no_invoice = 1 THEN 'no_invoice'
      WHEN sent.no_order = 1 THEN 'no_order'
      WHEN sent.returned = 1 THEN 'returned'
      WHEN sent.amount_kzt > act.amount_kzt - act.advance_offset_kzt THEN 'wrong_amount'
      WHEN sent.amount_kzt < act.amount_kzt - act.advance_offset_kzt
        THEN CASE
          WHEN stopped.in_force = 1 THEN 'held'
          WHEN date_diff('day', greatest(act.signed_on, coalesce(stopped.cured_on, act.signed_on)), calendar.as_of) > 30
            THEN 'wrong_amount'
          ELSE 'in_progress'
        END
      WHEN sent.held = 1 THEN 'held'
      ELSE 'complete'
    END AS link
  FROM act
  JOIN calendar ON calendar.period = act.period
  JOIN contract ON contract.contract_id = act.contract_id
  JOIN organisation ON organisation.organisation_id = contract.organisation_id
  LEFT JOIN sent ON sent.act_id = act.act_id
  LEFT JOIN stopped ON stopped.organisation_id = organisation.organisation_id
)
SELECT
  region,
  period,
  link,
  count(*) AS acts,
  sum(CASE WHEN link IN ('complete', 'in_progress', 'held') THEN 0 ELSE 1 END) AS broken_acts,
  sum(amount_kzt) AS amount_kzt,
  sum(CASE WHEN link IN ('complete', 'in_progress', 'held') THEN 0 ELSE amount_kzt END) AS broken_kzt
FROM threads
GROUP BY region, period, link
