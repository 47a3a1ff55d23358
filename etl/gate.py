"""The gate: a release is attacked before anybody can see it, and what it hides is recorded before it is published."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE, DATABASE_FILE, SYNTHETIC
from datasets.fault import Fault, FaultError
from etl.audit.command import packed
from etl.audit.report import audit_release
from etl.disclosure import Disclosed
from etl.disclosure.vault import Vault
from etl.registry.parts import series_of
from etl.store.chain import chain
from etl.store.condition import is_retired


def gate(release: str, disclosed: Disclosed, releases: Path, vault: Vault | None) -> Callable[[Path], None]:
    """The last check of `release`, to be called with the folder of its files.

    It attacks the files together with all earlier releases of the ledger whose files are still in `releases`, and writes the
    report and the certificates beside them. Raises FaultError for whatever could be worked out.
    """

    def check(staging: Path) -> None:
        if vault is not None:
            _refuse_forgotten(release, releases, vault)
        report = audit_release(staging, list(_earlier(release, releases, vault)))
        if not report.passed:
            raise FaultError(
                [
                    Fault(release, "audit", line, "Nothing was published. Mend the rules or the stage that hides.")
                    for line in report.faults
                ]
            )
        (staging / AUDIT_FILE).write_text(report.to_json(), encoding="utf-8")
        (staging / CERTIFICATES_FILE).write_bytes(packed(report))
        if vault is not None and disclosed.secret is not None:
            vault.ledger.record(release, disclosed.secret.system, disclosed.secret.hidden)

    return check


def _earlier(release: str, releases: Path, vault: Vault | None) -> Iterator[Path]:
    """The releases to attack this one with, in the ledger's order; for one that is built again, those published before it."""
    places = {link.id: link.place.sequence for link in chain(releases)}
    for each in vault.ledger.releases if vault else ():
        before = release not in places or places.get(each, 0) < places[release]
        if each != release and before and (releases / each).is_dir() and not is_retired(releases / each):
            yield releases / each


def _refuse_forgotten(release: str, releases: Path, vault: Vault) -> None:
    """Raise FaultError if releases of the same extracts are visible that the ledger does not know."""
    there = (folder.name for folder in sorted(releases.glob("[!.]*/")) if vault.series in _series(folder))
    missing = [each for each in there if each not in (release, *vault.ledger.releases)]
    if missing:
        message = f"does not know {', '.join(missing)}: what these releases hide could be worked out with the new one."
        remedy = "Restore the ledger from a backup, or name the work folder with which they were built (--store)."
        raise FaultError([Fault("ledger", vault.series, message, remedy)])


def _series(folder: Path) -> set[str]:
    """The series of extracts of which a release protects datasets; none if it is no release of this schema."""
    try:
        with closing(sqlite3.connect(f"{(folder / DATABASE_FILE).resolve().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT source_file, origin FROM meta_dataset WHERE protection_json IS NOT NULL")
            return {series_of(file.split(", "), synthetic=origin == SYNTHETIC) for file, origin in rows}
    except sqlite3.Error:
        return set()
