"""A store with a history, written by hand: five small releases of which it is known what changed from each to the next.

1. Beds of four regions, staff in thousands with a decimal, cases of persons in two months (protected, simulated).
2. A third month of cases (new data) with two that came late; a bed count that was not collected before.
3. Our own error in the beds is corrected; a region's staff is gone.
4. The staff dataset is named `personnel`; its figure of Astana is as in release 1 again after a wrong one in release 2.
5. The beds of Astana go back to what release 2 had; a new dataset, `ambulances`, comes.

Why figures changed is written by hand into these releases, which so are unsigned. `publish_history` publishes the same
signed, and with what the build itself says of changes.
"""

from __future__ import annotations

import copy
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from datasets.contract import (
    DATABASE_FILE,
    MANIFEST_FILE,
    META_TABLES,
    PERIOD,
    ROLLBACKS_FILE,
    SUMMED,
    status_column,
    totals_table,
)
from datasets.library import Library, load_library
from etl.aggregate import aggregate
from etl.disclosure import protect
from etl.extract import extract
from etl.gate import gate
from etl.publish import publish
from etl.publish.content import make_content
from etl.registry.binding import bind
from etl.registry.parts import Registry
from etl.signing.keyring import Keyring, ensure_key
from etl.validate import validate
from tests.datasets.folders import MINIMAL, TEXT, add_dataset, write_library
from tests.portal.protected import DECLARED as CASES
from tests.portal.registry import csv_text, names, titles

MONTHS = ("2026-03", "2026-04", "2026-05")
CORRECTION = {
    "correction": "beds-of-astana",
    "date": "2026-05-20",
    "dataset": "beds",
    "measure": "beds",
    "where": {"region": "KZ-71"},
    "reason": "our_error",
    "found_by": "reader",
    "text": {"kk": "Төсек саны қате оқылған.", "ru": "Число коек прочитано неверно.", "en": "The beds were misread."},
}
RENAMING = {
    "announcement": "staff-renamed",
    "date": "2026-05-01",
    "effective": "2026-06-01",
    "kind": "dataset_renamed",
    "dataset": "staff",
    "subject": "staff",
    "replacement": "personnel",
    "text": {"kk": "Атауы өзгереді.", "ru": "Имя меняется.", "en": "The name changes."},
}

STAFF = copy.deepcopy(MINIMAL) | {"slug": "staff", "title": titles("Staff")}
STAFF["columns"][2] |= {"name": "staff", "type": "decimal", "title": titles("Staff"), "additivity": "not_additive"}
BEDS = copy.deepcopy(MINIMAL) | {"title": titles("Beds")}
#: Slug -> what is declared; `personnel` is `staff` by another name.
DECLARATIONS: dict[str, dict[str, Any]] = {
    "beds": BEDS,
    "staff": STAFF,
    "personnel": STAFF | {"slug": "personnel", "title": titles("Personnel")},
    "ambulances": MINIMAL | {"slug": "ambulances", "title": titles("Ambulances")},
}
Key = tuple[str, str, tuple[str, ...]]
#: Status and value of each figure by dataset, measure and keys.
Figures = dict[Key, tuple[str, int | float | None]]


@dataclass(frozen=True)
class Stage:
    """What one release of the history has: per dataset figures by region; cases by region and ownership, by month."""

    documents: dict[str, dict[str, str]]
    cases: dict[tuple[str, str], tuple[int, ...]]
    reasons: dict[str, str]
    corrections: tuple[dict[str, Any], ...] = ()
    announcements: tuple[dict[str, Any], ...] = ()
    #: Old slug -> new slug, where this release has a dataset under a new name.
    renamed: Mapping[str, str] = field(default_factory=dict)


_BEDS = {"KZ-71": "10", "KZ-75": "[x]", "KZ-79": "[z]", "KZ-39": "0"}
_STAFF = {"KZ-71": "12.3", "KZ-75": "40.1", "KZ-79": "7"}
_TWO = {
    ("KZ-71", "state"): (41, 38),
    ("KZ-71", "private"): (12, 3),
    ("KZ-75", "state"): (60, 55),
    ("KZ-75", "private"): (8, 11),
    ("KZ-79", "state"): (25, 0),
    ("KZ-79", "private"): (17, 14),
    ("KZ-39", "state"): (31, 29),
    ("KZ-39", "private"): (22, 26),
}
_LAST = dict(zip(_TWO, (52, 9, 71, 2, 33, 19, 36, 24), strict=True))
#: The third month; services of the second that were reported late make two of its counts larger, one past the threshold.
_THREE = {keys: (*counts, _LAST[keys]) for keys, counts in _TWO.items()} | {
    ("KZ-71", "private"): (12, 7, 9),
    ("KZ-75", "state"): (60, 58, 71),
}
#: Reasons by dataset, for figures that both releases have; new rows are new data.
_LATE = {"cases": "late_data", "beds": "source_correction", "staff": "source_correction"}
STAGES = (
    Stage({"beds": _BEDS, "staff": _STAFF}, _TWO, {}),
    Stage({"beds": _BEDS | {"KZ-75": "77"}, "staff": _STAFF | {"KZ-71": "12.5"}}, _THREE, _LATE),
    Stage(
        {"beds": _BEDS | {"KZ-75": "77", "KZ-71": "1000"}, "staff": {"KZ-71": "12.5", "KZ-75": "40.1"}},
        _THREE,
        {"beds": "our_error", "staff": "reclassification"},
        corrections=(CORRECTION,),
        announcements=(RENAMING,),
    ),
    Stage(
        {"beds": _BEDS | {"KZ-75": "77", "KZ-71": "1000"}, "personnel": {"KZ-71": "12.3", "KZ-75": "40.1"}},
        _THREE,
        {"personnel": "source_correction"},
        corrections=(CORRECTION,),
        announcements=(RENAMING,),
        renamed={"staff": "personnel"},
    ),
    Stage(
        {
            "beds": _BEDS | {"KZ-75": "77"},
            "personnel": {"KZ-71": "12.3", "KZ-75": "40.1"},
            "ambulances": {"KZ-71": "3"},
        },
        _THREE,
        {"beds": "source_correction"},
        corrections=(CORRECTION,),
        announcements=(RENAMING,),
    ),
)


