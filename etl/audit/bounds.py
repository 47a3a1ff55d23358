"""Bounds: the tightest interval of every unknown of a component, from outside by derivation and from inside by tables.

Most ends close without a programme of their own: a sum over many unknowns at once, in random directions, brings many to
the bounds that propagation derived. The others are maximised one by one, always from the last vertex.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from etl.audit.branching import refute
from etl.audit.components import Component
from etl.audit.derivation import Bounds, Node
from etl.audit.duals import bound_step
from etl.audit.lattice import Lattice
from etl.audit.linear import Floats, Model, Optimum, Wholes
from etl.audit.moves import Moves
from etl.audit.propagation import Box, propagate
from etl.audit.statement import Unknown
from etl.audit.tables import Tables, dive

SEED = 20_240
"""Random directions are the same in every run."""
STALLS = 3
"""Bundles in a row that bring little before unknowns are maximised one by one."""
WINDOW = 2**20
"""How far from an inexact table an exact one is looked for."""
WINDOWS = (100, 400)
"""Unknowns around one that a search for whole numbers may change at first, and at last."""
SEARCHED = 200
"""Nodes of one search of the solver for whole numbers."""
FIRST = 2000
"""Nodes of the search for the first table of a component: without one nothing is shown of it."""
NOTHING = np.iinfo(np.int64).min

Mask = NDArray[np.bool_]


class Ends(NamedTuple):
    """Something of the greatest and of the least end of each unknown."""

    up: Mask
    down: Mask

    @property
    def number(self) -> int:
        """How many ends are marked."""
        return int(self.up.sum() + self.down.sum())


class Search:
    """Looks for the interval of every unknown of one component; derived bounds go into `box`, found ones into `tables`."""

    def __init__(self, box: Box, component: Component, unknowns: Sequence[Unknown]) -> None:
        self.box, self.component = box, component
        self.model = Model(component, box)
        self.tables = Tables(self.model)
        self.random = np.random.default_rng(SEED)
        members = [unknowns[position] for position in component.unknowns]
        self.values = np.array([each.values for each in members])
        self.least_upper = np.array([NOTHING if each.least_upper is None else each.least_upper for each in members])
        never = np.iinfo(np.int64).max
        self.harmless = np.array([never if each.harmless_from is None else each.harmless_from for each in members])
        self.solved = Ends(np.zeros(self.model.size, bool), np.zeros(self.model.size, bool))
        self.left = Ends(np.zeros(self.model.size, bool), np.zeros(self.model.size, bool))
        self.rugged = False
        self.slack = 1e-6 * self.model.unit
        self._turn()
        self._refresh()

    def run(self, exact: bool) -> None:
        """Close all ends (`exact`), or as many as the needs of the unknowns take. Raises ContradictionError."""
        if exact:
            self._derive()
        if self._begin():
            self._reach(exact)

    def _refresh(self) -> None:
        """Read what the box has derived so far."""
        far = (self.model.origin + self.model.width).tolist()
        positions = self.component.unknowns
        self.lower = np.array([self.box.lower[position] for position in positions])
        tops = [self.box.upper[position] for position in positions]
        self.upper = np.array([end if top is None else top for top, end in zip(tops, far, strict=True)])

    # The outer bounds: linear programmes.

    def _derive(self) -> None:
        """Derive the bound of every end that no vertex reaches, after bundles have left few of them."""
        self.top, self.bottom = self.lower - 1.0, self.upper + 1.0
        stalls = 0
        while stalls < STALLS:
            unreached = self._unreached()
            if not unreached.number or (optimum := self._bundle(unreached)) is None:
                break
            self._mark(optimum)
            closed = unreached.number - self._unreached().number
            stalls = stalls + 1 if closed < max(2, unreached.number // 50) else 0
            if stalls:
                self._turn()
        for side in (1, -1):
            for place in range(self.model.size):
                unreached = self._unreached()
                if (unreached.up if side > 0 else unreached.down)[place]:
                    optimum = self._single(place, side)
                    if optimum is not None:
                        self._mark(optimum)

    def _unreached(self) -> Ends:
        up = (np.floor(self.top + self.slack) < self.upper) & ~self.solved.up
        down = (np.ceil(self.bottom - self.slack) > self.lower) & ~self.solved.down
        return Ends(up, down)

    def _mark(self, optimum: Optimum) -> None:
        values = self.model.origin + optimum.offsets
        self.top, self.bottom = np.maximum(self.top, values), np.minimum(self.bottom, values)
        whole = np.rint(optimum.offsets)
        if np.abs(optimum.offsets - whole).max() < self.slack:
            self.tables.add(self.model.origin + whole.astype(np.int64))

    def _bundle(self, ends: Ends) -> Optimum | None:
        """A vertex far out in random directions, each unknown towards one of its marked ends."""
        side = np.where(ends.up & ends.down, self.side, np.where(ends.up, 1, -1))
        return self.model.maximise(np.where(ends.up | ends.down, side * self.weight, 0.0))

    def _turn(self) -> None:
        """Draw new random directions."""
        self.side = self.random.integers(0, 2, self.model.size) * 2 - 1
        self.weight = self.random.integers(1, 1000, self.model.size) / 1000

    def _single(self, place: int, side: int) -> Optimum | None:
        """A vertex where one end is reached, whose duals derive the bound."""
        (self.solved.up if side > 0 else self.solved.down)[place] = True
        weights = np.zeros(self.model.size)
        weights[place] = side
        optimum = self.model.maximise(weights)
        if optimum is not None:
            unknown = self.component.unknowns[place]
            step = bound_step(self.box, self.component.rows, optimum.multipliers, unknown, side)
            if step is not None:
                self._tighten(step)
        return optimum

    def _tighten(self, node: Node) -> None:
        if self.box.tighten(node):
            propagate(self.box, self.box.touching[node.unknown])
            self._refresh()

    # The inner bounds: tables.

    def _begin(self) -> bool:
        """Find a first table."""
        if self.tables.found:
            return True
        offsets = self.model.feasible()
        if offsets is None:
            return False
        everything = np.zeros(self.model.size, np.int64), self.model.width
        if self._land(offsets, *everything):
            return True
        self.rugged = self._inside(*everything)
        if self.rugged:
            return True
        whole = self.model.whole(0, 0, *everything, FIRST)
        return whole is not None and self._add(np.rint(whole).astype(np.int64))

    def _land(self, offsets: Floats, lower: Wholes, upper: Wholes) -> bool:
        """Find a table within these bounds: near a vertex, or in the middle where vertices lead nowhere."""
        if self.rugged:
            return self._inside(lower, upper)
        found = dive(self.model, offsets, lower, upper, self.random)
        return found is not None and self._add(found)

    def _inside(self, lower: Wholes, upper: Wholes) -> bool:
        """A table near the middle of these bounds; False when rounding breaks one."""
        point = self.model.middle(lower, upper)
        if point is None:
            return False
        found = Lattice(self.model, np.minimum(point - lower, upper - point)).near(point)
        return self._add(found)

    @cached_property
    def moves(self) -> Moves:
        """Short moves from one table to the next."""
        return Moves(Lattice(self.model, self.model.width))

    def _walk(self, exact: bool) -> None:
        """Go from the last table as far as short moves reach, and keep what closes an end."""
        table = self.tables.found[-1]
        up, down = self._goals(exact)
        ends = self._open(exact)
        for places, values in self.moves.steps(table, self.lower, self.upper):
            if not (ends.up[places] & (values >= up[places]) | ends.down[places] & (values <= down[places])).any():
                continue
            moved = table.copy()
            moved[places] = values
            if self.tables.add(moved):
                up, down = self._goals(exact)
                ends = self._open(exact)

    def _add(self, offsets: Wholes) -> bool:
        values = self.model.origin + offsets
        return self.tables.add(values) or (self.model.unit > 1 and self._settle(values))

    def _settle(self, values: Wholes) -> bool:
        """Find an exact table near one that float64 could not hold exactly: the way there is short, so it can be told."""
        lower, upper = list(self.box.lower), list(self.box.upper)
        for position, value in zip(self.component.unknowns, values.tolist(), strict=True):
            top = upper[position]
            lower[position] = min(max(lower[position], value - WINDOW), value if top is None else top)
            upper[position] = max(value + WINDOW if top is None else min(top, value + WINDOW), lower[position])
        near = Model(self.component, Box(Bounds(self.box.rows, lower, upper), self.box.touching))
        start = near.feasible()
        if start is None:
            return False
        found = dive(near, start, np.zeros(near.size, np.int64), near.width, self.random)
        return found is not None and self.tables.add(near.origin + found)

    def _goals(self, exact: bool) -> tuple[Wholes, Wholes]:
        """The value that each unknown should be shown to reach, upwards and downwards."""
        least, greatest = self.tables.least, self.tables.greatest
        up = np.minimum(np.maximum(least + self.values - 1, self.least_upper), self.upper)
        # an unmet need stays one only if the unknown may be small: that too takes a table, or the bound that it is not
        down = np.maximum(np.minimum(greatest - self.values + 1, self.harmless - 1), self.lower)
        if exact:
            return np.where(self.model.endless, up, self.upper), self.lower
        harmless = self.lower >= self.harmless
        return np.where(harmless, greatest, up), np.where(harmless, least, down)

    def _open(self, exact: bool) -> Ends:
        up, down = self._goals(exact)
        ends = Ends((self.tables.greatest < up) & ~self.left.up, (self.tables.least > down) & ~self.left.down)
        if exact:
            return ends
        spread = self.tables.greatest - self.tables.least + 1 >= self.values
        unmet = ~(spread & (self.tables.greatest >= self.least_upper))
        return Ends(ends.up & unmet, ends.down & unmet)

    def _reach(self, exact: bool) -> None:
        """Find tables until every end is reached, derived to be out of reach, or left."""
        walked = 0
        while (ends := self._open(exact)).number:
            if walked < len(self.tables.found):
                self._walk(exact)
                walked = len(self.tables.found)
                continue
            optimum = self._bundle(ends)
            self._turn()
            if optimum is None or not self._visit(optimum, ends, exact, None):
                place = int(np.argmax(ends.up | ends.down))
                self._decide(place, 1 if ends.up[place] else -1, exact)

    def _visit(self, optimum: Optimum, ends: Ends, exact: bool, first: int | None) -> bool:
        """Look for a table that reaches what this vertex reaches, or a part of it; whether any end closed."""
        up, down = (goal - self.model.origin for goal in self._goals(exact))
        reached_up = ends.up & (optimum.offsets >= up - self.slack)
        reached_down = ends.down & (optimum.offsets <= down + self.slack)
        held = self.random.permutation(np.nonzero(reached_up | reached_down)[0])
        if first is not None:
            held = np.concatenate([np.array([first], held.dtype), held[held != first]])
        while len(held):
            lower, upper = self.lower - self.model.origin, self.upper - self.model.origin
            rising, falling = held[reached_up[held]], held[reached_down[held]]
            lower[rising], upper[falling] = up[rising], down[falling]
            if self._land(optimum.offsets, lower, upper):
                return self._open(exact).number < ends.number
            held = held[: len(held) // 3]
        return False

    def _decide(self, place: int, side: int, exact: bool) -> None:
        """Close one end: by its own programme, by a search for whole numbers, by telling cases apart. Or leave it."""
        steps = (self._try_vertex, self._try_whole, self._try_cases)
        for attempt in steps:
            if not self._is_open(place, side, exact):
                return
            attempt(place, side, exact)

    def _is_open(self, place: int, side: int, exact: bool) -> bool:
        ends = self._open(exact)
        return bool((ends.up if side > 0 else ends.down)[place])

    def _shown(self, place: int, side: int) -> int:
        return int(self.tables.greatest[place]) if side > 0 else -int(self.tables.least[place])

    def _try_vertex(self, place: int, side: int, exact: bool) -> None:
        optimum = self._single(place, side)
        if optimum is not None and self._is_open(place, side, exact):
            self._visit(optimum, self._open(exact), exact, place)

    def _try_whole(self, place: int, side: int, exact: bool) -> None:
        goal = int(self._goals(exact)[0 if side > 0 else 1][place] - self.model.origin[place])
        table = min(self.tables.found, key=lambda each: abs(int(each[place]) - goal)) - self.model.origin
        for reach in WINDOWS:
            near = self.model.around(place, reach, self.box)
            whole = len(near) == self.model.size
            lower, upper = table.copy(), table.copy()
            lower[near] = self.lower[near] - self.model.origin[near]
            upper[near] = self.upper[near] - self.model.origin[near]
            ahead = int(table[place]) + side
            (lower if side > 0 else upper)[place] = ahead
            found = self.model.whole(place, side, lower, upper, SEARCHED)
            if (found is not None and self._add(np.rint(found).astype(np.int64))) or whole:
                return

    def _try_cases(self, place: int, side: int, exact: bool) -> None:
        shown = self._shown(place, side)
        proof = refute(self.box, self.model, self.tables, place, side, shown)
        if proof is not None:
            self._tighten(proof)
        elif shown == self._shown(place, side):
            (self.left.up if side > 0 else self.left.down)[place] = True
