-- Each payment is set beside the other record of it: digital tenge beside the platform's operations, cash beside the
-- order and the e-invoice. While a payment is held there is nothing to match yet.
WITH platform AS (
  SELECT
    payment_id,
    sum(CASE WHEN kind = 'release' THEN amount_kzt ELSE 0 END) AS released_kzt,
    sum(CASE WHEN kind = 'return' THEN amount_kzt ELSE 0 END) AS returned_kzt
  FROM digital_tenge_operation
  WHERE payment_id IS NOT NULL
  GROUP BY payment_id
),
outcomes AS (
  SELECT
    payment.act_id AS act_id,
    payment.period AS period,
    payment.instrument AS instrument,
    payment.amount_kzt AS amount_kzt,
    CASE
      WHEN payment.instrument = 'digital_tenge'
        AND coalesce(platform.released_kzt, 0) = CASE WHEN payment.status = 'released' THEN payment.amount_kzt ELSE 0 END
        AND coalesce(platform.returned_kzt, 0) = CASE WHEN payment.status = 'returned' THEN payment.amount_kzt ELSE 0 END
        THEN CASE WHEN payment.status = 'held' THEN 'pending' ELSE 'matched' END
      WHEN payment.instrument = 'digital_tenge' THEN 'unmatched'
      WHEN payment.status = 'held' THEN 'pending'
      WHEN payment.invoice_id IS NOT NULL AND registry_order.kind = 'pay' AND registry_order.status = 'executed'
        THEN 'matched'
      ELSE 'unmatched'
    END AS outcome
  FROM payment
  LEFT JOIN registry_order ON registry_order.order_id = payment.order_id
  LEFT JOIN platform ON platform.payment_id = payment.payment_id
)
SELECT
  organisation.region AS region,
  outcomes.period AS period,
  outcomes.instrument AS instrument,
  count(*) AS payments,
  sum(CASE WHEN outcomes.outcome = 'matched' THEN 1 ELSE 0 END) AS matched_payments,
  sum(CASE WHEN outcomes.outcome = 'unmatched' THEN 1 ELSE 0 END) AS unmatched_payments,
  sum(CASE WHEN outcomes.outcome = 'pending' THEN 1 ELSE 0 END) AS pending_payments,
  sum(outcomes.amount_kzt) AS amount_kzt,
  sum(CASE WHEN outcomes.outcome = 'matched' THEN outcomes.amount_kzt ELSE 0 END) AS matched_kzt,
  sum(CASE WHEN outcomes.outcome = 'unmatched' THEN outcomes.amount_kzt ELSE 0 END) AS unmatched_kzt,
  sum(CASE WHEN outcomes.outcome = 'pending' THEN outcomes.amount_kzt ELSE 0 END) AS pending_kzt,
  sum(CASE WHEN outcomes.outcome = 'pending' THEN 0 ELSE outcomes.amount_kzt END) AS compared_kzt
FROM outcomes
JOIN act ON act.act_id = outcomes.act_id
JOIN contract ON contract.contract_id = act.contract_id
JOIN organisation ON organisation.organisation_id = contract.organisation_id
GROUP BY organisation.region, outcomes.period, outcomes.instrument
