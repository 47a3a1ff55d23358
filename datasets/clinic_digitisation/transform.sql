-- Clinics with a contract that have reached each step of digitisation by the last day of the month.
-- A step of sites is reached when every site of the clinic has it.
WITH contracted AS (
    SELECT organisation_id, min(signed_on) AS contracted_on
    FROM contract
    GROUP BY organisation_id
),
sited AS (
    SELECT
        organisation_id,
        CASE WHEN count(photos_on) = count(*) THEN max(photos_on) END AS photos_on,
        CASE WHEN count(coordinates_on) = count(*) THEN max(coordinates_on) END AS coordinates_on,
        CASE WHEN count(qr_issued_on) = count(*) THEN max(qr_issued_on) END AS qr_issued_on
    FROM site
    GROUP BY organisation_id
),
clinic AS (
    SELECT
        organisation.region,
        organisation.ownership,
        contracted.contracted_on,
        organisation.agreement_on,
        organisation.mis_integrated_on,
        sited.photos_on,
        sited.coordinates_on,
        sited.qr_issued_on
    FROM organisation
    JOIN contracted ON contracted.organisation_id = organisation.organisation_id
    LEFT JOIN sited ON sited.organisation_id = organisation.organisation_id
),
reached AS (
    SELECT
        clinic.region,
        clinic.ownership,
        clinic.contracted_on,
        digitisation.step,
        CASE digitisation.step
            WHEN 'contracted' THEN clinic.contracted_on
            WHEN 'agreement' THEN clinic.agreement_on
            WHEN 'mis' THEN clinic.mis_integrated_on
            WHEN 'photos' THEN clinic.photos_on
            WHEN 'coordinates' THEN clinic.coordinates_on
            WHEN 'qr' THEN clinic.qr_issued_on
        END AS reached_on
    FROM clinic
    CROSS JOIN (
        SELECT 'contracted' AS step
        UNION ALL SELECT 'agreement' AS step
        UNION ALL SELECT 'mis' AS step
        UNION ALL SELECT 'photos' AS step
        UNION ALL SELECT 'coordinates' AS step
        UNION ALL SELECT 'qr' AS step
    ) AS digitisation
)
SELECT
    reached.region,
    calendar.period,
    reached.ownership,
    reached.step,
    CAST(sum(CASE WHEN reached.reached_on <= calendar.last_day THEN 1 ELSE 0 END) AS BIGINT) AS organisations,
    CAST(count(*) AS BIGINT) AS contracted
FROM reached
JOIN calendar ON reached.contracted_on <= calendar.last_day
GROUP BY reached.region, calendar.period, reached.ownership, reached.step
