"""Assembles the system: every figure of the protected datasets as a cell, everything that ties them as an equation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from datasets.contract import SUMMED
from datasets.declaration import Column, Declaration
from datasets.link import Link, Side
from datasets.protection import Part, ProtectedGroup, Rules
from etl.disclosure.cube import Cube, Keys, may_sum
from etl.disclosure.insiders import before_insiders
from etl.disclosure.needs import Shares, primary_need, secondary_need, small
from etl.protect.primary import Contributor, strictest
from etl.protect.system import Cell, Equation, Need, State, System, Term

#: A cell's name: dataset, measure (or what an implied one is), keys with the months of totals spelled out.
Name = tuple[str, str, Keys]


@dataclass(frozen=True)
class Guarded:
    """A dataset under protection: its cube and the rules of its policy, tightened.

    Figures of the names `redacted` were withdrawn: they are hidden for their own sake, even if they are nought.
    """

    cube: Cube
    rules: Rules
    shares: Shares
    redacted: frozenset[Name] = frozenset()

    @property
    def declaration(self) -> Declaration:
        """The dataset's declaration."""
        return self.cube.declaration

    def name(self, measure: str, keys: Keys) -> Name:
        """The name of a figure, the same in every release that has it."""
        return self.declaration.slug, measure, self.cube.spelled(keys)

    def value(self, measure: str, keys: Keys) -> int:
        """A figure; nought where there is no row."""
        return self.cube.figures.get(keys, {}).get(measure, 0)

    def sensitive(self, group: ProtectedGroup, keys: Keys) -> bool:
        """Whether the figures of a group are hidden for their own sake in a row."""
        return (
            small(self.cube, self.rules, group, keys)
            or any(self.need(group, measure, keys) for measure in group.measures if measure in self.cube.figures[keys])
            or not self.redacted.isdisjoint(self.name(measure, keys) for measure in group.measures)
        )

    def need(self, group: ProtectedGroup, measure: str, keys: Keys) -> Need | None:
        """What must stay possible of a figure that is hidden for its own sake."""
        column = self.declaration.by_name[measure]
        need = primary_need(self.cube, self.rules, self.shares, group, column, keys)
        return strictest([need, Need(2)]) if self.name(measure, keys) in self.redacted else need

    def counts(self, measure: str, keys: Keys) -> bool:
        """Whether the figure is a cell: a nought that everybody sees adds nothing to any equation."""
        return self.value(measure, keys) != 0 or self.zeros_hidden or self.name(measure, keys) in self.redacted

    def sole_contributors(self) -> Iterator[tuple[Name, Contributor]]:
        """The figures that one organisation makes up alone, and which."""
        for keys, measures in self.shares.items():
            for measure, contributions in measures.items():
                if len(contributions.largest) == 1:
                    yield self.name(measure, keys), contributions.largest[0][0]

    def withheld(self, column: Column) -> bool:
        """Whether the rules hide this measure always."""
        return self.rules.days == "withheld" and column.unit == "day"

    @property
    def zeros_hidden(self) -> bool:
        """Whether a figure of nought is hidden as other small ones are."""
        return self.rules.zeros == "protected"


def assemble(guarded: Mapping[str, Guarded], links: Iterable[Link], *, zeros: bool = False) -> System:
    """The system of all `guarded` datasets, by slug, and of the `links` between them.

    With `zeros`, published zeros are cells too: they add nothing now, but another release may have another figure there.
    """
    cells = [cell for each in guarded.values() for cell in (*_cells(each), *_public(each), *_rests(each))]
    if zeros:
        cells += [cell for each in guarded.values() for cell in _zeros(each)]
    named = {cell.name for cell in cells}
    found = [equation for each in guarded.values() for equation in _equations(each)]
    found += [equation for link in holding(links, guarded) for equation in _shared(link, guarded)]
    kept = [equation for each in found if (equation := tuple(term for term in each if term.cell in named))]
    sole = [pair for each in guarded.values() for pair in each.sole_contributors()]
    return System(tuple(before_insiders(cells, kept, sole)), tuple(kept))


