"""Rewrites what a manifest says of one file, as a withdrawal does."""

import hashlib
import json
from pathlib import Path

from datasets.contract import MANIFEST_FILE


def restate(release: Path, name: str) -> None:
    """Let the manifest say what the file is now."""
    path = release / MANIFEST_FILE
    said = json.loads(path.read_text(encoding="utf-8"))
    content = (release / name).read_bytes()
    entry = next(each for each in said["files"] if each["path"] == name)
    entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    path.write_text(json.dumps(said), encoding="utf-8")
