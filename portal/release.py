"""The only opener of releases: finds the current one, verifies it, reads it, never writes."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets.contract import DATABASE_FILE, MANIFEST_FILE, POINTER_FILE, SCHEMA_VERSION
from portal.catalogue import Catalogue, read_catalogue

log = logging.getLogger(__name__)


class ReleaseError(Exception):
    """A release cannot be served; the message says which, why and what to do."""


@dataclass(frozen=True)
class Release:
    """One immutable release folder whose database has been verified against the manifest."""

    id: str
    folder: Path
    manifest: dict[str, Any]
    catalogue: Catalogue

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / DATABASE_FILE

    @property
    def data_through(self) -> str:
        """The date of the newest source, ISO 8601."""
        return str(self.manifest["data_through"])

    @property
    def synthetic(self) -> bool:
        """Whether any dataset descends from a simulated extract."""
        return bool(self.manifest["synthetic"])

    @cached_property
    def files(self) -> dict[str, dict[str, Any]]:
        """The manifest's entries by path."""
        return {entry["path"]: entry for entry in self.manifest["files"]}

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        """Run one SELECT that the portal itself wrote; names in it come from the catalogue, values are bound."""
        with closing(_connect(self.database)) as connection:
            return [dict(row) for row in connection.execute(statement, values)]


class ReleaseStore:
    """The releases below one folder. A release that was opened stays open: its files never change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: dict[str, Release] = {}
        self._refused: dict[str, int] = {}
        self._last_good: str | None = None
        self._lock = threading.Lock()

    def current(self) -> Release:
        """The release that the pointer names, or the last good one if that is damaged; raises ReleaseError if none is."""
        try:
            release_id = (self.folder / POINTER_FILE).read_text(encoding="ascii").strip()
            release = self.get(release_id)
        except (OSError, ReleaseError) as error:
            if self._last_good is None:
                raise ReleaseError(
                    f"No release can be served from {self.folder.name}: {error} Run 'make build'."
                ) from None
            return self._opened[self._last_good]
        self._last_good = release.id
        return release

    def get(self, release_id: str) -> Release:
        """The release of this id; raises ReleaseError if it is absent or damaged."""
        with self._lock:
            if release_id not in self._opened:
                if release_id not in self.ids():
                    raise ReleaseError(f"Release '{release_id}' is absent.")
                self._opened[release_id] = self._open(release_id)
            return self._opened[release_id]

    def _open(self, release_id: str) -> Release:
        # Hashing a damaged file again for every request would be a way to slow us down: only a changed one is tried again.
        changed = (self.folder / release_id / DATABASE_FILE).stat().st_mtime_ns
        if self._refused.get(release_id) == changed:
            raise ReleaseError(f"Release '{release_id}' is damaged.")
        try:
            return _open(self.folder / release_id)
        except ReleaseError as error:
            self._refused[release_id] = changed
            log.error("%s", error)
            raise

    def ids(self) -> list[str]:
        """The ids of all releases, newest data first."""
        return sorted((path.parent.name for path in self.folder.glob(f"[!.]*/{MANIFEST_FILE}")), reverse=True)


def _connect(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?immutable=1", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def _open(folder: Path) -> Release:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        if manifest["schema_version"] != SCHEMA_VERSION:
            raise ReleaseError(f"Release '{folder.name}' has schema {manifest['schema_version']}. Build it anew.")
        stated = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
        with (folder / DATABASE_FILE).open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if stated.get(DATABASE_FILE) != actual or manifest["id"] != folder.name:
            raise ReleaseError(f"Release '{folder.name}' is damaged: {DATABASE_FILE} is not what the manifest says.")
        with closing(_connect(folder / DATABASE_FILE)) as connection:
            return Release(folder.name, folder, manifest, read_catalogue(connection))
    except (OSError, ValueError, KeyError, sqlite3.Error) as error:
        raise ReleaseError(f"Release '{folder.name}' cannot be read: {type(error).__name__}. Build it anew.") from None
