"""Whether the files of a release are those that its manifest lists, byte for byte, and no others."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from datasets.contract import MANIFEST_FILE, REDACTIONS_FILE, RETIRED_FILE, SIGNATURE_FILE
from etl.verify.complaint import Complaints
from etl.verify.manifest import is_path
from etl.verify.opened import Opened


def check_sums(release: Opened) -> Complaints:
    """Length and SHA-256 of each file; what is missing, what is there and not listed, what is no plain file."""
    listed = {each["path"]: each for each in release.manifest["files"] if is_path(each["path"])}
    found, strange = _walk(release.folder)
    yield from (f"{path} is a link, or no plain file" for path in strange)
    if release.retired:
        yield from (f"{path} is there although the release is retired" for path in sorted(found & listed.keys()))
        found -= {RETIRED_FILE}
        listed = {}
    unlisted = sorted(found - listed.keys() - {MANIFEST_FILE, SIGNATURE_FILE})
    yield from (f"{path} is not listed in {MANIFEST_FILE}" for path in unlisted)
    for path, entry in listed.items():
        if path in found:
            yield from _compare(release.folder / path, path, entry["bytes"], entry["sha256"])
        else:
            yield f"{path} is missing"
    withdrawn = listed.get(REDACTIONS_FILE, {}).get("sha256")
    if not release.retired and release.manifest.get("redactions") != withdrawn:
        yield f"{MANIFEST_FILE} and {REDACTIONS_FILE} do not agree on whether figures were withdrawn"


def _walk(folder: Path) -> tuple[set[str], list[str]]:
    """The paths of all plain files below `folder`, hidden ones too, and those of everything else but folders."""
    found: set[str] = set()
    strange: list[str] = []
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                path = Path(entry.path).relative_to(folder).as_posix()
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    found.add(path)
                else:
                    strange.append(path)
    return found, sorted(strange)


def _compare(file: Path, path: str, length: int, sha256: str) -> Complaints:
    if file.stat().st_size != length:
        yield f"{path} has another length than {MANIFEST_FILE} says"
        return
    with file.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != sha256:
            yield f"{path} is not the file that {MANIFEST_FILE} lists"
