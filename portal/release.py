"""One release: what its manifest says, who signed it, and, once its database has been verified, its figures."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets.contract import AUDIT_FILE, DATABASE_FILE
from datasets.signature import Seal
from portal.audit import Audit, read_audit
from portal.catalogue import Catalogue, Redaction, read_catalogue, read_redaction

log = logging.getLogger(__name__)


class Refusal(StrEnum):
    """Why a release is not served. A retired one keeps its manifest, one of another schema its files."""

    ABSENT = "absent"
    RETIRED = "retired"
    OTHER_SCHEMA = "other_schema"
    DAMAGED = "damaged"
    UNTRUSTED = "untrusted"
    POINTER = "pointer"


class ReleaseError(Exception):
    """A release cannot be served; the message says which, why and what to do."""

    def __init__(self, message: str, refusal: Refusal = Refusal.DAMAGED) -> None:
        super().__init__(message)
        self.refusal = refusal


@dataclass(frozen=True)
class Edition:
    """One release as its manifest says it is: nothing of its files is known to be so.

    `seal` is what its publisher signed, nothing in a store without keys; `retired` is its notice of retirement, if its files
    are gone.
    """

    id: str
    folder: Path
    manifest: dict[str, Any]
    seal: Seal | None = None
    retired: dict[str, Any] | None = None

    @cached_property
    def state(self) -> str:
        """What its answers depend on. The id alone is not enough: figures may be withdrawn from a release later."""
        said = f"{json.dumps(self.manifest, sort_keys=True)}{self.seal or ''}".encode()
        return f"{self.id}-{hashlib.sha256(said).hexdigest()[:12]}"

    @property
    def schema_version(self) -> str:
        """The version of the tables' and files' form."""
        return str(self.manifest["schema_version"])

    @property
    def data_through(self) -> str:
        """The date of the newest source, ISO 8601."""
        return str(self.manifest["data_through"])

    @property
    def synthetic(self) -> bool:
        """Whether any dataset descends from a simulated extract."""
        return bool(self.manifest["synthetic"])

    @property
    def sequence(self) -> int | None:
        """Its place in the chain of releases, from 1; nothing for one that was built before there was a chain."""
        return self.manifest.get("sequence")

    @property
    def previous(self) -> str | None:
        """The id of the release before it in the chain; nothing for the first."""
        before = self.manifest.get("previous")
        return str(before["id"]) if before else None

    @property
    def published(self) -> str | None:
        """When it was signed, which is when it was published: an instant in UTC; nothing if it is not signed."""
        return self.seal.published if self.seal else None

    @cached_property
    def files(self) -> dict[str, dict[str, Any]]:
        """The manifest's entries by path."""
        return {entry["path"]: entry for entry in self.manifest["files"]}


@dataclass(frozen=True, kw_only=True)
class Release(Edition):
    """A release whose database has been verified against the manifest and can be asked."""

    catalogue: Catalogue

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / DATABASE_FILE

    @property
    def newest_source(self) -> str:
        """The date of the newest source less simulated extracts, whose days are as invented as their figures; ISO 8601."""
        real = [each.about["source_date"] for each in self.catalogue.datasets.values() if not each.synthetic]
        return str(max(real, default=self.data_through))

    @cached_property
    def audit(self) -> Audit | None:
        """What the attack on it has found; nothing if the release has no audit. Raises ReleaseError if it is damaged."""
        if AUDIT_FILE not in self.files:
            return None
        try:
            content = (self.folder / AUDIT_FILE).read_bytes()
            if hashlib.sha256(content).hexdigest() == self.files[AUDIT_FILE]["sha256"]:
                return read_audit(json.loads(content))
        except (OSError, ValueError, KeyError, TypeError):
            log.exception("The audit of release '%s' cannot be read.", self.id)
        raise ReleaseError(f"Release '{self.id}' is damaged: {AUDIT_FILE} is not what the manifest says.")

    @cached_property
    def redactions(self) -> tuple[Redaction, ...]:
        """The figures that were withdrawn from it after it was published."""
        return tuple(read_redaction(row) for row in self.rows("SELECT * FROM meta_redaction ORDER BY position"))

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        """Run one SELECT that the portal itself wrote; names in it come from the catalogue, values are bound."""
        try:
            with closing(_connect(self.database)) as connection:
                return [dict(row) for row in connection.execute(statement, values)]
        except sqlite3.OperationalError:
            if self.database.exists():
                raise
            raise ReleaseError(f"Release '{self.id}' is gone.", Refusal.ABSENT) from None


def read_release(edition: Edition) -> Release:
    """The release of an edition whose database has been verified; raises ReleaseError if it cannot be read."""
    try:
        with closing(_connect(edition.folder / DATABASE_FILE)) as connection:
            catalogue = read_catalogue(connection)
    except (ValueError, KeyError, TypeError, sqlite3.Error) as error:
        message = f"Release '{edition.id}' cannot be read: {type(error).__name__}. Build it anew."
        raise ReleaseError(message) from None
    return Release(edition.id, edition.folder, edition.manifest, edition.seal, catalogue=catalogue)


def _connect(database: Path) -> sqlite3.Connection:
    # Immutable: nothing beside the file, such as a journal, is ever looked at.
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    connection.row_factory = sqlite3.Row
    return connection
