"""A system in numbers: unknown cells by position, equations without what everybody knows, groups in a fixed order.

Cells are ordered by the text of their names, equations by their terms, so the order in which a system is given is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from math import gcd

from etl.protect.system import Cell, Equation, Name, State, System

Row = tuple[tuple[int, int], ...]
"""An equation between deviations: positions of unknown cells with their coefficients, which sum to nought."""


@dataclass(frozen=True)
class Layout:
    """`cells` are the unknown ones, OPEN or CONCEALED; a position is an index into them. `rows` bind their deviations.

    `groups` are the positions of OPEN cells that are hidden together; `group_of` is -1 for a CONCEALED cell.
    """

    cells: tuple[Cell, ...]
    rows: tuple[Row, ...]
    groups: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, system: System) -> Layout:
        """Number the unknown cells of a system and drop the known terms of its equations, which are constants."""
        cells = tuple(sorted((cell for cell in system.cells if cell.state != State.KNOWN), key=lambda c: repr(c.name)))
        position = {cell.name: index for index, cell in enumerate(cells)}
        rows = {_row(equation, position) for equation in system.equations} - {()}
        together: dict[Name, list[int]] = {}
        for index, cell in enumerate(cells):
            if cell.state == State.OPEN:
                together.setdefault(cell.group or cell.name, []).append(index)
        return cls(cells, tuple(sorted(rows)), tuple(tuple(group) for group in together.values()))

    @cached_property
    def room(self) -> list[int]:
        """How far each cell may fall: its value above its least."""
        return [cell.value - cell.lower for cell in self.cells]

    @cached_property
    def place(self) -> dict[Name, int]:
        """Position by name."""
        return {cell.name: index for index, cell in enumerate(self.cells)}

    @cached_property
    def group_of(self) -> list[int]:
        """Position of a cell -> index of its group, or -1."""
        found = [-1] * len(self.cells)
        for index, group in enumerate(self.groups):
            for position in group:
                found[position] = index
        return found

    @cached_property
    def rows_of(self) -> list[list[int]]:
        """Position of a cell -> indices of the rows that it is a term of."""
        found: list[list[int]] = [[] for _ in self.cells]
        for index, row in enumerate(self.rows):
            for position, _ in row:
                found[position].append(index)
        return found

    @cached_property
    def weights(self) -> list[float]:
        """What is lost if a group is hidden."""
        return [sum(self.cells[position].weight for position in group) for group in self.groups]

    @cached_property
    def sensitive(self) -> frozenset[int]:
        """Groups that are hidden first."""
        return frozenset(
            index
            for index, group in enumerate(self.groups)
            if any(self.cells[position].sensitive for position in group)
        )

    @cached_property
    def concealed(self) -> tuple[int, ...]:
        """Positions of the cells that are hidden from the start and for ever."""
        return tuple(index for index, group in enumerate(self.group_of) if group < 0)

    def weighing(self, weights: Iterable[float]) -> Layout:
        """The same layout, but hiding the groups loses so much."""
        other = copy(self)
        other.__dict__["weights"] = list(weights)
        return other

    def split(self) -> list[Layout]:
        """The parts of a layout that no row and no group connects."""
        return [self.only(part) for part in self.parts(range(len(self.cells)), grouped=True)]

    def only(self, positions: Sequence[int]) -> Layout:
        """The layout if everybody knows all other cells; of a group either all cells stay or none."""
        place = {position: index for index, position in enumerate(positions)}
        rows = {row: None for position in positions for row in self.rows_of[position]}
        groups = {self.group_of[position]: None for position in positions if self.group_of[position] >= 0}
        return Layout(
            tuple(self.cells[position] for position in positions),
            tuple(
                tuple((place[key], factor) for key, factor in self.rows[row] if key in place) for row in sorted(rows)
            ),
            tuple(tuple(place[position] for position in self.groups[group]) for group in sorted(groups)),
        )

    def hidden(self, groups: Iterable[int]) -> list[int]:
        """Positions of all hidden cells, ascending, if these groups are hidden."""
        return sorted([*self.concealed, *(position for group in groups for position in self.groups[group])])

    def parts(self, positions: Sequence[int], *, grouped: bool = False) -> list[list[int]]:
        """These positions in connected parts: cells of a row belong together, and those of a group if `grouped`."""
        left = set(positions)
        done: set[int] = set()
        found = []
        for start in positions:
            if start not in left:
                continue
            left.discard(start)
            part = [start]
            for position in part:
                near = left.intersection(self._beside(position, done))
                if grouped and self.group_of[position] >= 0:
                    near |= left.intersection(self.groups[self.group_of[position]])
                left -= near
                part += near
            found.append(sorted(part))
        return found

    def _beside(self, position: int, done: set[int]) -> list[int]:
        """The cells of its rows, those in `done` left out, where the rows are put then."""
        rows = [row for row in self.rows_of[position] if row not in done]
        done.update(rows)
        return [other for row in rows for other, _ in self.rows[row]]


def _row(equation: Equation, position: dict[Name, int]) -> Row:
    terms: dict[int, int] = {}
    for name, coefficient in equation:
        if name in position:
            terms[position[name]] = terms.get(position[name], 0) + coefficient
    row = sorted((index, coefficient) for index, coefficient in terms.items() if coefficient)
    if not row:
        return ()
    divisor = gcd(*(coefficient for _, coefficient in row)) * (1 if row[0][1] > 0 else -1)
    return tuple((index, coefficient // divisor) for index, coefficient in row)
