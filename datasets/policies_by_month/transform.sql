-- policy and account_event: all months through this one, since a stock is what all earlier months have left.
-- calendar: the month alone.
WITH state AS (
    -- The last event that changed a policy's state, up to the month's end. Service and payment events, nearly all of
    -- the table, are passed over before anything else is read.
    SELECT
        policy_id,
        kind,
        row_number() OVER (PARTITION BY policy_id ORDER BY "at" DESC, event_id DESC) AS place
    FROM account_event
    WHERE kind IN ('block', 'unblock', 'close')
)
SELECT
    COALESCE(policy.region_of_attachment, 'none') AS region,
    calendar.period AS period,
    policy.payer_category AS payer_category,
    policy.package AS package,
    CAST(sum(CASE WHEN policy.period = calendar.period THEN 1 ELSE 0 END) AS BIGINT) AS issued,
    CAST(sum(CASE WHEN state.kind IS NULL OR state.kind = 'unblock' THEN 1 ELSE 0 END) AS BIGINT) AS active_at_end,
    CAST(sum(CASE WHEN state.kind = 'block' THEN 1 ELSE 0 END) AS BIGINT) AS blocked_at_end
FROM policy
CROSS JOIN calendar
LEFT JOIN state ON state.policy_id = policy.policy_id AND state.place = 1
GROUP BY COALESCE(policy.region_of_attachment, 'none'), calendar.period, policy.payer_category, policy.package
