"""One publisher at a time: whoever changes a folder of releases holds its lock. Others wait, and say so."""

from __future__ import annotations

import fcntl
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAGING_PREFIX = ".staging-"
_LOCK_FILE = ".lock"


@contextmanager
def only_publisher(releases: Path) -> Iterator[None]:
    """Hold the lock of the folder; a second publisher waits. The system drops the lock of a process that dies."""
    with (releases / _LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"another publisher is at work in {releases}; waiting for it", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def remove_stale_staging(releases: Path) -> None:
    """Remove what a killed build left behind: whoever holds the lock is the only publisher, so nobody owns these."""
    for stale in releases.glob(f"{STAGING_PREFIX}*"):
        if stale.is_dir():
            shutil.rmtree(stale, ignore_errors=True)
        else:
            stale.unlink()
