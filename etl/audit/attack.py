"""The attack on a statement: the tightest interval of every unknown, a verdict on its needs, and the proofs of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from etl.audit.bounds import Search
from etl.audit.certificate import Certificate, Derivation, Proof, Verdict, Witness
from etl.audit.components import Component, components
from etl.audit.derivation import Bounds, Ends, Node, slice_of
from etl.audit.explanation import explanation
from etl.audit.linear import TooLargeError
from etl.audit.propagation import Box, propagate
from etl.audit.statement import Name, Statement
from etl.audit.tables import Tables
from etl.audit.witness import witness

NOBODY_KNOWS: Mapping[Name, int] = MappingProxyType({})


@dataclass(frozen=True)
class Finding:
    """What any reader can derive of one unknown: it is from `lower` to `upper` (None: no limit), and nothing tighter.

    `least` and `greatest` were shown to be possible (None: no table found). They are `lower` and `upper` where the
    interval is `tight`.
    """

    name: Name
    lower: int
    upper: int | None
    least: int | None
    greatest: int | None
    verdict: Verdict

    @property
    def tight(self) -> bool:
        """Whether each end of the interval was shown to be possible."""
        return (self.lower, self.upper) == (self.least, self.greatest)

    @property
    def width(self) -> int | None:
        """Upper less lower bound; None without a limit."""
        return None if self.upper is None else self.upper - self.lower


@dataclass(frozen=True)
class Summary:
    """Counts of verdicts, and the narrowest interval of an unknown that has needs (None: none has a limit)."""

    unknowns: int
    safe: int
    breach: int
    undecided: int
    exactly_known: int
    narrowest: int | None


@dataclass(frozen=True)
class Attack:
    """What an attack found, in the order of the statement's unknowns, with a certificate of the verdicts."""

    statement: Statement
    findings: tuple[Finding, ...]
    certificate: Certificate
    nodes: tuple[Node, ...]

    @cached_property
    def by_name(self) -> dict[Name, Finding]:
        """Findings by name."""
        return {finding.name: finding for finding in self.findings}

    @property
    def safe(self) -> bool:
        """Whether every unknown was shown to be safe: undecided is not."""
        return all(finding.verdict == Verdict.SAFE for finding in self.findings)

    @property
    def summary(self) -> Summary:
        """The whole in figures."""
        verdicts = Counter(finding.verdict for finding in self.findings)
        needy = {
            unknown.name for unknown in self.statement.unknowns if unknown.values > 1 or unknown.least_upper is not None
        }
        widths = [each.width for each in self.findings if each.width is not None and each.name in needy]
        return Summary(
            unknowns=len(self.findings),
            safe=verdicts[Verdict.SAFE],
            breach=verdicts[Verdict.BREACH],
            undecided=verdicts[Verdict.UNDECIDED],
            exactly_known=sum(each.width == 0 for each in self.findings),
            narrowest=min(widths, default=None),
        )

    def explain(self, name: Name) -> str:
        """How the bounds of an unknown are derived from what is published, in words and sources, without figures."""
        position = self.statement.positions[name]
        return explanation(self.statement, slice_of(self.nodes, self.statement.rows, {(position, 1), (position, -1)}))


def attack(
    statement: Statement, known: Mapping[Name, int] = NOBODY_KNOWS, *, exact: bool = True, complete: bool = False
) -> Attack:
    """Derive of every unknown what a reader can who knows the statement, and the figures `known` besides.

    With `exact` every interval is the tightest there is, unless an unknown stays undecided; otherwise only as much is
    derived as the verdicts take. A `complete` certificate proves all of the intervals, else the verdicts alone. Figures
    from about 1e15 on may stay undecided. Raises ContradictionError (ValueError) when no figures agree with the statement.
    """
    statement = statement.to_insider(known) if known else statement
    box = Box(Bounds.of(statement))
    propagate(box)
    found = [(component, _search(box, component, statement, exact)) for component in components(box)]
    tables = [(component, search.tables) for component, search in found if search is not None]
    certificate = _certificate(statement, box, witness(box, statement.unknowns, tables, complete), complete)
    return Attack(statement, _findings(statement, box, _spans(box, tables)), certificate, tuple(box.nodes))


def _search(box: Box, component: Component, statement: Statement, exact: bool) -> Search | None:
    try:
        search = Search(box, component, statement.unknowns)
    except TooLargeError:
        return None
    search.run(exact)
    return search


def _certificate(statement: Statement, box: Box, shown: Witness, complete: bool) -> Certificate:
    """A certificate with the derivations that the verdicts need."""
    judged = Proof(tuple(shown.spans), tuple(box.lower), tuple(box.upper))
    whole = complete or None in shown.base
    needed: set[Ends] = set()
    positions = []
    for position, unknown in enumerate(statement.unknowns):
        derived = (box.lower[position], box.upper[position]) != (unknown.lower, unknown.upper)
        telling = judged.verdict(position, unknown) == Verdict.BREACH or unknown.harmless(box.lower[position])
        if derived and (whole or telling):
            needed |= {(position, 1), (position, -1)}
            positions.append(position)
    nodes = slice_of(box.nodes, box.rows, needed)
    proved = tuple((position, box.lower[position], box.upper[position]) for position in positions)
    return Certificate(statement.digest, shown, Derivation(nodes, proved)).sealed()


def _spans(box: Box, found: Iterable[tuple[Component, Tables]]) -> list[tuple[int, int] | None]:
    """The least and greatest value of each unknown in all tables found."""
    spans = [(low, low) if low == top else None for low, top in zip(box.lower, box.upper, strict=True)]
    for component, tables in found:
        ends = zip(component.unknowns, tables.least.tolist(), tables.greatest.tolist(), strict=True)
        for position, least, greatest in ends if tables.found else ():
            spans[position] = (least, greatest)
    return spans


def _findings(statement: Statement, box: Box, spans: Iterable[tuple[int, int] | None]) -> tuple[Finding, ...]:
    judged = Proof(tuple(spans), tuple(box.lower), tuple(box.upper))
    found = []
    for position, unknown in enumerate(statement.unknowns):
        least, greatest = judged.spans[position] or (None, None)
        verdict = judged.verdict(position, unknown)
        found.append(Finding(unknown.name, box.lower[position], box.upper[position], least, greatest, verdict))
    return tuple(found)
