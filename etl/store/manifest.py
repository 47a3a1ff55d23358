"""Manifests as they stand in a store: read, compared with the files they list, written over the files of a folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from datasets.contract import MANIFEST_FILE, REDACTIONS_FILE, SIGNATURE_FILE

#: Files of a release that its manifest cannot list.
UNLISTED = frozenset({MANIFEST_FILE, SIGNATURE_FILE})


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of the release in `folder`; raises OSError or ValueError if there is none."""
    said = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    if not isinstance(said, dict):
        raise ValueError("the manifest is no object")
    return said


def write_over(said: dict[str, Any], folder: Path) -> None:
    """Write the manifest that says `said` and lists all files that are in `folder` now."""
    files = [
        {"path": str(path.relative_to(folder)), "bytes": path.stat().st_size, "sha256": digest(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and str(path.relative_to(folder)) not in UNLISTED
    ]
    write_manifest_text({**{name: value for name, value in said.items() if name != "files"}, "files": files}, folder)


def write_manifest_text(said: dict[str, Any], folder: Path) -> None:
    """Write the manifest as it is said. A folder's manifest may be a second name of another file: that one stays."""
    (folder / MANIFEST_FILE).unlink(missing_ok=True)
    (folder / MANIFEST_FILE).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def rewritten(folder: Path) -> tuple[str, ...]:
    """The files of a release that are not as its build wrote them, since figures were withdrawn from it."""
    path = folder / REDACTIONS_FILE
    if not path.exists():
        return ()
    files = json.loads(path.read_text(encoding="utf-8"))["files"]
    return (REDACTIONS_FILE, *(entry["path"] for entry in files))


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damage(folder: Path, said: dict[str, Any] | None = None) -> str | None:
    """The first thing that is not as the manifest of `folder` says, which may be given; nothing if each file is."""
    try:
        said = read_manifest(folder) if said is None else said
        if said["id"] != folder.name:
            return f"{MANIFEST_FILE} is that of {str(said['id'])[:60]!a}"
        for entry in said["files"]:
            path = folder / entry["path"]
            if not path.is_file():
                return f"{entry['path']} is absent"
            if digest(path) != entry["sha256"]:
                return f"{entry['path']} is not what the manifest says"
    except (OSError, ValueError, LookupError, TypeError) as error:
        return f"{MANIFEST_FILE} cannot be read ({type(error).__name__})"
    return None


def is_whole(folder: Path) -> bool:
    """Whether `folder` is a release each of whose files is what its manifest says."""
    return damage(folder) is None
