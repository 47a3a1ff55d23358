"""What is asked of a worker and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

#: Where the blueprint is mounted. Datasette makes every link with it (`base_url`), so it cannot differ per application.
MOUNT = "/data"
#: Datasette's name for the release's database: the first part of every path below the mount.
DATABASE_NAME = "release"

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


@dataclass(frozen=True)
class SqlResponse:
    """One whole answer: HTTP status, headers that the worker may set, body bytes."""

    status: int
    headers: Headers
    body: bytes
