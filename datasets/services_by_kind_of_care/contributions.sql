-- service: the month. What each organisation contributes to the services and to the amount of a row.
SELECT
    organisation.region AS region,
    service.period AS period,
    service.kind_of_care AS kind_of_care,
    service.organisation_id AS contributor,
    count(*) AS services,
    CAST(sum(service.tariff_kzt) AS BIGINT) AS amount_kzt
FROM service
JOIN organisation ON organisation.organisation_id = service.organisation_id
GROUP BY organisation.region, service.period, service.kind_of_care, service.organisation_id
