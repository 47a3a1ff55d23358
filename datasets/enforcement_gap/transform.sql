-- What the stop-factors demand beside the blocks applied, by the month of the duty or of the block's start.
-- Runs month by month; services of the months before tell on which duty a block of this month rests.
WITH arisen AS (
    SELECT contract.organisation_id, 'qr_share' AS factor, act.signed_on AS arisen_on
    FROM act
    JOIN contract ON contract.contract_id = act.contract_id
    WHERE 2 * act.verified_volume < act.volume
    UNION ALL
    SELECT organisation_id, 'tax_debt' AS factor, from_on AS arisen_on
    FROM tax_debt
    UNION ALL
    SELECT service.organisation_id, 'location' AS factor, min(service.started_on) AS arisen_on
    FROM service
    JOIN site ON site.site_id = service.site_id
    WHERE NOT site.licensed
        OR site.photos_on IS NULL
        OR site.photos_on > service.started_on
        OR site.coordinates_on IS NULL
        OR site.coordinates_on > service.started_on
        OR site.qr_issued_on IS NULL
        OR site.qr_issued_on > service.started_on
    GROUP BY service.organisation_id, service.period
),
duty AS (
    SELECT organisation_id, factor, arisen_on, count(*) AS duties
    FROM arisen
    GROUP BY organisation_id, factor, arisen_on
),
answered AS (
    SELECT
        duty.organisation_id,
        calendar.period,
        duty.factor,
        duty.duties,
        date_diff('day', duty.arisen_on, calendar.as_of) AS age,
        min(date_diff('day', duty.arisen_on, block.started_on)) AS waited
    FROM duty
    JOIN calendar ON duty.arisen_on BETWEEN calendar.first_day AND calendar.last_day
    LEFT JOIN block
        ON block.organisation_id = duty.organisation_id
        AND block.factor = duty.factor
        AND (block.started_on >= duty.arisen_on OR block.cured_on IS NULL OR block.cured_on > duty.arisen_on)
    GROUP BY
        duty.organisation_id, calendar.period, duty.factor, duty.arisen_on, duty.duties, calendar.as_of
),
judged_duty AS (
    SELECT
        organisation_id,
        period,
        factor,
        duties,
        CASE
            WHEN waited <= 5 THEN 'applied'
            WHEN waited <= 30 THEN 'late'
            WHEN age > 30 THEN 'missing'
            ELSE 'pending'
        END AS enforcement
    FROM answered
),
judged_block AS (
    SELECT
        block.block_id,
        block.organisation_id,
        calendar.period,
        block.factor,
        max(CASE WHEN duty.arisen_on IS NULL THEN 1 ELSE 0 END) AS unjustified,
        max(
            CASE
                WHEN coalesce(block.cured_on, calendar.as_of) <= CAST(block.started_on + INTERVAL 2 MONTH AS DATE)
                    THEN 0
                WHEN contract.contract_id IS NULL THEN 1
                ELSE 0
            END
        ) AS overdue
    FROM block
    JOIN calendar ON block.started_on BETWEEN calendar.first_day AND calendar.last_day
    LEFT JOIN duty
        ON duty.organisation_id = block.organisation_id
        AND duty.factor = block.factor
        AND date_diff('day', duty.arisen_on, block.started_on) BETWEEN 0 AND 30
    LEFT JOIN contract
        ON contract.organisation_id = block.organisation_id
        AND contract.terminated_on >= block.started_on
    GROUP BY block.block_id, block.organisation_id, calendar.period, block.factor
),
judged AS (
    SELECT
        judged_duty.organisation_id,
        judged_duty.period,
        judged_duty.factor,
        answer.enforcement,
        CASE WHEN answer.enforcement IN ('demanded', judged_duty.enforcement) THEN judged_duty.duties ELSE 0 END AS cases
    FROM judged_duty
    CROSS JOIN (
        SELECT 'demanded' AS enforcement
        UNION ALL SELECT 'applied' AS enforcement
        UNION ALL SELECT 'late' AS enforcement
        UNION ALL SELECT 'missing' AS enforcement
        UNION ALL SELECT 'pending' AS enforcement
    ) AS answer
    UNION ALL
    SELECT organisation_id, period, factor, 'unjustified' AS enforcement, unjustified AS cases
    FROM judged_block
    UNION ALL
    SELECT organisation_id, period, factor, 'overdue' AS enforcement, overdue AS cases
    FROM judged_block
)
SELECT
    organisation.region,
    judged.period,
    judged.factor,
    judged.enforcement,
    CAST(sum(judged.cases) AS BIGINT) AS cases,
    CAST(count(DISTINCT CASE WHEN judged.cases > 0 THEN judged.organisation_id END) AS BIGINT) AS clinics
FROM judged
JOIN organisation ON organisation.organisation_id = judged.organisation_id
GROUP BY organisation.region, judged.period, judged.factor, judged.enforcement
