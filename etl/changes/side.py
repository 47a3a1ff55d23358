"""A release as the comparison sees it: rows by their keys, and what decides why a figure may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from datasets.contract import PERIOD, SUMMED
from datasets.record import Correction

#: The values of a row's dimensions, in their order, as text.
Keys = tuple[str, ...]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Dataset:
    """A dataset of one release.

    `codelists` has the code list of each dimension in their order, none for one without. `ratios` has the measures that a
    computed one is made of. `method` is whatever its figures are computed by, `source` the cited document's file and
    date. `windows` says of the Registry's tables which months are read for a month's figures; of a table that it does not
    name, the month itself. `blurring` is the method of protection. `rows` are the table's and those of its totals that are
    of one period, as SQLite holds them.
    """

    slug: str
    dimensions: tuple[str, ...]
    codelists: tuple[str | None, ...]
    measures: tuple[str, ...]
    ratios: Mapping[str, tuple[str, ...]]
    method: tuple[Any, ...]
    source: tuple[str, str]
    computed: bool
    windows: Mapping[str, str]
    blurring: str | None
    rows: Mapping[Keys, Row]
    periods: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Collect the periods that it has figures of."""
        place = self.dimensions.index(PERIOD)
        object.__setattr__(self, "periods", frozenset(keys[place] for keys in self.rows))

    def period(self, keys: Keys) -> str:
        """The period of a row."""
        return keys[self.dimensions.index(PERIOD)]


@dataclass(frozen=True)
class Side:
    """A release: its datasets by slug, in its order; the codes of its code lists with the code that each is a part of.

    Code lists that come with each extract are left out: their codes come and go without anybody classifying anew.
    """

    datasets: Mapping[str, Dataset]
    codes: Mapping[str, Mapping[str, str | None]]


@dataclass(frozen=True)
class Succession:
    """A release and the one before it.

    `corrections` are those of the record that the one before did not have, `restated` the tables and months that an extract
    which the one before did not have says that it corrects.
    """

    before: Side
    after: Side
    corrections: tuple[Correction, ...] = ()
    restated: frozenset[tuple[str, str]] = frozenset()


def keyed(dimensions: tuple[str, ...], rows: Iterable[Row]) -> dict[Keys, Row]:
    """Rows by their keys, without sums over periods: each new period changes these."""
    found = ((tuple(str(row[name]) for name in dimensions), row) for row in rows)
    place = dimensions.index(PERIOD)
    return {keys: row for keys, row in found if keys[place] != SUMMED}
