"""The pointer: the file that names the current release. It changes by one rename."""

from __future__ import annotations

from pathlib import Path

from datasets.contract import POINTER_FILE
from etl.store.durable import write_durably


def point_to(release_id: str, releases: Path) -> None:
    """Make `release_id` the current release."""
    write_durably(releases / POINTER_FILE, f"{release_id}\n".encode("ascii"))


def current_id(releases: Path) -> str | None:
    """The id of the current release; nothing before the first one."""
    try:
        return (releases / POINTER_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
