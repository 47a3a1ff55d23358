"""Cells that can only move together, as one: where a row has two cells that move, the one moves as far as the other.

Of the hidden cells of a good pattern two in three are such, so programmes over what is left are several times smaller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from etl.protect.layout import Row


class Reduction:
    """`leader[cell]` is the cell that a cell moves with and +1 or -1, its direction; None for one that cannot move.

    `members[leader]` are those that it stands for, itself included, with their directions. `rows` bind the leaders.
    """

    def __init__(self, cells: Sequence[int], rows: Iterable[Row]) -> None:
        self.members: dict[int, dict[int, int]] = {cell: {cell: 1} for cell in cells}
        self.leader: dict[int, tuple[int, int] | None] = {cell: (cell, 1) for cell in cells}
        self._rows = [dict(row) for row in rows]
        self._users: dict[int, set[int]] = defaultdict(set)
        for index, row in enumerate(self._rows):
            for cell in row:
                self._users[cell].add(index)
        short = [index for index, row in enumerate(self._rows) if len(row) <= 2]
        for index in short:
            short += self._apply(self._rows[index])
        self.rows = sorted({tuple(sorted(row.items())) for row in self._rows if row})

    def _apply(self, row: dict[int, int]) -> list[int]:
        """Use a short row; returns the rows that become short by it."""
        if len(row) == 1:
            return self._replace(next(iter(row)), None, 0)
        if len(row) == 2:
            (kept, one), (gone, other) = sorted(row.items(), key=lambda term: (-len(self.members[term[0]]), term[0]))
            if one in {other, -other}:
                return self._replace(gone, kept, -one // other)
        return []

    def _replace(self, gone: int, kept: int | None, direction: int) -> list[int]:
        for cell, sign in self.members.pop(gone).items():
            self.leader[cell] = None if kept is None else (kept, sign * direction)
            if kept is not None:
                self.members[kept][cell] = sign * direction
        changed = self._users.pop(gone)
        for index in changed:
            row = self._rows[index]
            factor = row.pop(gone) * direction
            if kept is not None:
                row[kept] = row.get(kept, 0) + factor
                self._users[kept].add(index)
                if not row[kept]:
                    del row[kept]
                    self._users[kept].discard(index)
        return sorted(index for index in changed if len(self._rows[index]) <= 2)
