-- Acts with services, by the month of the services: how many confirm less than half of their volume, how many exactly half.
SELECT
    organisation.region,
    act.period,
    organisation.ownership,
    CAST(count(*) AS BIGINT) AS acts,
    CAST(sum(CASE WHEN 2 * act.verified_volume < act.volume THEN 1 ELSE 0 END) AS BIGINT) AS below_half,
    CAST(sum(CASE WHEN 2 * act.verified_volume = act.volume THEN 1 ELSE 0 END) AS BIGINT) AS exactly_half,
    CAST(count(DISTINCT organisation.organisation_id) AS BIGINT) AS organisations,
    CAST(count(
        DISTINCT CASE WHEN 2 * act.verified_volume < act.volume THEN organisation.organisation_id END
    ) AS BIGINT) AS organisations_below
FROM act
JOIN contract ON contract.contract_id = act.contract_id
JOIN organisation ON organisation.organisation_id = contract.organisation_id
WHERE act.volume > 0
GROUP BY organisation.region, act.period, organisation.ownership
