-- Days are counted between local days: from the act's signature to the day on which the money reached the clinic.
WITH sent AS (
  SELECT
    payment.act_id AS act_id,
    sum(payment.amount_kzt) AS sent_kzt,
    sum(CASE WHEN payment.status = 'released' THEN payment.amount_kzt ELSE 0 END) AS paid_kzt,
    sum(CASE WHEN payment.status = 'held' THEN payment.amount_kzt ELSE 0 END) AS withheld_kzt,
    sum(CASE WHEN payment.status = 'returned' THEN payment.amount_kzt ELSE 0 END) AS returned_kzt,
    sum(CASE WHEN payment.status = 'released' THEN 1 ELSE 0 END) AS payments_settled,
    sum(
      CASE WHEN payment.status = 'released' THEN date_diff('day', act.signed_on, payment.settled_on) ELSE 0 END
    ) AS days_to_money
  FROM payment
  JOIN act ON act.act_id = payment.act_id
  GROUP BY payment.act_id
)
SELECT
  organisation.region AS region,
  act.period AS period,
  organisation.ownership AS ownership,
  count(*) AS acts,
  sum(act.amount_kzt) AS claimed_kzt,
  sum(act.advance_offset_kzt) AS advance_offset_kzt,
  sum(coalesce(sent.paid_kzt, 0)) AS paid_kzt,
  sum(coalesce(sent.withheld_kzt, 0)) AS withheld_kzt,
  sum(coalesce(sent.returned_kzt, 0)) AS returned_kzt,
  sum(act.amount_kzt - act.advance_offset_kzt - coalesce(sent.sent_kzt, 0)) AS unpaid_kzt,
  sum(coalesce(sent.payments_settled, 0)) AS payments_settled,
  sum(coalesce(sent.days_to_money, 0)) AS days_to_money
FROM act
JOIN contract ON contract.contract_id = act.contract_id
JOIN organisation ON organisation.organisation_id = contract.organisation_id
LEFT JOIN sent ON sent.act_id = act.act_id
GROUP BY organisation.region, act.period, organisation.ownership