def holding(links: Iterable[Link], guarded: Mapping[str, Guarded]) -> tuple[Link, ...]:
    """The links of which both datasets are there; of those that are not certain, the ones that hold everywhere."""
    there = (each for each in links if {each.left.dataset, each.right.dataset} <= guarded.keys())
    return tuple(each for each in there if each.certain or _holds(each, guarded))


def _holds(link: Link, guarded: Mapping[str, Guarded]) -> bool:
    return all(len({each.value(measure, keys) for each, measure, keys in pair}) == 1 for pair in _pairs(link, guarded))


def group_name(guarded: Guarded, group: ProtectedGroup, keys: Keys) -> Name:
    """The name of what is hidden together: the figures of one group in one row."""
    return guarded.name("+".join(group.measures), keys)


def _cells(guarded: Guarded) -> Iterator[Cell]:
    """A cell for each figure, one that cannot be summed too: a row may tie it, and another release may have another."""
    columns = guarded.declaration.by_name
    for group in guarded.declaration.protect:
        for keys, figures in guarded.cube.figures.items():
            sensitive = guarded.sensitive(group, keys)
            for measure in group.measures:
                value = figures.get(measure)
                if value is None or not guarded.counts(measure, keys):
                    continue
                yield Cell(
                    name=guarded.name(measure, keys),
                    value=value,
                    lower=0 if guarded.zeros_hidden or guarded.name(measure, keys) in guarded.redacted else 1,
                    sensitive=sensitive,
                    need=guarded.need(group, measure, keys) or secondary_need(guarded.rules, group, columns[measure]),
                    group=group_name(guarded, group, keys),
                    weight=_weight(value, keys),
                    state=State.CONCEALED if guarded.withheld(columns[measure]) else State.OPEN,
                )


def _public(guarded: Guarded) -> Iterator[Cell]:
    """A known cell for each figure that is public, for an equation may tie it to others that are not."""
    for measure in (name for each in guarded.declaration.public for name in each.measures):
        for keys, figures in guarded.cube.figures.items():
            if figures.get(measure) and guarded.counts(measure, keys):
                yield Cell(guarded.name(measure, keys), figures[measure], state=State.KNOWN)


def _zeros(guarded: Guarded) -> Iterator[Cell]:
    """A known cell for each combination of codes that has no row, and for each figure of nought."""
    cube = guarded.cube
    codes = [sorted({keys[place] for keys in cube.figures}) for place in range(len(cube.dimensions))]
    protected = [
        column
        for column in guarded.declaration.measures
        if any(column.name in each.measures for each in guarded.declaration.protect)
    ]
    for keys in product(*codes):
        for column in protected:
            if may_sum(column, keys, cube.dimensions) and not guarded.counts(column.name, keys):
                yield Cell(guarded.name(column.name, keys), 0, 0, state=State.KNOWN)


def _weight(value: int, keys: Keys) -> float:
    """What hiding a figure loses: more the larger it is, and the more it sums up."""
    return (1 + math.log2(1 + value)) * (1 + keys.count(SUMMED))


def _rests(guarded: Guarded) -> Iterator[Cell]:
    """What a whole has besides its part: never published, and as easily worked out as a figure that is."""
    persons = guarded.rules.persons
    for part in guarded.declaration.parts:
        for keys, figures in guarded.cube.figures.items():
            if part.part not in figures or part.whole not in figures:
                continue
            rest = figures[part.whole] - figures[part.part]
            behind = guarded.cube.least[keys][part.persons] if part.persons else rest
            need = None
            if persons and rest > 0 and behind < persons.minimum:
                need = Need(persons.values, None if part.persons else persons.upper)
            yield Cell(_rest_name(guarded, part, keys), rest, 0, need is not None, need, state=State.CONCEALED)


