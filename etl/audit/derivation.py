"""Derivations: proofs of bounds by sums of constraints, rounding and cases, in whole numbers.

Each node proves a bound from the constraints and the bounds proved before it, so a chain of nodes may go far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from etl.audit.statement import Row, Statement

NOBODY = -1
"""The position of a step that bounds no unknown: it shows that the bounds contradict the constraints."""


@dataclass(frozen=True)
class Step:
    """Proves `side` * unknown <= `bound`: 1 for an upper bound, -1 for a lower one.

    `scale` (> 0) times that is the sum of the constraints times their whole multipliers (a positive one takes the
    constraint's upper bound, a negative one its lower), plus what is left over times the bounds of the unknowns in it.
    """

    unknown: int
    side: int
    bound: int
    scale: int
    multipliers: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Split:
    """Proves the same from two cases, unknown `on` <= `at` and >= `at` + 1: each proves it or contradicts itself.

    Where it bounds no unknown, both contradict themselves.
    """

    unknown: int
    side: int
    bound: int
    on: int
    at: int
    below: tuple[Node, ...]
    above: tuple[Node, ...]


Node = Step | Split
Ends = tuple[int, int]
"""An unknown's position and the side of its bound."""


class Bounds:
    """Lower and upper bounds of all unknowns (None: no limit), which nodes tighten. `empty` once two of them cross."""

    def __init__(self, rows: Sequence[Row], lower: Sequence[int], upper: Sequence[int | None]) -> None:
        self.rows, self.lower, self.upper = rows, list(lower), list(upper)
        self.empty = False

    @classmethod
    def of(cls, statement: Statement) -> Bounds:
        """The bounds that the statement itself gives."""
        return cls(statement.rows, [each.lower for each in statement.unknowns], [e.upper for e in statement.unknowns])

    def case(self, on: int, at: int, side: int) -> Bounds:
        """A copy in which unknown `on` is at most `at` (side 1) or at least `at` (side -1)."""
        copy = Bounds(self.rows, self.lower, self.upper)
        copy.set(on, side, side * at)
        return copy

    def get(self, unknown: int, side: int) -> int | None:
        """The bound of `side` * unknown."""
        upper = self.upper[unknown]
        return upper if side > 0 else -self.lower[unknown]

    def set(self, unknown: int, side: int, bound: int) -> None:
        """Take over `side` * unknown <= bound where that is tighter."""
        old = self.get(unknown, side)
        if old is not None and old <= bound:
            return
        if side > 0:
            self.upper[unknown] = bound
        else:
            self.lower[unknown] = -bound
        upper = self.upper[unknown]
        self.empty = self.empty or (upper is not None and upper < self.lower[unknown])

    def sum(self, step: Step) -> int | None:
        """The greatest that `scale` * `side` * unknown can be by this step; None when that has no limit."""
        total = 0
        for unknown, rest in remainder(step, self.rows).items():
            bound = self.get(unknown, 1 if rest > 0 else -1)
            if bound is None:
                return None
            total += abs(rest) * bound
        for row, multiplier in step.multipliers:
            limit = self.rows[row].upper if multiplier > 0 else self.rows[row].lower
            if limit is None:
                return None
            total += multiplier * limit
        return total


def remainder(step: Step, rows: Sequence[Row]) -> dict[int, int]:
    """What the constraints leave over of `scale` * `side` * unknown: whole coefficients other than 0 by position."""
    rest = {} if step.unknown == NOBODY else {step.unknown: step.scale * step.side}
    for row, multiplier in step.multipliers:
        for unknown, coefficient in rows[row].terms:
            rest[unknown] = rest.get(unknown, 0) - multiplier * coefficient
    return {unknown: coefficient for unknown, coefficient in rest.items() if coefficient}


def check(nodes: Iterable[Node], bounds: Bounds) -> Iterator[str]:
    """What is wrong with these nodes, in order; what they prove tightens `bounds` on the way."""
    for number, node in enumerate(nodes):
        if not _sound(node, bounds):
            yield f"Node {number} does not stand on unknowns and constraints that exist."
            return
        if isinstance(node, Split):
            yield from _check_split(node, bounds)
            continue
        total = bounds.sum(node)
        if total is None or total // node.scale > node.bound:
            yield f"Node {number} does not prove its bound."
            return
        if total // node.scale < node.bound:
            yield f"Node {number} proves a tighter bound than it says."
        _take(node, bounds)


def _sound(node: Node, bounds: Bounds) -> bool:
    places = range(len(bounds.lower))
    target = node.unknown in places and node.side in (1, -1)
    nobody = node.unknown == NOBODY and node.side == 0 and node.bound < 0
    if isinstance(node, Split):
        return (target or nobody) and node.on in places
    rows = range(len(bounds.rows))
    return node.scale > 0 and (target or nobody) and all(row in rows for row, _ in node.multipliers)


def _check_split(node: Split, bounds: Bounds) -> Iterator[str]:
    for nodes, case in (
        (node.below, bounds.case(node.on, node.at, 1)),
        (node.above, bounds.case(node.on, node.at + 1, -1)),
    ):
        yield from check(nodes, case)
        proved = None if node.unknown == NOBODY else case.get(node.unknown, node.side)
        if not case.empty and (proved is None or proved > node.bound):
            yield f"A case of unknown {node.on} does not prove the bound."
    _take(node, bounds)


def _take(node: Node, bounds: Bounds) -> None:
    if node.unknown == NOBODY:
        bounds.empty = True
    else:
        bounds.set(node.unknown, node.side, node.bound)


def slice_of(nodes: Sequence[Node], rows: Sequence[Row], needed: set[Ends]) -> tuple[Node, ...]:
    """The nodes that the bounds in `needed` stand on, in order. `needed` is left with those of the statement itself."""
    kept: list[Node] = []
    for node in reversed(nodes):
        end = (node.unknown, node.side)
        if node.unknown != NOBODY and end not in needed:
            continue
        needed.discard(end)
        kept.append(node)
        needed |= uses(node, rows)
    return tuple(reversed(kept))


def uses(node: Node, rows: Sequence[Row]) -> set[Ends]:
    """The bounds that a node takes as given."""
    if isinstance(node, Step):
        return {(unknown, 1 if rest > 0 else -1) for unknown, rest in remainder(node, rows).items()}
    found: set[Ends] = set()
    for nodes in (node.below, node.above):
        given: set[Ends] = {(node.unknown, node.side)}
        for each in reversed(nodes):
            given |= uses(each, rows)
        found |= given
    return found


def pack(node: Node) -> list[object]:
    """A node as lists, for JSON."""
    if isinstance(node, Step):
        return [node.unknown, node.side, node.bound, node.scale, [part for pair in node.multipliers for part in pair]]
    cases = [[pack(each) for each in nodes] for nodes in (node.below, node.above)]
    return [node.unknown, node.side, node.bound, node.on, node.at, *cases]


def unpack(data: Sequence[Any]) -> Node:
    """The node of such lists; raises ValueError or TypeError for others."""
    if len(data) == 5:
        unknown, side, bound, scale, flat = data
        return Step(unknown, side, bound, scale, tuple(zip(flat[::2], flat[1::2], strict=True)))
    unknown, side, bound, on, at, below, above = data
    cases = (tuple(unpack(each) for each in nodes) for nodes in (below, above))
    return Split(unknown, side, bound, on, at, *cases)
