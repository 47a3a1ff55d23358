"""Branching: what only whole numbers can tell. Finds a table that reaches a value, or tells cases apart until none can."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.audit.derivation import NOBODY, Node, Split, slice_of
from etl.audit.duals import contradiction_step
from etl.audit.linear import Model
from etl.audit.propagation import Box, ContradictionError, propagate
from etl.audit.tables import Tables, dive

CASES = 400
"""How many cases are told apart for one bound before it stays undecided."""


@dataclass
class _Budget:
    left: int = CASES


def refute(box: Box, model: Model, tables: Tables, place: int, side: int, bound: int) -> Split | None:
    """The proof that `side` * unknown <= `bound`; None when a table was found instead, or nothing."""
    unknown = model.component.unknowns[place]
    at = bound if side > 0 else -bound - 1
    case = box.inside(unknown, at + 1 if side > 0 else at, -side)
    basis = model.basis()
    try:
        nodes = _contradiction(case, model, tables, _Budget())
    finally:
        model.restore(basis)
    if nodes is None:
        return None
    below, above = ((), nodes) if side > 0 else (nodes, ())
    return Split(unknown, side, bound, unknown, at, below, above)


def _contradiction(box: Box, model: Model, tables: Tables, budget: _Budget) -> tuple[Node, ...] | None:
    """Nodes that show that the box holds no whole numbers; None when it does or it is not found out."""
    budget.left -= 1
    if budget.left < 0:
        return None
    try:
        propagate(box, model.component.rows)
    except ContradictionError as error:
        return _ending(box, list(error.nodes))
    positions = model.component.unknowns
    lower = np.array([box.lower[position] for position in positions]) - model.origin
    tops = [box.upper[position] for position in positions]
    far = model.origin + model.width
    upper = np.array([f if top is None else top for top, f in zip(tops, far.tolist(), strict=True)]) - model.origin
    model.bound(np.arange(model.size), lower, upper)
    offsets = model.feasible()
    if offsets is None:
        ray = model.refutation()
        step = None if ray is None else contradiction_step(box, model.component.rows, ray)
        return None if step is None else _ending(box, [*box.nodes, step])
    table = dive(model, offsets, lower, upper, np.random.default_rng(0))
    if table is not None and tables.add(model.origin + table):
        return None
    gaps = np.abs(offsets - np.rint(offsets))
    place = int(np.argmax(gaps))
    if gaps[place] < 1e-6 * model.unit:
        return None
    at = int(np.floor(offsets[place])) + int(model.origin[place])
    return _cases(box, model, tables, budget, positions[place], at)


def _cases(box: Box, model: Model, tables: Tables, budget: _Budget, on: int, at: int) -> tuple[Node, ...] | None:
    below = _contradiction(box.inside(on, at, 1), model, tables, budget)
    above = None if below is None else _contradiction(box.inside(on, at + 1, -1), model, tables, budget)
    if below is None or above is None:
        return None
    return _ending(box, [*box.nodes, Split(NOBODY, 0, -1, on, at, below, above)])


def _ending(box: Box, nodes: list[Node]) -> tuple[Node, ...]:
    """The nodes that lead to the contradiction at the end of `nodes`."""
    last = nodes[-1]
    needed = set() if last.unknown == NOBODY else {(last.unknown, 1), (last.unknown, -1)}
    return slice_of(nodes, box.rows, needed)
