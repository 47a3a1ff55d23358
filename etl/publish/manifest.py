"""The manifest: what the release is and the SHA-256 of each of its files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from datasets.contract import MANIFEST_FILE, REDACTIONS_FILE, SCHEMA_VERSION
from etl.publish.content import Content


def write_manifest(content: Content, folder: Path) -> None:
    """Write `manifest.json` over all files that are in `folder` now."""
    said = {
        "id": content.id,
        "schema_version": SCHEMA_VERSION,
        "code_version": content.code_version,
        "data_through": content.data_through,
        "synthetic": content.synthetic,
    }
    _write(said, folder)


def rewrite_manifest(before: dict[str, Any], folder: Path) -> None:
    """Write the manifest of a release from which figures were withdrawn: as `before`, over the files that are there now."""
    said = {name: value for name, value in before.items() if name != "files"}
    _write({**said, "redactions": _digest(folder / REDACTIONS_FILE)}, folder)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of the release in `folder`; raises OSError or ValueError if there is none."""
    said: dict[str, Any] = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    return said


def rewritten(folder: Path) -> tuple[str, ...]:
    """The files of a release that are not as its build wrote them, since figures were withdrawn from it."""
    path = folder / REDACTIONS_FILE
    if not path.exists():
        return ()
    files = json.loads(path.read_text(encoding="utf-8"))["files"]
    return (REDACTIONS_FILE, *(entry["path"] for entry in files))


def _write(said: dict[str, Any], folder: Path) -> None:
    files = [
        {"path": str(path.relative_to(folder)), "bytes": path.stat().st_size, "sha256": _digest(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST_FILE
    ]
    text = json.dumps({**said, "files": files}, indent=1) + "\n"
    (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_whole(folder: Path) -> bool:
    """Whether `folder` is a release each of whose files is what its manifest says."""
    try:
        said = read_manifest(folder)
        return said["id"] == folder.name and all(
            _digest(folder / entry["path"]) == entry["sha256"] for entry in said["files"]
        )
    except (OSError, ValueError, LookupError, TypeError):
        return False
