-- Signals to check, by the clinic's region and kind of signal: what was examined, what stands out, how many clinics.
-- Runs month by month; only `policy` holds the earlier months too.
WITH doctor_day AS (
    SELECT doctor, started_on, min(organisation_id) AS organisation_id, count(*) AS services
    FROM service
    GROUP BY doctor, started_on
),
-- Distinct policies are counted only where there are enough services: they are few.
crowded AS (
    SELECT doctor_day.organisation_id, doctor_day.doctor, count(DISTINCT service.policy_id) AS patients
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
overworked AS (
    SELECT organisation.region AS region, count(DISTINCT crowded.doctor) AS doctors
    FROM crowded
    JOIN organisation ON organisation.organisation_id = crowded.organisation_id
    WHERE crowded.patients > 48
    GROUP BY organisation.region
),
doctors AS (
    SELECT organisation.region AS region, count(DISTINCT doctor_day.doctor) AS doctors
    FROM doctor_day
    JOIN organisation ON organisation.organisation_id = doctor_day.organisation_id
    GROUP BY organisation.region
),
worked AS (
    SELECT organisation_id, count(*) AS days
    FROM doctor_day
    GROUP BY organisation_id
),
by_policy AS (
    SELECT
        organisation_id,
        policy_id,
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
    GROUP BY organisation_id, policy_id
),
rendered AS (
    SELECT
        organisation_id,
        sum(services) AS services,
        sum(after_death) AS after_death,
        sum(double_financed) AS double_financed,
        sum(screenings) AS screenings,
        sum(mismatched) AS mismatched,
        sum(stays) AS stays
    FROM by_policy
    GROUP BY organisation_id
),
-- Whom a region's clinics served: each policy once, however many of them it went to.
served AS (
    SELECT
        organisation.region AS region,
        by_policy.policy_id AS policy_id,
        max(by_policy.after_death) AS after_death,
        max(by_policy.double_financed) AS double_financed,
        max(by_policy.screenings) AS screenings,
        max(by_policy.mismatched) AS mismatched,
        max(by_policy.stays) AS stays
    FROM by_policy
    JOIN organisation ON organisation.organisation_id = by_policy.organisation_id
    GROUP BY organisation.region, by_policy.policy_id
),
patients AS (
    SELECT
        region,
        count(*) AS served,
        sum(CASE WHEN after_death > 0 THEN 1 ELSE 0 END) AS after_death,
        sum(CASE WHEN double_financed > 0 THEN 1 ELSE 0 END) AS double_financed,
        sum(CASE WHEN screenings > 0 THEN 1 ELSE 0 END) AS screened,
        sum(CASE WHEN mismatched > 0 THEN 1 ELSE 0 END) AS mismatched,
        sum(CASE WHEN stays > 0 THEN 1 ELSE 0 END) AS stayed
    FROM served
    GROUP BY region
),
overlapping AS (
    SELECT later.organisation_id, later.policy_id, count(*) AS pairs
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
    GROUP BY later.organisation_id, later.policy_id
),
stayed_twice AS (
    SELECT organisation_id, sum(pairs) AS pairs
    FROM overlapping
    GROUP BY organisation_id
),
twice_admitted AS (
    SELECT organisation.region AS region, count(DISTINCT overlapping.policy_id) AS policies
    FROM overlapping
    JOIN organisation ON organisation.organisation_id = overlapping.organisation_id
    GROUP BY organisation.region
),
issue_day AS (
    SELECT organisation_id, policy_id, count(*) AS issues
    FROM drug_issue
    GROUP BY organisation_id, policy_id, issued_on
),
issued AS (
    SELECT
        organisation_id,
        policy_id,
        count(*) AS days,
        sum(CASE WHEN issues > 10 THEN 1 ELSE 0 END) AS bulk
    FROM issue_day
    GROUP BY organisation_id, policy_id
),
supplied AS (
    SELECT organisation.region AS region, issued.policy_id AS policy_id, max(issued.bulk) AS bulk
    FROM issued
    JOIN organisation ON organisation.organisation_id = issued.organisation_id
    GROUP BY organisation.region, issued.policy_id
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
visited AS (
    SELECT
        attached.organisation_id,
        attached.policies,
        CASE WHEN 4 * coalesce(seen.policies, 0) < attached.policies THEN 1 ELSE 0 END AS absent
    FROM attached
    LEFT JOIN seen ON seen.organisation_id = attached.organisation_id
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
        coalesce(stayed_twice.pairs, 0) AS signals,
        rendered.stays AS base
    FROM rendered
    LEFT JOIN stayed_twice ON stayed_twice.organisation_id = rendered.organisation_id
    UNION ALL
    SELECT organisation_id, 'drug_bulk' AS signal, sum(bulk) AS signals, sum(days) AS base
    FROM issued
    GROUP BY organisation_id
    UNION ALL
    SELECT organisation_id, 'attached_absent' AS signal, absent AS signals, 1 AS base FROM visited
),
-- The persons whom a region's signals, and what was examined, are about: doctors or policies, each once.
persons AS (
    SELECT
        doctors.region,
        'doctor_day' AS signal,
        coalesce(overworked.doctors, 0) AS signalled,
        doctors.doctors AS examined
    FROM doctors
    LEFT JOIN overworked ON overworked.region = doctors.region
    UNION ALL
    SELECT region, 'after_death' AS signal, after_death AS signalled, served AS examined FROM patients
    UNION ALL
    SELECT region, 'sex_mismatch' AS signal, mismatched AS signalled, screened AS examined FROM patients
    UNION ALL
    SELECT region, 'double_financing' AS signal, double_financed AS signalled, served AS examined FROM patients
    UNION ALL
    SELECT
        patients.region,
        'overlapping_stay' AS signal,
        coalesce(twice_admitted.policies, 0) AS signalled,
        patients.stayed AS examined
    FROM patients
    LEFT JOIN twice_admitted ON twice_admitted.region = patients.region
    UNION ALL
    SELECT
        region,
        'drug_bulk' AS signal,
        sum(CASE WHEN bulk > 0 THEN 1 ELSE 0 END) AS signalled,
        count(*) AS examined
    FROM supplied
    GROUP BY region
    UNION ALL
    SELECT
        organisation.region,
        'attached_absent' AS signal,
        sum(visited.absent * visited.policies) AS signalled,
        sum(visited.policies) AS examined
    FROM visited
    JOIN organisation ON organisation.organisation_id = visited.organisation_id
    GROUP BY organisation.region
),
cell AS (
    SELECT
        organisation.region AS region,
        examined.signal AS signal,
        sum(examined.signals) AS signals,
        sum(examined.base) AS base,
        sum(CASE WHEN examined.signals > 0 THEN 1 ELSE 0 END) AS clinics
    FROM examined
    JOIN organisation ON organisation.organisation_id = examined.organisation_id
    WHERE examined.base > 0
    GROUP BY organisation.region, examined.signal
)
SELECT
    cell.region,
    calendar.period,
    cell.signal,
    CAST(cell.signals AS BIGINT) AS signals,
    CAST(cell.base AS BIGINT) AS base,
    CAST(cell.clinics AS BIGINT) AS clinics,
    CAST(persons.signalled AS BIGINT) AS persons_signalled,
    CAST(persons.examined AS BIGINT) AS persons_examined
FROM cell
JOIN persons ON persons.region = cell.region AND persons.signal = cell.signal
CROSS JOIN calendar
