-- drug_issue: the month. What each organisation contributes to the issues, the units and the amount of a row.
SELECT
    organisation.region AS region,
    drug_issue.period AS period,
    drug_issue.organisation_id AS contributor,
    count(*) AS issues,
    CAST(sum(drug_issue.units) AS BIGINT) AS units,
    CAST(sum(drug_issue.amount_kzt) AS BIGINT) AS amount_kzt
FROM drug_issue
JOIN organisation ON organisation.organisation_id = drug_issue.organisation_id
GROUP BY organisation.region, drug_issue.period, drug_issue.organisation_id