def _rest_name(guarded: Guarded, part: Part, keys: Keys) -> Name:
    return guarded.name(f"{part.whole}-{part.part}", keys)


def _equations(guarded: Guarded) -> Iterator[Equation]:
    cube, declaration = guarded.cube, guarded.declaration
    measures = [name for group in declaration.protect for name in group.measures]
    for (margin, _), parts in cube.parts.items():
        for measure in measures:
            if measure in cube.figures[margin]:
                yield _sum(guarded, measure, margin, parts)
    for keys, figures in cube.figures.items():
        for part in declaration.parts:
            if part.part in figures and part.whole in figures:
                rest = Term(_rest_name(guarded, part, keys), -1)
                yield (*_line(guarded, keys, {part.whole: 1, part.part: -1}), rest)
        for row_sum in declaration.row_sums:
            signs = {row_sum.measure: -1} | dict.fromkeys(row_sum.plus, 1) | dict.fromkeys(row_sum.minus, -1)
            if signs.keys() <= figures.keys():
                yield _line(guarded, keys, signs)
    yield from _identities(guarded)


def _sum(guarded: Guarded, measure: str, margin: Keys, parts: tuple[Keys, ...]) -> Equation:
    return (
        Term(guarded.name(measure, margin), -1),
        *(Term(guarded.name(measure, keys), 1) for keys in parts if guarded.counts(measure, keys)),
    )


def _line(guarded: Guarded, keys: Keys, signs: Mapping[str, int]) -> Equation:
    return tuple(
        Term(guarded.name(measure, keys), sign) for measure, sign in signs.items() if guarded.counts(measure, keys)
    )


def _identities(guarded: Guarded) -> Iterator[Equation]:
    cube, declaration = guarded.cube, guarded.declaration
    for identity in declaration.identities:
        place = cube.dimensions.index(identity.dimension)
        for keys in cube.figures:
            if keys[place] != identity.total:
                continue
            signs = {identity.total: -1} | dict.fromkeys(identity.plus, 1) | dict.fromkeys(identity.minus, -1)
            for measure in identity.measures or _summable(declaration):
                others = {(*keys[:place], code, *keys[place + 1 :]): sign for code, sign in signs.items()}
                yield tuple(
                    Term(guarded.name(measure, each), sign)
                    for each, sign in others.items()
                    if guarded.counts(measure, each)
                )


def _summable(declaration: Declaration) -> list[str]:
    return [each.name for each in declaration.measures if each.type == "integer" and each.additivity != "not_additive"]


def _shared(link: Link, guarded: Mapping[str, Guarded]) -> Iterator[Equation]:
    """Two names of one figure, in every combination of the dimensions that both datasets have."""
    for pair in _pairs(link, guarded):
        yield tuple(
            Term(each.name(measure, keys), sign)
            for (each, measure, keys), sign in zip(pair, (1, -1), strict=True)
            if each.value(measure, keys)
        )


def _pairs(link: Link, guarded: Mapping[str, Guarded]) -> Iterator[list[tuple[Guarded, str, Keys]]]:
    sides = [(guarded[side.dataset], side) for side in (link.left, link.right)]
    found = {codes for each, side in sides for codes in _combinations(each, side, link.by)}
    for codes in sorted(found):
        by = dict(zip(link.by, codes, strict=True))
        yield [(each, side.measure, each.cube.keys({**side.where, **by})) for each, side in sides]


def _combinations(guarded: Guarded, side: Side, by: tuple[str, ...]) -> Iterator[Keys]:
    """The codes of the dimensions `by` with which the dataset has the figure of this side."""
    fixed = dict(side.where)
    for keys in guarded.cube.figures:
        given = dict(zip(guarded.cube.dimensions, keys, strict=True))
        summed = all(given[name] == fixed.get(name, SUMMED) for name in given if name not in by)
        if summed and SUMMED not in [given[name] for name in by]:  # sums over `by` follow from these
            yield tuple(given[name] for name in by)
