"""Writes a release again without the figures that are withdrawn, aside, by the writers of the build itself."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from datasets.contract import (
    AUDIT_FILE,
    CERTIFICATES_FILE,
    DATA_FOLDER,
    DATABASE_FILE,
    MANIFEST_FILE,
    META_TABLES,
    REDACTIONS_FILE,
    SUMMED,
    Change,
    Status,
    bulk_formats,
    status_column,
    totals_table,
)
from etl.publish.files import write_bulk
from etl.publish.reconciliation import write_reconciliation
from etl.redacted import Redaction
from etl.redaction.plan import about
from etl.redaction.published import Published, read_release
from etl.redaction.tombstone import rows, write_tombstone
from etl.store.manifest import UNLISTED, digest, read_manifest, write_over

_RECONCILIATION = ("reconciliation.csv", "reconciliation.json")
_PROOFS = (AUDIT_FILE, CERTIFICATES_FILE)


def write_aside(redaction: Redaction, release: Published, staging: Path) -> None:
    """Write the release into the empty folder `staging`, all but audit, tombstone, manifest and signature.

    What does not change is the same file under two names: nothing may write into it.
    """
    changing = {*_changing(redaction, release), *_PROOFS, REDACTIONS_FILE, *UNLISTED}
    for path in sorted(release.folder.rglob("*")):
        name = str(path.relative_to(release.folder))
        if path.is_dir():
            (staging / name).mkdir()
        elif name not in changing:
            os.link(path, staging / name)
    if redaction.gone.get(release.id):
        shutil.copyfile(release.folder / DATABASE_FILE, staging / DATABASE_FILE)
        _withdraw(redaction, release, staging / DATABASE_FILE)
        _write_files(redaction, read_release(staging))


def keep_proofs(release: Published, staging: Path) -> None:
    """Keep the audit as it is: it does not look at what was withdrawn."""
    for name in _PROOFS:
        if (release.folder / name).exists():
            os.link(release.folder / name, staging / name)


def seal_aside(redaction: Redaction, release: Published, staging: Path) -> None:
    """Complete a release written aside, with its audit there, by the tombstone and the manifest."""
    before = redaction.before[release.id]
    changed = [
        path
        for path, old in before.items()
        if path not in (MANIFEST_FILE, REDACTIONS_FILE) and digest(staging / path) != old
    ]
    write_tombstone(redaction, release, staging, [*changed, MANIFEST_FILE])
    write_over({**read_manifest(release.folder), "redactions": digest(staging / REDACTIONS_FILE)}, staging)


def digests(release: Published) -> dict[str, str]:
    """The digests of all files of a release, its manifest included, by path."""
    listed = {entry["path"]: entry["sha256"] for entry in read_manifest(release.folder)["files"]}
    own = hashlib.sha256((release.folder / MANIFEST_FILE).read_bytes()).hexdigest()
    return {**listed, MANIFEST_FILE: own}


def _datasets(redaction: Redaction, release: Published) -> list[str]:
    return sorted({dataset for dataset, *_ in redaction.gone.get(release.id, ())})


def _changing(redaction: Redaction, release: Published) -> Iterable[str]:
    slugs = _datasets(redaction, release)
    if slugs:
        yield DATABASE_FILE
        yield from (f"{DATA_FOLDER}/{name}" for name in _RECONCILIATION)
    for slug in slugs:
        for kind in bulk_formats(totals=slug in release.content.totals):
            yield from (f"{DATA_FOLDER}/{name}" for _, name in kind.files(slug))


def _write_files(redaction: Redaction, written: Published) -> None:
    data = written.folder / DATA_FOLDER
    for slug in _datasets(redaction, written):
        protected = written.dataset(slug)
        assert protected is not None
        for kind in bulk_formats(totals=bool(protected.protection)):
            for language, name in kind.files(slug):
                write_bulk(written.content, protected, kind, data / name, language)
    write_reconciliation(written.id, written.reconciliation, data)


def _withdraw(redaction: Redaction, release: Published, file: Path) -> None:
    """Take the figures out of the database file, and out of its unused pages."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA secure_delete = ON")
        for dataset, measure, keys, _ in redaction.gone[release.id]:
            _clear(connection, release, dataset, measure, tuple(keys))
        for dataset in _datasets(redaction, release):
            _digest_anew(connection, release, dataset)
        names = list(META_TABLES["meta_redaction"])
        # Names of tables and columns are the contract's and the catalogue's; values are bound.
        marks = ", ".join("?" for _ in names)
        connection.executemany(
            f"INSERT INTO meta_redaction ({', '.join(names)}) VALUES ({marks})",  # noqa: S608
            ([row[name] for name in names] for row in rows(redaction, release)),
        )
        connection.commit()
        connection.execute("VACUUM")


def _clear(
    connection: sqlite3.Connection, release: Published, dataset: str, measure: str, keys: tuple[str, ...]
) -> None:
    table = totals_table(dataset) if SUMMED in keys else dataset
    names = [column.name for column in release.declaration(dataset).dimensions]
    where = " AND ".join(f"[{name}] = ?" for name in names)
    done = connection.execute(
        f"UPDATE [{table}] SET [{measure}] = NULL, [{status_column(measure)}] = ? WHERE {where}",  # noqa: S608
        (Status.WITHDRAWN, *keys),
    )
    if done.rowcount != 1:
        raise ValueError(f"{release.id}: {dataset} has no single row of {keys}. Remedy: plan the redaction anew.")
    # That it moved, and how far, is of the figure too; that the row was new is not.
    connection.execute(
        "DELETE FROM meta_change WHERE dataset = ? AND measure = ? AND keys_json = ? AND kind <> ?",
        (dataset, measure, json.dumps(keys, ensure_ascii=False), Change.ADDED),
    )
    for check in release.reconciliation:
        if about(check, release, dataset, measure, keys):
            connection.execute(
                "DELETE FROM meta_reconciliation WHERE dataset = ? AND position = ?", (dataset, check["position"])
            )


def _digest_anew(connection: sqlite3.Connection, release: Published, dataset: str) -> None:
    """The digest of a protected dataset's input is that of its published rows: one of the old rows would tell them."""
    if dataset in release.content.totals:
        found = connection.execute(f"SELECT * FROM [{dataset}] ORDER BY rowid").fetchall()  # noqa: S608
        digest = hashlib.sha256(json.dumps(found, ensure_ascii=False).encode()).hexdigest()
        connection.execute("UPDATE meta_provenance SET sha256 = ? WHERE dataset = ?", (digest, dataset))
