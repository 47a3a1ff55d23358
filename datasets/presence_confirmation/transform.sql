-- service: the month. One scan; grouping by policy first counts distinct policies without a second one.
WITH by_policy AS (
    SELECT
        organisation.region AS region,
        service.period AS period,
        organisation.ownership AS ownership,
        service.policy_id AS policy_id,
        count(*) AS services,
        sum(CASE WHEN service.verification = 'qr' THEN 1 ELSE 0 END) AS verified_qr,
        sum(CASE WHEN service.verification = 'biometric' THEN 1 ELSE 0 END) AS verified_biometric
    FROM service
    JOIN organisation ON organisation.organisation_id = service.organisation_id
    GROUP BY organisation.region, service.period, organisation.ownership, service.policy_id
)
SELECT
    region AS region,
    period AS period,
    ownership AS ownership,
    CAST(sum(services) AS BIGINT) AS services,
    CAST(sum(verified_qr + verified_biometric) AS BIGINT) AS verified,
    CAST(sum(verified_qr) AS BIGINT) AS verified_qr,
    CAST(sum(verified_biometric) AS BIGINT) AS verified_biometric,
    count(*) AS patients,
    CAST(sum(CASE WHEN verified_qr + verified_biometric > 0 THEN 1 ELSE 0 END) AS BIGINT) AS confirmed_patients,
    CAST(sum(CASE WHEN verified_qr > 0 THEN 1 ELSE 0 END) AS BIGINT) AS qr_patients,
    CAST(sum(CASE WHEN verified_biometric > 0 THEN 1 ELSE 0 END) AS BIGINT) AS biometric_patients,
    CAST(
        sum(CASE WHEN verified_qr + verified_biometric < services THEN 1 ELSE 0 END) AS BIGINT
    ) AS unconfirmed_patients
FROM by_policy
GROUP BY region, period, ownership
