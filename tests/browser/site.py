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
    "lines": "datasets/money_chain",
    "clinics": "clinics/",
    "clinic": "clinics/100001",
    "corrections": "corrections",
    "announcements": "announcements",
    "calendar": "calendar",
    "feeds": "feeds/",
    "reconciliation": "reconciliation",
    "one kind of gap": "reconciliation?class=source_error&topic=medicines",
    "methodology": "methodology",
    "about": "about",
    "figure": "datasets/contracts_by_region/figure?measure=amount_kzt&region=KZ-75&period=2026",
    "report": "report?dataset=contracts_by_region&measure=amount_kzt&region=KZ-75&period=2026",
    "report of a chart": "report?dataset=contracts_by_region&chart=1",
    "api": "api",
    "state of the portal": "health",
    "keys": "keys",
    "releases": "releases/",
    "compare releases": "diff",
    "not found": "nothing",
    "broken": "broken",
}
#: Pages of the SQL face, which are in one language.
SQL_PAGES = {
    "tables and queries": "/data/release",
    "table": "/data/release/drug_provision?period=2022&_facet=period",
    "code list": "/data/release/code_region",
    "row": "/data/release/contracts_by_region/KZ-75,2026",
    "query": "/data/release?sql=select+*+from+contracts_by_region+limit+5",
    "failed query": "/data/release?sql=select+nothing",
    "ready query": "/data/release/search?words=region",
    "no such table": "/data/release/nothing",
}
#: Pages that answer with an error, which the browser reports on its console.
FAILING = {"not found": 404, "broken": 500, "failed query": 400, "no such table": 404}
