"""The kinds of page that the portal has, each by an example or two."""

LANGUAGES = ("kk", "ru", "en")
#: A phone in the hand and a screen on the desk.
WIDTHS = (360, 1280)

PAGES = {
    "home": "",
    "datasets": "datasets/",
    "search": "datasets/?q=костанай",
    "nothing found": "datasets/?q=zzzz",
    "topic": "datasets/?topic=medicines",
    "bars and map": "datasets/contracts_by_region",
    "filtered": "datasets/drug_provision?period=2022&sort=patients&order=desc",
    "statement": "datasets/own_balance_sheet",
    "figures": "datasets/audit_findings",
    "unattributed": "datasets/contracts_2022_by_region",
    "stacked bars": "datasets/purchase_plan_by_kind_of_care",
    "two series": "datasets/monitoring_results_by_region",
    "long names": "datasets/strategic_indicators",
    "region": "regions/KZ-39",
    "older region": "regions/KZ-63",
    "new region": "regions/KZ-10",
    "regions": "regions/",
    "reconciliation": "reconciliation",
    "one kind of gap": "reconciliation?class=source_error&topic=medicines",
    "methodology": "methodology",
    "about": "about",
    "api": "api",
    "not found": "nothing",
    "broken": "broken",
}
#: Pages that answer with an error, which the browser reports on its console.
FAILING = {"not found": 404, "broken": 500}
