-- drug_issue: the month. One scan; grouping by policy first counts distinct policies without a second one.
WITH by_policy AS (
    SELECT
        organisation.region AS region,
        drug_issue.period AS period,
        drug_issue.policy_id AS policy_id,
        count(*) AS issues,
        sum(drug_issue.units) AS units,
        sum(drug_issue.amount_kzt) AS amount_kzt
    FROM drug_issue
    JOIN organisation ON organisation.organisation_id = drug_issue.organisation_id
    GROUP BY organisation.region, drug_issue.period, drug_issue.policy_id
)
SELECT
    region AS region,
    period AS period,
    CAST(sum(issues) AS BIGINT) AS issues,
    count(*) AS patients,
    CAST(sum(units) AS BIGINT) AS units,
    CAST(sum(amount_kzt) AS BIGINT) AS amount_kzt
FROM by_policy
GROUP BY region, period
