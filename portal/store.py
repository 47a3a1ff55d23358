"""The only opener of releases: verifies, remembers what it has verified, never writes."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Literal

from datasets.contract import DATABASE_FILE, MANIFEST_FILE, RETIRED_FILE, SCHEMA_VERSION, SIGNATURE_FILE
from datasets.signature import Trust
from portal.integrity import FileChecks, FileError, Stamp, stamp_of
from portal.manifest import is_release_id, read_edition
from portal.release import Edition, Refusal, Release, ReleaseError, read_release
from portal.signers import Signers
from portal.succession import Succession

log = logging.getLogger(__name__)
#: Releases kept open at once; the one not asked for longest goes first, the current one never.
MOST_OPENED = 8
#: As much of a wrong id as an error repeats.
_SHOWN = 60
#: SQLite would read these beside a database unless told not to: somebody has written to it, or means to fool its readers.
_STRAY = tuple(f"{DATABASE_FILE}{ending}" for ending in ("-wal", "-journal", "-shm"))
_PAPERS = (MANIFEST_FILE, SIGNATURE_FILE, RETIRED_FILE)

Stamps = tuple[object, ...]


@dataclass(frozen=True)
class Listed:
    """A release in the list of all; `data_through` is empty and `sequence` nothing if its manifest cannot be believed."""

    id: str
    sequence: int | None
    published: str | None
    data_through: str
    synthetic: bool
    state: Literal["whole", "retired", "other_schema", "damaged"]


class ReleaseStore:
    """The releases below one folder. The last ones that were asked for stay open, as long as their files stay as they are."""

    def __init__(self, folder: Path, trusted_keys: str = "") -> None:
        """`trusted_keys` are the public keys that count whatever stands beside the releases; raises ReleaseError."""
        self.folder = folder
        self.signers = Signers(folder, trusted_keys)
        self.succession = Succession(self)
        self._checks = FileChecks()
        self._editions: dict[Path, tuple[Stamps, Edition | ReleaseError]] = {}
        self._opened: OrderedDict[Path, tuple[Stamps, Release]] = OrderedDict()
        self._refused: dict[Path, tuple[Stamps, ReleaseError]] = {}
        self._damaged: defaultdict[Path, set[str]] = defaultdict(set)
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    def current(self) -> Release:
        """The release that the pointer names, or the last good one if that is damaged; raises ReleaseError if none is."""
        return self.succession.current()

    def get(self, release_id: str) -> Release:
        """The release of this id; raises ReleaseError if it is absent, retired, damaged or of another schema."""
        edition = self.edition(release_id)
        try:
            return self.open(edition)
        except ReleaseError:
            again = self.edition(release_id)
            if again is edition:
                raise
            # It was replaced while it was being looked at: figures were withdrawn from it.
            return self.open(again)

    def edition(self, release_id: str) -> Edition:
        """What a release says of itself, also a retired one or one of another schema; raises ReleaseError."""
        if not is_release_id(release_id) or not (self.folder / release_id / MANIFEST_FILE).exists():
            raise ReleaseError(f"Release {release_id[:_SHOWN]!a} is absent.", Refusal.ABSENT)
        return self.edition_in(self.folder / release_id)

    def edition_in(self, folder: Path, *, signed: bool = True) -> Edition:
        """The same of a folder, which may be a preview's: that need not be `signed`."""
        trust = self.signers.current() if signed else None
        known, found = self._editions.get(folder, (None, None))
        while (stamps := _papers(folder, trust)) != known or found is None:
            known, found = stamps, _read(folder, trust)
            self._editions[folder] = known, found
        if isinstance(found, ReleaseError):
            raise ReleaseError(str(found), found.refusal)
        return found

    def open(self, edition: Edition) -> Release:
        """Verify an edition's database and read its catalogue; raises ReleaseError."""
        if edition.retired is not None:
            raise ReleaseError(f"Release '{edition.id}' is retired: its manifest is all that is left.", Refusal.RETIRED)
        if edition.schema_version != SCHEMA_VERSION:
            message = f"Release '{edition.id}' has schema {edition.schema_version}: only its files can be had."
            raise ReleaseError(message, Refusal.OTHER_SCHEMA)
        stamps = _stamps(edition)
        return self._known(edition, stamps) or self._open(edition, stamps)

    def whole(self, release_id: str) -> Release:
        """The release of this id if none of its files is known to be damaged; raises ReleaseError."""
        release = self.get(release_id)
        if damaged := self.damaged_files(release):
            raise ReleaseError(f"Release '{release_id}' is damaged: {damaged[0]} is not what the manifest says.")
        return release

    def open_file(self, edition: Edition, path: str) -> BufferedReader:
        """A file of an edition by its path in the manifest, verified; raises ReleaseError if it is damaged, FileNotFoundError
        if the edition has none of this path."""
        if path not in edition.files:
            raise FileNotFoundError(path)
        if edition.retired is not None:
            raise ReleaseError(f"Release '{edition.id}' is retired: {path} is gone.", Refusal.RETIRED)
        try:
            file = self._checks.open(edition.folder / path, edition.files[path]["sha256"])
        except FileError as error:
            self._note(edition, path, error)
            raise ReleaseError(f"Release '{edition.id}' is damaged: {error}") from None
        self._damaged[edition.folder].discard(path)
        return file

    def check_again(self, edition: Edition, path: str) -> bool:
        """Read a file anew; whether it is what the manifest says."""
        try:
            self._checks.check_again(edition.folder / path, edition.files[path]["sha256"])
        except FileError as error:
            self._note(edition, path, error)
            return False
        self._damaged[edition.folder].discard(path)
        return True

    def damaged_files(self, edition: Edition) -> list[str]:
        """The paths of those files that were found damaged and are so still."""
        for path in sorted(self._damaged[edition.folder] & edition.files.keys()):
            try:
                self._checks.check(edition.folder / path, edition.files[path]["sha256"])
            except FileError:
                continue
            self._damaged[edition.folder].discard(path)
        return sorted(self._damaged[edition.folder] & edition.files.keys())

    def ids(self) -> list[str]:
        """The ids of all releases, newest data first."""
        return sorted((path.parent.name for path in self.folder.glob(f"[!.]*/{MANIFEST_FILE}")), reverse=True)

    def chain(self) -> tuple[Listed, ...]:
        """All releases, newest first, as far as their manifests and what is remembered say; no database is opened."""
        listed = [self._listed(release_id) for release_id in self.ids()]
        return tuple(sorted(listed, key=lambda each: (each.sequence or 0, each.id), reverse=True))

    def _listed(self, release_id: str) -> Listed:
        try:
            edition = self.edition(release_id)
        except ReleaseError:
            return Listed(release_id, None, None, "", False, "damaged")
        state: Literal["whole", "retired", "other_schema", "damaged"] = "whole"
        if edition.retired is not None:
            state = "retired"
        elif self._is_refused(edition):
            state = "damaged"
        elif edition.schema_version != SCHEMA_VERSION:
            state = "other_schema"
        return Listed(edition.id, edition.sequence, edition.published, edition.data_through, edition.synthetic, state)

    def _is_refused(self, edition: Edition) -> bool:
        stamps, _error = self._refused.get(edition.folder, (None, None))
        return stamps == _stamps(edition) or bool(self.damaged_files(edition))

    def _note(self, edition: Edition, path: str, error: FileError) -> None:
        if path not in self._damaged[edition.folder]:
            self._damaged[edition.folder].add(path)
            log.error("Release '%s' is damaged: %s", edition.id, error)

    def _known(self, edition: Edition, stamps: Stamps) -> Release | None:
        """The release as it is open, unless its files have changed since: figures were withdrawn from it."""
        with self._lock:
            opened, release = self._opened.get(edition.folder, (stamps, None))
            if release is None or opened != stamps:
                return None
            self._opened.move_to_end(edition.folder)
            return release

    def _open(self, edition: Edition, stamps: Stamps) -> Release:
        with self._opening:
            release = self._known(edition, stamps)
            if release is None:
                # Looking into a damaged release anew for every request would be a way to slow us down.
                refused, error = self._refused.get(edition.folder, (None, None))
                if error is not None and refused == stamps:
                    raise ReleaseError(str(error), error.refusal)
                try:
                    release = self._verified(edition)
                except ReleaseError as trouble:
                    self._refused[edition.folder] = stamps, trouble
                    log.error("%s", trouble)
                    raise
                self._keep(release, stamps)
            return release

    def _verified(self, edition: Edition) -> Release:
        for name in _STRAY:
            if (edition.folder / name).exists():
                raise ReleaseError(f"Release '{edition.id}' is damaged: {name} is beside its database.")
        try:
            self.open_file(edition, DATABASE_FILE).close()
        except FileNotFoundError:
            raise ReleaseError(f"Release '{edition.id}' is damaged: its manifest lists no {DATABASE_FILE}.") from None
        return read_release(edition)

    def _keep(self, release: Release, stamps: Stamps) -> None:
        with self._lock:
            self._opened[release.folder] = stamps, release
            served = self.succession.served
            kept = (release.folder, served.folder if served else None)
            old = [each for each in self._opened if each not in kept]
            for folder in old[: max(0, len(self._opened) - MOST_OPENED)]:
                del self._opened[folder]


def _papers(folder: Path, trust: Trust | None) -> Stamps:
    """What the reading of an edition depends on."""
    return (*(stamp_of(folder / name) for name in _PAPERS), trust)


def _read(folder: Path, trust: Trust | None) -> Edition | ReleaseError:
    try:
        return read_edition(folder, trust)
    except ReleaseError as error:
        log.error("%s", error)
        return error


def _stamps(edition: Edition) -> Stamps:
    """What may change without a new manifest."""
    stray: list[Stamp | None] = [stamp_of(edition.folder / name) for name in (DATABASE_FILE, *_STRAY)]
    return (edition.state, *stray)
