"""Tables of counts with their margins as a system: hierarchies of codes, all sums, an equation for each sum.

Figures of linked tables that are one and the same are joined by equations too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from etl.protect.system import Cell, Equation, Name, Need, System, Term

Keys = tuple[str, ...]
"""One code of each dimension of a table."""


@dataclass(frozen=True)
class Hierarchy:
    """The codes of a dimension and the codes that each is summed into.

    A code may have several parents: groupings that are not nested. But it may be counted only once in each code above
    it, so a second grouping of all leaves stays without a parent; that it has the same total follows by itself.
    """

    parents: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        for code in self.parents:
            above = self._climb(code, ())
            twice = next((margin for margin in above if above.count(margin) > 1), None)
            if twice is not None:
                raise ValueError(f"{code} is counted twice in {twice}. Remedy: drop one of its ways up to {twice}.")

    @classmethod
    def flat(cls, codes: Iterable[str], total: str) -> Hierarchy:
        """All codes are summed into one total."""
        return cls.levels((code, total) for code in codes)

    @classmethod
    def levels(cls, paths: Iterable[Sequence[str]]) -> Hierarchy:
        """Paths that lead from a leaf up, each code summed into the next: ("Almaty", "South", "all"), ("Almaty", "cities")."""
        parents: dict[str, dict[str, None]] = {}
        for path in paths:
            for position, code in enumerate(path):
                parents.setdefault(code, {}).update(dict.fromkeys(path[position + 1 : position + 2]))
        return cls({code: tuple(above) for code, above in parents.items()})

    @cached_property
    def above(self) -> dict[str, tuple[str, ...]]:
        """Each code with all codes that it counts in, itself first."""
        codes = dict.fromkeys([*self.parents, *(margin for above in self.parents.values() for margin in above)])
        return {code: tuple(self._climb(code, ())) for code in codes}

    @cached_property
    def margins(self) -> frozenset[str]:
        """The codes that are sums of others."""
        return frozenset(margin for above in self.parents.values() for margin in above)

    def _climb(self, code: str, path: tuple[str, ...]) -> list[str]:
        if code in path:
            raise ValueError(f"{code} is a part of itself. Remedy: drop one of the sums {', '.join((*path, code))}.")
        above = self.parents.get(code, ())
        return [code, *(found for parent in above for found in self._climb(parent, (*path, code)))]


def logarithmic(_: Keys, value: int) -> float:
    """Weight of a cell: large cells, so margins too, cost more, but a hundredfold value not a hundred times as much."""
    return math.log1p(value)


def tabulate(
    table: str,
    leaves: Mapping[Keys, int],
    hierarchies: Sequence[Hierarchy],
    *,
    rule: Callable[[Keys, int], Need | None],
    lower: int = 1,
    weight: Callable[[Keys, int], float] = logarithmic,
) -> System:
    """The table with all its margins: a cell `(table, *keys)` for each combination of codes, an equation for each sum.

    `leaves` holds the counts by the lowest codes; a combination that is not there is impossible or nought. Where zeros
    are always published (`lower` 1) a zero is no cell and no term; with `lower` 0 a leaf given as 0 is a cell like any
    other. `rule` judges every cell, margins included: the need of a sensitive one, None for all others. Raises ValueError
    for a leaf with other codes than the lowest of the hierarchies, or below nought.
    """
    _refuse(leaves, hierarchies)
    values = with_margins({keys: value for keys, value in leaves.items() if value or not lower}, hierarchies)
    needs = {keys: rule(keys, value) for keys, value in values.items()}
    cells = (
        Cell(
            name=(table, *keys),
            value=value,
            lower=lower,
            sensitive=needs[keys] is not None,
            need=needs[keys],
            weight=weight(keys, value),
        )
        for keys, value in values.items()
    )
    return System(tuple(cells), _equations(table, values, hierarchies))


def join(*systems: System, same: Iterable[tuple[Name, Name]] = ()) -> System:
    """Linked tables as one system. Each pair of `same` names one figure: an equation says so, and both are hidden or neither.

    Both names stay, so that a pattern says of every table what it hides. A pair of zeros that are no cells is passed
    over. Raises ValueError if two cells have one name or the values of a pair differ.
    """
    cells = {cell.name: cell for system in systems for cell in system.cells}
    equations = [equation for system in systems for equation in system.equations]
    merged: dict[Name, Name] = {}
    for left, right in same:
        if left not in cells and right not in cells:
            continue
        if left not in cells or right not in cells:
            raise ValueError(f"Of {left} and {right} only one is there. Remedy: give both tables the same records.")
        equations.append((Term(left, 1), Term(right, -1)))
        one, other = (_representative(merged, cells[name].group or name) for name in (left, right))
        if one != other:
            merged[other] = one
    together = {*merged, *merged.values()}
    joined = System(
        tuple(
            replace(cell, group=_representative(merged, group))
            if (group := cell.group or cell.name) in together
            else cell
            for system in systems
            for cell in system.cells
        ),
        tuple(equations),
    )
    joined.check()
    return joined


def _representative(merged: Mapping[Name, Name], group: Name) -> Name:
    while group in merged:
        group = merged[group]
    return group


def _refuse(leaves: Mapping[Keys, int], hierarchies: Sequence[Hierarchy]) -> None:
    for keys, value in leaves.items():
        if len(keys) != len(hierarchies) or value < 0:
            raise ValueError(
                f"{keys} needs {len(hierarchies)} codes and a count. Remedy: give a code of each dimension."
            )
        for code, hierarchy in zip(keys, hierarchies, strict=True):
            if code not in hierarchy.above or code in hierarchy.margins:
                raise ValueError(
                    f"{code} of {keys} is not a lowest code. Remedy: add it to the hierarchy or sum it less."
                )


def with_margins(leaves: Mapping[Keys, int], hierarchies: Sequence[Hierarchy]) -> dict[Keys, int]:
    """The leaves and all their sums by the codes above them. Leaves may be negative: noisy ones are."""
    values = dict(leaves)
    for place, hierarchy in enumerate(hierarchies):
        sums: dict[Keys, int] = defaultdict(int)
        for keys, value in values.items():
            for code in hierarchy.above[keys[place]]:
                sums[*keys[:place], code, *keys[place + 1 :]] += value
        values = sums
    return dict(values)


def _equations(table: str, values: Iterable[Keys], hierarchies: Sequence[Hierarchy]) -> tuple[Equation, ...]:
    parts: dict[tuple[int, Keys], list[Term]] = defaultdict(list)
    for keys in values:
        for place, hierarchy in enumerate(hierarchies):
            for code in hierarchy.parents.get(keys[place], ()):
                margin = (*keys[:place], code, *keys[place + 1 :])
                parts[place, margin].append(Term((table, *keys), -1))
    return tuple((Term((table, *margin), 1), *terms) for (_, margin), terms in parts.items())
