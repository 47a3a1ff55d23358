"""The cube of a dataset: its rows and every margin of them, in whole numbers.

A margin has `*` in each dimension that is summed over. All subsets of the dimensions are summed, so that a figure for a
region, a month or the country is read from the release and not added up from parts of which some are hidden.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from datasets.contract import PERIOD, SUMMED
from datasets.declaration import Column, Declaration
from etl.aggregate import Aggregated
from etl.protect.primary import Contributions
from etl.registry.contributions import Contribution

#: A row's values of the dimensions, in their declared order.
Keys = tuple[str, ...]
#: Whole numbers by column.
Figures = dict[str, int]


@dataclass(frozen=True)
class Cube:
    """The figures of one dataset by keys: rows first in their order, then margins.

    `figures` has only what may be summed there; `least` has, for every whole-number column, a number that the true one
    is not below: the sum where it may be summed, else the largest part (persons may be the same in several parts).
    """

    declaration: Declaration
    figures: Mapping[Keys, Figures]
    least: Mapping[Keys, Figures]

    @cached_property
    def parts(self) -> dict[tuple[Keys, int], tuple[Keys, ...]]:
        """The keys that are summed into a margin over one dimension, by the margin and the dimension's place."""
        found: dict[tuple[Keys, int], list[Keys]] = {}
        for keys in self.figures:
            for place, key in enumerate(keys):
                if key != SUMMED:
                    found.setdefault((_summed(keys, (place,)), place), []).append(keys)
        return {margin: tuple(parts) for margin, parts in found.items()}

    @cached_property
    def span(self) -> str:
        """The first and the last month of the rows, which is what `*` means for the period."""
        place = self.dimensions.index(PERIOD)
        periods = [keys[place] for keys in self.figures if keys[place] != SUMMED]
        return f"{min(periods)}/{max(periods)}"

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """The names of the dimensions, in the order of the keys."""
        return tuple(column.name for column in self.declaration.dimensions)

    def spelled(self, keys: Keys) -> Keys:
        """The keys with the months named over which a total runs: another release's total is over other months."""
        place = self.dimensions.index(PERIOD)
        return tuple(self.span if at == place and key == SUMMED else key for at, key in enumerate(keys))

    def keys(self, where: Mapping[str, str]) -> Keys:
        """The keys of the margin in which only the dimensions of `where` are not summed over."""
        return tuple(where.get(name, SUMMED) for name in self.dimensions)


def make_shares(cube: Cube, contributions: Iterable[Contribution]) -> dict[Keys, dict[str, Contributions]]:
    """What each contributor adds to every row and margin, by keys and measure, where the measure may be summed."""
    amounts: dict[Keys, dict[str, dict[Hashable, int]]] = {}
    for each in contributions:
        for keys in (each.keys, *(_summed(each.keys, over) for over in _subsets(len(each.keys)))):
            for measure, amount in each.amounts.items():
                if measure in cube.figures[keys]:
                    given = amounts.setdefault(keys, {}).setdefault(measure, {})
                    given[each.contributor] = given.get(each.contributor, 0) + amount
    return {
        keys: {measure: Contributions(given) for measure, given in measures.items()}
        for keys, measures in amounts.items()
    }


def make_cube(dataset: Aggregated) -> Cube:
    """The cube of a dataset's rows; raises ValueError if a figure is not a whole number."""
    declaration = dataset.declaration
    names = [column.name for column in declaration.counted if column.name not in declaration.computed]
    rows = {
        tuple(row.keys[column.name] for column in declaration.dimensions): {
            name: _whole(row.cells[name].value) for name in names
        }
        for row in dataset.table.rows
    }
    return sum_up(declaration, rows)


def sum_up(declaration: Declaration, rows: Mapping[Keys, Figures]) -> Cube:
    """The cube of these rows: they are summed over every subset of the dimensions."""
    dimensions = [column.name for column in declaration.dimensions]
    figures: dict[Keys, Figures] = {keys: dict(found) for keys, found in rows.items()}
    least: dict[Keys, Figures] = {keys: dict(found) for keys, found in rows.items()}
    for over in _subsets(len(dimensions)):
        for keys, found in rows.items():
            margin = _summed(keys, over)
            summed = {each.name for each in declaration.counted if may_sum(each, margin, dimensions)}
            total = figures.setdefault(margin, {})
            for name in summed & found.keys():
                total[name] = total.get(name, 0) + found[name]
            _bound(least.setdefault(margin, {}), found, summed)
    return Cube(declaration, figures, least)


def may_sum(column: Column, keys: Keys, dimensions: list[str] | tuple[str, ...]) -> bool:
    """Whether the measure has a figure at these keys: over what it may be summed is its `additivity`."""
    if SUMMED not in keys or column.additivity == "additive":
        return True
    return column.additivity == "additive_except_time" and keys[dimensions.index(PERIOD)] != SUMMED


def _subsets(size: int) -> Iterator[tuple[int, ...]]:
    for count in range(1, size + 1):
        yield from combinations(range(size), count)


def _summed(keys: Keys, over: tuple[int, ...]) -> Keys:
    return tuple(SUMMED if place in over else key for place, key in enumerate(keys))


def _bound(least: Figures, added: Figures, summed: set[str]) -> None:
    """Add to `least`; what may not be summed there is the largest of all that was added."""
    for name, value in added.items():
        before = least.get(name, 0)
        least[name] = before + value if name in summed else max(before, value)


def _whole(value: object) -> int:
    number = int(value) if value is not None else None  # type: ignore[call-overload]
    if number is None or number != value:
        raise ValueError(
            "a protected figure is not a whole number. Remedy: count in whole units; declare ratios as such."
        )
    return int(number)
