"""How many figures each release changed, by dataset, kind and reason, as its own table `meta_change` says."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from flask import current_app

from portal.release import Release, ReleaseError
from portal.store import ReleaseStore

#: Releases whose counts are remembered: a few hundred bytes each.
MOST_KEPT = 500


@dataclass(frozen=True)
class Count:
    """How many figures of a dataset changed in one way for one reason; without a reason it cannot be known.

    Over several releases, a figure that changed for two reasons counts once for each.
    """

    dataset: str
    kind: str
    reason: str | None
    figures: int
    material: int


def by_reason(counts: Iterable[Count]) -> dict[str | None, dict[str, int]]:
    """Figures by reason, the most frequent first, and by kind."""
    sums: dict[str | None, dict[str, int]] = {}
    for each in counts:
        kinds = sums.setdefault(each.reason, {})
        kinds[each.kind] = kinds.get(each.kind, 0) + each.figures
    return dict(sorted(sums.items(), key=lambda item: -sum(item[1].values())))


class ChangeCounts:
    """The counts of a store's releases. A release is opened for this once, as long as it stays as it is."""

    def __init__(self, store: ReleaseStore) -> None:
        self._store = store
        self._kept: OrderedDict[str, tuple[Count, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, release_id: str) -> tuple[Count, ...] | None:
        """What a release changed, in the order of its catalogue; nothing if it cannot be read."""
        try:
            known = self._known(self._store.edition(release_id).state)
            return self.of_release(self._store.get(release_id)) if known is None else known
        except ReleaseError:
            return None

    def of_release(self, release: Release) -> tuple[Count, ...]:
        """The same of a release that is open."""
        counts = self._known(release.state)
        if counts is None:
            counts = _read(release)
            with self._lock:
                self._kept[release.state] = counts
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
        return counts

    def _known(self, state: str) -> tuple[Count, ...] | None:
        with self._lock:
            return self._kept.get(state)


def change_counts() -> ChangeCounts:
    """How much each release of the running application's store has changed."""
    return cast(ChangeCounts, current_app.extensions["change_counts"])


def _read(release: Release) -> tuple[Count, ...]:
    rows = release.rows(
        "SELECT c.dataset, c.kind, c.reason, count(*) AS figures, sum(c.material) AS material"
        " FROM meta_change c LEFT JOIN meta_dataset d ON d.slug = c.dataset"
        " GROUP BY c.dataset, c.kind, c.reason ORDER BY d.position IS NULL, d.position, c.dataset, figures DESC"
    )
    return tuple(Count(**row) for row in rows)
