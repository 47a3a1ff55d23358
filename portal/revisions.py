"""How far first figures moved: a measure of quality, by dataset, measure and age in releases.

The first published value P of each figure is set beside its value L a number of releases later. Of the n figures that have
both, `mean_absolute` is the sum of |L - P| divided by n: the mean absolute revision (MAR) of statistics offices, by which
the quality indicators of the European Statistical System state the average size of revisions. `relative` is the sum of
|L - P| divided by the sum of |P|.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from flask import current_app

from datasets.contract import SUMMED, Change, Reason
from portal.catalogue import Dataset
from portal.chain import chain_until, edition_of, open_database
from portal.former_names import FormerNames, former_names
from portal.release import Edition, Release, ReleaseError
from portal.store import ReleaseStore

#: Studies kept: about one a dataset and release that is looked at.
MOST_KEPT = 500
Key = tuple[object, ...]
_Step = tuple[Edition, Callable[[sqlite3.Connection], None]]


@dataclass(frozen=True)
class Moved:
    """The figures of a measure that were there `age` releases after they first were, and how far they had moved."""

    age: int
    figures: int
    revised: int
    mean_absolute: float
    relative: float | None

    @property
    def share(self) -> float:
        """The share of the figures that are not what they first were, from 0 to 1."""
        return self.revised / self.figures


@dataclass(frozen=True)
class Study:
    """A dataset: by measure how far figures moved, youngest first; how many figures were changed for each reason.

    Of `followed` figures, which two releases or more have, the newest value of `changed` is not the first one.
    `releases` counts those that were read. `left_out` counts figures that were our own error and are in no other number.
    """

    releases: int
    measures: Mapping[str, tuple[Moved, ...]]
    reasons: Mapping[str, int]
    left_out: int
    followed: int
    changed: int

    @property
    def total(self) -> int:
        """Figures that are compared at all."""
        return sum(moved[0].figures for moved in self.measures.values() if moved)


@dataclass
class _Sums:
    """What is added up of the figures of one measure and age."""

    figures: int = 0
    revised: int = 0
    moved: float = 0
    first: float = 0

    def add(self, first: float, later: float) -> None:
        self.figures += 1
        self.revised += later != first
        self.moved += abs(later - first)
        self.first += abs(first)

    def result(self, age: int) -> Moved:
        relative = self.moved / self.first if self.first else None
        return Moved(age, self.figures, self.revised, self.moved / self.figures, relative)


@dataclass
class _Reading:
    """The chain as far as it was read: the first value of each figure with its place, and the sums."""

    dataset: Dataset
    names: FormerNames
    releases: int = 0
    first: dict[tuple[str, Key], tuple[int, float]] = field(default_factory=dict)
    #: Of each figure that a second release has, whether its newest value is another one than the first.
    moved: dict[tuple[str, Key], bool] = field(default_factory=dict)
    wrong: set[tuple[str, Key]] = field(default_factory=set)
    sums: dict[tuple[str, int], _Sums] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def read(self, connection: sqlite3.Connection, place: int) -> None:
        """Take in the release at this place of the chain."""
        table = self.names.find(connection)
        if table is None or not table.has((), self.dataset.grain):
            return
        self.releases += 1
        measures = [each.name for each in self.dataset.measures if each.name in table.columns]
        keys = self.dataset.grain
        # Names come from the catalogue and are in the table.
        for row in connection.execute(f"SELECT {table.listed([*keys, *measures])} FROM [{table.name}]"):
            values = tuple(row)
            key = values[: len(keys)]
            for name, value in zip(measures, values[len(keys) :], strict=True):
                if value is not None and (name, key) not in self.wrong:
                    self._take(name, key, value, place)

    def _take(self, name: str, key: Key, value: float, place: int) -> None:
        born, first = self.first.setdefault((name, key), (place, value))
        if born != place:
            self.moved[name, key] = value != first
            self.sums.setdefault((name, place - born), _Sums()).add(first, value)

    def read_changes(self, connection: sqlite3.Connection) -> None:
        """Count the reasons of a release, and leave out what was our own error; before anything else is read."""
        table = self.names.find(connection)
        if table is None:
            return
        present = {old: new for new, old in table.columns.items()}
        dimensions = [column.name for column in self.dataset.dimensions]
        statement = "SELECT measure, keys_json, reason FROM meta_change WHERE dataset = ? AND kind = ?"
        for row in connection.execute(statement, (table.slug, Change.CHANGED)):
            keys = json.loads(row["keys_json"])
            if SUMMED in keys:
                continue
            self.reasons[row["reason"]] += 1
            if row["reason"] == Reason.OUR_ERROR:
                values = dict(zip(dimensions, keys, strict=False))
                key = tuple(values.get(name) for name in self.dataset.grain)
                self.wrong.add((present.get(row["measure"], row["measure"]), key))

    def result(self) -> Study:
        measures = {column.name: tuple(self._moved(column.name)) for column in self.dataset.measures}
        return Study(
            self.releases, measures, dict(self.reasons), len(self.wrong), len(self.moved), sum(self.moved.values())
        )

    def _moved(self, name: str) -> Iterator[Moved]:
        for (measure, age), sums in sorted(self.sums.items()):
            if measure == name:
                yield sums.result(age)


class Studies:
    """The studies of a store: each is made once for a chain, and again only when a release of it is another one."""

    def __init__(self, store: ReleaseStore) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[str, str], Study] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, dataset: Dataset, release: Release) -> Study:
        """How far figures of `dataset` moved in the chain until `release`."""
        editions = []
        for place, listed in enumerate(chain_until(self._store, release)):
            if listed.state == "whole":
                try:
                    editions.append((place, edition_of(self._store, listed, release)))
                except ReleaseError:
                    continue
        key = dataset.slug, repr([(place, edition.state) for place, edition in editions])
        with self._lock:
            known = self._kept.get(key)
        if known is None:
            known = self._study(_Reading(dataset, former_names(release, dataset)), editions)
            with self._lock:
                self._kept[key] = known
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
        return known

    def _study(self, reading: _Reading, editions: list[tuple[int, Edition]]) -> Study:
        first: list[_Step] = [(edition, reading.read_changes) for _, edition in editions]
        then: list[_Step] = [(edition, partial(reading.read, place=place)) for place, edition in editions]
        for edition, read in (*first, *then):
            try:
                with closing(open_database(self._store, edition)) as connection:
                    read(connection)
            except (ReleaseError, OSError, sqlite3.Error):
                # A damaged release is told of elsewhere; the others can be compared without it.
                continue
        return reading.result()


def studies() -> Studies:
    """The studies of the running application."""
    return cast(Studies, current_app.extensions["studies"])
