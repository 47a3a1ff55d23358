"""Propagation: each constraint narrows the bounds of its unknowns, over and over, in whole numbers.

An equation with one unknown, a figure under two names (x - y = 0), a total that leaves no room: all fall to this alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from etl.audit.derivation import NOBODY, Bounds, Node, Step
from etl.audit.statement import Row

VISITS = 40
"""How often one constraint is looked at: large figures can creep towards each other one by one for ever."""


class ContradictionError(ValueError):
    """No figures agree with what is published. `nodes` derive that."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        super().__init__("No figures agree with what is published. Remedy: look for a published figure that is wrong.")
        self.nodes = tuple(nodes)


class Box(Bounds):
    """Bounds with the nodes that tightened them, and the constraints that each unknown stands in."""

    def __init__(self, bounds: Bounds, touching: Sequence[Sequence[int]] | None = None) -> None:
        super().__init__(bounds.rows, bounds.lower, bounds.upper)
        self.nodes: list[Node] = []
        self.touching = _touching(self.rows, len(self.lower)) if touching is None else touching

    def inside(self, on: int, at: int, side: int) -> Box:
        """The box of one case: unknown `on` at most (side 1) or at least (side -1) `at`; its nodes start afresh."""
        return Box(self.case(on, at, side), self.touching)

    def tighten(self, node: Node) -> bool:
        """Take over what a node proves; False when that is nothing new. Raises ContradictionError once bounds cross."""
        if node.unknown == NOBODY:
            raise ContradictionError([*self.nodes, node])
        old = self.get(node.unknown, node.side)
        if old is not None and old <= node.bound:
            return False
        self.set(node.unknown, node.side, node.bound)
        self.nodes.append(node)
        if self.empty:
            raise ContradictionError(self.nodes)
        return True


def propagate(box: Box, start: Iterable[int] | None = None) -> None:
    """Narrow the bounds by the constraints `start` (None: all) and all that they lead to. Raises ContradictionError."""
    queue = deque(range(len(box.rows)) if start is None else start)
    waiting = set(queue)
    visits: dict[int, int] = {}
    while queue:
        row = queue.popleft()
        waiting.discard(row)
        visits[row] = visits.get(row, 0) + 1
        for unknown in _narrow(box, row):
            for other in box.touching[unknown]:
                if other not in waiting and visits.get(other, 0) < VISITS:
                    waiting.add(other)
                    queue.append(other)


def _narrow(box: Box, number: int) -> list[int]:
    """Narrow all unknowns of one constraint; the positions of those that changed."""
    row = box.rows[number]
    changed = []
    for direction, limit in ((1, row.upper), (-1, row.lower)):
        if limit is None:
            continue
        slack, endless = _slack(box, row, direction, direction * limit)
        if slack < 0 and not endless:
            box.tighten(Step(NOBODY, 0, slack, 1, ((number, direction),)))
        for unknown, coefficient in row.terms:
            factor = direction * coefficient
            side = 1 if factor > 0 else -1
            inner = box.get(unknown, -side)
            if endless > (inner is None):
                continue
            # side * unknown <= (slack + what this term itself takes away at its other end) / |factor|
            room = slack if inner is None else slack - abs(factor) * inner
            bound = room // abs(factor)
            old = box.get(unknown, side)
            if old is None or bound < old:
                box.tighten(Step(unknown, side, bound, abs(factor), ((number, direction),)))
                changed.append(unknown)
    return changed


def _slack(box: Box, row: Row, direction: int, limit: int) -> tuple[int, int]:
    """What the constraint leaves when all unknowns are at the end that leaves most, and how many have no such end."""
    slack, endless = limit, 0
    for unknown, coefficient in row.terms:
        factor = direction * coefficient
        if factor > 0:
            slack -= factor * box.lower[unknown]
        else:
            upper = box.upper[unknown]
            if upper is None:
                endless += 1
            else:
                slack -= factor * upper
    return slack, endless


def _touching(rows: Sequence[Row], size: int) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(size)]
    for number, row in enumerate(rows):
        for unknown, _ in row.terms:
            found[unknown].append(number)
    return found
