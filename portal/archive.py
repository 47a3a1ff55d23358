"""A whole release as one file, `release.zip`, put together while it is read: nothing is written, and little is held.

It is a plain ZIP of stored entries, whose bytes follow from the release alone: the same release gives the same archive, of a
length that is known before the first byte, so that a part of it can be asked for.
"""

from __future__ import annotations

import io
import struct
import threading
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from datasets.contract import MANIFEST_FILE, SIGNATURE_FILE
from datasets.strict_json import JSONError, load_strict
from portal.release import Edition, ReleaseError
from portal.store import ReleaseStore

ARCHIVE_NAME = "release.zip"
#: Layouts that are kept; reading the checksums of a release takes a second.
_MOST_LAYOUTS = 8
#: Of a ZIP without the extensions that old programs cannot read.
_MOST_BYTES, _MOST_ENTRIES = 0xFFFFFFFF, 0xFFFF
_CHUNK = 1024 * 1024
#: ZIP appnote 4.3.7, 4.3.12, 4.3.16. The time of every entry is the earliest there is, 1 January 1980.
_LOCAL, _CENTRAL, _END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"
_VERSION, _UNIX, _DATE = 20, 3 << 8, 0x21
_MODE = 0o100644 << 16

Open = Callable[[str], io.BufferedReader]


@dataclass(frozen=True)
class _Entry:
    """A file of the release; `content` is there for those that are not in the manifest."""

    path: str
    size: int
    crc: int
    content: bytes | None = None


@dataclass(frozen=True)
class Layout:
    """The archive as a row of parts: bytes, or the path of a file of the release. Part n begins at `starts[n]`."""

    parts: tuple[bytes | str, ...]
    starts: tuple[int, ...]
    size: int


class Archives:
    """The layouts of the archives that were asked for last."""

    def __init__(self, store: ReleaseStore) -> None:
        self._store = store
        self._layouts: OrderedDict[str, Layout] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, edition: Edition) -> tuple[io.BufferedReader, int]:
        """The archive of an edition, to be read and closed by the caller, and its size.

        Raises ReleaseError if a file is damaged now; one that becomes so while it is being sent breaks the answer off.
        """

        def open_file(path: str) -> io.BufferedReader:
            return self._store.open_file(edition, path)

        with self._lock:
            layout = self._layouts.get(edition.state)
            if layout is None:
                layout = self._layouts[edition.state] = _layout(edition, open_file)
            self._layouts.move_to_end(edition.state)
            while len(self._layouts) > _MOST_LAYOUTS:
                self._layouts.popitem(last=False)
        for path in edition.files:
            open_file(path).close()
        return io.BufferedReader(_Archive(layout, open_file), _CHUNK // 4), layout.size


class _Archive(io.RawIOBase):
    """Reads the parts one after another, each file verified by the handle that it is read from."""

    def __init__(self, layout: Layout, open_file: Open) -> None:
        super().__init__()
        self._layout, self._open_file = layout, open_file
        self._place = 0
        self._part = -1
        self._file: io.BufferedReader | io.BytesIO | None = None

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def seekable(self) -> bool:
        """Any part of it may be asked for."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte; nothing is read yet."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._layout.size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        """The byte that is read next."""
        return self._place

    def readinto(self, buffer: object) -> int:
        """Read what is left of the part, at most, or as much as the buffer takes; raises ReleaseError for a damaged file."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        if self._place >= self._layout.size:
            return 0
        number = bisect_right(self._layout.starts, self._place) - 1
        file = self._open_part(number)
        file.seek(self._place - self._layout.starts[number])
        count = file.readinto(view)
        if not count and view:
            raise ReleaseError("A file of the release became shorter while it was being sent.")
        self._place += count
        return count

    def close(self) -> None:
        """Close the file that is being read."""
        if self._file is not None:
            self._file.close()
        super().close()

    def _open_part(self, number: int) -> io.BufferedReader | io.BytesIO:
        if self._file is None or number != self._part:
            if self._file is not None:
                self._file.close()
            part = self._layout.parts[number]
            self._file = io.BytesIO(part) if isinstance(part, bytes) else self._open_file(part)
            self._part = number
        return self._file


def _layout(edition: Edition, open_file: Open) -> Layout:
    parts: list[bytes | str] = []
    starts: list[int] = []
    central: list[bytes] = []
    place = 0

    def add(part: bytes | str, size: int) -> None:
        nonlocal place
        # Parts without bytes have no place where they begin.
        if size:
            parts.append(part)
            starts.append(place)
            place += size

    for entry in _entries(edition, open_file):
        name = f"{edition.id}/{entry.path}".encode()
        central.append(_central(name, entry, place))
        header = _local(name, entry)
        add(header, len(header))
        add(entry.path if entry.content is None else entry.content, entry.size)
    directory = b"".join(central)
    if place + len(directory) > _MOST_BYTES or len(central) > _MOST_ENTRIES:
        raise ReleaseError(f"Release '{edition.id}' is too large for one archive. Take its files one by one.")
    end = struct.pack(_END, b"PK\5\6", 0, 0, len(central), len(central), len(directory), place, 0)
    add(directory + end, len(directory) + len(end))
    return Layout(tuple(parts), tuple(starts), place)


def _entries(edition: Edition, open_file: Open) -> Iterator[_Entry]:
    for path, content in _papers(edition):
        yield _Entry(path, len(content), zlib.crc32(content), content)
    for path, said in edition.files.items():
        with open_file(path) as file:
            crc = 0
            while chunk := file.read(_CHUNK):
                crc = zlib.crc32(chunk, crc)
        yield _Entry(path, said["bytes"], crc)


def _papers(edition: Edition) -> Iterator[tuple[str, bytes]]:
    """The manifest and its signature, of the very edition: they are replaced when figures are withdrawn."""
    try:
        manifest = (edition.folder / MANIFEST_FILE).read_bytes()
        if load_strict(manifest) != edition.manifest:
            raise ReleaseError(f"Release '{edition.id}' has just been replaced. Ask again.")
        yield MANIFEST_FILE, manifest
        if (edition.folder / SIGNATURE_FILE).exists():
            yield SIGNATURE_FILE, (edition.folder / SIGNATURE_FILE).read_bytes()
    except (OSError, JSONError):
        raise ReleaseError(f"Release '{edition.id}' has lost its {MANIFEST_FILE}.") from None


def _local(name: bytes, entry: _Entry) -> bytes:
    sizes = (entry.crc, entry.size, entry.size)
    return struct.pack(_LOCAL, b"PK\3\4", _VERSION, 0, 0, 0, _DATE, *sizes, len(name), 0) + name


def _central(name: bytes, entry: _Entry, place: int) -> bytes:
    sizes = (entry.crc, entry.size, entry.size)
    fixed = (_UNIX | _VERSION, _VERSION, 0, 0, 0, _DATE, *sizes, len(name), 0, 0, 0, 0, _MODE, min(place, _MOST_BYTES))
    return struct.pack(_CENTRAL, b"PK\1\2", *fixed) + name
