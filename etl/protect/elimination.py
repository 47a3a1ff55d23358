"""Suppression by Gaussian elimination: publish what leaves no secret in the span of the published cells.

The method is that of Langsrud (2024, "Secondary cell suppression by Gaussian elimination"): cells are taken from the
heaviest to the lightest, and one is published unless it makes a secret cell a combination of published cells and
equations. Here the equations are first solved for the lightest cells. Then a cell depends on heavier cells only, that is
on decided ones, and what it adds is written in the few hidden cells that are still free. Arithmetic is modulo a prime:
two vectors may seem parallel by chance (once in two thousand million), which hides a cell too many, never too few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from etl.protect.layout import Layout

PRIME = 2**31 - 1

Vector = dict[int, int]
"""Coefficients modulo PRIME by position, never nought."""


def add(vector: Vector, other: Mapping[int, int], factor: int) -> None:
    """Add `factor` times another vector in place."""
    for key, value in other.items():
        total = (vector.get(key, 0) + factor * value) % PRIME
        if total:
            vector[key] = total
        else:
            vector.pop(key, None)


def solve(rows: Iterable[Mapping[int, int]], order: Iterable[int]) -> dict[int, Vector]:
    """Rows solved for cells in the given order, lightest first: cell -> what it equals in cells that come later."""
    left = [{key: value % PRIME for key, value in row.items()} for row in rows]
    users: dict[int, set[int]] = defaultdict(set)
    for index, row in enumerate(left):
        for key in row:
            users[key].add(index)
    return {key: _extract(left, users, key) for key in order if users.get(key)}


def _extract(left: list[Vector], users: dict[int, set[int]], key: int) -> Vector:
    """Solve the shortest row for `key` and put the result into the other rows."""
    shortest = min(users[key], key=lambda index: (len(left[index]), index))
    row = left[shortest]
    for other in row:
        users[other].discard(shortest)
    factor = -pow(row.pop(key), -1, PRIME)
    result = {other: value * factor % PRIME for other, value in row.items()}
    for index in sorted(users[key]):
        target = left[index]
        factor = target.pop(key)
        for other, value in result.items():
            total = (target.get(other, 0) + factor * value) % PRIME
            if total:
                target[other] = total
                users[other].add(index)
            elif target.pop(other, None) is not None:
                users[other].discard(index)
    del users[key]
    return result


class Elimination:
    """One run: `hidden` are the groups that it hides, `bare` the cells that are worked out whatever is hidden.

    `start` are groups hidden from the start. Nobody may work out a hidden cell that has a need.
    """

    def __init__(
        self,
        layout: Layout,
        start: Iterable[int],
    ) -> None:
        self._layout = layout
        self.hidden = set(start)
        self.bare: set[int] = set()
        weights = layout.weights
        self._queue = sorted(set(range(len(layout.groups))) - self.hidden, key=lambda group: (-weights[group], group))
        first = layout.hidden(self.hidden)
        self._rank = {position: index for index, position in enumerate(first)}
        for group in reversed(self._queue):
            for position in layout.groups[group]:
                self._rank[position] = len(self._rank)
        self._solved = solve(map(dict, layout.rows), self._rank)
        self._never = set(first)
        self._value: dict[int, Vector] = {}  # what is still unknown of a decided cell, in free hidden cells
        self._replaced: dict[int, Vector] = {}  # free hidden cells that a published cell made dependent
        self._secret: dict[int, Vector] = {}
        self._users: dict[int, set[int]] = defaultdict(set)
        self._waiting: dict[int, list[tuple[int, Vector]]] = defaultdict(list)
        for position in first:
            if layout.cells[position].need:
                self._await(position)
        for group in self._queue:
            self._decide(group)

    def _await(self, secret: int) -> None:
        """A secret is safe as long as its lightest free cell is undecided, for ever if that one is never published."""
        vector: Vector = {secret: 1}
        while vector:
            lightest = min(vector, key=self._rank.__getitem__)
            if lightest in self._solved:
                add(vector, self._solved[lightest], vector.pop(lightest))
            else:
                if lightest not in self._never:
                    self._waiting[lightest].append((secret, vector))
                return
        self.bare.add(secret)

    def _decide(self, group: int) -> None:
        positions = self._layout.groups[group][::-1]  # the heaviest first, in which the others are written
        for position in positions:
            self._value[position] = self._unknown(self._solved.get(position, {position: 1}), position)
        for position in positions:
            for secret, vector in self._waiting.pop(position, ()):
                self._keep(secret, self._unknown(vector, position))
        basis = self._basis([self._value[position] for position in positions])
        if any(self._reveals(basis, secret) for pivot in basis for secret in self._users[pivot]):
            self.hidden.add(group)
            for position in positions:
                if self._layout.cells[position].need:
                    self._keep(position, self._value[position])
        else:
            for position in positions:
                self._value[position] = {}
            self._publish(basis)

    def _unknown(self, vector: Mapping[int, int], free: int) -> Vector:
        """A vector of decided cells in free hidden cells; `free` is the one that is being decided."""
        result: Vector = {}
        for key, value in vector.items():
            add(result, {key: 1} if key == free and key not in self._solved else self._resolve(key), value)
        return result

    def _resolve(self, key: int) -> Vector:
        current = self._value[key]
        while any(part in self._replaced for part in current):
            resolved: Vector = {}
            for part, value in current.items():
                add(resolved, self._replaced.get(part, {part: 1}), value)
            current = self._value[key] = resolved
        return current

    def _keep(self, secret: int, vector: Vector) -> None:
        if not vector:
            self.bare.add(secret)
            return
        self._secret[secret] = dict(vector)
        for key in vector:
            self._users[key].add(secret)

    def _basis(self, vectors: Iterable[Vector]) -> dict[int, Vector]:
        """The span of a few vectors, each solved for the free cell that the fewest secrets use."""
        basis: dict[int, Vector] = {}
        for vector in vectors:
            rest = dict(vector)
            for pivot, other in basis.items():
                if pivot in rest:
                    add(rest, other, -rest[pivot])
            if not rest:
                continue
            pivot = min(rest, key=lambda key: (len(self._users[key]), self._rank[key]))
            inverse = pow(rest[pivot], -1, PRIME)
            rest = {key: value * inverse % PRIME for key, value in rest.items()}
            for other in basis.values():
                if pivot in other:
                    add(other, rest, -other[pivot])
            basis[pivot] = rest
        return basis

    def _reveals(self, basis: Mapping[int, Vector], secret: int) -> bool:
        rest = dict(self._secret[secret])
        for pivot, vector in basis.items():
            if pivot in rest:
                add(rest, vector, -rest[pivot])
        return not rest

    def _publish(self, basis: Mapping[int, Vector]) -> None:
        for pivot, vector in basis.items():
            for secret in self._users.pop(pivot, ()):
                held = self._secret[secret]
                before = set(held)
                add(held, vector, -held[pivot])
                for key in before - held.keys() - {pivot}:
                    self._users[key].discard(secret)
                for key in held.keys() - before:
                    self._users[key].add(secret)
            self._replaced[pivot] = {key: -value % PRIME for key, value in vector.items() if key != pivot}


def parallel(layout: Layout, hidden: Iterable[int]) -> list[list[int]]:
    """Hidden cells in classes: who learns one of a class works out all of it. Cells that are known anyway are left out."""
    positions = layout.hidden(hidden)
    inside = set(positions)
    rows = ({key: value for key, value in row if key in inside} for row in layout.rows)
    solved = solve((row for row in rows if row), positions)
    values: dict[int, Vector] = {}
    classes: dict[tuple[tuple[int, int], ...], list[int]] = defaultdict(list)
    for position in reversed(positions):
        value: Vector = {}
        for key, factor in solved.get(position, {position: 1}).items():
            add(value, {key: 1} if key == position else values[key], factor)
        values[position] = value
        if value:
            inverse = pow(value[min(value)], -1, PRIME)
            classes[tuple(sorted((key, factor * inverse % PRIME) for key, factor in value.items()))].append(position)
    return list(classes.values())
