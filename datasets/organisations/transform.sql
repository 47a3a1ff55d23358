-- The public register of clinics: one row each, as of the last month's end. Legal entities only, nothing of patients.
WITH latest AS (
    SELECT max(period) AS period, max(last_day) AS last_day
    FROM calendar
),
contracted AS (
    SELECT organisation_id, count(*) AS contracts, sum(amount_kzt) AS amount_kzt
    FROM contract
    GROUP BY organisation_id
),
advanced AS (
    SELECT contract.organisation_id, sum(advance.amount_kzt) AS advance_kzt
    FROM advance
    JOIN contract ON contract.contract_id = advance.contract_id
    GROUP BY contract.organisation_id
),
claimed AS (
    SELECT contract.organisation_id, sum(act.amount_kzt) AS claimed_kzt
    FROM act
    JOIN contract ON contract.contract_id = act.contract_id
    GROUP BY contract.organisation_id
),
paid AS (
    SELECT contract.organisation_id, sum(payment.amount_kzt) AS paid_kzt
    FROM payment
    JOIN act ON act.act_id = payment.act_id
    JOIN contract ON contract.contract_id = act.contract_id
    WHERE payment.status = 'released'
    GROUP BY contract.organisation_id
),
blocked AS (
    SELECT
        block.organisation_id,
        count(*) AS blocks,
        sum(CASE WHEN block.cured_on IS NULL OR block.cured_on > latest.last_day THEN 1 ELSE 0 END) AS blocks_active,
        sum(block.withheld_kzt) AS withheld_kzt
    FROM block
    CROSS JOIN latest
    WHERE block.started_on <= latest.last_day
    GROUP BY block.organisation_id
),
sited AS (
    SELECT
        site.organisation_id,
        count(*) AS sites,
        sum(
            CASE
                WHEN site.photos_on <= latest.last_day
                    AND site.coordinates_on <= latest.last_day
                    AND site.qr_issued_on <= latest.last_day THEN 1
                ELSE 0
            END
        ) AS sites_digitised
    FROM site
    CROSS JOIN latest
    GROUP BY site.organisation_id
)
SELECT
    CAST(organisation.organisation_id AS TEXT) AS organisation,
    latest.period,
    organisation.region,
    organisation.ownership,
    organisation.kind AS organisation_kind,
    organisation.licence_status AS licence,
    CAST(coalesce(contracted.contracts, 0) AS BIGINT) AS contracts,
    CAST(coalesce(contracted.amount_kzt, 0) AS BIGINT) AS amount_kzt,
    CAST(coalesce(advanced.advance_kzt, 0) AS BIGINT) AS advance_kzt,
    CAST(coalesce(claimed.claimed_kzt, 0) AS BIGINT) AS claimed_kzt,
    CAST(coalesce(paid.paid_kzt, 0) AS BIGINT) AS paid_kzt,
    CAST(coalesce(blocked.withheld_kzt, 0) AS BIGINT) AS withheld_kzt,
    CAST(coalesce(blocked.blocks, 0) AS BIGINT) AS blocks,
    CAST(coalesce(blocked.blocks_active, 0) AS BIGINT) AS blocks_active,
    CAST(coalesce(sited.sites, 0) AS BIGINT) AS sites,
    CAST(coalesce(sited.sites_digitised, 0) AS BIGINT) AS sites_digitised,
    CAST(CASE WHEN organisation.agreement_on <= latest.last_day THEN 1 ELSE 0 END AS BIGINT) AS agreements,
    CAST(CASE WHEN organisation.mis_integrated_on <= latest.last_day THEN 1 ELSE 0 END AS BIGINT) AS mis_integrated
FROM organisation
CROSS JOIN latest
LEFT JOIN contracted ON contracted.organisation_id = organisation.organisation_id
LEFT JOIN advanced ON advanced.organisation_id = organisation.organisation_id
LEFT JOIN claimed ON claimed.organisation_id = organisation.organisation_id
LEFT JOIN paid ON paid.organisation_id = organisation.organisation_id
LEFT JOIN blocked ON blocked.organisation_id = organisation.organisation_id
LEFT JOIN sited ON sited.organisation_id = organisation.organisation_id
