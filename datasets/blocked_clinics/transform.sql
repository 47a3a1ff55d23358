-- Blocks of payments by region, month, stop-factor and ownership; a combination without a block has zeros.
-- A block is in force from its first day through the day before the one on which it is cured.
WITH cell AS (
    SELECT DISTINCT
        organisation.region,
        organisation.ownership,
        stop_factor.factor,
        calendar.period,
        calendar.first_day,
        calendar.last_day
    FROM organisation
    CROSS JOIN calendar
    CROSS JOIN (
        SELECT 'location' AS factor
        UNION ALL SELECT 'tax_debt' AS factor
        UNION ALL SELECT 'qr_share' AS factor
    ) AS stop_factor
),
applied AS (
    SELECT
        organisation.region,
        organisation.ownership,
        block.factor,
        block.started_on,
        block.cured_on,
        block.withheld_kzt,
        CAST(block.started_on + INTERVAL 2 MONTH AS DATE) AS cure_by
    FROM block
    JOIN organisation ON organisation.organisation_id = block.organisation_id
)
SELECT
    cell.region,
    cell.period,
    cell.factor,
    cell.ownership,
    CAST(sum(CASE WHEN applied.started_on >= cell.first_day THEN 1 ELSE 0 END) AS BIGINT) AS started,
    CAST(sum(
        CASE
            WHEN applied.started_on IS NULL THEN 0
            WHEN applied.cured_on IS NULL OR applied.cured_on > cell.last_day THEN 1
            ELSE 0
        END
    ) AS BIGINT) AS active_at_end,
    CAST(sum(
        CASE WHEN applied.cured_on BETWEEN cell.first_day AND cell.last_day THEN 1 ELSE 0 END
    ) AS BIGINT) AS cured,
    CAST(sum(
        CASE
            WHEN applied.cured_on BETWEEN cell.first_day AND cell.last_day
                THEN date_diff('day', applied.started_on, applied.cured_on)
            ELSE 0
        END
    ) AS BIGINT) AS days_to_cure,
    CAST(sum(
        CASE
            WHEN applied.cure_by < cell.last_day
                AND (applied.cured_on IS NULL OR applied.cured_on > cell.last_day) THEN 1
            ELSE 0
        END
    ) AS BIGINT) AS past_two_months,
    CAST(sum(
        CASE WHEN applied.started_on >= cell.first_day THEN applied.withheld_kzt ELSE 0 END
    ) AS BIGINT) AS withheld_kzt
FROM cell
LEFT JOIN applied
    ON applied.region = cell.region
    AND applied.ownership = cell.ownership
    AND applied.factor = cell.factor
    AND applied.started_on <= cell.last_day
GROUP BY cell.region, cell.period, cell.factor, cell.ownership
