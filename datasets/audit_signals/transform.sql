-- Signals to check, by the clinic's region and kind of signal: what was examined, what stands out, how many clinics.
-- Runs month by month; only `policy` holds the earlier months too.
WITH doctor_day AS (
    SELECT doctor, started_on, min(organisation_id) AS organisation_id, count(*) AS services
    FROM service
    GROUP BY doctor, started_on
),
-- Distinct policies are counted only where there are enough services: they are few.
crowded AS (
    SELECT doctor_day.organisation_id, count(DISTINCT service.policy_id) AS patients
    FROM doctor_day
    JOIN service ON service.doctor = doctor_day.doctor AND service.started_on = doctor_day.started_on
    WHERE doctor_day.services > 48
    GROUP BY doctor_day.organisation_id, doctor_day.doctor, doctor_day.started_on
),
impossible AS (
    SELECT organisation_id, count(*) AS days
    FROM crowded
    WHERE patients > 48
    GROUP BY organisation_id
),
worked AS (
    SELECT organisation_id, count(*) AS days
    FROM doctor_day
    GROUP BY organisation_id
),
rendered AS (
    SELECT
        organisation_id,
        count(*) AS services,
        sum(CASE WHEN started_on > person_died_on THEN 1 ELSE 0 END) AS after_death,
        sum(CASE WHEN also_paid_by_voluntary THEN 1 ELSE 0 END) AS double_financed,
        sum(
            CASE WHEN service_code IN ('SCR-CERVIX', 'SCR-BREAST', 'SCR-PROSTATE') THEN 1 ELSE 0 END
        ) AS screenings,
        sum(
            CASE
                WHEN service_code IN ('SCR-CERVIX', 'SCR-BREAST') AND person_sex = 'male' THEN 1
                WHEN service_code = 'SCR-PROSTATE' AND person_sex = 'female' THEN 1
                ELSE 0
            END
        ) AS mismatched,
        sum(CASE WHEN kind_of_care = 'inpatient' THEN 1 ELSE 0 END) AS stays
    FROM service
    GROUP BY organisation_id
),
overlapping AS (
    SELECT later.organisation_id, count(*) AS pairs
    FROM service AS later
    JOIN service AS earlier
        ON earlier.policy_id = later.policy_id
        AND earlier.organisation_id <> later.organisation_id
        AND earlier.started_on < later.ended_on
        AND later.started_on < earlier.ended_on
        AND (
            earlier.started_at < later.started_at
            OR (earlier.started_at = later.started_at AND earlier.service_id < later.service_id)
        )
    WHERE later.kind_of_care = 'inpatient' AND earlier.kind_of_care = 'inpatient'
    GROUP BY later.organisation_id
),
issue_day AS (
    SELECT organisation_id, count(*) AS issues
    FROM drug_issue
    GROUP BY organisation_id, policy_id, issued_on
),
attached AS (
    SELECT organisation.organisation_id, count(*) AS policies
    FROM policy
    JOIN organisation ON organisation.organisation_id = policy.organisation_id
    WHERE organisation.kind = 'primary_care'
    GROUP BY organisation.organisation_id
    HAVING count(*) >= 20
),
seen AS (
    SELECT organisation.organisation_id, count(*) AS policies
    FROM policy
    JOIN organisation ON organisation.organisation_id = policy.organisation_id
    WHERE organisation.kind = 'primary_care'
        AND policy.policy_id IN (SELECT service.policy_id FROM service)
    GROUP BY organisation.organisation_id
),
examined AS (
    SELECT
        worked.organisation_id,
        'doctor_day' AS signal,
        coalesce(impossible.days, 0) AS signals,
        worked.days AS base
    FROM worked
    LEFT JOIN impossible ON impossible.organisation_id = worked.organisation_id
    UNION ALL
    SELECT organisation_id, 'after_death' AS signal, after_death AS signals, services AS base FROM rendered
    UNION ALL
    SELECT organisation_id, 'sex_mismatch' AS signal, mismatched AS signals, screenings AS base FROM rendered
    UNION ALL
    SELECT organisation_id, 'double_financing' AS signal, double_financed AS signals, services AS base FROM rendered
    UNION ALL
    SELECT
        rendered.organisation_id,
        'overlapping_stay' AS signal,
        coalesce(overlapping.pairs, 0) AS signals,
        rendered.stays AS base
    FROM rendered
    LEFT JOIN overlapping ON overlapping.organisation_id = rendered.organisation_id
    UNION ALL
    SELECT
        organisation_id,
        'drug_bulk' AS signal,
        sum(CASE WHEN issues > 10 THEN 1 ELSE 0 END) AS signals,
        count(*) AS base
    FROM issue_day
    GROUP BY organisation_id
    UNION ALL
    SELECT
        attached.organisation_id,
        'attached_absent' AS signal,
        CASE WHEN 4 * coalesce(seen.policies, 0) < attached.policies THEN 1 ELSE 0 END AS signals,
        1 AS base
    FROM attached
    LEFT JOIN seen ON seen.organisation_id = attached.organisation_id
)
SELECT
    organisation.region,
    calendar.period,
    examined.signal,
    CAST(sum(examined.signals) AS BIGINT) AS signals,
    CAST(sum(examined.base) AS BIGINT) AS base,
    CAST(sum(CASE WHEN examined.signals > 0 THEN 1 ELSE 0 END) AS BIGINT) AS clinics
FROM examined
JOIN organisation ON organisation.organisation_id = examined.organisation_id
CROSS JOIN calendar
WHERE examined.base > 0
GROUP BY organisation.region, calendar.period, examined.signal
