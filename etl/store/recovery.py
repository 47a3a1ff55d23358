"""Finishes what a killed publisher has begun, before the next one begins: both hold the lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from etl.store.lock import only_publisher, remove_stale_staging
from etl.store.previews import finish_previews
from etl.store.rollbacks import Rollback, finish_rollback


@dataclass(frozen=True)
class Finished:
    """What was half done and is done now: a rollback, and the ids of previews that became releases."""

    rollback: Rollback | None
    published: tuple[str, ...]


@contextmanager
def publishing(releases: Path) -> Iterator[Finished]:
    """Be the only publisher of the folder `releases`, and find nothing in it that is half done."""
    with only_publisher(releases):
        remove_stale_staging(releases)
        yield Finished(finish_rollback(releases), finish_previews(releases))
