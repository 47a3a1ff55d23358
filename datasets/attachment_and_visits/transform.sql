-- policy: all months through this one; service: the month; calendar: the month alone. One scan of each.
WITH seen AS (
    SELECT DISTINCT policy_id
    FROM service
),
by_clinic AS (
    SELECT
        policy.organisation_id AS organisation_id,
        count(*) AS attached,
        count(seen.policy_id) AS seen
    FROM policy
    LEFT JOIN seen ON seen.policy_id = policy.policy_id
    WHERE policy.organisation_id IS NOT NULL
    GROUP BY policy.organisation_id
)
SELECT
    organisation.region AS region,
    calendar.period AS period,
    organisation.ownership AS ownership,
    count(*) AS organisations,
    CAST(sum(by_clinic.attached) AS BIGINT) AS attached,
    CAST(sum(by_clinic.seen) AS BIGINT) AS seen
FROM by_clinic
JOIN organisation ON organisation.organisation_id = by_clinic.organisation_id
CROSS JOIN calendar
WHERE organisation.kind = 'primary_care'
GROUP BY organisation.region, calendar.period, organisation.ownership
