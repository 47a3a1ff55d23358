-- A clinic is counted in the row of its first contract only, so that clinics may be added up.
WITH ordered AS (
  SELECT
    organisation_id,
    package,
    amount_kzt,
    strftime(signed_on, '%Y-%m') AS period,
    row_number() OVER (PARTITION BY organisation_id ORDER BY signed_on, contract_id) AS place
  FROM contract
)
SELECT
  organisation.region AS region,
  ordered.period AS period,
  organisation.ownership AS ownership,
  ordered.package AS package,
  sum(CASE WHEN ordered.place = 1 THEN 1 ELSE 0 END) AS organisations,
  count(*) AS contracts,
  sum(ordered.amount_kzt) AS amount_kzt
FROM ordered
JOIN organisation ON organisation.organisation_id = ordered.organisation_id
GROUP BY organisation.region, ordered.period, organisation.ownership, ordered.package
