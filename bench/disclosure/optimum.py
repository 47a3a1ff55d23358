"""The cheapest pattern of a small table, proved by one integer model: whether each cell is hidden, and a witness for each need.

A witness is a table of whole numbers that agrees with all that is published: steps away from the true values, only in
hidden cells, that obey the equations. No step exceeds `reach` times what the need asks. In tables of two dimensions with
groups in one of them 1 loses nothing: their equations are totally unimodular. In three dimensions a longer step might be
of use; on the tables here 10 times gives the costs that twice gives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np

from etl.protect.system import Cell, Name, Need, State, System


@dataclass(frozen=True)
class Optimum:
    """A cheapest pattern: hidden cells, and the summed weight of those that are not sensitive."""

    hidden: frozenset[Name]
    cost: float


def cheapest(system: System, reach: int, seconds: float = 20.0) -> Optimum | None:
    """The proved optimum; None if it is not proved within `seconds`, or if no pattern meets every need.

    Raises ValueError for cells that are not open, have a group, insiders or a least possible value, or a need without
    being sensitive: these are not in the model.
    """
    known = Need(), State.OPEN, ""
    for cell in system.cells:
        need = cell.need or Need()
        if (replace(need, values=2, upper=None), cell.state, cell.group) != known or cell.sensitive != bool(cell.need):
            raise ValueError(f"{cell.name} is more than the model knows. Remedy: see which cells it can be given.")
    return _Model(system, reach).solved(seconds)


class _Model:
    """Columns 0 to n-1 say whether a cell is hidden; n columns of steps follow for each witness."""

    def __init__(self, system: System, reach: int) -> None:
        self.reach = reach
        self.system = system
        self.position = {cell.name: position for position, cell in enumerate(system.cells)}
        self.solver = highspy.Highs()
        self.solver.silent()
        self.solver.setOptionValue("threads", 1)
        self.solver.setOptionValue("mip_rel_gap", 0.0)
        for cell in system.cells:
            self._column(float(cell.sensitive), 1.0, 0.0 if cell.sensitive else cell.weight)
        for cell in system.cells:
            if cell.need is not None:
                self._satisfy(cell, cell.need)

    def solved(self, seconds: float) -> Optimum | None:
        """Solve; read the hidden cells."""
        self.solver.setOptionValue("time_limit", seconds)
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        shown = self.solver.getSolution().col_value
        hidden = [cell for cell, column in zip(self.system.cells, shown, strict=False) if column > 0.5]
        cost = sum(cell.weight for cell in hidden if not cell.sensitive)
        return Optimum(frozenset(cell.name for cell in hidden), cost)

    def _satisfy(self, cell: Cell, need: Need) -> None:
        """A witness that is as high as needed; two as far apart as needed, if that is not far enough already."""
        up = max((need.upper or cell.value) - cell.value, 0)
        apart = need.values - 1
        if up:
            self._row([(self._witness(max(up, apart)) + self.position[cell.name], 1.0)], up)
        if apart > up:
            high, low = self._witness(apart), self._witness(apart) if apart > 1 else None
            self._apart(self.position[cell.name], high, low, apart)

    def _apart(self, position: int, high: int, low: int | None, apart: int) -> None:
        """Two witnesses `apart` from each other in this cell; if one step is enough, one witness of either direction."""
        if low is not None:
            self._row([(high + position, 1.0), (low + position, -1.0)], apart)
            return
        upward, far = self._column(0.0, 1.0), self.reach + 1.0
        self._row([(high + position, 1.0), (upward, -far)], 1 - far)
        self._row([(high + position, -1.0), (upward, far)], 1)

    def _witness(self, steps: int) -> int:
        """Add the columns of a witness; returns the first."""
        first = self.solver.getNumCol()
        for cell in self.system.cells:
            self._column(-min(cell.value - cell.lower, self.reach * steps), self.reach * steps)
        for position, cell in enumerate(self.system.cells):
            self._row([(first + position, -1.0), (position, float(self.reach * steps))], 0)
            self._row([(first + position, 1.0), (position, float(min(cell.value - cell.lower, self.reach * steps)))], 0)
        for equation in self.system.equations:
            self._row([(first + self.position[term.cell], float(term.coefficient)) for term in equation], 0, 0)
        return first

    def _column(self, lower: float, upper: float, cost: float = 0.0) -> int:
        column = self.solver.getNumCol()
        self.solver.addCol(cost, lower, upper, 0, np.array([], np.int32), np.array([]))
        self.solver.changeColIntegrality(column, highspy.HighsVarType.kInteger)
        return column

    def _row(self, terms: list[tuple[int, float]], lower: float, upper: float = highspy.kHighsInf) -> None:
        columns, coefficients = zip(*terms, strict=True)
        self.solver.addRow(lower, upper, len(terms), np.array(columns, np.int32), np.array(coefficients))
