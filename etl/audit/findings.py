"""Findings: what the proofs say of each hidden figure, in words and numbers that may be published.

They rest on the certificate alone, which anybody can check, and on nothing that a solver says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from datasets.contract import PERIOD, SUMMED, Status
from etl.audit.certificate import Certificate, Proof, Verdict
from etl.audit.derivation import Bounds, Node, Step, slice_of
from etl.audit.equations import private_measures
from etl.audit.relations import Cell, Relations
from etl.audit.release import Release, Table
from etl.audit.statement import Statement

#: Of so many breaches the equations are listed: what is broken throughout need not be told a thousand times.
EXPLAINED = 100


@dataclass(frozen=True)
class Breach:
    """A hidden figure that a reader can narrow too far: where it is, the interval left, by which equations.

    Without an upper bound `greatest` is None. `keys` are codes by dimension; a period that is summed over is written as
    its months. A figure that can be neither proved safe nor worked out is `undecided`.
    """

    dataset: str
    measure: str
    keys: Mapping[str, str]
    vintage: int
    least: int
    greatest: int | None
    needed: str
    undecided: bool
    equations: tuple[str, ...]

    @property
    def cell(self) -> str:
        """The name of the figure, as in the equations."""
        return _cell_text(Cell(self.dataset, self.measure, tuple(self.keys.values()), self.vintage), list(self.keys))

    def __str__(self) -> str:
        if self.undecided:
            return f"{self.cell}: not proved safe; {self.needed}"
        known = f"is {self.least}" if self.least == self.greatest else f"is between {self.least} and {self.greatest}"
        return f"{self.cell}: a reader can prove that it {known}; {self.needed}" + "".join(
            f"\n    {each}" for each in self.equations
        )


@dataclass(frozen=True)
class Coverage:
    """One dataset of the audited release: how much is hidden, and how well.

    Cells are the figures of protected measures in rows and totals rows. `hidden_value` is, by measure, the share of the
    total that no row shows, where the total itself is published. `narrowest` is the smallest number of whole numbers that
    provably remain possible for a figure that needs them; `settled` counts hidden figures of which a reader may know that
    they are large. Of noisy figures `narrowest` is the smallest number that sums alone do not rule out.
    """

    dataset: str
    policy: str
    method: str
    published: int
    hidden: int
    hidden_totals: int
    hidden_share: float
    hidden_value: Mapping[str, float]
    narrowest: int | None
    settled: int
    breaches: int


def breaches(
    releases: Sequence[Release], relations: Relations, certificate: Certificate, proof: Proof
) -> tuple[Breach, ...]:
    """Every unknown, hidden or implied, that is not proved safe: those worked out first, the narrowest first."""
    dimensions = {table.slug: table.dimensions for each in releases for table in each.protected}
    verdicts = [judged(relations, proof, position) for position in range(len(relations.statement.unknowns))]
    unsafe = [position for position, verdict in enumerate(verdicts) if verdict is not Verdict.SAFE]
    unsafe.sort(key=lambda position: (verdicts[position] is Verdict.UNDECIDED, _width(proof, position)))
    found: list[Breach] = []
    for position in unsafe:
        undecided = verdicts[position] is Verdict.UNDECIDED
        explained = not undecided and len(found) < EXPLAINED
        used = _equations(relations.statement, certificate, position, dimensions) if explained else ()
        found.append(_breach(relations.statement, proof, position, dimensions, tuple(used), undecided=undecided))
    return tuple(found)


def _width(proof: Proof, position: int) -> float:
    upper = proof.upper[position]
    return math.inf if upper is None else upper - proof.lower[position]


def _breach(
    statement: Statement,
    proof: Proof,
    position: int,
    dimensions: Mapping[str, Sequence[str]],
    used: tuple[str, ...],
    *,
    undecided: bool,
) -> Breach:
    unknown = statement.unknowns[position]
    cell = unknown.name
    assert isinstance(cell, Cell)
    return Breach(
        dataset=cell.dataset,
        measure=cell.measure,
        keys=dict(zip(dimensions[cell.dataset], cell.keys, strict=True)),
        vintage=cell.vintage,
        least=proof.lower[position],
        greatest=proof.upper[position],
        needed=_needed(unknown.values, unknown.least_upper),
        undecided=undecided,
        equations=used,
    )


def judged(relations: Relations, proof: Proof, position: int) -> Verdict:
    """The verdict on one unknown; an implied rest may be known to be nought, as any published zero is.

    Nor is it known to be small while it may as well be nought: nobody need stand behind it then.
    """
    unknown, span = relations.statement.unknowns[position], proof.spans[position]
    if unknown.name in relations.rests:
        least, most = span or (1, 1)
        if proof.upper[position] == 0 or (least == 0 and most + 1 >= unknown.values):
            return Verdict.SAFE
    return proof.verdict(position, unknown)


def _needed(values: int, least_upper: int | None) -> str:
    said = f"at least {values} whole numbers must stay possible"
    return said if least_upper is None else f"{said}, and one of at least {least_upper}"


def _equations(
    statement: Statement, certificate: Certificate, position: int, dimensions: Mapping[str, Sequence[str]]
) -> Iterable[str]:
    nodes = slice_of(certificate.derivation.nodes, statement.rows, {(position, 1), (position, -1)})
    for number in dict.fromkeys(rows_of(nodes)):
        yield equation_text(statement, number, dimensions)


def rows_of(nodes: Iterable[Node]) -> Iterable[int]:
    """The numbers of the constraints that the nodes use."""
    for node in nodes:
        if isinstance(node, Step):
            yield from (row for row, _ in node.multipliers)
        else:
            yield from rows_of((*node.below, *node.above))


def equation_text(statement: Statement, number: int, dimensions: Mapping[str, Sequence[str]]) -> str:
    """A constraint in words: what it says of its hidden figures, and where that is published."""
    constraint = statement.constraints[number]
    terms = []
    for name, factor in constraint.terms:
        assert isinstance(name, Cell)
        times = "" if abs(factor) == 1 else f"{abs(factor)} x "
        terms.append(f"{'+' if factor > 0 else '-'} {times}{_cell_text(name, dimensions[name.dataset])}")
    said = " ".join(terms).removeprefix("+ ")
    if constraint.lower == constraint.upper:
        limits = f"= {constraint.lower}"
    else:
        ends = ((">=", constraint.lower), ("<=", constraint.upper))
        limits = " and ".join(f"{sign} {end}" for sign, end in ends if end is not None)
    return f"{said} {limits}, because {constraint.source}"


def _cell_text(cell: Cell, dimensions: Sequence[str]) -> str:
    keys = ", ".join(f"{name}={key}" for name, key in zip(dimensions, cell.keys, strict=True))
    return f"{cell.dataset}.{cell.measure} ({keys})" + (f" revision {cell.vintage}" if cell.vintage else "")


def coverages(
    release: Release, relations: Relations, proof: Proof | None, aside: Bounds | None
) -> tuple[Coverage, ...]:
    """What became of each protected dataset of the audited release; without a proof nothing is said of intervals."""
    found = [_coverage(release, table) for table in release.protected]
    if proof is not None:
        found = [_with_proof(each, release, relations, proof) for each in found]
    return tuple(found if aside is None else (_with_bounds(each, relations, aside) for each in found))


def _coverage(release: Release, table: Table) -> Coverage:
    rules = table.protection
    assert rules is not None
    cells = [(keys, figure) for measure in rules.group_of for keys, figure in table.figures[measure].items()]
    shown = sum(type(figure) is int for _, figure in cells)
    hidden = [keys for keys, figure in cells if figure is Status.SUPPRESSED]
    return Coverage(
        dataset=table.slug,
        policy=rules.policy,
        method=rules.method,
        published=shown,
        hidden=len(hidden),
        hidden_totals=sum(SUMMED in keys for keys in hidden),
        hidden_share=_share(len(hidden), shown + len(hidden)),
        hidden_value=dict(_hidden_value(release, table)),
        narrowest=None,
        settled=0,
        breaches=0,
    )


def _hidden_value(release: Release, table: Table) -> Iterable[tuple[str, float]]:
    """Of each measure the share of its total that the rows do not show; of none whose totals are hidden too."""
    rules = table.protection
    assert rules is not None
    measures = (
        [name for name in private_measures(release, table) if name in rules.group_of] if not rules.perturbed else []
    )
    for measure in measures:
        summed = [name for name in table.dimensions if table.measures[measure].sums_over(name)]
        totals = [
            figure
            for keys, figure in table.figures[measure].items()
            if [name for name, key in zip(table.dimensions, keys, strict=True) if key == SUMMED] == summed
        ]
        whole = sum(figure for figure in totals if isinstance(figure, int))
        if set(table.dimensions) - set(summed) <= {PERIOD} and Status.SUPPRESSED not in totals and whole > 0:
            rows = (figure for keys, figure in table.figures[measure].items() if SUMMED not in keys)
            yield measure, _share(whole - sum(figure for figure in rows if isinstance(figure, int)), whole)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


def _with_proof(coverage: Coverage, release: Release, relations: Relations, proof: Proof) -> Coverage:
    rules = release.tables[coverage.dataset].protection
    assert rules is not None
    remaining, settled, bad = [], 0, 0
    for position, cell in _own(relations.statement, coverage.dataset):
        unknown, span = relations.statement.unknowns[position], proof.spans[position]
        bad += judged(relations, proof, position) is not Verdict.SAFE
        if cell.measure in rules.group_of and unknown.harmless(proof.lower[position]):
            settled += 1
        elif cell.measure in rules.group_of and span is not None:
            remaining.append(span[1] - span[0] + 1)
    return replace(coverage, narrowest=min(remaining, default=None), settled=settled, breaches=bad)


def _with_bounds(coverage: Coverage, relations: Relations, aside: Bounds) -> Coverage:
    """With the narrowest of the figures that need nothing, where they are those of a noisy dataset."""
    if coverage.method == "suppression":
        return coverage
    ends = [(aside.lower[position], aside.upper[position]) for position, _ in _own(relations.aside, coverage.dataset)]
    narrowest = min((upper - lower + 1 for lower, upper in ends if upper is not None), default=coverage.narrowest)
    return replace(coverage, narrowest=narrowest)


def _own(statement: Statement, dataset: str) -> Iterable[tuple[int, Cell]]:
    """The unknowns of one dataset with their positions."""
    for position, unknown in enumerate(statement.unknowns):
        cell = unknown.name
        if isinstance(cell, Cell) and cell.dataset == dataset:
            yield position, cell
