"""The linear model of one component, in HiGHS: built once, then only its objective and bounds change.

Everything here is approximate, in float64. What it finds are guesses, which `tables` and `duals` turn into exact ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from etl.audit.components import Component
from etl.audit.propagation import Box

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]

LARGEST = 2**53
"""Figures beyond this are not whole in float64."""
SCALED = 2**24
"""The solver sees no bound larger than this: its tolerances are absolute (1e-7)."""
PRIMAL, DUAL = 4, 1
"""The solver's numbers of the two simplex methods."""
OPTIONS: Mapping[str, bool | float | str] = {
    "output_flag": False,
    "threads": 1,
    "solver": "simplex",
    "presolve": "off",
    # Each programme is a few pivots from the last vertex: what is set up afresh before the first one costs more.
    "simplex_dual_edge_weight_strategy": 1,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
    "primal_simplex_bound_perturbation_multiplier": 0.0,
}


class TooLargeError(ValueError):
    """The figures of a component do not fit the solver."""


@dataclass(frozen=True)
class Optimum:
    """A vertex: the offset of each unknown from the model's origin, and the multipliers of the constraints."""

    offsets: Floats
    multipliers: Floats


class Model:
    """Maximises sums over one component, the unknowns being `origin` plus an offset from 0 to `width`.

    An unknown without an upper bound gets a far one, so that every maximum exists: `endless` tells which.
    """

    def __init__(self, component: Component, box: Box) -> None:
        self.component, self.rows = component, [box.rows[row] for row in component.rows]
        self.index = {position: place for place, position in enumerate(component.unknowns)}
        self.size = len(component.unknowns)
        floor = [box.lower[position] for position in component.unknowns]
        offset = [self._shift(row.terms, box) for row in self.rows]
        self.row_lower = [
            None if row.lower is None else row.lower - o for row, o in zip(self.rows, offset, strict=True)
        ]
        self.row_upper = [
            None if row.upper is None else row.upper - o for row, o in zip(self.rows, offset, strict=True)
        ]
        far = self._far(box)
        ceiling = [box.upper[position] for position in component.unknowns]
        width = [far if top is None else top - low for low, top in zip(floor, ceiling, strict=True)]
        sides = [abs(side) for side in (*self.row_lower, *self.row_upper) if side is not None]
        largest = max((*width, *map(abs, floor), *sides))
        if largest > LARGEST:
            raise TooLargeError("The figures of a component are too large. Remedy: none; they stay undecided.")
        self.endless = np.array([top is None for top in ceiling])
        self.origin, self.width = np.array(floor, np.int64), np.array(width, np.int64)
        self.unit = 2.0 ** max(0, largest.bit_length() - SCALED.bit_length())
        self._build()

    def _shift(self, terms: tuple[tuple[int, int], ...], box: Box) -> int:
        """What a constraint's sum is at the origin; unknowns derived exactly count with their value."""
        return sum(coefficient * box.lower[position] for position, coefficient in terms)

    def _far(self, box: Box) -> int:
        finite = [abs(side) for side in (*self.row_lower, *self.row_upper) if side is not None]
        ranges = [top - box.lower[p] for p in self.component.unknowns if (top := box.upper[p]) is not None]
        return 4 * (1000 + max(finite, default=0) + max(ranges, default=0))

    def _build(self) -> None:
        terms = [[(self.index[p], c) for p, c in row.terms if p in self.index] for row in self.rows]
        self.starts = np.cumsum([0, *map(len, terms)])
        self.places = np.array([place for row in terms for place, _ in row], np.int32)
        self.coefficients = np.array([coefficient for row in terms for _, coefficient in row], np.float64)
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = self.size, len(self.rows)
        program.col_cost_ = np.zeros(self.size)
        program.col_lower_, program.col_upper_ = np.zeros(self.size), self.width / self.unit
        program.row_lower_ = np.array([-highspy.kHighsInf if s is None else s / self.unit for s in self.row_lower])
        program.row_upper_ = np.array([highspy.kHighsInf if s is None else s / self.unit for s in self.row_upper])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_, program.a_matrix_.index_ = self.starts.astype(np.int32), self.places
        program.a_matrix_.value_ = self.coefficients
        self._all = np.arange(self.size, dtype=np.int32)
        self._program = program
        self._solver = _solver(OPTIONS)
        self._solver.passModel(program)

    def around(self, place: int, number: int, box: Box) -> list[int]:
        """About so many unknowns that constraints tie to one, the nearest first; all when there are no more."""
        near, rows, seen = [place], set[int](), {place}
        for each in near:  # grows while it is gone through
            for row in box.touching[self.component.unknowns[each]] if len(near) < number else ():
                if row not in rows:
                    rows.add(row)
                    others = [self.index[position] for position, _ in box.rows[row].terms if position in self.index]
                    near += [other for other in others if other not in seen]
                    seen.update(others)
        return near

    def bound(self, places: NDArray[np.intp], lower: Wholes, upper: Wholes) -> None:
        """Set the bounds of the offsets of some unknowns."""
        self._solver.changeColsBounds(len(places), places.astype(np.int32), lower / self.unit, upper / self.unit)

    def maximise(self, weights: Floats) -> Optimum | None:
        """A vertex where the weighted sum of the unknowns is greatest; None when there is none or it is not found."""
        self._solver.setOptionValue("simplex_strategy", PRIMAL)
        self._solver.changeColsCost(self.size, self._all, -weights)
        if not self._run():
            return None
        solution = self._solver.getSolution()
        return Optimum(np.array(solution.col_value) * self.unit, -np.array(solution.row_dual))

    def feasible(self) -> Floats | None:
        """Offsets of a vertex within the present bounds, near the last one; None when there is none or it is not found."""
        self._solver.setOptionValue("simplex_strategy", DUAL)
        self._solver.changeColsCost(self.size, self._all, np.zeros(self.size))
        return np.array(self._solver.getSolution().col_value) * self.unit if self._run() else None

    def middle(self, lower: Wholes, upper: Wholes) -> Floats | None:
        """Offsets in the middle of all that agrees within these bounds; None when not found."""
        solver = _solver({**OPTIONS, "solver": "ipm", "run_crossover": "off"})
        program = self._program
        program.col_cost_ = np.zeros(self.size)
        program.col_lower_, program.col_upper_ = lower / self.unit, upper / self.unit
        program.row_lower_ = np.array([-highspy.kHighsInf if s is None else s / self.unit for s in self.row_lower])
        program.row_upper_ = np.array([highspy.kHighsInf if s is None else s / self.unit for s in self.row_upper])
        program.integrality_ = []
        solver.passModel(program)
        solver.run()
        found = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return np.array(solver.getSolution().col_value) * self.unit if found else None

    def refutation(self) -> Floats | None:
        """Multipliers of constraints that contradict the present bounds, after `feasible` found nothing."""
        _, exists, ray = self._solver.getDualRay()
        return -np.array(ray) if exists else None

    def basis(self) -> Any:
        """Where the solver stands."""
        return self._solver.getBasis()

    def restore(self, basis: Any) -> None:
        """Go back to where it stood, with the bounds of the beginning."""
        self.bound(self._all.astype(np.intp), np.zeros(self.size, np.int64), self.width)
        self._solver.setBasis(basis)

    def _run(self) -> bool:
        self._solver.run()
        return bool(self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def whole(self, place: int, side: int, lower: Wholes, upper: Wholes, nodes: int) -> Floats | None:
        """Offsets, meant to be whole, where `side` * unknown is as great as a bounded search found it; None for nothing.

        With `side` 0 any that are within the bounds.
        """
        solver = _solver({"output_flag": False, "threads": 1, "mip_max_nodes": nodes, "mip_rel_gap": 0.0})
        weights = np.zeros(self.size)
        weights[place] = -side
        program = self._program
        program.col_cost_ = weights
        program.col_lower_, program.col_upper_ = lower.astype(np.float64), upper.astype(np.float64)
        program.row_lower_ = np.array([-highspy.kHighsInf if s is None else float(s) for s in self.row_lower])
        program.row_upper_ = np.array([highspy.kHighsInf if s is None else float(s) for s in self.row_upper])
        program.integrality_ = [highspy.HighsVarType.kInteger] * self.size
        solver.passModel(program)
        solver.run()
        found = solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        return np.array(solver.getSolution().col_value) if found else None


def _solver(options: Mapping[str, bool | float | str]) -> Any:
    """A new solver; its annotations do not cover what is called here."""
    make: Any = highspy.Highs
    solver = make()
    for option, value in options.items():
        solver.setOptionValue(option, value)
    return solver
