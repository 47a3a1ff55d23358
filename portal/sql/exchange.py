"""What is asked of a worker and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Where the blueprint is mounted. Datasette makes every link with it (`base_url`), so it cannot differ per application.
MOUNT = "/data"
#: Datasette's name for the release's database: the first part of every path below the mount.
DATABASE_NAME = "release"
#: The parameter by which a link to a next page names the release that the first page was of.
RELEASE_PARAMETER = "_release"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SqlRequest:
    """One visitor's question.

    `path` is what follows `/data`, e.g. `/release/contracts.json`; `query` is the raw query string;
    `client` is the address that the fair share is counted by.
    """

    database: Path
    release_id: str
    path: str
    query: str = ""
    client: str = ""

    @property
    def version(self) -> str:
        """What workers are started for and ETags depend on."""
        return version_of(self.database, self.release_id)


def version_of(database: Path, release_id: str) -> str:
    """Tells one state of a release's file from another: figures may be withdrawn from a release that is published."""
    try:
        return f"{release_id} {database.stat().st_mtime_ns}"
    except OSError:
        return release_id


@dataclass(frozen=True)
class SqlResponse:
    """One whole answer: HTTP status, headers that the worker may set, body bytes."""

    status: int
    headers: Headers
    body: bytes
