-- bank_request: the month. An answer may come in a later month: it stands in the request's own row.
WITH request AS (
    SELECT
        bank,
        period,
        categories,
        date_diff('day', requested_on, answered_on) AS days,
        -- Days since a Monday, modulo 7: 4 is a Friday, 5 a Saturday. The next working day is 3, 2, or 1 day ahead.
        CASE date_diff('day', CAST('2000-01-03' AS DATE), requested_on) % 7 WHEN 4 THEN 3 WHEN 5 THEN 2 ELSE 1 END
            AS allowed
    FROM bank_request
)
SELECT
    bank AS bank,
    period AS period,
    count(*) AS requests,
    CAST(sum(CASE WHEN days <= allowed THEN 1 ELSE 0 END) AS BIGINT) AS answered_in_time,
    CAST(sum(CASE WHEN days > allowed THEN 1 ELSE 0 END) AS BIGINT) AS answered_late,
    CAST(sum(CASE WHEN days IS NULL THEN 1 ELSE 0 END) AS BIGINT) AS unanswered,
    CAST(sum(categories) AS BIGINT) AS categories
FROM request
GROUP BY bank, period
