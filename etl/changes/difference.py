"""Finds the figures that differ between a release and the one before it, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from datasets.contract import Change, Status, status_column
from etl.changes.side import Dataset, Keys, Row, Succession

HIDDEN = frozenset({Status.SUPPRESSED, Status.WITHDRAWN})
NUMBERS = frozenset({Status.OK, Status.ZERO})


@dataclass(frozen=True)
class Cell:
    """A figure as a release has it: without a number there is no value."""

    status: str
    value: int | float | None

    @property
    def shown(self) -> bool:
        """Whether there is a number."""
        return self.status in NUMBERS


@dataclass(frozen=True)
class Difference:
    """A figure that is not what it was. `dataset` is as the new release has it, or the old one if it is gone."""

    kind: Change
    dataset: Dataset
    measure: str
    keys: Keys
    before: Cell | None
    after: Cell | None

    @property
    def period(self) -> str:
        """The period that it is of."""
        return self.dataset.period(self.keys)


def differences(succession: Succession) -> Iterator[Difference]:
    """All figures that differ, by dataset, row and measure: those of the new release first, then what is gone."""
    before, after = succession.before.datasets, succession.after.datasets
    for slug, dataset in after.items():
        former = before.get(slug)
        for keys, row in dataset.rows.items():
            old = former.rows.get(keys) if former else None
            if old is None or old != row:
                yield from _of_row(dataset, former, keys, old, row)
        if former:
            yield from _gone(former, dataset)
    for slug, former in before.items():
        if slug not in after:
            yield from _gone(former, None)


def _of_row(dataset: Dataset, former: Dataset | None, keys: Keys, old: Row | None, row: Row) -> Iterator[Difference]:
    for measure in dataset.measures:
        before = _cell(old, measure) if old is not None and former and measure in former.measures else None
        after = _cell(row, measure)
        kind = _kind(before, after)
        if kind is not None:
            yield Difference(kind, dataset, measure, keys, before, after)


def _gone(former: Dataset, dataset: Dataset | None) -> Iterator[Difference]:
    for keys, row in former.rows.items():
        for measure in former.measures:
            if dataset is None or keys not in dataset.rows or measure not in dataset.measures:
                yield Difference(Change.REMOVED, former, measure, keys, _cell(row, measure), None)


def _cell(row: Row, measure: str) -> Cell:
    return Cell(row[status_column(measure)], row[measure])


def _kind(before: Cell | None, after: Cell) -> Change | None:
    """How a figure differs. What was withheld and still is has not changed, whatever withholds it."""
    if before is None:
        return Change.ADDED
    if before.status in HIDDEN and after.status in HIDDEN:
        return None
    if before.shown and after.status in HIDDEN:
        return Change.HIDDEN
    if before.status in HIDDEN and after.shown:
        return Change.SHOWN
    return Change.CHANGED if before != after else None
