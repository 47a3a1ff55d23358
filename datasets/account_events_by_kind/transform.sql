-- account_event: the month. One scan; grouping by account first counts distinct accounts without a second one.
WITH by_account AS (
    SELECT period, kind, policy_id, count(*) AS events
    FROM account_event
    GROUP BY period, kind, policy_id
)
SELECT
    period AS period,
    kind AS kind,
    CAST(sum(events) AS BIGINT) AS events,
    count(*) AS accounts
FROM by_account
GROUP BY period, kind
