-- service: the month. One scan, summed by clinic before regions are joined.
WITH by_clinic AS (
    SELECT
        organisation_id,
        period,
        count(*) AS services,
        sum(CASE WHEN verification = 'qr' THEN 1 ELSE 0 END) AS verified_qr,
        sum(CASE WHEN verification = 'biometric' THEN 1 ELSE 0 END) AS verified_biometric
    FROM service
    GROUP BY organisation_id, period
)
SELECT
    organisation.region AS region,
    by_clinic.period AS period,
    organisation.ownership AS ownership,
    CAST(sum(by_clinic.services) AS BIGINT) AS services,
    CAST(sum(by_clinic.verified_qr + by_clinic.verified_biometric) AS BIGINT) AS verified,
    CAST(sum(by_clinic.verified_qr) AS BIGINT) AS verified_qr,
    CAST(sum(by_clinic.verified_biometric) AS BIGINT) AS verified_biometric
FROM by_clinic
JOIN organisation ON organisation.organisation_id = by_clinic.organisation_id
GROUP BY organisation.region, by_clinic.period, organisation.ownership
