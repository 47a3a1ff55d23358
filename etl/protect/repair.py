"""Hide what is missing: every requirement of a pattern gets a whole-number table that shows that it holds.

Elimination knows equations only. That counts are whole, and not below their least, makes more derivable: 1 + 1 is the
only way to 2 where zeros are shown. Where the hidden cells allow no other table, the cheapest deviation that also moves
published cells says which ones to hide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from etl.protect.layout import Layout
from etl.protect.moves import Moves
from etl.protect.witness import Deviation, Evidence, Requirement, requirements

_FREE = 1e-3
"""Price of moving a hidden cell, in mean weights of a published one."""


class Impossible(Exception):  # noqa: N818
    """A cell whose requirement fails even if everything that may be hidden is hidden."""

    def __init__(self, cell: int) -> None:
        super().__init__(cell)
        self.cell = cell


def repair(layout: Layout, hidden: set[int]) -> Evidence:
    """Add groups to `hidden` until every requirement has evidence, which is returned. Raises Impossible."""
    evidence = Evidence(layout)
    evidence.require(requirements(layout, layout.hidden(hidden)))
    _explain(layout, hidden, evidence)
    while any(not evidence.met(requirement) for requirement in evidence.all()):
        _extend(layout, hidden, evidence)
    return evidence


def seek(moves: Moves, requirement: Requirement) -> list[Deviation]:
    """Deviations that meet a requirement; none if there are none."""
    for way in requirement.ways():
        found: list[Deviation] = []
        for amount in way:
            deviation = moves.reach(requirement.cell, amount, requirement.known)
            if deviation is None:
                break
            found.append(deviation)
        else:
            return found
    return []


def _explain(layout: Layout, hidden: set[int], evidence: Evidence) -> None:
    """Find evidence among the hidden cells."""
    for part, missing in _missing(layout, hidden, evidence):
        moves = Moves(layout, dict.fromkeys(part, 1.0))
        for requirement in missing:
            for deviation in () if evidence.met(requirement) else seek(moves, requirement):
                evidence.learn(deviation)


def _extend(layout: Layout, hidden: set[int], evidence: Evidence) -> None:
    """Hide more, close to each connected part of the hidden cells if that helps, else wherever it is cheapest."""
    prices = _prices(layout, hidden)
    for part, missing in _missing(layout, hidden, evidence):
        close = {other for cell in part for row in layout.rows_of[cell] for other, _ in layout.rows[row]}
        moves = Moves(layout, {cell: prices[cell] for cell in close.union(part)})
        for requirement in missing:
            if evidence.met(requirement):
                continue
            found = seek(moves, requirement) or seek(Moves(layout, dict(enumerate(prices))), requirement)
            if not found:
                raise Impossible(requirement.cell)
            for cell in _hide(layout, hidden, found):
                evidence.require(requirements(layout, [cell]))
                prices[cell] = prices[requirement.cell]
                moves.price(cell, prices[cell])
            for deviation in found:
                evidence.learn(deviation)


def _hide(layout: Layout, hidden: set[int], deviations: Iterable[Deviation]) -> list[int]:
    """Hide all that these deviations move; returns the cells that were published before."""
    groups = {layout.group_of[cell] for deviation in deviations for cell in deviation} - hidden - {-1}
    hidden |= groups
    return [cell for group in sorted(groups) for cell in layout.groups[group]]


def _missing(layout: Layout, hidden: set[int], evidence: Evidence) -> Iterator[tuple[list[int], list[Requirement]]]:
    """Connected parts of the hidden cells with the requirements there that lack evidence."""
    for part in layout.parts(layout.hidden(hidden)):
        missing = [r for cell in part for r in evidence.of(cell) if not evidence.met(r)]
        if missing:
            yield part, missing


def _prices(layout: Layout, hidden: set[int]) -> list[float]:
    """What it costs to move each cell by one: the weight of its group unless it is hidden anyway."""
    free = _FREE * sum(layout.weights) / max(len(layout.weights), 1) or _FREE
    return [free + (layout.weights[group] if group >= 0 and group not in hidden else 0) for group in layout.group_of]
