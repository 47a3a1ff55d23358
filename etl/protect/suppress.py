"""Secondary suppression: which further cells to hide so that no hidden cell is known too well."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from etl.protect.attempts import cheapest, eliminate
from etl.protect.layout import Layout
from etl.protect.repair import Impossible
from etl.protect.system import Cell, Name, State, System


@dataclass(frozen=True)
class Suppression:
    """Names of all hidden OPEN cells, of those among them that are not sensitive, and the summed weight of the latter."""

    hidden: frozenset[Name]
    secondary: frozenset[Name]
    cost: float


class Unprotectable(ValueError):  # noqa: N818
    """What everybody knows already makes the needs of these cells impossible."""

    def __init__(self, names: Sequence[Name]) -> None:
        listed = ", ".join(map(str, names))
        super().__init__(f"Known cells give these away: {listed}. Remedy: withdraw one of them, or let these be known.")
        self.names = tuple(names)


def _silent(_: str) -> None:
    pass


def suppress(
    system: System, *, method: str = "full", polished: bool = True, progress: Callable[[str], None] = _silent
) -> Suppression:
    """The hidden cells of a system, the same whatever the order in which its cells and equations are given.

    `method` "elimination" only sees to it that no needy cell follows from the equations. "full" finds a table of whole
    numbers, none below its least, for each need; `polished` then publishes again what need not be hidden, until no
    group can be published alone. Raises Unprotectable, and ValueError for a system that is inconsistent.
    """
    if method not in {"elimination", "full"}:
        raise ValueError(f"There is no method {method}. Remedy: elimination or full.")
    system.check()
    _refuse([cell.name for cell in system.cells if cell.sensitive and cell.state == State.KNOWN])
    hidden: list[Cell] = []
    for part in Layout.of(system).split():
        if part.sensitive or any(part.cells[position].need for position in part.concealed):
            hidden += _protect(part, method == "full", polished, progress)
    secret = {cell.name for cells in system.groups.values() if any(c.sensitive for c in cells) for cell in cells}
    secondary = [cell for cell in hidden if cell.name not in secret]
    return Suppression(
        frozenset(cell.name for cell in hidden),
        frozenset(cell.name for cell in secondary),
        math.fsum(cell.weight for cell in secondary),
    )


def _protect(layout: Layout, full: bool, polished: bool, progress: Callable[[str], None]) -> list[Cell]:
    """The hidden OPEN cells of a connected part."""
    while True:
        try:
            groups = cheapest(layout, polished, progress) if full else eliminate(layout)
        except Impossible as impossible:
            group = layout.group_of[impossible.cell]
            if group < 0 or group in layout.sensitive:
                _refuse([layout.cells[impossible.cell].name])
            published = set(layout.groups[group])
            layout = layout.only([position for position in range(len(layout.cells)) if position not in published])
        else:
            return [layout.cells[position] for group in sorted(groups) for position in layout.groups[group]]


def _refuse(names: Sequence[Name]) -> None:
    if names:
        raise Unprotectable(sorted(names, key=repr))
