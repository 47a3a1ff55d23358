-- Each block of payments: the clinic, the stop-factor, the first day, and the days in force until it was cured or until
-- the last day that the extract covers, that day included.
SELECT
    CAST(block.organisation_id AS TEXT) AS organisation,
    organisation.region,
    block.factor,
    strftime(block.started_on, '%Y-%m-%d') AS period,
    block.block_id,
    CAST(
        CASE
            WHEN block.cured_on <= latest.last_day THEN date_diff('day', block.started_on, block.cured_on)
            ELSE date_diff('day', block.started_on, latest.last_day) + 1
        END AS BIGINT
    ) AS days,
    block.withheld_kzt,
    CAST(CASE WHEN block.cured_on <= latest.last_day THEN 1 ELSE 0 END AS BIGINT) AS cured
FROM block
JOIN organisation ON organisation.organisation_id = block.organisation_id
CROSS JOIN (SELECT max(last_day) AS last_day FROM calendar) AS latest
WHERE block.started_on <= latest.last_day
