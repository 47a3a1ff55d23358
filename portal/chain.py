"""The chain of releases up to one of them, and their databases, opened without their catalogues."""

from __future__ import annotations

import sqlite3

from datasets.contract import DATABASE_FILE
from portal.release import Edition, Release
from portal.store import Listed, ReleaseStore


def chain_until(store: ReleaseStore, release: Release) -> tuple[Listed, ...]:
    """The releases up to `release`, oldest first; a preview, which is not in the chain yet, stands at its end."""
    own = Listed(
        release.id, release.sequence, release.published, release.data_through, release.synthetic, state="whole"
    )
    older = (each for each in store.chain() if each.id != own.id and _order(each) < _order(own))
    return (*sorted(older, key=_order), own)


def edition_of(store: ReleaseStore, listed: Listed, release: Release) -> Edition:
    """The edition of a release of the chain up to `release`; raises ReleaseError."""
    return release if listed.id == release.id else store.edition(listed.id)


def open_database(store: ReleaseStore, edition: Edition) -> sqlite3.Connection:
    """The verified database of an edition, read only; rows come by name. Raises ReleaseError or OSError."""
    store.open_file(edition, DATABASE_FILE).close()
    uri = f"{(edition.folder / DATABASE_FILE).resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def _order(listed: Listed) -> tuple[int, str]:
    return listed.sequence or 0, listed.id
