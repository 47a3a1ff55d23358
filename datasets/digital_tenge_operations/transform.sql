-- A release is timed from the first hold of the same payment, in local days; one without a hold before it is not timed.
WITH holds AS (
  SELECT payment_id, min(on_day) AS held_on
  FROM digital_tenge_operation
  WHERE kind = 'hold' AND payment_id IS NOT NULL
  GROUP BY payment_id
),
timed AS (
  SELECT
    operation.scenario AS scenario,
    operation.kind AS kind,
    operation.period AS period,
    operation.amount_kzt AS amount_kzt,
    CASE
      WHEN operation.kind = 'release' AND holds.held_on <= operation.on_day
        THEN date_diff('day', holds.held_on, operation.on_day)
    END AS days
  FROM digital_tenge_operation AS operation
  LEFT JOIN holds ON holds.payment_id = operation.payment_id
)
SELECT
  scenario,
  kind,
  period,
  count(*) AS operations,
  sum(amount_kzt) AS amount_kzt,
  count(days) AS releases_timed,
  sum(coalesce(days, 0)) AS days_to_release
FROM timed
GROUP BY scenario, kind, period
