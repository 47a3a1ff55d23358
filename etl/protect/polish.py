"""Publish again what need not be hidden, the heaviest first, until no group can be published alone.

Every requirement keeps deviations as evidence all the time. Publishing a group disturbs only those whose evidence moves
it; each of them needs other evidence without the group, or the group stays hidden.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from etl.protect.elimination import parallel
from etl.protect.layout import Layout
from etl.protect.moves import Moves
from etl.protect.repair import seek
from etl.protect.witness import Deviation, Evidence, Requirement, possible

_FREE = 1e-3
"""Price of moving a cell that stays hidden, in mean weights of a group."""
_REMEMBERED = 8
"""Deviations remembered for each cell that they move."""

Rests = tuple[Deviation, Deviation]


def polish(layout: Layout, hidden: set[int], evidence: Evidence) -> None:
    """Publish groups of `hidden` in place. `evidence` must meet all requirements, and does so afterwards."""
    candidates = hidden - layout.sensitive - _bound(layout, hidden)
    if candidates:
        _Polish(layout, hidden, evidence, candidates).run()


class _Polish:
    """One run. A programme for each part of the hidden cells is set up when it is needed first."""

    def __init__(self, layout: Layout, hidden: set[int], evidence: Evidence, candidates: set[int]) -> None:
        self._layout, self._hidden, self._evidence, self._candidates = layout, hidden, evidence, candidates
        self._parts = layout.parts(layout.hidden(hidden))
        self._part_of = {cell: index for index, part in enumerate(self._parts) for cell in part}
        self._programmes: dict[int, Moves] = {}
        self._blocked: dict[int, Requirement] = {}
        self._known: dict[int, list[Deviation]] = defaultdict(list)

    def run(self) -> None:
        """Try every candidate, and again those that were blocked by a requirement that is gone since."""
        queue = self._candidates
        while queue:
            ordered = sorted(queue, key=lambda group: (-self._layout.weights[group], group))
            gone = {cell for group in ordered if self._publish(group) for cell in self._layout.groups[group]}
            queue = {group for group, by in self._blocked.items() if by.cell in gone and group in self._hidden}

    def _publish(self, group: int) -> bool:
        cells = self._layout.groups[group]
        parts = {self._part_of[cell] for cell in cells}
        disturbed = {self._part_of[requirement.cell] for requirement in self._evidence.resting_on(cells)}
        programmes = [self._moves(index) for index in sorted(parts & (disturbed | self._programmes.keys()))]
        for moves in programmes:
            moves.shut(cells)
        replaced: dict[Requirement, Rests] = {}
        for requirement in self._evidence.resting_on(cells):
            if requirement.cell in cells:
                continue
            rests = self._without(requirement, set(cells))
            if rests is None:
                self._blocked[group] = requirement
                for moves in programmes:
                    moves.open(cells)
                return False
            replaced[requirement] = rests
        for requirement, rests in replaced.items():
            self._evidence.set(requirement, rests)
        for cell in cells:
            self._evidence.drop(cell)
        self._hidden.discard(group)
        return True

    def _moves(self, index: int) -> Moves:
        """The programme for a part. What may be published is dear in it, so evidence rests on the others."""
        if index not in self._programmes:
            free = (
                _FREE * sum(self._layout.weights[group] for group in self._candidates) / len(self._candidates) or _FREE
            )
            groups = ((other, self._layout.group_of[other]) for other in self._parts[index])
            self._programmes[index] = Moves(
                self._layout,
                {
                    other: free + (self._layout.weights[group] if group in self._candidates else 0)
                    for other, group in groups
                    if group < 0 or group in self._hidden
                },
            )
        return self._programmes[index]

    def _without(self, requirement: Requirement, cells: set[int]) -> Rests | None:
        """Evidence for a requirement that moves none of these cells."""
        low, high = (rest if cells.isdisjoint(rest) else {} for rest in self._evidence.rests(requirement))
        rests = self._best(requirement, (low, high), self._usable(requirement, cells))
        if not _met(requirement, rests):
            found = seek(self._moves(self._part_of[requirement.cell]), requirement)
            for deviation in found:
                self._remember(deviation)
            rests = self._best(requirement, rests, found)
        return rests if _met(requirement, rests) else None

    def _usable(self, requirement: Requirement, cells: set[int]) -> list[Deviation]:
        return [
            deviation
            for deviation in self._known[requirement.cell]
            if cells.isdisjoint(deviation)
            and requirement.known.isdisjoint(deviation)
            and all(group < 0 or group in self._hidden for group in map(self._layout.group_of.__getitem__, deviation))
        ]

    def _best(self, requirement: Requirement, rests: Rests, found: Iterable[Deviation]) -> Rests:
        low, high = rests
        for deviation in found:
            amount = deviation[requirement.cell]
            if amount > high.get(requirement.cell, 0):
                high = deviation
            elif amount < low.get(requirement.cell, 0):
                low = deviation
        if requirement.met(0, high.get(requirement.cell, 0)):
            return {}, high
        return (low, {}) if requirement.met(low.get(requirement.cell, 0), 0) else (low, high)

    def _remember(self, deviation: Deviation) -> None:
        opposite = {cell: -amount for cell, amount in deviation.items()}
        for found in (deviation, opposite) if possible(self._layout, opposite) else (deviation,):
            for cell in found:
                self._known[cell] = [found, *self._known[cell][: _REMEMBERED - 1]]


def _met(requirement: Requirement, rests: Rests) -> bool:
    low, high = rests
    return requirement.met(low.get(requirement.cell, 0), high.get(requirement.cell, 0))


def _bound(layout: Layout, hidden: set[int]) -> set[int]:
    """Groups that give away a cell that is never published: the one is a multiple of the other."""
    never = {position for group in layout.sensitive for position in layout.groups[group]} | set(layout.concealed)
    secret = {position for position in never if (need := layout.cells[position].need) and need.values > 1}
    found: set[int] = set()
    for cells in parallel(layout, hidden):
        if not secret.isdisjoint(cells):
            found.update(layout.group_of[cell] for cell in cells)
    return found