def write_history(folder: Path, stages: tuple[Stage, ...] = STAGES) -> Path:
    """The folder of releases below `folder`: one a stage; the pointer went back once and forth again."""
    releases = folder / "releases"
    before: Path | None = None
    for number, stage in enumerate(stages, start=1):
        made = _build(stage, folder / f"datasets-{number}", releases, number, None)
        _record(made, before, number, stage)
        before = made
    if len(stages) > 3:
        ids = in_order(releases)
        entry = {"at": "2026-07-03T08:00:00Z", "from": ids[3], "to": ids[2], "reason": TEXT}
        (releases / ROLLBACKS_FILE).write_text(json.dumps([entry], ensure_ascii=False), encoding="utf-8")
    return releases


def publish_history(folder: Path) -> Path:
    """The folder of releases below `folder`: the same figures, as they are published; nothing is written by hand."""
    releases = folder / "releases"
    releases.mkdir()
    keyring = ensure_key(folder / "store", releases, "2026-03-01T00:00:00Z")
    for number, stage in enumerate(STAGES, start=1):
        _build(stage, folder / f"datasets-{number}", releases, number, keyring)
    return releases


def published(number: int) -> str:
    """When the release of this number was published, by `publish_history`."""
    return f"2026-{number + 2:02}-20T10:00:00Z"


def in_order(releases: Path) -> list[str]:
    """The ids of the releases, the first one first."""
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in releases.glob(f"[!.]*/{MANIFEST_FILE}")]
    return [said["id"] for said in sorted(manifests, key=lambda said: said["sequence"])]


def _build(stage: Stage, source: Path, releases: Path, number: int, keyring: Keyring | None) -> Path:
    write_library(source, BEDS, _table("beds", stage.documents["beds"]))
    documents = source / "_documents.yaml"
    text = documents.read_text(encoding="utf-8")
    documents.write_text(text.replace('date: "2026-03-16"', f'date: "2026-{number + 2:02}-16"', 1), encoding="utf-8")
    for slug, values in stage.documents.items():
        if slug != "beds":
            add_dataset(source, DECLARATIONS[slug], _table(slug, values))
    add_dataset(source, CASES, csv_text(CASES, _cases(stage.cases)))
    (source / "cases" / "transform.sql").write_text("SELECT 1", encoding="utf-8")
    _write_record(source / "_record", corrections=stage.corrections, announcements=stage.announcements)
    extracts = tuple(f"extract-{index}" for index in range(1, number + 1))
    registry = Registry(extracts, f"2026-{number + 2:02}-15T00:00:00Z", True, MONTHS, ())
    return _publish(
        bind(load_library(source), registry, names, lambda _declaration: ("service",)), releases, number, keyring
    )


def _write_record(folder: Path, **lists: tuple[dict[str, Any], ...]) -> None:
    folder.mkdir(exist_ok=True)
    for name, entries in lists.items():
        # The columns of the tables call the id of an entry by what it is.
        said = [{"id" if key == name.removesuffix("s") else key: each[key] for key in each} for each in entries]
        text = yaml.safe_dump({name: said}, allow_unicode=True)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def _publish(library: Library, releases: Path, number: int, keyring: Keyring | None) -> Path:
    prepared = [aggregate(validate(extract(each), library), library) for each in library.declarations.values()]
    disclosed = protect(prepared, library)
    content = make_content(library, disclosed)
    audit = gate(content.id, disclosed, releases, None)
    return publish(content, releases, audit, keyring=keyring, clock=lambda: published(number))


def _table(slug: str, values: dict[str, str]) -> str:
    measure = DECLARATIONS[slug]["columns"][2]["name"]
    return f"region,period,{measure}\n" + "".join(f"{region},2026,{value}\n" for region, value in values.items())


