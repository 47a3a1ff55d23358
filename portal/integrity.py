"""Whether files are what a manifest says: each is hashed once, and again only when it has changed or on request."""

from __future__ import annotations

import hashlib
import os
import threading
from io import BufferedReader
from pathlib import Path

#: Tells one state of a file from another without reading it: size, time of writing, inode, time of any change.
Stamp = tuple[int, int, int, int]


class FileError(Exception):
    """A file is not what the manifest says, or cannot be read; the message says which without naming its folder."""


def stamp_of(path: Path) -> Stamp | None:
    """The state of a file; nothing if there is none."""
    try:
        return _stamp(path.stat())
    except OSError:
        return None


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns


class FileChecks:
    """Remembers by the stamp of each file what it held, so that a file that stays as it is is not read again for that."""

    def __init__(self) -> None:
        self._held: dict[Path, tuple[Stamp, str]] = {}
        self._hashing = threading.Lock()

    def open(self, path: Path, sha256: str) -> BufferedReader:
        """The file, opened, if its bytes have this hash; raises FileError.

        Those who read go on with this handle: another file may have the name a moment later.
        """
        file = _open(path)
        try:
            if self._hash(path, file) == sha256:
                file.seek(0)
                return file
        except OSError:
            pass  # The medium gives an error: as good as wrong bytes.
        file.close()
        raise FileError(f"{path.name} is not what the manifest says.")

    def check(self, path: Path, sha256: str) -> None:
        """Raise FileError unless the file has this hash."""
        self.open(path, sha256).close()

    def check_again(self, path: Path, sha256: str) -> None:
        """The same, but read the file whatever is remembered: what decays on a medium has no new stamp."""
        try:
            with _open(path) as file:
                self._read(path, file)
        except OSError:
            self._held.pop(path, None)
        self.check(path, sha256)

    def _hash(self, path: Path, file: BufferedReader) -> str:
        stamp = _stamp(os.fstat(file.fileno()))
        with self._hashing:
            held, digest = self._held.get(path, (None, ""))
            return digest if held == stamp else self._read(path, file)

    def _read(self, path: Path, file: BufferedReader) -> str:
        before = _stamp(os.fstat(file.fileno()))
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if _stamp(os.fstat(file.fileno())) == before:
            self._held[path] = before, digest
        return digest


def _open(path: Path) -> BufferedReader:
    """Open a file that anybody could be given: an administrator opens even what is locked away, a visitor must not."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileError(f"{path.name} cannot be read: {type(error).__name__}.") from None
    if not os.fstat(file.fileno()).st_mode & 0o444:
        file.close()
        raise FileError(f"{path.name} may not be read by anybody.")
    return file
