-- bank_request: the month. An answer may come in a later month: it stands in the request's own row.
WITH request AS (
    SELECT
        bank,
        period,
        request_id,
        categories,
        date_diff('day', requested_on, answered_on) AS days,
        -- Days since a Monday, modulo 7: 4 is a Friday, 5 a Saturday. The next working day is 3, 2, or 1 day ahead.
        CASE date_diff('day', CAST('2000-01-03' AS DATE), requested_on) % 7 WHEN 4 THEN 3 WHEN 5 THEN 2 ELSE 1 END
            AS allowed
    FROM bank_request
),
-- A bank may be asked more than once under one consent.
by_consent AS (
    SELECT
        bank,
        period,
        request_id,
        count(*) AS requests,
        sum(CASE WHEN days <= allowed THEN 1 ELSE 0 END) AS in_time,
        sum(CASE WHEN days > allowed THEN 1 ELSE 0 END) AS late,
        sum(CASE WHEN days IS NULL THEN 1 ELSE 0 END) AS unanswered,
        sum(categories) AS categories
    FROM request
    GROUP BY bank, period, request_id
)
SELECT
    bank AS bank,
    period AS period,
    CAST(sum(requests) AS BIGINT) AS requests,
    CAST(sum(in_time) AS BIGINT) AS answered_in_time,
    CAST(sum(late) AS BIGINT) AS answered_late,
    CAST(sum(unanswered) AS BIGINT) AS unanswered,
    CAST(sum(categories) AS BIGINT) AS categories,
    count(*) AS consents,
    CAST(sum(CASE WHEN in_time > 0 THEN 1 ELSE 0 END) AS BIGINT) AS consents_in_time,
    CAST(sum(CASE WHEN late > 0 THEN 1 ELSE 0 END) AS BIGINT) AS consents_late,
    CAST(sum(CASE WHEN unanswered > 0 THEN 1 ELSE 0 END) AS BIGINT) AS consents_unanswered
FROM by_consent
GROUP BY bank, period
