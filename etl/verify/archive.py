"""Unpacks a downloaded `release.zip` into an empty folder, with nothing taken on trust that the archive says of itself."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from datasets.fault import Fault, FaultError

#: Some twenty times what a release of the pilot has.
MOST_FILES = 20_000
MOST_BYTES = 4 * 1024**3
_CHUNK = 1024 * 1024
_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z._-]{0,120}")
_UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack into `folder`, which is empty; returns the folder of the release, which is it or the only one in it.

    Raises FaultError for what is no archive of a release: names that lead elsewhere, are hidden or come twice, links,
    encrypted entries, more files or bytes than a release has.
    """
    try:
        with zipfile.ZipFile(archive) as source:
            names = _checked(source, archive)
            left = MOST_BYTES
            for info in source.infolist():
                if not info.is_dir():
                    left = _unpack_one(source, info, folder, left, archive)
    except _UNREADABLE as error:
        raise _fault(archive, "archive", f"cannot be unpacked ({type(error).__name__}).") from None
    tops = {name.parts[0] for name in names}
    return folder / tops.pop() if len(tops) == 1 and all(len(name.parts) > 1 for name in names) else folder


def _checked(source: zipfile.ZipFile, archive: Path) -> list[PurePosixPath]:
    infos = [info for info in source.infolist() if not info.is_dir()]
    if not infos or len(source.infolist()) > MOST_FILES:
        raise _fault(archive, "archive", f"has no files, or more than {MOST_FILES}.")
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise _fault(archive, "archive", f"would take more than {MOST_BYTES // 1024**3} GB.")
    for info in source.infolist():
        parts = info.filename.removesuffix("/").split("/")
        # orig_filename: zipfile cuts a name at a NUL, another program might not.
        if not all(map(_NAME.fullmatch, parts)) or len(parts) > 3 or info.orig_filename != info.filename:
            raise _fault(archive, f"{info.filename[:60]!a}", "is no name of a file in a release.")
        kind = info.external_attr >> 16 & 0o170000
        if kind not in (0, 0o100000, 0o040000) or info.flag_bits & 1 or info.compress_type not in _METHODS:
            raise _fault(archive, f"{info.filename[:60]!a}", "is a link, encrypted, or packed in a strange way.")
    names = [PurePosixPath(info.filename) for info in infos]
    # Two names that differ in case only are one file on some systems.
    if len({str(name).lower() for name in names}) < len(names):
        raise _fault(archive, "archive", "has two files of one name.")
    return names


def _unpack_one(source: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, left: int, archive: Path) -> int:
    path = folder / info.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    with source.open(info) as packed, path.open("xb") as file:
        while chunk := packed.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise _fault(archive, info.filename, "is larger than the archive says.")
            file.write(chunk)
    return left


def _fault(archive: Path, place: str, message: str) -> FaultError:
    return FaultError([Fault(archive.name, place, message, "Download it again, from the portal itself.")])
