"""What must be on the disk before the next step begins: files, the names in a folder, a small file written anew."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Make a file durable, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make a folder and all that is in it durable, and readable for everybody."""
    for path in sorted(folder.rglob("*")):
        path.chmod(0o644 if path.is_file() else 0o755)
        sync(path)
    folder.chmod(0o755)
    sync(folder)


def make_folder(path: Path, mode: int = 0o777) -> None:
    """Make a folder, and those that it is in, if they are missing; when this returns, so are their names on the disk."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(parents=True, exist_ok=True, mode=mode)
    for each in reversed(missing):
        sync(each.parent)


def write_durably(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a small file anew in one step: whoever looks finds the old one or the new one, also after a crash."""
    writing = path.with_name(f".{path.name}.new")
    writing.unlink(missing_ok=True)
    with os.fdopen(os.open(writing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    writing.replace(path)
    sync(path.parent)


def remove_durably(path: Path) -> None:
    """Remove a file; when this returns, it is gone also after a crash."""
    path.unlink(missing_ok=True)
    sync(path.parent)
