"""The cheapest whole-number deviation that moves a cell by a given amount, found with the HiGHS solver.

A linear programme proposes, or proves that there is none; a proposal counts only once it is checked in whole numbers. If
it is broken, a multiple of it is tried, and then the mixed-integer programme.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm

import highspy
import numpy as np

from etl.protect.layout import Layout
from etl.protect.reduction import Reduction
from etl.protect.witness import Deviation, possible

_LARGEST_DENOMINATOR = 24
_SHAKES, _SHAKE = 3, 2.0
"""How often costs are multiplied by chance factors, from one to this."""
_NODES = 5000
"""A search that needs more branches is given up, which counts as "no deviation": more is hidden than necessary."""


class Moves:
    """A linear programme over some cells, all others fixed: per cell a rise and a fall, each at its cost per unit.

    `costs` are the prices above nought of moving a cell by one, and name the cells that may move. Cells that move
    together are one in the programme.
    """

    def __init__(self, layout: Layout, costs: Mapping[int, float]) -> None:
        self._layout = layout
        self._prices = dict(costs)
        cells = sorted(costs)
        rows = sorted({row for cell in cells for row in layout.rows_of[cell]})
        inside = (tuple(term for term in layout.rows[row] if term[0] in costs) for row in rows)
        self._reduction = Reduction(cells, inside)
        self._leaders = sorted(self._reduction.members)
        self._column = {leader: 2 * index for index, leader in enumerate(self._leaders)}
        self._shut: Counter[int] = Counter()
        self._solver = _solver()
        self._solver.passModel(self._build())
        self._costs = np.array(self._solver.getLp().col_cost_)
        self._shakes = np.random.default_rng(0).uniform(1, _SHAKE, (_SHAKES, self._costs.size))

    def _build(self) -> highspy.HighsLp:
        members, rows = self._reduction.members, self._reduction.rows
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = 2 * len(self._leaders), len(rows)
        model.col_cost_ = np.repeat(
            [sum(map(self._prices.__getitem__, members[leader])) for leader in self._leaders], 2
        )
        model.col_lower_ = np.zeros(model.num_col_)
        model.col_upper_ = np.array([bound for leader in self._leaders for bound in self._reach(leader)], dtype=float)
        model.row_lower_ = model.row_upper_ = np.zeros(len(rows))
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.cumsum([0, *(2 * len(row) for row in rows)])
        model.a_matrix_.index_ = np.array(
            [self._column[cell] + side for row in rows for cell, _ in row for side in (0, 1)]
        )
        model.a_matrix_.value_ = np.array([factor * s for row in rows for _, factor in row for s in (1, -1)], float)
        return model

    def _reach(self, leader: int) -> tuple[float, float]:
        """How far a leader can rise and fall before one of its members is at its least."""
        room, members = self._layout.room, self._reduction.members[leader]
        rise = (room[cell] for cell, direction in members.items() if direction < 0)
        fall = (room[cell] for cell, direction in members.items() if direction > 0)
        return min(rise, default=highspy.kHighsInf), min(fall, default=highspy.kHighsInf)

    def shut(self, cells: Iterable[int]) -> None:
        """Let these cells move no more; a cell that is shut twice must be opened twice."""
        for leader in self._led_by(cells):
            self._shut[leader] += 1
            self._bound(leader, (0.0, 0.0), (0.0, 0.0))

    def open(self, cells: Iterable[int]) -> None:
        """Let these cells move again."""
        for leader in self._led_by(cells):
            self._shut[leader] -= 1
            self._free(leader)

    def price(self, cell: int, cost: float) -> None:
        """Change what moving a cell costs."""
        for leader in self._led_by([cell]):
            change = cost - self._prices[cell]
            self._prices[cell] = cost
            for column in (self._column[leader], self._column[leader] + 1):
                self._costs[column] += change
                self._solver.changeColCost(column, self._costs[column])

    def reach(self, cell: int, amount: int, known: frozenset[int] = frozenset()) -> Deviation | None:
        """The cheapest deviation found that moves `cell` by `amount` (or further) and none of `known`; None: there is none."""
        led = self._reduction.leader.get(cell)
        if led is None or self._shut[led[0]]:
            return None
        leader, amount = led[0], amount * led[1]
        rise, fall = self._reach(leader)
        if not -fall <= amount <= rise:
            return None
        self.shut(known)
        found = None
        if not self._shut[leader]:
            if amount > 0:
                self._bound(leader, (amount, rise), (0.0, 0.0))
            else:
                self._bound(leader, (0.0, 0.0), (-amount, fall))
            found = self._solve()
            self._free(leader)
        self.open(known)
        return found

    def _led_by(self, cells: Iterable[int]) -> list[int]:
        """The leaders of these cells that are in the programme."""
        return [led[0] for cell in cells if (led := self._reduction.leader.get(cell))]

    def _free(self, leader: int) -> None:
        if not self._shut[leader]:
            rise, fall = self._reach(leader)
            self._bound(leader, (0.0, rise), (0.0, fall))

    def _bound(self, leader: int, rise: tuple[float, float], fall: tuple[float, float]) -> None:
        self._solver.changeColBounds(self._column[leader], *rise)
        self._solver.changeColBounds(self._column[leader] + 1, *fall)

    def _solve(self) -> Deviation | None:
        self._run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        amounts = self._amounts(self._solver)
        return _whole(self._layout, amounts) or self._shaken(set(amounts))

    def _run(self) -> None:
        """Start from no deviation at all: that is optimal but for the one bound, so a few pivots close by are enough."""
        self._solver.setBasis()
        self._solver.run()

    def _shaken(self, moved: set[int]) -> Deviation | None:
        """Slightly different costs often have a whole solution where the true ones have none."""
        columns = np.arange(self._costs.size, dtype=np.int32)
        found = None
        for shake in self._shakes:
            self._solver.changeColsCost(columns.size, columns, self._costs * shake)
            self._run()
            amounts = self._amounts(self._solver)
            moved |= amounts.keys()
            if found := _whole(self._layout, amounts):
                break
        self._solver.changeColsCost(columns.size, columns, self._costs)
        return found or self._search(moved) or self._search(set(self._reduction.leader))

    def _amounts(self, solver: highspy.Highs) -> dict[int, float]:
        values = np.asarray(solver.getSolution().col_value)
        amounts = values[::2] - values[1::2]
        moved = ((self._leaders[index], float(amounts[index])) for index in np.flatnonzero(np.abs(amounts) > 1e-7))
        members = self._reduction.members
        return {cell: amount * sign for leader, amount in moved for cell, sign in members[leader].items()}

    def _search(self, among: set[int]) -> Deviation | None:
        """A good deviation in whole numbers, where cells move that are `among` these or cheap; the cheapest cost nothing.

        To look for the very best would take fifty times as long.
        """
        least = min(self._prices.values()) * (1 + 1e-9)
        members = self._reduction.members
        cheap = np.array([all(self._prices[cell] <= least for cell in members[leader]) for leader in self._leaders])
        free = cheap | np.array([leader in among for leader in self._leaders])
        solver = _solver()
        model = self._solver.getLp()
        model.col_cost_ = np.where(np.repeat(cheap, 2), 0.0, self._costs)
        model.col_upper_ = np.where(np.repeat(free, 2), model.col_upper_, model.col_lower_)
        model.integrality_ = [highspy.HighsVarType.kInteger] * model.num_col_
        solver.passModel(model)
        for option, value in (("presolve", "on"), ("mip_max_nodes", _NODES), ("mip_max_improving_sols", 1)):
            solver.setOptionValue(option, value)
        solver.run()
        if solver.getInfo().primal_solution_status != 2:
            return None
        return _whole(self._layout, self._amounts(solver))


def _solver() -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("random_seed", 0)
    solver.setOptionValue("presolve", "off")
    solver.setOptionValue("solver", "simplex")
    return solver


def _whole(layout: Layout, amounts: Mapping[int, float]) -> Deviation | None:
    """The amounts rounded, or the least multiple of them that is whole, if that is a possible deviation."""
    rounded = {cell: round(amount) for cell, amount in amounts.items() if round(amount)}
    if all(abs(amount - rounded.get(cell, 0)) < 1e-5 for cell, amount in amounts.items()):
        return rounded if possible(layout, rounded) else None
    parts = {cell: Fraction(amount).limit_denominator(_LARGEST_DENOMINATOR) for cell, amount in amounts.items()}
    multiple = lcm(*(part.denominator for part in parts.values()))
    scaled = {cell: int(part * multiple) for cell, part in parts.items() if part}
    return scaled if possible(layout, scaled) else None
