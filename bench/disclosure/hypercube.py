"""The hypercube method, a simple peer: a sensitive cell is protected by hiding all corners of one block with it.

Each dimension contributes a move: the count shifts from one lowest code to another, or is added to one lowest code, and
all sums above follow. The corners are the combinations. Cells are protected one after the other, largest first, each by
the block that loses least besides what is hidden already. Greedy: no corner is ever shown again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bench.disclosure.reference import Reference
from etl.protect.system import Cell, Name, Need
from etl.protect.tabulation import Hierarchy

MOVES = 40
"""At most so many moves of a dimension are tried for a cell: the shortest, then every n-th of the others."""


@dataclass(frozen=True)
class Block:
    """What the hypercube method hides, and the sensitive cells for which it found no block."""

    hidden: frozenset[Name]
    unprotected: tuple[Name, ...]


def hypercube(table: Reference, need: Need) -> Block:
    """Hide a block for every sensitive cell of the table."""
    system, grid = table.system(need), _Grid(table)
    secret = sorted((cell for cell in system.cells if cell.sensitive), key=lambda cell: (-cell.value, str(cell.name)))
    for cell in system.cells:
        grid.set(cell)
    unprotected = [cell.name for cell in secret if not grid.protect(cell)]
    hidden = (cell.name for cell in system.cells if grid.cost[grid.place(cell)] == 0)
    return Block(frozenset(hidden), tuple(unprotected))


class _Grid:
    """Values and costs by position of the codes. One more position in each dimension pads moves: free and never short."""

    def __init__(self, table: Reference) -> None:
        self.codes = [{code: place for place, code in enumerate(own.above)} for own in table.hierarchies]
        shape = [len(own) + 1 for own in self.codes]
        self.value = np.zeros(shape)
        self.cost = np.zeros(shape)
        for axis in range(len(shape)):
            self.value[(*[slice(None)] * axis, -1)] = math.inf
        self.moves = [
            {code: _moves(own, code, codes) for code in codes}
            for own, codes in zip(table.hierarchies, self.codes, strict=True)
        ]

    def place(self, cell: Cell) -> tuple[int, ...]:
        """The position of a cell."""
        return tuple(own[code] for own, code in zip(self.codes, cell.name[1:], strict=True))

    def set(self, cell: Cell) -> None:
        """Enter value and cost; what is hidden is free."""
        place = self.place(cell)
        self.value[place], self.cost[place] = cell.value, 0.0 if cell.sensitive else cell.weight

    def protect(self, cell: Cell) -> bool:
        """Hide the cheapest block that meets the need of the cell; False if there is none."""
        moves = [own[code] for own, code in zip(self.moves, cell.name[1:], strict=True)]
        axes = len(moves)
        places = tuple(_along(move[0], axis, axes) for axis, move in enumerate(moves))
        signs = math.prod(_along(move[1], axis, axes) for axis, move in enumerate(moves))
        corners = tuple(range(axes, 2 * axes))
        values = self.value[places]
        low = [np.where(signs == sign, values, math.inf).min(axis=corners) for sign in (1, -1)]
        raised = max((cell.need.upper or 0) - cell.value, 0)
        possible = low[1] - cell.lower >= max(raised, 1)
        if not raised:
            possible |= low[0] - cell.lower >= 1
        possible &= values.min(axis=corners) > 0
        if not possible.any():
            return False
        costs = np.where(possible, self.cost[places].sum(axis=corners), math.inf)
        best = np.unravel_index(costs.argmin(), costs.shape)
        chosen = np.ix_(*(move[0][number] for move, number in zip(moves, best, strict=True)))
        self.cost[chosen] = 0.0
        return True


def _along(move: np.ndarray, axis: int, axes: int) -> np.ndarray:
    """Put the numbers of the moves on one axis and their codes on another, as many axes as the dimensions twice."""
    shape = [1] * (2 * axes)
    shape[axis], shape[axes + axis] = move.shape
    return move.reshape(shape)


def _moves(hierarchy: Hierarchy, code: str, places: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """Moves that raise `code`: positions and signs of the codes that each changes, padded to one length."""
    lowest = [leaf for leaf in hierarchy.above if leaf not in hierarchy.margins]
    raising = [leaf for leaf in lowest if code in hierarchy.above[leaf]]
    falling = [None, *(leaf for leaf in lowest if code not in hierarchy.above[leaf])]
    found = [_move(hierarchy, up, down) for up in raising for down in falling]
    found.sort(key=len)
    rest = found[MOVES // 2 :]
    found = found[: MOVES // 2] + rest[:: max(1, math.ceil(len(rest) / (MOVES / 2)))]
    width = max(map(len, found))
    positions = [[*(places[code] for code in move), *[len(places)] * (width - len(move))] for move in found]
    signs = [[*move.values(), *[1] * (width - len(move))] for move in found]
    return np.array(positions), np.array(signs)


def _move(hierarchy: Hierarchy, up: str, down: str | None) -> dict[str, int]:
    rising = dict.fromkeys(hierarchy.above[up], 1)
    falling = dict.fromkeys(hierarchy.above[down] if down else (), -1)
    return {code: sign for code, sign in {**rising, **falling}.items() if not (code in rising and code in falling)}
