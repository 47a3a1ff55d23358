"""The lattice of whole numbers that the equations of one component leave, and whole numbers in it near any point.

Each equation is solved for one of its unknowns that has the coefficient 1 or -1, and put into the others: the unknowns
that are left are free, and whole numbers for them make all others whole. Between the corners of the solver, where a
table of three dimensions breaks into halves and thirds by the thousand, that finds a table at once.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from etl.audit.linear import LARGEST, Floats, Model, Wholes

FILLED = 200
"""How many terms the equations may come to for each unknown before solving them is given up."""


class Lattice:
    """The equations of a component, solved one after the other for one unknown each (`solved`); `free` marks the others."""

    def __init__(self, model: Model, room: Floats | Wholes) -> None:
        self.model, self.room = model, room
        self.solved: list[tuple[int, dict[int, int], int]] = []
        self._rows: list[dict[int, int]] = []
        self._sums: list[int] = []
        self._columns: list[set[int]] = [set() for _ in range(model.size)]
        self._read()
        self._solve()
        self.free: NDArray[np.bool_] = np.ones(model.size, bool)
        self.free[[place for place, _, _ in self.solved]] = False

    def near(self, point: Floats) -> Wholes:
        """Whole offsets near a point that agrees with the equations; bounds and what has no such unknown may break.

        Free unknowns are rounded such that what rounding does to an equation cancels out.
        """
        aim = point.tolist()
        values: list[int | None] = [None] * self.model.size
        for place, row, total in reversed(self.solved):
            drift = 0.0
            for other, factor in row.items():
                value = values[other]
                if value is None and other != place:
                    value = values[other] = self._round(other, aim[other], drift / factor)
                if value is not None:
                    drift += factor * (value - aim[other])
            others = sum(factor * (values[other] or 0) for other, factor in row.items() if other != place)
            values[place] = (total - others) * row[place]
        return np.array([round(at) if value is None else value for value, at in zip(values, aim, strict=True)])

    def _round(self, place: int, aim: float, drift: float) -> int:
        low = int(np.floor(aim))
        value = low if abs(drift + low - aim) <= abs(drift + low + 1 - aim) else low + 1
        return min(max(value, 0), int(self.model.width[place]))

    def _read(self) -> None:
        for row, lower, upper in zip(self.model.rows, self.model.row_lower, self.model.row_upper, strict=True):
            if lower is None or lower != upper:
                continue
            terms = {self.model.index[p]: factor for p, factor in row.terms if p in self.model.index}
            for place in terms:
                self._columns[place].add(len(self._rows))
            self._rows.append(terms)
            self._sums.append(lower)

    def _solve(self) -> None:
        """Shortest equations first, for the unknown that stands in fewest of the others."""
        waiting = [(len(row), number) for number, row in enumerate(self._rows)]
        heapq.heapify(waiting)
        solved: set[int] = set()
        room = FILLED * self.model.size
        while waiting and room > 0:
            length, number = heapq.heappop(waiting)
            row = self._rows[number]
            if number in solved or length != len(row):
                continue
            solved.add(number)
            units = [place for place, factor in row.items() if abs(factor) == 1]
            if not units or max(map(abs, row.values())) > LARGEST:
                continue
            place = min(units, key=lambda each: (self.room[each] < 1, len(self._columns[each]), -self.room[each], each))
            self.solved.append((place, row, self._sums[number]))
            for other in row:
                self._columns[other].discard(number)
            for other in sorted(self._columns[place]):
                room -= len(row)
                self._put_in(number, place, other)
                heapq.heappush(waiting, (len(self._rows[other]), other))

    def _put_in(self, number: int, place: int, other: int) -> None:
        """Rid one equation of an unknown by the equation that is solved for it."""
        row, target = self._rows[number], self._rows[other]
        times = target[place] * row[place]
        for each, factor in row.items():
            value = target.get(each, 0) - times * factor
            if value:
                target[each] = value
                self._columns[each].add(other)
            else:
                del target[each]
                self._columns[each].discard(other)
        self._sums[other] -= times * self._sums[number]
