-- Contracts terminated, by the month, the ground, the clinic's region and ownership; a combination without one has zeros.
WITH cell AS (
    SELECT DISTINCT
        organisation.region,
        organisation.ownership,
        termination_ground.ground,
        calendar.period,
        calendar.first_day,
        calendar.last_day
    FROM organisation
    CROSS JOIN calendar
    CROSS JOIN (
        SELECT 'licence' AS ground
        UNION ALL SELECT 'sanitary_fire' AS ground
        UNION ALL SELECT 'systematic' AS ground
    ) AS termination_ground
),
terminated AS (
    SELECT
        organisation.region,
        organisation.ownership,
        contract.termination_reason AS ground,
        contract.terminated_on,
        contract.amount_kzt
    FROM contract
    JOIN organisation ON organisation.organisation_id = contract.organisation_id
    WHERE contract.terminated_on IS NOT NULL
)
SELECT
    cell.region,
    cell.period,
    cell.ground,
    cell.ownership,
    CAST(count(terminated.terminated_on) AS BIGINT) AS contracts,
    CAST(coalesce(sum(terminated.amount_kzt), 0) AS BIGINT) AS amount_kzt
FROM cell
LEFT JOIN terminated
    ON terminated.region = cell.region
    AND terminated.ownership = cell.ownership
    AND terminated.ground = cell.ground
    AND terminated.terminated_on BETWEEN cell.first_day AND cell.last_day
GROUP BY cell.region, cell.period, cell.ground, cell.ownership
