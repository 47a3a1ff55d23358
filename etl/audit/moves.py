"""Moves: what may be added to a table, over and over, without breaking an equation. Short ones cost no programme at all."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from etl.audit.lattice import Lattice
from etl.audit.linear import LARGEST, Wholes

LONGEST = 1000
"""Unknowns of a move; longer ones have hardly ever room."""


class Moves:
    """The short moves of a component: for each free unknown of its lattice, what changes when that alone grows by 1."""

    def __init__(self, lattice: Lattice) -> None:
        self.size = len(lattice.free)
        self._rows = [(place, row) for place, row, _ in reversed(lattice.solved)]
        self._using: list[list[int]] = [[] for _ in range(self.size)]
        for number, (place, row) in enumerate(self._rows):
            for other in row:
                if other != place:
                    self._using[other].append(number)
        found = [move for free in np.nonzero(lattice.free)[0].tolist() if (move := self._move(free)) is not None]
        self.starts = np.cumsum([0, *map(len, found)])
        self.places = np.array([place for move in found for place in move], np.intp)
        self.factors = np.array([factor for move in found for factor in move.values()], np.int64)

    def _move(self, free: int) -> dict[int, int] | None:
        move = {free: 1}
        waiting, seen = list(self._using[free]), set(self._using[free])
        while waiting:
            place, row = self._rows[heapq.heappop(waiting)]
            factor = -row[place] * sum(row[other] * move[other] for other in row.keys() & move.keys())
            if not factor:
                continue
            move[place] = factor
            if len(move) > LONGEST or abs(factor) > LARGEST:
                return None
            for number in self._using[place]:
                if number not in seen:
                    seen.add(number)
                    heapq.heappush(waiting, number)
        return move

    def steps(self, values: Wholes, lower: Wholes, upper: Wholes) -> Iterator[tuple[NDArray[np.intp], Wholes]]:
        """The tables next to one: places and their new values, as far as each move goes in each direction."""
        if not len(self.factors):
            return
        held = values[self.places]
        for factors in (self.factors, -self.factors):
            room = np.where(factors > 0, upper[self.places] - held, held - lower[self.places]) // np.abs(factors)
            times = np.minimum.reduceat(room, self.starts[:-1])
            for number in np.nonzero(times > 0)[0].tolist():
                part = slice(self.starts[number], self.starts[number + 1])
                yield self.places[part], held[part] + times[number] * factors[part]
