"""The published definitions, written a second time for the tests: what may be found in an extract."""

#: Kind, period, region, clinic of each audit signal.
SIGNALS = """
SELECT 'doctor_day' AS kind, period, organisation_id
FROM (SELECT period, organisation_id, doctor, started_on FROM service GROUP BY ALL HAVING count(DISTINCT policy_id) > 48)
UNION ALL
SELECT 'after_death', period, organisation_id FROM service WHERE started_on > person_died_on
UNION ALL
SELECT 'sex_mismatch', period, organisation_id FROM service
WHERE (service_code IN ('SCR-CERVIX', 'SCR-BREAST') AND person_sex = 'male')
    OR (service_code = 'SCR-PROSTATE' AND person_sex = 'female')
UNION ALL
SELECT 'double_financing', period, organisation_id FROM service WHERE also_paid_by_voluntary
UNION ALL
SELECT 'overlapping_stay', b.period, b.organisation_id
FROM service a JOIN service b ON a.policy_id = b.policy_id AND a.period = b.period
WHERE a.kind_of_care = 'inpatient' AND b.kind_of_care = 'inpatient' AND a.organisation_id <> b.organisation_id
    AND (a.started_at, a.service_id) < (b.started_at, b.service_id)
    AND a.started_on < b.ended_on AND b.started_on < a.ended_on
UNION ALL
SELECT 'drug_bulk', period, organisation_id
FROM (SELECT period, organisation_id, policy_id, issued_on FROM drug_issue GROUP BY ALL HAVING count(*) > 10)
UNION ALL
SELECT 'attached_absent', period, organisation_id FROM (
    SELECT m.period, p.organisation_id, count(*) AS attached, count(s.policy_id) AS seen
    FROM (SELECT DISTINCT period FROM service) m
    JOIN policy p ON p.period <= m.period
    LEFT JOIN (SELECT DISTINCT policy_id, period FROM service) s ON s.policy_id = p.policy_id AND s.period = m.period
    WHERE p.organisation_id IS NOT NULL GROUP BY ALL
) JOIN organisation USING (organisation_id) WHERE kind = 'primary_care' AND attached >= 20 AND 4 * seen < attached
"""

#: Factor, clinic and day of every duty to block.
DUTIES = """
SELECT DISTINCT 'qr_share' AS factor, organisation_id, day
FROM (SELECT contract_id, signed_on AS day FROM act WHERE 2 * verified_volume < volume)
JOIN contract USING (contract_id)
UNION ALL
SELECT 'tax_debt', organisation_id, from_on FROM tax_debt
UNION ALL
SELECT 'location', s.organisation_id, min(started_on)
FROM service s JOIN site t ON t.site_id = s.site_id
WHERE NOT licensed OR coalesce(greatest(photos_on, coordinates_on, qr_issued_on) > started_on
    OR photos_on IS NULL OR coordinates_on IS NULL OR qr_issued_on IS NULL, false)
GROUP BY s.organisation_id, s.period
"""

#: Kind, factor, clinic and day of each gap of enforcement; `{as_of}` is the as-of day.
GAPS = f"""
WITH duty AS ({DUTIES}), answered AS (
    SELECT duty.factor, duty.organisation_id, duty.day,
        max(CASE WHEN started_on <= day AND coalesce(cured_on >= day, true) THEN 1 ELSE 0 END) AS in_force,
        min(CASE WHEN started_on BETWEEN day AND day + 30 THEN started_on END) AS first
    FROM duty LEFT JOIN block b ON b.factor = duty.factor AND b.organisation_id = duty.organisation_id GROUP BY ALL
)
SELECT 'missing' AS kind, factor, organisation_id, day FROM answered
WHERE in_force = 0 AND first IS NULL AND DATE '{{as_of}}' > day + 30
UNION ALL
SELECT 'late', factor, organisation_id, day FROM answered WHERE in_force = 0 AND first > day + 5
UNION ALL
SELECT 'unjustified', factor, organisation_id, started_on FROM block b WHERE NOT EXISTS (
    FROM duty WHERE duty.factor = b.factor AND duty.organisation_id = b.organisation_id
        AND day BETWEEN started_on - 30 AND started_on)
UNION ALL
SELECT 'overdue', factor, organisation_id, started_on FROM block b
WHERE coalesce(cured_on, DATE '{{as_of}}') > started_on + INTERVAL 2 MONTH AND NOT EXISTS (
    FROM contract c WHERE c.organisation_id = b.organisation_id AND c.terminated_on >= b.started_on)
"""

