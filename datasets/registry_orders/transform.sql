SELECT
  period,
  kind,
  signer_role,
  status,
  count(*) AS orders
FROM registry_order
GROUP BY period, kind, signer_role, status
