"""What the ledgers in the operator's work folder know of releases: with which ones later releases are attacked together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from datasets.contract import DATABASE_FILE
from datasets.fault import Fault, FaultError
from etl.protect.ledger import Ledger, LedgerError


def is_recorded(release_id: str, store: Path) -> bool:
    """Whether a ledger knows the release."""
    return any(release_id in ledger.releases for ledger in _ledgers(store))


def is_protected(folder: Path) -> bool:
    """Whether the release in `folder` hides figures, so that a ledger must know it; one that cannot be read may."""
    try:
        with closing(sqlite3.connect(f"{(folder / DATABASE_FILE).resolve().as_uri()}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT 1 FROM meta_dataset WHERE protection_json IS NOT NULL LIMIT 1")
            return rows.fetchone() is not None
    except sqlite3.Error:
        return True


def refuse_stood_on(release_id: str, store: Path) -> None:
    """Raise FaultError if a release cannot be taken back from its ledger, since later ones were protected with it."""
    for ledger in _ledgers(store):
        if release_id in ledger.releases and release_id != ledger.releases[-1]:
            message = f"stays in the ledger: {ledger.releases[-1]} was protected together with it."
            remedy = "Drop it without --unseen; its figures count as shown."
            raise FaultError([Fault("ledger", release_id, message, remedy)])


def take_back(release_id: str, store: Path) -> None:
    """Take a release that nobody ever saw back from its ledger."""
    for ledger in _ledgers(store):
        if release_id in ledger.releases:
            ledger.annul(release_id)


def _ledgers(store: Path) -> Iterator[Ledger]:
    for folder in sorted((store / "ledger").glob("*/")):
        try:
            yield Ledger(folder)
        except LedgerError as error:
            raise FaultError([Fault("ledger", folder.name, str(error), "Restore it from a backup.")]) from None
