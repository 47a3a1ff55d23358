"""What is required of a pattern, and other whole-number tables that show that it holds.

A deviation is the difference of such a table from the true one: nought in every equation, and no cell below its least.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from etl.protect.layout import Layout

Deviation = dict[int, int]
"""Whole numbers by position of a hidden cell, never nought."""

_SPLITS = 16
"""Into how many parts a wide spread is cut to see how much of it lies above the value."""


@dataclass(frozen=True)
class Requirement:
    """A hidden cell that some reader, who knows the cells `known` besides, must not work out.

    It can be `up` or more above its value, `down` or more below it, and the two are `spread` or more apart.
    """

    cell: int
    spread: int
    up: int
    down: int
    known: frozenset[int] = frozenset()

    def met(self, low: int, high: int) -> bool:
        """Whether deviations of the cell from `low` to `high` are enough."""
        return high >= self.up and low <= -self.down and high - low >= self.spread

    def ways(self) -> list[tuple[int, ...]]:
        """Amounts that meet it: mostly upwards, mostly downwards, then in between."""
        slack = max(self.spread - self.up - self.down, 0)
        steps = range(1, slack) if slack <= _SPLITS else (slack * part // _SPLITS for part in range(1, _SPLITS))
        ways = [(self.up + rise, -(self.down + slack - rise)) for rise in (slack, 0, *steps)]
        return [tuple(amount for amount in way if amount) for way in ways[: 1 if not slack else None]]


def requirements(layout: Layout, positions: Iterable[int]) -> list[Requirement]:
    """All requirements of these cells, those that hold anyway left out."""
    found: dict[Requirement, None] = {}
    for position in positions:
        cell = layout.cells[position]
        if cell.need is None:
            continue
        up = 0 if cell.need.upper is None else max(cell.need.upper - cell.value, 0)
        down = 0 if cell.need.lower is None else max(cell.value - cell.need.lower, 0)
        spread = max(cell.need.values - 1, 0)
        for insider in (frozenset(), *cell.need.insiders):
            known = frozenset(layout.place[name] for name in insider if name in layout.place)
            requirement = Requirement(position, spread, up, down, known)
            if position not in known and not requirement.met(0, 0):
                found[requirement] = None
    return list(found)


def possible(layout: Layout, deviation: Mapping[int, int]) -> bool:
    """Whether the table with this deviation satisfies all equations and leasts. Whole numbers, so exact."""
    if any(amount + layout.room[position] < 0 for position, amount in deviation.items()):
        return False
    rows = {row for position in deviation for row in layout.rows_of[position]}
    return not any(sum(factor * deviation.get(key, 0) for key, factor in layout.rows[row]) for row in rows)


class Evidence:
    """The requirements of hidden cells, each with the deviations that it rests on, lowest and highest."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._rests: dict[Requirement, tuple[Deviation, Deviation]] = {}
        self._of_cell: dict[int, list[Requirement]] = defaultdict(list)
        self._users: dict[int, dict[Requirement, None]] = defaultdict(dict)

    def require(self, requirements: Iterable[Requirement]) -> None:
        """Add requirements, without evidence."""
        for requirement in requirements:
            self._of_cell[requirement.cell].append(requirement)
            self._rests[requirement] = ({}, {})

    def drop(self, cell: int) -> None:
        """Forget the requirements of a cell that is published."""
        for requirement in self._of_cell.pop(cell, ()):
            self._release(requirement)
            del self._rests[requirement]

    def met(self, requirement: Requirement) -> bool:
        """Whether the deviations known so far are enough."""
        low, high = self._rests[requirement]
        return requirement.met(low.get(requirement.cell, 0), high.get(requirement.cell, 0))

    def of(self, cell: int) -> list[Requirement]:
        """The requirements of a cell."""
        return list(self._of_cell.get(cell, ()))

    def all(self) -> list[Requirement]:
        """All requirements."""
        return list(self._rests)

    def resting_on(self, cells: Iterable[int]) -> list[Requirement]:
        """The requirements whose evidence moves one of these cells."""
        return list({requirement: None for cell in cells for requirement in self._users.get(cell, ())})

    def rests(self, requirement: Requirement) -> tuple[Deviation, Deviation]:
        """Its lowest and highest deviation."""
        return self._rests[requirement]

    def set(self, requirement: Requirement, rests: tuple[Deviation, Deviation]) -> None:
        """Replace its evidence."""
        self._release(requirement)
        self._rests[requirement] = rests
        for deviation in rests:
            for cell in deviation:
                self._users[cell][requirement] = None

    def learn(self, deviation: Deviation) -> None:
        """Use a possible deviation, and its opposite if that is possible, for all requirements that it helps."""
        opposite = {cell: -amount for cell, amount in deviation.items()}
        for found in (deviation, opposite) if possible(self._layout, opposite) else (deviation,):
            for cell in found:
                for requirement in self._of_cell.get(cell, ()):
                    self._improve(requirement, found)

    def _improve(self, requirement: Requirement, deviation: Deviation) -> None:
        if self.met(requirement) or not requirement.known.isdisjoint(deviation):
            return
        low, high = self._rests[requirement]
        amount = deviation[requirement.cell]
        if amount > max(high.get(requirement.cell, 0), 0):
            self.set(requirement, (low, deviation))
        elif amount < min(low.get(requirement.cell, 0), 0):
            self.set(requirement, (deviation, high))

    def _release(self, requirement: Requirement) -> None:
        for deviation in self._rests[requirement]:
            for cell in deviation:
                self._users[cell].pop(requirement, None)
