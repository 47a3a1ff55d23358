"""Which release is the current one: the one that the pointer names, or the last good one as long as that is damaged."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from datasets.contract import POINTER_FILE
from portal.release import Refusal, Release, ReleaseError

if TYPE_CHECKING:
    from portal.store import ReleaseStore

log = logging.getLogger(__name__)
#: More than this is no id.
_MOST_BYTES = 200


@dataclass(frozen=True)
class Trouble:
    """Why another release is served than the `named` one (nothing if the pointer names none), and since when."""

    named: str | None
    refusal: Refusal
    message: str
    since: str


class Succession:
    """Chooses the current release and remembers it, so that a damaged one is followed by the one before it."""

    def __init__(self, store: ReleaseStore) -> None:
        self._store = store
        self._named: str | None = None
        self._choosing = threading.Lock()
        #: Told that the pointer names another release. Whoever sets it calls `choose` when all is ready for that release;
        #: till then the one before it is served. Without it a new release is served at once.
        self.on_change: Callable[[], None] | None = None
        self.served: Release | None = None
        self.trouble: Trouble | None = None

    def current(self) -> Release:
        """The release to answer from; raises ReleaseError if none is whole."""
        named = self.named()
        if self.served is None or named == self._named or self.on_change is None:
            return self.choose(named)
        self.on_change()
        try:
            return self._store.whole(self.served.id)
        except ReleaseError:
            return self.choose(named)

    def choose(self, named: str | None) -> Release:
        """Make `named` the current release, or if it cannot be, the best that is left; raises ReleaseError."""
        try:
            release = self._store.whole(named) if named else self._nothing_named()
        except ReleaseError as error:
            return self._fall_back(named, error)
        with self._choosing:
            self.trouble, self.served, self._named = None, release, named
        return release

    def named(self) -> str | None:
        """What the pointer names; nothing if it cannot be read."""
        try:
            with (self._store.folder / POINTER_FILE).open("rb") as file:
                return file.read(_MOST_BYTES).decode("ascii").strip() or None
        except (OSError, UnicodeError):
            return None

    def _nothing_named(self) -> Release:
        raise ReleaseError(f"{POINTER_FILE} names no release.", Refusal.POINTER)

    def _fall_back(self, named: str | None, error: ReleaseError) -> Release:
        release = self._last_good(named)
        with self._choosing:
            self._tell(named, error, release)
            if release is not None:
                self.served = release
            self._named = named
        if release is None:
            folder = self._store.folder.name
            raise ReleaseError(f"No release can be served from {folder}: {error} Run 'make build'.", error.refusal)
        return release

    def _tell(self, named: str | None, error: ReleaseError, release: Release | None) -> None:
        before = self.trouble
        if before and (before.named, before.message) == (named, str(error)):
            return
        since = before.since if before else datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.trouble = Trouble(named, error.refusal, str(error), since)
        log.error("Release %r is served for %r. %s", release.id if release else None, named, error)

    def _last_good(self, named: str | None) -> Release | None:
        """The one that was served last, else the newest that is whole, older ones than the named first.

        A newer one than the named may have been taken back. If files of every one are damaged, the named one goes on with
        those that are not: a damaged file is never sent.
        """
        if self.served and (release := self._try(self._store.whole, self.served.id)):
            return release
        chain = self._store.chain()
        place = next((each.sequence or 0 for each in chain if each.id == named), 0)
        older = [each.id for each in chain if not place or (each.sequence or 0) <= place]
        newer = [each.id for each in chain if each.id not in older]
        candidates = [*older, *newer]
        for release_id in candidates:
            if release := self._try(self._store.whole, release_id):
                return release
        last = [named] if named else []
        return next(filter(None, (self._try(self._store.get, each) for each in [*last, *candidates])), None)

    @staticmethod
    def _try(open_: Callable[[str], Release], release_id: str) -> Release | None:
        try:
            return open_(release_id)
        except ReleaseError:
            return None
