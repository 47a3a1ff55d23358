"""A private journal: a folder of numbered entries that are only ever added to. Nothing may be lost in silence.

Each entry is gzip JSON and names the digest of the entry before it; `head.json` names the last one. Whoever may read the
folder reads hidden values, so folder and files are their owner's alone.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ENTRY = re.compile(r"\d{6}\.json\.gz")
_HEAD = "head.json"
_WRITING = ".writing"
_RESTORE = "Remedy: restore the folder from a backup; without this entry old figures are not protected."


class LedgerError(ValueError):
    """The record of earlier releases is damaged, incomplete or contradicted."""


class Journal:
    """The entries below `folder`, which is made when needed. LedgerError for one that is missing or damaged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        for each in reversed(missing):
            _sync(each.parent)
        self._digests: list[str] = []
        self._behind = False

    def read(self) -> Iterator[dict[str, Any]]:
        """All entries in order; only then may one be added."""
        self._digests = []
        for number, path in enumerate(self._files()):
            if path.name != f"{number:06}.json.gz":
                raise LedgerError(f"{self.folder}: entry {number:06} is missing. {_RESTORE}")
            packed = path.read_bytes()
            entry = _unpacked(path, packed)
            if entry.get("previous") != self._last:
                raise LedgerError(f"{path}: the entry does not follow the one before it. {_RESTORE}")
            self._digests.append(hashlib.sha256(packed).hexdigest())
            yield entry
        self._check_head()

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add an entry; when this returns it is on the disk. LedgerError if another process added one meanwhile."""
        with self._held():
            number = len(self._digests)
            if len(self._files()) != number:
                raise LedgerError(f"{self.folder}: another process has added an entry. Remedy: open the ledger anew.")
            # Else a second death between entry and head would leave two entries that the head does not name.
            self._settle()
            text = json.dumps({**entry, "previous": self._last}, ensure_ascii=False, separators=(",", ":"))
            packed = gzip.compress(text.encode(), compresslevel=6, mtime=0)
            self._write(f"{number:06}.json.gz", packed)
            self._digests.append(hashlib.sha256(packed).hexdigest())
            self._behind = True
            self._settle()

    def settle(self) -> None:
        """Do what is left of an addition whose process died: from now on the head names all entries."""
        with self._held():
            self._settle()

    def _settle(self) -> None:
        (self.folder / _WRITING).unlink(missing_ok=True)
        if self._behind:
            self._write(_HEAD, json.dumps({"entries": len(self._digests), "digest": self._last}).encode())
            self._behind = False

    @property
    def _last(self) -> str:
        return self._digests[-1] if self._digests else ""

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if _ENTRY.fullmatch(path.name))

    def _check_head(self) -> None:
        """A process that died between entry and head leaves one entry more than the head names: that one counts."""
        path = self.folder / _HEAD
        try:
            head: dict[str, Any] = {"entries": 0, "digest": ""}
            if path.exists():
                head = json.loads(path.read_bytes())
            named, digest = int(head["entries"]), head["digest"]
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(f"{path}: the file is damaged. {_RESTORE}") from error
        found = len(self._digests)
        if found not in {named, named + 1}:
            raise LedgerError(f"{self.folder}: {_HEAD} names {named} entries, {found} are there. {_RESTORE}")
        if digest != ["", *self._digests][named]:
            raise LedgerError(f"{self.folder}: the last entry is not the one that {_HEAD} names. {_RESTORE}")
        self._behind = found != named

    def _write(self, name: str, content: bytes) -> None:
        writing = self.folder / _WRITING
        writing.unlink(missing_ok=True)
        with os.fdopen(os.open(writing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        writing.replace(self.folder / name)
        _sync(self.folder)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep other writers out; the system frees the folder of a process that dies."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unpacked(path: Path, packed: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(gzip.decompress(packed))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise LedgerError(f"{path}: the entry is damaged. {_RESTORE}") from error
    if not isinstance(entry, dict):
        raise LedgerError(f"{path}: the entry is damaged. {_RESTORE}")
    return entry
