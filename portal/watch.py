"""Keeps an eye on the releases beside the requests: reads every file again, and makes a new release ready before it is shown."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from portal.release import Edition, Release, ReleaseError
from portal.store import ReleaseStore

log = logging.getLogger(__name__)
#: How often every file of every release is read again, in seconds.
PERIOD = 3_600.0
#: Lower priority than requests have: the more, the lower.
_NICENESS = 10


class Watch:
    """Two threads. One waits for the pointer to change and prepares the release that it names; the other reads files."""

    def __init__(self, store: ReleaseStore, prepare: Callable[[Release], None], period: float = PERIOD) -> None:
        """`prepare` makes ready what a release needs before its first visitor comes; it may take seconds."""
        self._store = store
        self._prepare = prepare
        self._period = period
        self._changed = threading.Event()
        self._round = threading.Event()
        self._verified: dict[str, str] = {}

    def start(self) -> None:
        """Watch until the process ends."""
        self._store.succession.on_change = self._changed.set
        for work in (self._follow, self._read):
            threading.Thread(target=work, name=f"watch{work.__name__}", daemon=True).start()

    def verified(self, edition: Edition) -> str | None:
        """When every file of the edition was last read and found right: an instant in UTC."""
        return self._verified.get(edition.state)

    def _follow(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            try:
                self.adopt()
            except Exception:
                log.exception("The pointer cannot be followed.")

    def adopt(self) -> None:
        """Make ready the release that the pointer names and let it be served; if it cannot be, the last good one is."""
        succession = self._store.succession
        named = succession.named()
        try:
            if named:
                self._prepare(self._store.whole(named))
        except ReleaseError:
            log.warning("Release %r, which the pointer names, cannot be served.", named)
        except Exception:
            # Not ready, but right: its first visitors wait.
            log.exception("Release %r cannot be made ready.", named)
        with contextlib.suppress(ReleaseError):  # None is whole: each request says so.
            succession.choose(named)
        self._round.set()

    def _read(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        due = 0.0
        while True:
            try:
                due = self._read_next(due)
            except Exception:
                log.exception("The files of the releases cannot be read again.")
            self._round.wait(max(1.0, due - time.monotonic()))
            self._round.clear()

    def _read_next(self, due: float) -> float:
        """Read all that is due, else the release that has just come; when all is due again."""
        if time.monotonic() >= due:
            self.read_all()
            return time.monotonic() + self._period
        if served := self._store.succession.served:
            self.read_again(served)
        return due

    def read_all(self) -> None:
        """Read every file of every release anew, those of the one that is served first."""
        served = self._store.succession.served
        ids = [listed.id for listed in self._store.chain() if listed.state != "retired"]
        for release_id in sorted(ids, key=lambda each: served is None or each != served.id):
            with contextlib.suppress(ReleaseError):
                self.read_again(self._store.edition(release_id))

    def read_again(self, edition: Edition) -> None:
        """Read every file of an edition; remember when all were found right."""
        wrong = [path for path in edition.files if not self._store.check_again(edition, path)]
        if not wrong:
            self._verified[edition.state] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        else:
            self._verified.pop(edition.state, None)
