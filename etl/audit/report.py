"""The report: what an attack on a release and all earlier ones came to, for the gate, the terminal and the public."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from datasets.fault import Fault, FaultError
from etl.audit.attack import attack
from etl.audit.certificate import Certificate, proof
from etl.audit.derivation import Bounds, slice_of
from etl.audit.findings import Breach, Coverage, breaches, coverages, equation_text, rows_of
from etl.audit.propagation import Box, ContradictionError, propagate
from etl.audit.relations import Relations, relate
from etl.audit.release import Release, open_release
from etl.audit.statement import Statement


class Outcome(StrEnum):
    """What the attack came to. Only a release that passed may be published."""

    PASSED = "passed"
    BREACH = "breach"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Report:
    """The attack on `release` with the `earlier` ones. `contradictions` are published figures that cannot all be true.

    `unknowns` and `equations` count what the attacker had to work with. `statement` is the digest of both, which the
    certificate repeats; it is None where figures contradict each other, because then nothing can be proved.
    """

    release: str
    earlier: tuple[str, ...]
    unknowns: int
    equations: int
    datasets: tuple[Coverage, ...]
    breaches: tuple[Breach, ...]
    contradictions: tuple[str, ...]
    statement: str
    certificate: Certificate | None

    @property
    def outcome(self) -> Outcome:
        """Breach if anything is known that must not be; undecided if something is not proved safe."""
        if self.contradictions or any(not each.undecided for each in self.breaches):
            return Outcome.BREACH
        return Outcome.UNDECIDED if self.breaches else Outcome.PASSED

    @property
    def passed(self) -> bool:
        """Whether the release may be published."""
        return self.outcome is Outcome.PASSED

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, one text each: contradictions, then figures that are not safe with the equations used."""
        return (*(f"inconsistent: {each}" for each in self.contradictions), *(str(each) for each in self.breaches))

    @property
    def certificates(self) -> dict[str, Any]:
        """What proves the report, for JSON: anybody can check it against the files without solving anything."""
        proved = self.certificate.to_json() if self.certificate else None
        return {"release": self.release, "earlier": list(self.earlier), "certificate": proved}

    def to_json(self) -> str:
        """The public form: no interval of a single figure, but of those that are not safe."""
        said = {
            "release": self.release,
            "earlier": list(self.earlier),
            "outcome": str(self.outcome),
            "unknowns": self.unknowns,
            "equations": self.equations,
            "datasets": [asdict(each) for each in self.datasets],
            "breaches": [asdict(each) for each in self.breaches],
            "contradictions": list(self.contradictions),
            "statement": self.statement,
            "certificate": self.certificate.seal if self.certificate else None,
        }
        return json.dumps(said, ensure_ascii=False, indent=1) + "\n"

    def to_text(self) -> str:
        """The same for the terminal."""
        lines = [f"release {self.release}: {self.outcome}"]
        lines += [f"  with {each}" for each in self.earlier]
        lines.append(f"  {self.unknowns:,} unknown figures, {self.equations:,} equations and bounds")
        for each in self.datasets:
            narrowest = "none" if each.narrowest is None else f"{each.narrowest:,} values"
            lines.append(
                f"  {each.dataset}: {each.hidden:,} of {each.hidden + each.published:,} cells hidden "
                f"({each.hidden_share:.1%}), narrowest interval {narrowest}, breaches {each.breaches}"
            )
        return "\n".join([*lines, *(f"  {each}" for each in self.faults)])


def audit_release(path: Path, earlier: Sequence[Path] = ()) -> Report:
    """Attack the release at `path` with everything in the `earlier` ones; raises FaultError for files that are no releases."""
    return report_on(*gather(path, earlier))


def gather(path: Path, earlier: Sequence[Path] = ()) -> tuple[tuple[Release, ...], Relations]:
    """The releases, the earlier ones in order of their ids and the audited one last, with what they say together."""
    last = open_release(path)
    known = {each.id: each for each in map(open_release, earlier) if each.id != last.id}
    releases = (*(known[name] for name in sorted(known)), last)
    return releases, relate(releases)


def report_on(releases: tuple[Release, ...], relations: Relations, certificate: Certificate | None = None) -> Report:
    """The report that a certificate proves; without one, the attack finds it.

    Raises FaultError for a certificate that does not hold.
    """
    contradictions = relations.contradictions
    box = Box(Bounds.of(relations.aside))
    aside: Box | None = box
    try:
        propagate(box)
    except ContradictionError as error:
        aside = None
        contradictions += (_unsatisfiable(releases, relations.aside, error),)
    if certificate is None:
        try:
            certificate = attack(relations.statement, complete=True).certificate
        except ContradictionError as error:
            contradictions += (_unsatisfiable(releases, relations.statement, error),)
    proved = None
    if certificate is not None:
        try:
            proved = proof(relations.statement, certificate)
        except ValueError as error:
            remedy = (
                "Name the same earlier releases as the audit did; if they are the same, the certificate proves nothing."
            )
            raise FaultError([Fault(releases[-1].id, "certificate", str(error), remedy)]) from None
    return Report(
        release=releases[-1].id,
        earlier=tuple(each.id for each in releases[:-1]),
        unknowns=len(relations.statement.unknowns),
        equations=len(relations.statement.constraints),
        datasets=coverages(releases[-1], relations, proved, aside),
        breaches=breaches(releases, relations, certificate, proved) if certificate and proved else (),
        contradictions=contradictions,
        statement=relations.statement.digest,
        certificate=certificate,
    )


def _unsatisfiable(releases: Sequence[Release], statement: Statement, error: ContradictionError) -> str:
    """The equations that no whole numbers satisfy together, as one sentence."""
    last = error.nodes[-1]
    nodes = slice_of(error.nodes, statement.rows, {(last.unknown, 1), (last.unknown, -1)})
    dimensions = {table.slug: table.dimensions for each in releases for table in each.protected}
    used = (equation_text(statement, row, dimensions) for row in dict.fromkeys(rows_of(nodes)))
    return "no whole numbers satisfy: " + "; ".join(used)
