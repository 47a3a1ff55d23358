"""Twelve monthly releases of two linked tables, and a reader who keeps them all.

Each release shows all months anew with the sum since January; late corrections change old figures with their sums; in June
three regions are each split into two. Two of the three old ones stay as sums, of the third only earlier releases tell.

Zeros are always shown, so a split tells of each old figure that it is at least the number of halves that are not nought.
That would be too much of a figure that was hidden: it is not divided. Its halves are withheld, and may be nought. If this
is not enough for the halves of a region in a month, all of them are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import gcd
from random import Random
from time import process_time

from etl.audit.attack import attack
from etl.audit.certificate import Verdict
from etl.audit.statement import Constraint, Statement, Unknown
from etl.protect.ledger import Ledger
from etl.protect.suppress import Unprotectable, suppress
from etl.protect.system import Equation, Name, Need, State, System, Term
from etl.protect.tabulation import Hierarchy, join, tabulate

MINIMUM = 5
SPLIT = 6
"""The month, and so the release, in which the regions are split."""

Leaf = tuple[str, int, str, str, str]
"""Region in the new coding, month, stop-factor, ownership, age."""


@dataclass(frozen=True)
class World:
    """How many codes there are, how many counts are corrected late in each release, and of how many persons one is on average."""

    regions: int = 17
    factors: int = 6
    owners: int = 2
    ages: int = 3
    corrections: int = 4
    persons: float = 8.0
    seed: int = 1


@dataclass(frozen=True)
class Release:
    """All cells of a release, zeros too; equations that tie them to cells of earlier ones; and of what each half is one."""

    name: str
    system: System
    links: tuple[Equation, ...] = ()
    halves: Mapping[Name, Name] = field(default_factory=dict)


def releases(world: World, count: int = 12) -> Iterator[Release]:
    """The releases one after another."""
    counts: Counter[Leaf] = Counter()
    random = Random(world.seed)
    for month in range(1, count + 1):
        if month > 1:
            _correct(counts, month, world, random)
        for leaf in _leaves(world, month):
            counts[leaf] = _skewed(random, world.persons)
        yield _release(counts, month, world)


def _leaves(world: World, month: int) -> Iterator[Leaf]:
    for region in _regions(world):
        for factor in range(world.factors):
            for owner in range(world.owners):
                for age in range(world.ages):
                    yield region, month, f"factor {factor}", f"owner {owner}", f"age {age}"


def _regions(world: World) -> list[str]:
    whole = [f"R{number:02}" for number in range(1, world.regions - 2)]
    return [*whole, *(f"R{number:02}{half}" for number in range(world.regions - 2, world.regions + 1) for half in "ab")]


def _skewed(random: Random, mean: float) -> int:
    return int(random.expovariate(1 / mean) * random.random() * 2) if random.random() < 0.9 else 0


def _correct(counts: Counter[Leaf], month: int, world: World, random: Random) -> None:
    """Change some counts of earlier months by one or two; in June none of the region whose old sums end then."""
    ended = f"R{world.regions:02}"
    leaves = sorted(leaf for leaf in counts if month != SPLIT or not leaf[0].startswith(ended))
    for leaf in random.sample(leaves, world.corrections):
        counts[leaf] = max(0, counts[leaf] + random.choice((-2, -1, 1, 2)))


def _path(region: str, month: int, world: World) -> tuple[str, ...]:
    """The codes that a region is summed into, itself first."""
    old = region.rstrip("ab")
    if month < SPLIT:
        return old, "all"
    return (region, "all") if old in {region, f"R{world.regions:02}"} else (region, old, "all")


def _release(counts: Counter[Leaf], last: int, world: World) -> Release:
    paths = {region: _path(region, last, world) for region in _regions(world)}
    months = {month: f"2022-{month:02}" for month in range(1, last + 1)}
    visits: Counter[tuple[str, ...]] = Counter()
    ages: Counter[tuple[str, ...]] = Counter()
    for (region, month, factor, owner, age), value in counts.items():
        visits[paths[region][0], months[month], factor, owner] += value
        ages[paths[region][0], months[month], age] += value
    place, time = Hierarchy.levels(paths.values()), Hierarchy.flat(months.values(), f"2022-01/{months[last]}")
    flat = [Hierarchy.flat(sorted({leaf[at] for leaf in counts}), "all") for at in (2, 3, 4)]
    first, second = _table("visits", visits, [place, time, *flat[:2]]), _table("ages", ages, [place, time, flat[2]])
    shared = ((("visits", r, m, "all", "all"), ("ages", r, m, "all")) for r in place.above for m in time.above)
    system = join(first, second, same=shared)
    if last != SPLIT:
        return Release(f"2022-{last:02}", system)
    halves = {name: old for cell in system.cells if (old := _halved(name := cell.name))}
    return Release(f"2022-{last:02}", system, _links(halves, world), halves)


def _halved(name: Name) -> Name | None:
    """The earlier cell that a cell of the split regions is a part of."""
    assert isinstance(name, tuple)
    table, region, month, *keys = name
    old = region.rstrip("ab") != region and month < f"2022-{SPLIT:02}" and "/" not in month
    return (table, region.rstrip("ab"), month, *keys) if old else None


def _table(name: str, leaves: Counter[tuple[str, ...]], hierarchies: Sequence[Hierarchy]) -> System:
    need = Need(values=2, upper=MINIMUM)
    return tabulate(name, leaves, hierarchies, rule=lambda _, value: need if 0 < value < MINIMUM else None, lower=0)


def _links(halves: Mapping[Name, Name], world: World) -> tuple[Equation, ...]:
    """Each earlier figure of the region whose old sums end is the sum of its two halves."""
    terms: dict[Name, list[Term]] = defaultdict(list)
    for half, old in halves.items():
        assert isinstance(old, tuple)
        if old[1] == f"R{world.regions:02}":
            terms[old].append(Term(half, 1))
    return tuple((Term(old, -1), *parts) for old, parts in terms.items())


@dataclass
class Office:
    """Protects one release after another: with a ledger together with all before it, without one each on its own."""

    ledger: Ledger | None = None
    polished: bool = True
    withheld: set[Name] = field(default_factory=set)
    seconds: Counter[str] = field(default_factory=Counter)

    def protect(self, release: Release) -> tuple[Release, frozenset[Name]]:
        """The release as it is shown, and the cells that it hides."""
        if self.ledger:
            self.withheld |= {half for half, old in release.halves.items() if self.ledger.hidden(old)}
        while True:
            shown = _shown(release, self.withheld)
            try:
                return shown, self._hidden(shown)
            except Unprotectable as fault:
                divided = {release.halves[name][1:3] for name in fault.names if name in release.halves}  # type: ignore[index]
                more = {half for half, old in release.halves.items() if old[1:3] in divided} - self.withheld  # type: ignore[index]
                if not more:
                    raise
                self.withheld |= more

    def _hidden(self, shown: Release) -> frozenset[Name]:
        system = shown.system
        if self.ledger:
            with self._timed("join"):
                system = self.ledger.join(system, shown.links)
        with self._timed("protect"):
            hidden = suppress(system, polished=self.polished).hidden
        if self.ledger:
            with self._timed("record"):
                self.ledger.record(shown.name, system, hidden)
        return hidden

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        start = process_time()
        yield
        self.seconds[part] += process_time() - start


def _shown(release: Release, withheld: Collection[Name]) -> Release:
    """The release with all its zeros shown but those withheld; so any other hidden cell is at least 1."""
    cells = (
        replace(cell, state=State.CONCEALED)
        if cell.name in withheld
        else replace(cell, lower=1, state=State.OPEN if cell.value else State.KNOWN)
        for cell in release.system.cells
    )
    return replace(release, system=System(tuple(cells), release.system.equations))


@dataclass
class Reader:
    """Keeps all releases, and knows of each figure, hidden or not, whether it is one that he had before."""

    values: dict[Name, list[int]] = field(default_factory=dict)
    least: dict[Name, int] = field(default_factory=dict)
    shown: set[Name] = field(default_factory=set)
    sensitive: set[Name] = field(default_factory=set)
    equations: list[Equation] = field(default_factory=list)

    def read(self, release: Release, hidden: Collection[Name]) -> None:
        """Take in a release: its figures, which of them are hidden, and how they sum."""
        figures: dict[Name, Name] = {name: (name, len(values) - 1) for name, values in self.values.items()}
        for cell in release.system.cells:
            values = self.values.setdefault(cell.name, [])
            if values[-1:] != [cell.value]:
                values.append(cell.value)
            figure = figures[cell.name] = (cell.name, len(values) - 1)
            self.least[figure] = max(cell.lower, self.least.get(figure, 0))
            if cell.name not in hidden and cell.state != State.CONCEALED:
                self.shown.add(figure)
            if cell.sensitive:
                self.sensitive.add(figure)
        for equation in (*release.system.equations, *release.links):
            self.equations.append(tuple(Term(figures[term.cell], term.coefficient) for term in equation))

    def statement(self) -> Statement:
        """What he knows: a hidden count is no zero; a sensitive one must be able to reach the minimum and have two values."""
        constraints: dict[tuple[tuple[Name, int], ...], Constraint] = {}
        for equation in self.equations:
            terms, known = self._split(equation)
            if terms:
                constraints.setdefault(terms, Constraint(terms, -known, -known, "sum"))
        names = dict.fromkeys(name for terms in constraints for name, _ in terms)
        unknowns = (
            Unknown(name, self.least[name], values=2, least_upper=MINIMUM)
            if name in self.sensitive
            else Unknown(name, self.least[name])
            for name in names
        )
        return Statement(tuple(unknowns), tuple(constraints.values()))

    def solved(self) -> set[Name]:
        """The sensitive figures that follow from the equations alone, by elimination in fractions; or that were shown."""
        rows: dict[Name, dict[Name, Fraction]] = {}
        for equation in self.equations:
            row = {name: Fraction(factor) for name, factor in self._split(equation)[0]}
            _reduce(row, rows)
        return self.sensitive & ({name for name, row in rows.items() if len(row) == 1} | self.shown)

    def breached(self) -> set[Name]:
        """The sensitive figures that are not proved to be safe from all that he knows, whole numbers and leasts included."""
        findings = attack(self.statement(), exact=False).findings
        return {each.name for each in findings if each.verdict != Verdict.SAFE} | (self.sensitive & self.shown)

    def _split(self, equation: Equation) -> tuple[tuple[tuple[Name, int], ...], int]:
        """The unknown part with its sign and common factor taken out, and the sum of the known part, likewise."""
        terms = sorted((term for term in equation if term.cell not in self.shown), key=repr)
        if not terms:
            return (), 0
        factor = gcd(*(term.coefficient for term in terms)) * (1 if terms[0].coefficient > 0 else -1)
        known = sum(term.coefficient * self._value(term.cell) for term in equation if term.cell in self.shown)
        return tuple((term.cell, term.coefficient // factor) for term in terms), known // factor

    def _value(self, figure: Name) -> int:
        assert isinstance(figure, tuple)
        return self.values[figure[0]][figure[1]]


def _reduce(row: dict[Name, Fraction], rows: dict[Name, dict[Name, Fraction]]) -> None:
    """Add a row to rows that are fully reduced: each row's own figure stands in no other."""
    for name in [name for name in row if name in rows]:
        _subtract(row, rows[name], row[name])
    if not row:
        return
    own = next(iter(row))
    scale = row[own]
    for name in row:
        row[name] /= scale
    for other in rows.values():
        if own in other:
            _subtract(other, row, other[own])
    rows[own] = row


def _subtract(row: dict[Name, Fraction], other: dict[Name, Fraction], factor: Fraction) -> None:
    for name, value in other.items():
        left = row.get(name, Fraction(0)) - factor * value
        if left:
            row[name] = left
        else:
            row.pop(name, None)
