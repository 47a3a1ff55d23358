"""A small release with a public record, written by hand: announcements of each kind, planned days, replies, a correction."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from datasets.contract import DATABASE_FILE, LANGUAGES, MANIFEST_FILE, META_TABLES, POINTER_FILE, TRUST_FILE
from tests.portal.registry import titles, write_releases

ANNOUNCEMENTS = (
    {"announcement": "format", "kind": "format"},
    {
        "announcement": "cases",
        "kind": "column_renamed",
        "dataset": "visits",
        "subject": "open_cases",
        "replacement": "cases",
    },
    {
        "announcement": "visits",
        "kind": "column_renamed",
        "dataset": "visits",
        "subject": "served",
        "replacement": "visits",
    },
    {
        "announcement": "owner",
        "kind": "column_renamed",
        "dataset": "visits",
        "subject": "owner",
        "replacement": "ownership",
    },
    {"announcement": "sex", "kind": "column_removed", "dataset": "visits", "subject": "sex"},
    {"announcement": "visitors", "kind": "dataset_removed", "dataset": "visitors", "subject": "visitors"},
    {"announcement": "blocks", "kind": "dataset_renamed", "subject": "blocks", "replacement": "clinic_blocks"},
    {
        "announcement": "blocks-2",
        "kind": "dataset_renamed",
        "subject": "clinic_blocks",
        "replacement": "organisation_blocks",
    },
)
REPLIES = (
    {"reply": "open", "organisation": "101", "stop_factor": "tax_debt", "period": "2026-05", "disputed": 1},
    {
        "reply": "settled",
        "organisation": "101",
        "stop_factor": "qr_share",
        "period": "2026-04",
        "disputed": 1,
        "resolved": "2026-05-20",
        "outcome": "corrected",
    },
    {"reply": "other", "organisation": "102", "stop_factor": "qr_share", "period": "2026-04", "disputed": 0},
)
CALENDAR = (
    {"date": "2026-06-10", "period": "2026-05"},
    {"date": "2026-07-10", "period": "2026-06", "topic": "control"},
    {"date": "2026-08-10", "period": "2026-07"},
)


def write_recorded(folder: Path) -> Path:
    """The folder of releases below `folder`: the one of `tests.portal.registry` with a record."""
    releases = write_releases(folder)
    release = releases / (releases / POINTER_FILE).read_text().strip()
    common = {"date": "2026-05-01", "effective": "2026-06-01", "dataset": None, "subject": None, "replacement": None}
    replied = {"received": "2026-05-12", "resolved": None, "outcome": None}
    correction = {
        "correction": "visits-of-abai",
        "date": "2026-05-30",
        "dataset": "visits",
        "measure": None,
        "where_json": json.dumps({"region": "KZ-10"}),
        "reason": "source_correction",
        "found_by": "clinic",
    }
    change = {"dataset": "visits", "measure": "visits", "reason": "source_correction", "correction": "visits-of-abai"}
    write_rows(
        release,
        meta_announcement=[
            common | {"dataset": each.get("subject")} | each | _texts("text", each["announcement"])
            for each in ANNOUNCEMENTS
        ],
        meta_reply=[replied | each | _texts("text", f"reply {each['reply']}") for each in REPLIES],
        meta_calendar=[
            {"topic": None} | each | _texts("title", "Monthly, release; with \\ signs") for each in CALENDAR
        ],
        meta_correction=[correction | _texts("text", "Counted twice.")],
        meta_change=[
            change | {"keys_json": json.dumps(["KZ-10", "2026-04", ownership]), "kind": "changed", "material": 1}
            for ownership in ("state", "private")
        ],
    )
    return releases


def unsigned_copy(releases: Path, folder: Path) -> Path:
    """A copy of a store below `folder` that a test may write into: without keys, so that nothing has to be signed."""
    copy = Path(shutil.copytree(releases, folder / "releases"))
    (copy / TRUST_FILE).unlink(missing_ok=True)
    return copy


def write_rows(release: Path, **tables: Iterable[dict[str, Any]]) -> None:
    """Put rows into catalogue tables of a release in the place of what they hold, and say so in its manifest."""
    database = release / DATABASE_FILE
    with closing(sqlite3.connect(database)) as connection:
        for table, rows in tables.items():
            connection.execute(f"DELETE FROM {table}")
            names = list(META_TABLES[table])
            marks = ", ".join("?" for _ in names)
            for position, row in enumerate(rows):
                values = [({"position": position} | row)[name] for name in names]
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        connection.commit()
    _state(release)


def execute(release: Path, statement: str) -> None:
    """Change the database of a release, and say so in its manifest."""
    with closing(sqlite3.connect(release / DATABASE_FILE)) as connection:
        connection.execute(statement)
        connection.commit()
    _state(release)


def _state(release: Path) -> None:
    """Write into the manifest what the database is now."""
    database, path = release / DATABASE_FILE, release / MANIFEST_FILE
    said = json.loads(path.read_text(encoding="utf-8"))
    entry = next(each for each in said["files"] if each["path"] == DATABASE_FILE)
    entry |= {"bytes": database.stat().st_size, "sha256": hashlib.sha256(database.read_bytes()).hexdigest()}
    path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _texts(name: str, text: str) -> dict[str, str]:
    return {f"{name}_{language}": titles(text)[language] for language in LANGUAGES}
