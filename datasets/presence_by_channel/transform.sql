-- service: the month. One scan. A service that was not confirmed has no channel and is not counted here.
SELECT
    organisation.region AS region,
    service.period AS period,
    service.channel AS channel,
    service.verification AS verification,
    count(*) AS services
FROM service
JOIN organisation ON organisation.organisation_id = service.organisation_id
WHERE service.verification <> 'none'
GROUP BY organisation.region, service.period, service.channel, service.verification
