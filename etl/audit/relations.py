"""Turns releases into one statement: which figures are hidden, and everything published that bounds them.

A figure is one unknown in all releases that have it unrevised. Where it is published by any of them, the statement says so
by an equation, so that what was hidden and shown later, or before, is found like everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from datasets.contract import SUMMED, Status
from etl.audit.equations import Place, Rest, Tie, figure_measures, private_measures, rests, ties
from etl.audit.release import Keys, Release, Table
from etl.audit.statement import Constraint, Name, Statement, Unknown


class Cell(NamedTuple):
    """A figure across releases: `*` of the period is spelled as the months, `vintage` counts the revisions."""

    dataset: str
    measure: str
    keys: Keys
    vintage: int


@dataclass(frozen=True)
class Relations:
    """The statement of one or several releases.

    `aside` has the unknowns that need nothing and are tied to none that does: noisy figures, as a rule. `contradictions`
    are sentences on published figures that no whole numbers can satisfy. `rests` are the unknowns that are implied by
    others and may be known to be nought, as any zero may where zeros are published.
    """

    statement: Statement
    aside: Statement
    contradictions: tuple[str, ...]
    rests: frozenset[Cell]


def relate(releases: Sequence[Release]) -> Relations:
    """The statement of all `releases`, the oldest first."""
    gathering = _Gathering()
    for release in releases:
        for table in release.protected:
            gathering.hide(release, table)
            gathering.together(release, table)
    for release in releases:
        for table in release.protected:
            gathering.slip(release, table)
            if len(releases) > 1:
                gathering.show(release, table)
    for release in releases:
        for tie in ties(release):
            gathering.tie(release, tie)
        for rest in rests(release):
            gathering.rest(release, rest)
    return Relations(
        *_apart(tuple(gathering.unknowns.values()), tuple(gathering.constraints.values())),
        tuple(dict.fromkeys(gathering.contradictions)),
        frozenset(gathering.rests),
    )


def named(place: Place) -> Cell:
    """The name of the figure at a place, by which other releases have it too."""
    keys = place.table.spelled(place.keys)
    return Cell(place.table.slug, place.measure, keys, place.table.vintage(place.measure, keys))


def _apart(unknowns: tuple[Unknown, ...], constraints: tuple[Constraint, ...]) -> tuple[Statement, Statement]:
    """Statements of the unknowns that an unknown with needs hangs on, and of all the others."""
    touching: dict[Name, list[Constraint]] = {}
    for constraint in constraints:
        for name, _ in constraint.terms:
            touching.setdefault(name, []).append(constraint)
    reached = {each.name for each in unknowns if each.values > 1 or each.least_upper is not None}
    fringe = list(reached)
    while fringe:
        for constraint in touching.pop(fringe.pop(), ()):
            found = {name for name, _ in constraint.terms} - reached
            reached |= found
            fringe += found
    sides = []
    for inside in (True, False):
        kept = tuple(each for each in unknowns if (each.name in reached) == inside)
        sides.append(Statement(kept, tuple(each for each in constraints if (each.terms[0][0] in reached) == inside)))
    return sides[0], sides[1]


@dataclass
class _Gathering:
    unknowns: dict[Cell, Unknown] = field(default_factory=dict)
    constraints: dict[tuple[object, ...], Constraint] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    rests: set[Cell] = field(default_factory=set)
    shown: dict[Cell, tuple[int, str]] = field(default_factory=dict)

    def hide(self, release: Release, table: Table) -> None:
        """Take in the figures that the table hides, or blurs by noise."""
        for measure in figure_measures(release, table):
            for keys, figure in table.figures[measure].items():
                if figure is Status.SUPPRESSED or (type(figure) is int and _blurred(table, measure, figure)):
                    self._add(_unknown(Place(table, measure, keys)))

    def together(self, release: Release, table: Table) -> None:
        """Find figures that are shown although another of their group is hidden: they tell of the same persons."""
        for group in table.protection.groups if table.protection else ():
            # A measure that is never shown, as sums of days under some rules, says nothing of the others.
            told = [
                each for each in group.measures if any(type(found) is int for found in table.figures[each].values())
            ]
            for keys in table.keys:
                figures = {measure: table.figures[measure][keys] for measure in told}
                hidden = next((each for each, figure in figures.items() if figure is Status.SUPPRESSED), None)
                shown = next((each for each, figure in figures.items() if type(figure) is int and figure), None)
                if hidden and shown:
                    place, other = Place(table, shown, keys), Place(table, hidden, keys)
                    self.contradictions.append(f"{place} is shown, {other.measure} of its group is not ({release.id})")

    def _add(self, unknown: Unknown) -> Cell:
        name = unknown.name
        assert isinstance(name, Cell)
        known = self.unknowns.get(name)
        self.unknowns[name] = unknown if known is None else _stricter(known, unknown)
        return name

    def slip(self, release: Release, table: Table) -> None:
        """Take in the numbers that the file holds of hidden figures."""
        for (measure, keys), (number, where) in table.slips.items():
            place = Place(table, measure, keys)
            if named(place) in self.unknowns and number == int(number):
                said = f"{place} stands in {where} ({release.id})"
                self._constrain([(named(place), 1)], int(number), int(number), said)

    def show(self, release: Release, table: Table) -> None:
        """Take in the figures that the table shows: another release may hide them, or show others."""
        for measure in private_measures(release, table):
            for keys, figure in table.figures[measure].items():
                if type(figure) is int and not _blurred(table, measure, figure):
                    place = Place(table, measure, keys)
                    self._show(release, place, named(place), figure)

    def _show(self, release: Release, place: Place, name: Cell, figure: int) -> None:
        earlier, where = self.shown.setdefault(name, (figure, release.id))
        if earlier != figure:
            self.contradictions.append(f"{place} is {earlier} in {where} and {figure} in {release.id}, unrevised")
        elif name in self.unknowns:
            self._constrain([(name, 1)], figure, figure, f"{place} is published ({release.id})")

    def tie(self, release: Release, tie: Tie) -> None:
        """Take in one tie; one whose figures are all published is checked and left out."""
        terms: dict[Cell, int] = {}
        published = 0
        for number, (coefficient, place) in enumerate(tie.terms):
            figure = place.figure
            if type(figure) is int and not _blurred(place.table, place.measure, figure):
                published += coefficient * figure
            elif (type(figure) is int or figure is Status.SUPPRESSED) and named(place) in self.unknowns:
                terms[named(place)] = terms.get(named(place), 0) + coefficient
            elif figure is not Status.NOT_APPLICABLE or not tie.adds or number == 0 or SUMMED in place.keys:
                return  # what has no figure ties nothing
        lower = None if tie.lower is None else tie.lower - published
        upper = None if tie.upper is None else tie.upper - published
        left = [(name, each) for name, each in terms.items() if each]
        if left or (lower or 0) > 0 or (upper or 0) < 0:
            self._constrain(left, lower, upper, f"{tie.terms[0][1]} {tie.said} ({release.id})")

    def _constrain(self, terms: list[tuple[Cell, int]], lower: int | None, upper: int | None, source: str) -> None:
        if terms:
            key = (tuple(sorted(terms)), lower, upper)
            if key not in self.constraints:
                self.constraints[key] = Constraint(tuple(terms), lower, upper, source)
        elif (lower or 0) > 0 or (upper or 0) < 0:
            self.contradictions.append(source)

    def rest(self, release: Release, rest: Rest) -> None:
        """Take in what a whole has besides its part: unknown with either, else known and of matter if it is small."""
        whole, part = rest.whole.figure, rest.part.figure
        rules = rest.whole.table.protection
        if rules is None or {Status.NOT_APPLICABLE, Status.NOT_COLLECTED} & {whole, part}:
            return
        guarded = not rules.perturbed
        if type(whole) is int and type(part) is int and not rules.perturbed:
            least = 0 if rules.zeros == "protected" and whole else 1
            if whole < part:
                self.contradictions.append(f"{rest.whole} is below {rest.part.measure} of its row ({release.id})")
            if not guarded or not least <= whole - part < (rules.minimum or 0):
                return
        # Of a rest of events there are no more persons than events, so that one below the minimum matters as well.
        needed = (rules.values, rules.upper if rest.counts else None, rules.minimum) if guarded else ()
        name = self._add(Unknown(_rest_name(rest), 0, None, *needed))
        if rules.zeros != "protected":
            self.rests.add(name)
        self._rest_equation(release, name, rest)

    def _rest_equation(self, release: Release, name: Cell, rest: Rest) -> None:
        terms, known = {name: 1}, 0
        for sign, place in ((-1, rest.whole), (1, rest.part)):
            figure = place.figure
            if type(figure) is int and not _blurred(place.table, place.measure, figure):
                known += sign * figure
            else:
                terms[named(place)] = terms.get(named(place), 0) + sign
        source = f"{rest.whole} less {rest.part.measure} of its row is an implied figure ({release.id})"
        self._constrain(list(terms.items()), -known, -known, source)


def _rest_name(rest: Rest) -> Cell:
    """Vintages only grow from release to release, so the sum of two tells the pairs apart."""
    whole, part = named(rest.whole), named(rest.part)
    return Cell(whole.dataset, f"{whole.measure}-{part.measure}", whole.keys, whole.vintage + part.vintage)


def _blurred(table: Table, measure: str, figure: int) -> bool:
    """Whether a number is published with noise; a nought is exact where zeros are published."""
    rules = table.protection
    return (
        rules is not None
        and rules.perturbed
        and measure in rules.group_of
        and (figure != 0 or rules.zeros != "published")
    )


def _unknown(place: Place) -> Unknown:
    rules = place.table.protection
    assert rules is not None
    name, figure = named(place), place.figure
    if type(figure) is int:
        most = rules.noise
        return Unknown(name, 0 if most is None else max(0, figure - most), None if most is None else figure + most)
    asked = place.table.withdrawn.get((place.measure, place.keys))
    # What was withdrawn may have been nought, and must stay unknown even if it is large.
    lower = 0 if rules.zeros == "protected" or asked is not None else 1
    if asked:
        return Unknown(name, lower, None, max(rules.values, 2))
    group = rules.group_of.get(place.measure)
    if group is None or rules.perturbed:
        return Unknown(name, lower)
    if group.persons == place.measure:
        return Unknown(name, lower, None, rules.values, rules.upper, rules.minimum)
    return Unknown(name, lower, None, rules.values)


def _stricter(one: Unknown, other: Unknown) -> Unknown:
    """One figure under the rules of two releases: both hold."""
    uppers = [each for each in (one.upper, other.upper) if each is not None]
    greatest = [each for each in (one.least_upper, other.least_upper) if each is not None]
    both = one.harmless_from is not None and other.harmless_from is not None
    return Unknown(
        one.name,
        max(one.lower, other.lower),
        min(uppers, default=None),
        max(one.values, other.values),
        max(greatest, default=None),
        max(one.harmless_from or 0, other.harmless_from or 0) if both else None,
    )
