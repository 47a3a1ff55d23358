"""The manifest: what the release is and the SHA-256 of each of its files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from datasets.contract import MANIFEST_FILE, SCHEMA_VERSION
from etl.publish.content import Content


def write_manifest(content: Content, folder: Path) -> None:
    """Write `manifest.json` over all files that are in `folder` now."""
    files = [
        {
            "path": str(path.relative_to(folder)),
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    said = {
        "id": content.id,
        "schema_version": SCHEMA_VERSION,
        "code_version": content.code_version,
        "data_through": content.data_through,
        "synthetic": content.synthetic,
        "files": files,
    }
    (folder / MANIFEST_FILE).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def is_whole(folder: Path) -> bool:
    """Whether `folder` is a release each of whose files is what its manifest says."""
    try:
        said = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        return said["id"] == folder.name and all(
            hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
            for entry in said["files"]
        )
    except (OSError, ValueError, LookupError, TypeError):
        return False
