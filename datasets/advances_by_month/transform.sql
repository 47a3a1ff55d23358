-- A contract and its amount are counted in the month of its first advance only; a later advance adds just itself.
WITH ordered AS (
  SELECT
    contract_id,
    amount_kzt,
    strftime(paid_on, '%Y-%m') AS period,
    row_number() OVER (PARTITION BY contract_id ORDER BY paid_on, advance_id) AS place
  FROM advance
)
SELECT
  organisation.region AS region,
  ordered.period AS period,
  sum(CASE WHEN ordered.place = 1 THEN 1 ELSE 0 END) AS contracts,
  sum(ordered.amount_kzt) AS advance_kzt,
  sum(CASE WHEN ordered.place = 1 THEN contract.amount_kzt ELSE 0 END) AS amount_kzt
FROM ordered
JOIN contract ON contract.contract_id = ordered.contract_id
JOIN organisation ON organisation.organisation_id = contract.organisation_id
GROUP BY organisation.region, ordered.period
