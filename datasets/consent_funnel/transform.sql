-- consent_request: the month. An answer may come in a later month: it stands in the request's own row.
WITH request AS (
    SELECT
        region,
        period,
        phone_known,
        answer,
        date_diff('day', requested_on, answered_on) AS days,
        -- Days since a Monday, modulo 7: 4 is a Friday, 5 a Saturday. The next working day is 3, 2, or 1 day ahead.
        CASE date_diff('day', CAST('2000-01-03' AS DATE), requested_on) % 7 WHEN 4 THEN 3 WHEN 5 THEN 2 ELSE 1 END
            AS allowed
    FROM consent_request
)
SELECT
    region AS region,
    period AS period,
    count(*) AS asked,
    CAST(sum(CASE WHEN phone_known THEN 1 ELSE 0 END) AS BIGINT) AS phone_known,
    CAST(sum(CASE WHEN answer = 'granted' THEN 1 ELSE 0 END) AS BIGINT) AS granted,
    CAST(sum(CASE WHEN answer = 'refused' THEN 1 ELSE 0 END) AS BIGINT) AS refused,
    CAST(sum(CASE WHEN answer = 'none' THEN 1 ELSE 0 END) AS BIGINT) AS unanswered,
    CAST(sum(CASE WHEN days > allowed THEN 1 ELSE 0 END) AS BIGINT) AS answered_late
FROM request
GROUP BY region, period
