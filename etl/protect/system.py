"""The system: all cells that a reader may ever see, the equations between them, and what must stay unknown.

A hierarchical table, tables that share cells, subtotals, differences between releases: all are cells and equations here.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

Name = Hashable


class State(StrEnum):
    """Whether a cell may still be hidden. CONCEALED ones are shown by nobody: implied sums, cells that old releases hid."""

    OPEN = "open"
    KNOWN = "known"
    CONCEALED = "concealed"


@dataclass(frozen=True)
class Need:
    """What must remain possible for every reader of a hidden cell.

    At least `values` whole numbers; a greatest possible value of at least `upper`; a least possible one of at most
    `lower`. Each of `insiders` is a reader who knows the values of these cells besides: a sole contributor his own cells.
    """

    values: int = 2
    upper: int | None = None
    lower: int | None = None
    insiders: tuple[frozenset[Name], ...] = ()


@dataclass(frozen=True)
class Cell:
    """A whole number `value`. Every reader knows that a hidden one is at least `lower`: 1 where zeros are always shown.

    A `sensitive` cell is hidden first. `need` holds whenever the cell is hidden, for whatever reason; without one,
    nothing is lost if a reader works the value out. Cells of one `group` are hidden together or not at all (an empty
    group is the cell alone). `weight` is the information that hiding it loses.
    """

    name: Name
    value: int
    lower: int = 1
    sensitive: bool = False
    need: Need | None = None
    group: Name = ""
    weight: float = 1.0
    state: State = State.OPEN


class Term(NamedTuple):
    """A cell with its whole coefficient."""

    cell: Name
    coefficient: int


Equation = tuple[Term, ...]
"""The terms sum to nought."""


@dataclass(frozen=True)
class System:
    """Cells with different names, and equations that hold for their values."""

    cells: tuple[Cell, ...]
    equations: tuple[Equation, ...] = field(default=())

    @cached_property
    def by_name(self) -> dict[Name, Cell]:
        """Cell by name, in the given order."""
        return {cell.name: cell for cell in self.cells}

    @cached_property
    def groups(self) -> dict[Name, tuple[Cell, ...]]:
        """The cells that are hidden together, by group; a cell without a group is one by its own name."""
        found: dict[Name, list[Cell]] = {}
        for cell in self.cells:
            found.setdefault(cell.group or cell.name, []).append(cell)
        return {group: tuple(cells) for group, cells in found.items()}

    def check(self) -> None:
        """Raise ValueError for a name that is there twice or nowhere, an equation that does not hold, a value below `lower`."""
        if len(self.by_name) != len(self.cells):
            raise ValueError("Two cells have one name. Remedy: name each cell by its table, measure and keys.")
        for position, equation in enumerate(self.equations):
            unknown = next((term.cell for term in equation if term.cell not in self.by_name), None)
            if unknown is not None:
                raise ValueError(f"Equation {position} names a cell that is not there: {unknown}.")
            if sum(term.coefficient * self.by_name[term.cell].value for term in equation):
                names = ", ".join(str(term.cell) for term in equation)
                raise ValueError(f"Equation {position} does not hold: {names}. Remedy: correct the values or drop it.")
        low = next((cell.name for cell in self.cells if cell.value < cell.lower and cell.state != State.KNOWN), None)
        if low is not None:
            raise ValueError(
                f"The value of cell {low} is below its least. Remedy: a zero is KNOWN where zeros are shown."
            )
