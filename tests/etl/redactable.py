"""A small library with a protected dataset, and releases of it that are built as the pipeline builds them."""

import copy
import hashlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import yaml

from datasets.contract import DATABASE_FILE, MANIFEST_FILE
from datasets.declaration import Ratio
from datasets.library import load_library
from etl.aggregate import Aggregated
from etl.disclosure import protect
from etl.disclosure.vault import Vault
from etl.gate import gate
from etl.pipeline import prepare
from etl.protect.ledger import Ledger
from etl.publish import publish
from etl.publish.content import make_content
from etl.redaction.redact import Outcome, redact
from etl.redaction.request import Request
from etl.signing.keyring import ensure_key
from etl.store.instant import now
from etl.store.keys import keyring_of
from etl.store.previews import Embargo
from tests.datasets.folders import MINIMAL, TEXT, add_dataset, write_library

SERIES = "registry"
REGIONS = ("KZ-10", "KZ-11", "KZ-15", "KZ-19", "KZ-23", "KZ-27")
MONTHS = ("2026-03", "2026-04", "2026-05")
BEDS = "region,period,beds\nKZ-71,2026,10\nKZ-75,2026,987654\nKZ-79,2026,[z]\nKZ-39,2026,0\n"
BED_TOTALS = "region,period,beds\n*,2026,987664\n"
REASON = {"kk": "Қате көрсеткіш", "ru": "Ошибочный показатель", "en": "A wrong figure"}
BED = Request("beds", "beds", {"region": "KZ-75", "period": "2026"}, REASON)
#: What KZ-75 has, and the stated total that would give it back.
BED_NUMBERS = (987654, 987664)
VISIT = Request("visits", "services", {"region": REGIONS[2], "period": "2026-03"}, REASON)
TODAY = "2026-11-22"


def _measure(name: str, **more: object) -> dict:
    return {"name": name, "role": "measure", "type": "integer", "unit": "count", "title": TEXT, **more}


VISITS = {
    **copy.deepcopy(MINIMAL),
    "slug": "visits",
    "policy": "guarded",
    "columns": [
        *copy.deepcopy(MINIMAL["columns"][:2]),
        _measure("services", additivity="additive"),
        _measure("patients", unit="person", additivity="additive"),
        _measure("clinics", unit="organisation", additivity="not_additive"),
        _measure("per_patient", type="decimal", unit="count", additivity="not_additive"),
    ],
    "protect": [
        {"measures": ["services", "patients", "clinics"], "persons": "patients"},
        {"measures": ["per_patient"], "public": TEXT},
    ],
}


def visits(months: int) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Services, patients and clinics by region and month: mostly large, some small, one row of noughts."""
    found = {}
    for place, region in enumerate(REGIONS):
        for number, month in enumerate(MONTHS[:months]):
            patients = 20 + 7 * place + 11 * number + (place * number) % 5
            if (place, number) in {(1, 0), (4, 1)}:
                patients = 3
            found[region, month] = (2 * patients + place, patients, 1 + place % 3)
    found[REGIONS[5], MONTHS[0]] = (0, 0, 0)
    return found


def write_datasets(folder: Path, months: int) -> Path:
    """The datasets folder with `beds`, whose figures nobody protects, and `visits`."""
    library = write_library(folder, rows=BEDS, totals=BED_TOTALS)
    policy = yaml.safe_load((library / "_policies" / "persons.yaml").read_text(encoding="utf-8"))
    policy |= {"code": "guarded", "origins": ["official"]}
    (library / "_policies" / "guarded.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    lines = [f"{','.join(keys)},{','.join(map(str, values))},0.0" for keys, values in visits(months).items()]
    add_dataset(library, VISITS, "\n".join(["region,period,services,patients,clinics,per_patient", *lines]) + "\n")
    return library


def release(folder: Path, releases: Path, store: Path, embargo: Embargo | None = None) -> Path:
    """A release of the datasets folder, or a preview of it, recorded in the store's ledger and signed with its key."""
    library = load_library(folder)
    vault = Vault(store, SERIES)
    datasets = [_computing(prepare(each, library)) for each in library.declarations.values()]
    disclosed = protect(datasets, library, vault)
    content = make_content(library, disclosed)
    keyring = ensure_key(store, releases, now())
    return publish(content, releases, gate(content.id, disclosed, releases, vault), keyring=keyring, embargo=embargo)


def _computing(dataset: Aggregated) -> Aggregated:
    """The dataset with its ratio computed, as only a dataset of the Registry may have it."""
    if dataset.declaration.slug != "visits":
        return dataset
    ratio = Ratio("per_patient", "services", "patients", 1, decimals=2)
    return replace(dataset, declaration=replace(dataset.declaration, ratios=(ratio,), public=()))


def withdraw(place: Path, request: Request, **how: bool) -> Outcome:
    releases, store = place / "releases", place / "store"
    return redact(request, releases, store, TODAY, keyring_of(store, releases), **how)


def folders(place: Path) -> list[Path]:
    """In the order of their building."""
    found = [path.parent for path in (place / "releases").glob(f"[!.]*/{MANIFEST_FILE}")]
    order = Ledger(place / "store" / "ledger" / SERIES).releases if (place / "store" / "ledger").exists() else ()
    return sorted(found, key=lambda folder: (order.index(folder.name) if folder.name in order else 0, folder.name))


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows_of(folder: Path, table: str) -> list[dict]:
    connection = sqlite3.connect(f"file:{folder / DATABASE_FILE}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(f"SELECT * FROM [{table}] ORDER BY rowid")]
    finally:
        connection.close()