#: What must find no row: rules of the pilot beyond those of the contract.
FORBIDDEN = {
    "a service before its policy": "FROM service JOIN policy USING (policy_id) WHERE started_on <= policy.issued_on",
    "an event before the opening": """
        FROM account_event e JOIN policy USING (policy_id) WHERE e.kind <> 'open' AND on_day <= issued_on""",
    "a service of a blocked policy": """
        FROM service s JOIN account_event b ON b.policy_id = s.policy_id AND b.kind = 'block' AND s.started_on >= b.on_day
        WHERE NOT EXISTS (FROM account_event u WHERE u.policy_id = b.policy_id AND u.kind = 'unblock'
            AND u.on_day BETWEEN b.on_day AND s.started_on)""",
    "a payment before the act is signed": "FROM payment JOIN act USING (act_id) WHERE initiated_at <= act.signed_at",
    "a payment without an earlier order to pay": """
        FROM payment JOIN registry_order o USING (order_id) WHERE o.kind <> 'pay' OR o.signed_at > initiated_at""",
    "payments that do not add up to the act": """
        FROM (SELECT act_id, sum(amount_kzt) AS paid FROM payment GROUP BY act_id) JOIN act USING (act_id)
        WHERE paid <> amount_kzt - advance_offset_kzt""",
    "money released while the clinic is blocked": """
        FROM payment JOIN act USING (act_id) JOIN contract USING (contract_id) JOIN block b USING (organisation_id)
        WHERE payment.status = 'released' AND settled_on >= started_on AND coalesce(settled_on < cured_on, true)""",
    "an act without its services": """
        FROM act LEFT JOIN (SELECT act_id, count(*) AS services, count(channel) AS confirmed FROM service GROUP BY act_id) s
            USING (act_id)
        WHERE volume <> coalesce(services, 0) OR verified_volume <> coalesce(confirmed, 0) OR volume = 0""",
    "acts beyond the contract": """
        FROM (SELECT contract_id, sum(amount_kzt) AS claimed FROM act GROUP BY contract_id) JOIN contract c USING (contract_id)
        WHERE claimed > c.amount_kzt""",
    "offsets beyond the advance": """
        FROM (SELECT contract_id, sum(advance_offset_kzt) AS covered FROM act GROUP BY contract_id)
        LEFT JOIN (SELECT contract_id, sum(amount_kzt) AS advanced FROM advance GROUP BY contract_id) USING (contract_id)
        WHERE covered > coalesce(advanced, 0)""",
    "a service of another clinic's act or site": """
        FROM service s JOIN site USING (site_id) LEFT JOIN act USING (act_id) LEFT JOIN contract c USING (contract_id)
        WHERE site.organisation_id <> s.organisation_id OR c.organisation_id <> s.organisation_id
            OR c.package <> s.funding OR act.period <> s.period""",
    "an act of a terminated contract": """
        FROM act JOIN contract USING (contract_id) WHERE terminated_on <= act.signed_on""",
    "something before the pilot": """
        FROM (SELECT started_on AS day FROM service UNION ALL SELECT on_day FROM account_event
            UNION ALL SELECT issued_on FROM policy UNION ALL SELECT started_on FROM block
            UNION ALL SELECT signed_on FROM registry_order UNION ALL SELECT requested_on FROM consent_request)
        WHERE day < DATE '2026-03-16'""",
    "an advance after 31 March": "FROM advance WHERE paid_on > DATE '2026-03-31'",
    "a chain of digital tenge that does not close": """
        FROM (SELECT payment_id, sum(CASE kind WHEN 'issue' THEN amount_kzt ELSE 0 END) AS issued,
                sum(CASE WHEN kind = 'hold' THEN amount_kzt ELSE 0 END) AS held,
                sum(CASE WHEN kind IN ('release', 'return') THEN amount_kzt ELSE 0 END) AS freed
            FROM digital_tenge_operation WHERE payment_id IS NOT NULL GROUP BY payment_id) JOIN payment USING (payment_id)
        WHERE issued <> held OR freed <> (CASE status WHEN 'held' THEN 0 ELSE held END)""",
    "a policy without its opening": """
        FROM policy LEFT JOIN account_event e ON e.policy_id = policy.policy_id AND e.kind = 'open'
        WHERE e.on_day IS DISTINCT FROM issued_on""",
}