def _cases(cases: dict[tuple[str, str], tuple[int, ...]]) -> Iterator[tuple[Any, ...]]:
    for (region, ownership), counts in cases.items():
        for month, count in zip(MONTHS, counts, strict=False):
            if count:
                amount = 1000 * count + 7
                yield region, month, ownership, count, amount, count // 2, round(amount / count)


def figures(release: Path) -> Figures:
    """Every figure of a release but sums over time: read row by row, without a line in common with the portal."""
    found: Figures = {}
    with closing(sqlite3.connect(release / DATABASE_FILE)) as connection:
        connection.row_factory = sqlite3.Row
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for slug in [row[0] for row in connection.execute("SELECT slug FROM meta_dataset")]:
            columns = connection.execute(
                "SELECT name, role FROM meta_column WHERE dataset = ? ORDER BY position", (slug,)
            )
            roles = dict(map(tuple, columns))
            for table in {slug, totals_table(slug)} & tables:
                for row in connection.execute(f"SELECT * FROM [{table}]"):
                    if row[PERIOD] == SUMMED:
                        continue
                    keys = tuple(str(row[name]) for name, role in roles.items() if role == "dimension")
                    for name, role in roles.items():
                        if role == "measure":
                            found[slug, name, keys] = row[status_column(name)], row[name]
    return found


def differences(old: Figures, new: Figures, renamed: Mapping[str, str] | None = None) -> dict[Key, str]:
    """What became of each figure that is not as it was: the kind by dataset (as it is named now), measure, keys."""
    moved = {((renamed or {}).get(slug, slug), name, keys): said for (slug, name, keys), said in old.items()}
    kinds = {key: _kind(moved.get(key), new.get(key)) for key in {**moved, **new} if moved.get(key) != new.get(key)}
    return {key: kind for key, kind in kinds.items() if kind}


def _kind(old: tuple[str, Any] | None, new: tuple[str, Any] | None) -> str:
    """What became of a figure; nothing if it is hidden in both, whatever hides it."""
    if old is None or new is None:
        return "added" if old is None else "removed"
    hidden, shown = ("suppressed", "withdrawn"), ("ok", "zero")
    if old[0] in hidden:
        return "" if new[0] in hidden else "shown" if new[0] in shown else "changed"
    return "hidden" if new[0] in hidden and old[0] in shown else "changed"


def _record(made: Path, before: Path | None, number: int, stage: Stage) -> None:
    """Write what the release says of its place in the chain and of the public record."""
    changes = differences(figures(before), figures(made), stage.renamed) if before else {}
    rows = [
        {
            "position": position,
            "dataset": slug,
            "measure": measure,
            "keys_json": json.dumps(list(keys), ensure_ascii=False),
            "kind": kind,
            "reason": _reason(kind, stage.reasons.get(slug, "new_data")),
            "material": int(slug == "beds"),
            "correction": CORRECTION["correction"] if stage.reasons.get(slug) == "our_error" else None,
        }
        for position, ((slug, measure, keys), kind) in enumerate(sorted(changes.items()))
    ]
    with closing(sqlite3.connect(made / DATABASE_FILE)) as connection:
        _write(connection, "meta_change", rows)
        _write(connection, "meta_correction", [_flat(each, 0) for each in stage.corrections])
        _write(connection, "meta_announcement", [_flat(each, 0) for each in stage.announcements])
        connection.execute("UPDATE meta_release SET previous = ?", (before.name if before else None,))
        connection.commit()
    _chain(made, before, number)


def _reason(kind: str, stated: str) -> str:
    return {"added": "new_data", "hidden": "protection_change", "shown": "protection_change"}.get(kind, stated)


def _flat(entry: dict[str, Any], position: int) -> dict[str, Any]:
    """An entry of the record as a row: language maps by column, `where` as JSON."""
    row: dict[str, Any] = {"position": position}
    for name, value in entry.items():
        if name == "text":
            row |= {f"text_{language}": text for language, text in value.items()}
        elif name == "where":
            row["where_json"] = json.dumps(value)
        else:
            row[name] = value
    return row


def _write(connection: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    connection.execute(f"DELETE FROM {table}")
    columns = list(META_TABLES[table])
    marks = ", ".join("?" for _ in columns)
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", ([row[name] for name in columns] for row in rows))


def _chain(made: Path, before: Path | None, number: int) -> None:
    path = made / MANIFEST_FILE
    said = json.loads(path.read_text(encoding="utf-8"))
    entry = next(each for each in said["files"] if each["path"] == DATABASE_FILE)
    database = made / DATABASE_FILE
    entry |= {"bytes": database.stat().st_size, "sha256": hashlib.sha256(database.read_bytes()).hexdigest()}
    previous = None
    if before:
        digest = hashlib.sha256((before / MANIFEST_FILE).read_bytes()).hexdigest()
        previous = {"id": before.name, "sha256": digest}
    said |= {"extracts": said.get("extracts", []), "sequence": number, "previous": previous}
    path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
