-- service: the month. One scan; grouping by policy first counts distinct policies without a second one.
WITH by_policy AS (
    SELECT
        organisation.region AS region,
        service.period AS period,
        service.kind_of_care AS kind_of_care,
        service.policy_id AS policy_id,
        count(*) AS services,
        sum(service.tariff_kzt) AS amount_kzt
    FROM service
    JOIN organisation ON organisation.organisation_id = service.organisation_id
    GROUP BY organisation.region, service.period, service.kind_of_care, service.policy_id
)
SELECT
    region AS region,
    period AS period,
    kind_of_care AS kind_of_care,
    CAST(sum(services) AS BIGINT) AS services,
    count(*) AS patients,
    CAST(sum(amount_kzt) AS BIGINT) AS amount_kzt
FROM by_policy
GROUP BY region, period, kind_of_care
