-- Cases of the monitoring commission by the month of the notice; a region and month without a case has zeros.
WITH cell AS (
    SELECT DISTINCT organisation.region, calendar.period, calendar.first_day, calendar.last_day
    FROM organisation
    CROSS JOIN calendar
),
noticed AS (
    SELECT
        organisation.region,
        inspection.notified_on,
        inspection.inspected_on,
        inspection.protocol_on,
        inspection.outcome
    FROM inspection
    JOIN organisation ON organisation.organisation_id = inspection.organisation_id
)
SELECT
    cell.region,
    cell.period,
    CAST(count(noticed.notified_on) AS BIGINT) AS notices,
    CAST(count(noticed.inspected_on) AS BIGINT) AS inspections,
    CAST(sum(
        CASE WHEN date_diff('day', noticed.notified_on, noticed.inspected_on) >= 5 THEN 1 ELSE 0 END
    ) AS BIGINT) AS notice_kept,
    CAST(count(noticed.protocol_on) AS BIGINT) AS protocols,
    CAST(sum(CASE WHEN noticed.outcome = 'cured' THEN 1 ELSE 0 END) AS BIGINT) AS cures,
    CAST(sum(CASE WHEN noticed.outcome = 'terminated' THEN 1 ELSE 0 END) AS BIGINT) AS terminations
FROM cell
LEFT JOIN noticed
    ON noticed.region = cell.region
    AND noticed.notified_on BETWEEN cell.first_day AND cell.last_day
GROUP BY cell.region, cell.period
