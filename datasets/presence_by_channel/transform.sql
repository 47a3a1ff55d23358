-- service: the month. One scan; grouping by policy first counts distinct policies without a second one.
-- A service that was not confirmed has no channel and is not counted here.
WITH by_policy AS (
    SELECT
        organisation.region AS region,
        service.period AS period,
        service.channel AS channel,
        service.verification AS verification,
        service.policy_id AS policy_id,
        count(*) AS services
    FROM service
    JOIN organisation ON organisation.organisation_id = service.organisation_id
    WHERE service.verification <> 'none'
    GROUP BY organisation.region, service.period, service.channel, service.verification, service.policy_id
)
SELECT
    region AS region,
    period AS period,
    channel AS channel,
    verification AS verification,
    CAST(sum(services) AS BIGINT) AS services,
    count(*) AS patients
FROM by_policy
GROUP BY region, period, channel, verification
