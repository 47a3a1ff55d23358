"""The only opener of releases: finds the current one, verifies it, reads it, never writes."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sqlite3
import threading
from collections import OrderedDict
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets.contract import AUDIT_FILE, DATABASE_FILE, MANIFEST_FILE, POINTER_FILE, SCHEMA_VERSION
from portal.audit import Audit, read_audit
from portal.catalogue import Catalogue, Redaction, read_catalogue, read_redaction

log = logging.getLogger(__name__)
#: Releases kept open at once; the one not asked for longest goes first, the current one never.
MOST_OPENED = 8
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")
#: As much of a wrong id as an error repeats.
_SHOWN = 60
#: What a manifest must state for the release to be served.
_STATED = {"id", "schema_version", "data_through", "synthetic", "files"}
_Stamp = tuple[int, ...]


class ReleaseError(Exception):
    """A release cannot be served; the message says which, why and what to do."""


@dataclass(frozen=True)
class Release:
    """One immutable release folder whose database has been verified against the manifest."""

    id: str
    folder: Path
    manifest: dict[str, Any]
    catalogue: Catalogue

    @cached_property
    def state(self) -> str:
        """What its answers depend on. The id alone is not enough: figures may be withdrawn from a release later."""
        said = json.dumps(self.manifest, sort_keys=True).encode()
        return f"{self.id}-{hashlib.sha256(said).hexdigest()[:12]}"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / DATABASE_FILE

    @property
    def data_through(self) -> str:
        """The date of the newest source, ISO 8601."""
        return str(self.manifest["data_through"])

    @property
    def newest_source(self) -> str:
        """The same less simulated extracts, whose days are as invented as their figures; ISO 8601."""
        real = [each.about["source_date"] for each in self.catalogue.datasets.values() if not each.synthetic]
        return str(max(real, default=self.data_through))

    @property
    def synthetic(self) -> bool:
        """Whether any dataset descends from a simulated extract."""
        return bool(self.manifest["synthetic"])

    @cached_property
    def files(self) -> dict[str, dict[str, Any]]:
        """The manifest's entries by path."""
        return {entry["path"]: entry for entry in self.manifest["files"]}

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
            raise ReleaseError(f"Release '{self.id}' is gone.") from None


class ReleaseStore:
    """The releases below one folder. The last ones that were asked for stay open, as long as their files stay as they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: OrderedDict[str, tuple[_Stamp, Release]] = OrderedDict()
        self._refused: dict[str, _Stamp] = {}
        self._last_good: Release | None = None
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    def current(self) -> Release:
        """The release that the pointer names, or the last good one if that is damaged; raises ReleaseError if none is."""
        try:
            release = self.get(self._pointer())
        except ReleaseError as error:
            last = self._last_good
            if last is None or _stamp(last.folder) is None:
                raise ReleaseError(
                    f"No release can be served from {self.folder.name}: {error} Run 'make build'."
                ) from None
            return last
        self._last_good = release
        return release

    def get(self, release_id: str) -> Release:
        """The release of this id; raises ReleaseError if it is absent or damaged."""
        folder = self.folder / release_id
        stamp = _stamp(folder) if _ID.fullmatch(release_id) else None
        if stamp is None:
            with self._lock:
                self._opened.pop(release_id, None)
            raise ReleaseError(f"Release {release_id[:_SHOWN]!a} is absent.")
        return self._known(release_id, stamp) or self._open(folder, stamp)

    def ids(self) -> list[str]:
        """The ids of all releases, newest data first."""
        return sorted((path.parent.name for path in self.folder.glob(f"[!.]*/{MANIFEST_FILE}")), reverse=True)

    def _pointer(self) -> str:
        try:
            return (self.folder / POINTER_FILE).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise ReleaseError(f"{POINTER_FILE} cannot be read: {type(error).__name__}.") from None

    def _known(self, release_id: str, stamp: _Stamp) -> Release | None:
        """The release as it is open, unless its files have changed since: figures were withdrawn from it."""
        with self._lock:
            opened, release = self._opened.get(release_id, (stamp, None))
            if release is None or opened != stamp:
                return None
            self._opened.move_to_end(release_id)
            return release

    def _open(self, folder: Path, stamp: _Stamp) -> Release:
        with self._opening:
            release = self._known(folder.name, stamp)
            if release is None:
                # Hashing a damaged file anew for every request would be a way to slow us down: only a changed one is.
                if self._refused.get(folder.name) == stamp:
                    raise ReleaseError(f"Release '{folder.name}' is damaged.")
                try:
                    release = _open(folder)
                except ReleaseError as error:
                    self._refused[folder.name] = stamp
                    log.error("%s", error)
                    raise
                self._keep(release, stamp)
            return release

    def _keep(self, release: Release, stamp: _Stamp) -> None:
        with self._lock:
            self._opened[release.id] = stamp, release
            current = self._last_good.id if self._last_good else release.id
            old = [each for each in self._opened if each not in (release.id, current)]
            for release_id in old[: max(0, len(self._opened) - MOST_OPENED)]:
                del self._opened[release_id]


def _stamp(folder: Path) -> _Stamp | None:
    """When the two files without which a release is none were changed; nothing if one of them is not there."""
    try:
        return tuple((folder / name).stat().st_mtime_ns for name in (MANIFEST_FILE, DATABASE_FILE))
    except OSError:
        return None


def _connect(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def _open(folder: Path) -> Release:
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        if missing := _STATED - set(manifest):
            raise ReleaseError(f"Release '{folder.name}' has a manifest without {', '.join(sorted(missing))}.")
        if manifest["schema_version"] != SCHEMA_VERSION:
            raise ReleaseError(f"Release '{folder.name}' has schema {manifest['schema_version']}. Build it anew.")
        stated = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
        with (folder / DATABASE_FILE).open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if stated.get(DATABASE_FILE) != actual or manifest["id"] != folder.name:
            raise ReleaseError(f"Release '{folder.name}' is damaged: {DATABASE_FILE} is not what the manifest says.")
        with closing(_connect(folder / DATABASE_FILE)) as connection:
            return Release(folder.name, folder, manifest, read_catalogue(connection))
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error) as error:
        raise ReleaseError(f"Release '{folder.name}' cannot be read: {type(error).__name__}. Build it anew.") from None
