"""How far figures moved from one release to the next: what stands in both, side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from datasets.contract import Change as Kind
from portal.comparison import compare
from portal.pairs import pair_datasets
from portal.record import Change, record_of
from portal.release import Release

#: Dataset, measure and the values of the dimensions: what names a figure.
FigureKey = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Move:
    """A figure that both releases show, with both values."""

    dataset: str
    measure: str
    keys: tuple[str, ...]
    before: float
    after: float

    @property
    def share(self) -> float | None:
        """By how much of what it was it moved, without a sign; nothing where it was nought."""
        return abs(self.after - self.before) / abs(self.before) if self.before else None


def read_moves(changes: Iterable[Change], release: Release, previous: Release) -> dict[FigureKey, Move]:
    """The moves of those changes whose figure both releases show."""
    wanted = {change.figure for change in changes if change.kind == Kind.CHANGED}
    slugs = {slug for slug, _, _ in wanted}
    pairs = pair_datasets(previous, release, record_of(release).announcements)
    compared = [pair for pair in pairs if pair.slug in slugs]
    if not compared:
        return {}
    with closing(compare(previous, release, compared, ())) as connection:
        rows = connection.execute("SELECT dataset, measure, keys, old_value, new_value FROM figure")
        return {(move.dataset, move.measure, move.keys): move for move in _moves(rows, wanted)}


def _moves(rows: Iterable[tuple[str, str, str, float | None, float | None]], wanted: set[FigureKey]) -> Iterator[Move]:
    for dataset, measure, text, before, after in rows:
        keys = tuple(json.loads(text))
        if before is not None and after is not None and (dataset, measure, keys) in wanted:
            yield Move(dataset, measure, keys, before, after)
