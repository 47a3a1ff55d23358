"""Takes in an extract folder: what its manifest says against what is there, before any row is read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.fault import Fault, FaultError
from etl.registry import iin
from etl.registry.manifest import MANIFEST_FILE, PATH_PATTERN, Delivered, Manifest, read_manifest
from etl.registry.months import beginning, first_day, following
from etl.registry.validation.delivery import Delivery, deliveries

#: What the simulator planted: beside the extract, but no part of it.
GROUND_TRUTH = "ground_truth"


@dataclass(frozen=True)
class Extract:
    """An extract folder whose manifest is sound. `parts` are what it delivers."""

    manifest: Manifest
    folder: Path
    parts: tuple[Delivery, ...]


def take_in(folder: Path) -> Extract:
    """Check the manifest of an extract and the files that it names, without reading them; raises FaultError."""
    if not folder.is_dir():
        raise FaultError([Fault(shown_name(folder), "folder", "does not exist.", "Name the folder of an extract.")])
    try:
        manifest = read_manifest(folder)
    except FaultError as error:
        raise FaultError(_named(error, folder)) from None
    faults = [
        *manifest_faults(manifest, f"{shown_name(folder)}/{MANIFEST_FILE}"),
        *_file_faults(manifest, folder),
        *_unknown_files(manifest, folder),
    ]
    if faults:
        raise FaultError(faults)
    return Extract(manifest, folder.resolve(), deliveries(manifest, folder.resolve()))


def shown_name(folder: Path) -> str:
    """The folder's name, unless it is one that must not be repeated."""
    return "the extract" if iin.holds_iin(folder.name) else folder.name


def _named(error: FaultError, folder: Path) -> Iterator[Fault]:
    for fault in error.faults:
        yield Fault(f"{shown_name(folder)}/{MANIFEST_FILE}", fault.place, fault.message, fault.remedy)


def manifest_faults(manifest: Manifest, shown: str) -> Iterator[Fault]:
    """An IIN in a name or a note, and months that the as-of instant does not cover; `shown` names the document."""
    # Digests and sums are numbers of their own kind: twelve digits in them mean nothing.
    named = [manifest.extract, *(each.path for each in manifest.files), *_texts(manifest.note)]
    if any(map(iin.holds_iin, named)):
        yield Fault(
            shown,
            "names and note",
            "hold an IIN (twelve digits with a valid check digit).",
            "Deliver the extract with pseudonyms only, in names and notes too.",
        )
    if manifest.periods:
        over = beginning(first_day(following(manifest.periods[-1])))
        if manifest.as_of < over.strftime("%Y-%m-%dT%H:%M:%SZ"):
            message = f"is before the end of {manifest.periods[-1]}."
            yield Fault(shown, "as_of", message, "Deliver a month when it is over.")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield str(value)


def _file_faults(manifest: Manifest, folder: Path) -> Iterator[Fault]:
    for each in manifest.files:
        path, shown = folder / each.path, _shown(manifest, each)
        if not path.exists():
            yield Fault(shown, "file", "is named by the manifest and is not there.", "Deliver the whole extract.")
        elif not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            yield Fault(shown, "file", "is no ordinary file inside the folder.", "Deliver the file itself, not a link.")
        elif not path.stat().st_size:
            message = "has no bytes; an empty table still has its columns."
            yield Fault(shown, "file", message, "Deliver the file with its columns and no rows.")
        else:
            yield from _format_faults(path, shown)


def _format_faults(path: Path, shown: str) -> Iterator[Fault]:
    """A file whose name and content differ, or a Parquet file that was cut short."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(max(-4, -path.stat().st_size), os.SEEK_END)
        end = file.read(4)
    if path.suffix == ".parquet" and (start != b"PAR1" or end != b"PAR1"):
        message = "ends before its end: it was cut short." if start == b"PAR1" else "is not a Parquet file."
        yield Fault(shown, "file", message, "Deliver it again, whole and under its right name.")
    elif path.suffix == ".csv" and (start == b"PAR1" or start[:2] in (b"PK", b"\x1f\x8b")):
        message = "is not a text but Parquet, a workbook or an archive."
        yield Fault(shown, "file", message, "Deliver plain CSV, or Parquet as .parquet.")


def _unknown_files(manifest: Manifest, folder: Path) -> Iterator[Fault]:
    known = {each.path for each in manifest.files} | {MANIFEST_FILE}
    for parent, folders, files in os.walk(folder):
        if Path(parent) == folder and GROUND_TRUTH in folders:
            folders.remove(GROUND_TRUTH)
        for name in sorted(files):
            path = (Path(parent) / name).relative_to(folder).as_posix()
            if path not in known:
                harmless = PATH_PATTERN.fullmatch(path) and not iin.holds_iin(path)
                shown = f"{manifest.extract}/{path}" if harmless else manifest.extract
                message = "is a file that the manifest does not name."
                yield Fault(shown, "file", message, "Name it in the manifest or take it out; it is not read.")


def _shown(manifest: Manifest, each: Delivered) -> str:
    return manifest.extract if iin.holds_iin(each.path) else f"{manifest.extract}/{each.path}"


class Digests:
    """SHA-256 of files, remembered by path, size and time of change in `path`; two files are read at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.known: dict[str, list[Any]] = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            self.known = {}

    def faults(self, extract: Extract, progress: Callable[[str], None]) -> list[Fault]:
        """The files of an extract that are not what the manifest says they are."""
        pieces = [piece for part in extract.parts for piece in part.pieces]
        faults = []
        with ThreadPoolExecutor(2) as pool:
            for piece, digest in zip(pieces, pool.map(self._digest, [piece.path for piece in pieces]), strict=True):
                progress(f"SHA-256 {piece.shown}")
                if digest != piece.sha256:
                    message = "is not the file that the manifest describes: its SHA-256 differs."
                    faults.append(Fault(piece.shown, "file", message, "Deliver it again: it was changed or damaged."))
        self.path.write_text(json.dumps(self.known), encoding="utf-8")
        return faults

    def _digest(self, path: Path) -> str:
        state = path.stat()
        stamp = [state.st_size, state.st_mtime_ns]
        name = str(path.resolve())
        known = self.known.get(name)
        if known is not None and known[:2] == stamp:
            return str(known[2])
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.known[name] = [*stamp, digest]
        return digest
