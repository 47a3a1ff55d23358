"""Certificates: what proves that values remain possible, or that a bound holds. Checked with whole numbers alone.

A witness shows values: whole-number tables that agree with everything published. A derivation proves bounds: sums of
constraints and bounds, rounded to whole numbers, and cases told apart. Nothing here solves anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any

from etl.audit.derivation import Bounds, Node, check, pack, unpack
from etl.audit.statement import Row, Statement, Unknown

Change = tuple[tuple[int, int], ...]
"""Position of an unknown and what is added to it there."""
Span = tuple[int, int]
"""The least and the greatest value shown to be possible."""


class Verdict(StrEnum):
    """What became of an unknown's needs. Undecided: neither proved; not to be published."""

    SAFE = "safe"
    BREACH = "breach"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Witness:
    """Tables of whole numbers by the position of the unknowns: `base` (None: no value found), and base plus each change.

    All unknowns share the tables: each reaches its least and greatest shown value in one of them.
    """

    base: tuple[int | None, ...]
    changes: tuple[Change, ...] = ()

    @property
    def spans(self) -> list[Span | None]:
        """The least and greatest value of each unknown over all tables."""
        low, high = list(self.base), list(self.base)
        for change in self.changes:
            for position, step in change:
                start = self.base[position]
                if start is None:
                    continue
                low[position] = min(start if (least := low[position]) is None else least, start + step)
                high[position] = max(start if (most := high[position]) is None else most, start + step)
        return [None if least is None or most is None else (least, most) for least, most in zip(low, high, strict=True)]


@dataclass(frozen=True)
class Derivation:
    """Nodes that prove bounds one after the other, and the (position, lower, upper) that they come to."""

    nodes: tuple[Node, ...] = ()
    proved: tuple[tuple[int, int, int | None], ...] = ()


@dataclass(frozen=True)
class Certificate:
    """Proofs about the statement of this digest. The seal guards them against damage, not against forgers."""

    statement: str
    witness: Witness
    derivation: Derivation = field(default_factory=Derivation)
    seal: str = ""

    def sealed(self) -> Certificate:
        """The same with its seal."""
        return replace(self, seal=self.fingerprint)

    @property
    def fingerprint(self) -> str:
        """The seal that belongs to the content."""
        return hashlib.sha256(json.dumps(self._content(), separators=(",", ":")).encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, object]:
        """What `from_json` reads back."""
        return {**self._content(), "seal": self.seal}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Certificate:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        try:
            changes = tuple(tuple(_pairs(change)) for change in data["changes"])
            nodes = tuple(unpack(node) for node in data["nodes"])
            proved = tuple((position, lower, upper) for position, lower, upper in data["proved"])
            witness = Witness(tuple(data["base"]), changes)
            return cls(data["statement"], witness, Derivation(nodes, proved), data["seal"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ValueError("This is no certificate. Remedy: write it with to_json, unchanged.") from error

    def _content(self) -> dict[str, object]:
        return {
            "statement": self.statement,
            "base": self.witness.base,
            "changes": [[number for pair in change for number in pair] for change in self.witness.changes],
            "nodes": [pack(node) for node in self.derivation.nodes],
            "proved": self.derivation.proved,
        }


@dataclass(frozen=True)
class Proof:
    """What a certificate proves of each unknown, by position: the span shown to be possible, the bounds derived."""

    spans: tuple[Span | None, ...]
    lower: tuple[int, ...]
    upper: tuple[int | None, ...]

    def verdict(self, position: int, unknown: Unknown) -> Verdict:
        """Judge one unknown by its proofs alone."""
        span, lower, upper = self.spans[position], self.lower[position], self.upper[position]
        if unknown.harmless(lower) or (unknown.values == 1 and unknown.least_upper is None):
            return Verdict.SAFE
        if span is not None and unknown.met(*span):
            return Verdict.SAFE
        never_harmless = unknown.harmless_from is None or (span is not None and not unknown.harmless(span[0]))
        if not unknown.met(lower, upper) and (never_harmless or not unknown.harmless(upper)):
            return Verdict.BREACH
        return Verdict.UNDECIDED


def verify(statement: Statement, certificate: Certificate) -> tuple[str, ...]:
    """What is wrong with the certificate as a proof about the statement; nothing when all of it holds."""
    return tuple(_errors(statement, certificate))


def proof(statement: Statement, certificate: Certificate) -> Proof:
    """What a certificate proves; raises ValueError when it does not hold."""
    errors = verify(statement, certificate)
    if errors:
        raise ValueError(f"The certificate is refused: {errors[0]} Remedy: attack the statement again.")
    bounds = Bounds.of(statement)
    for position, lower, upper in certificate.derivation.proved:
        bounds.lower[position], bounds.upper[position] = lower, upper
    spans = certificate.witness.spans
    for position in _unsure(statement, certificate.witness, bounds):
        spans[position] = None
    return Proof(tuple(spans), tuple(bounds.lower), tuple(bounds.upper))


def _errors(statement: Statement, certificate: Certificate) -> Iterator[str]:
    if certificate.statement != statement.digest:
        yield "It is about another statement."
        return
    if certificate.seal != certificate.fingerprint:
        yield "It was changed after it was sealed."
    yield from _check_derivation(statement, certificate.derivation)
    yield from _check_witness(statement, certificate.witness)


def _check_derivation(statement: Statement, derivation: Derivation) -> Iterator[str]:
    bounds = Bounds.of(statement)
    yield from check(derivation.nodes, bounds)
    if bounds.empty:
        yield "It derives that no figures agree with what is published."
    for position, lower, upper in derivation.proved:
        if position not in range(len(statement.unknowns)):
            yield f"It derives bounds of unknown {position}, which is not there."
        elif (bounds.lower[position], bounds.upper[position]) != (lower, upper):
            yield f"It does not derive the bounds of unknown {position}."


def _check_witness(statement: Statement, witness: Witness) -> Iterator[str]:
    if len(witness.base) != len(statement.unknowns):
        yield "Its witness has not one value for each unknown."
        return
    for position, (value, unknown) in enumerate(zip(witness.base, statement.unknowns, strict=True)):
        if value is not None and not _within(unknown, value):
            yield f"Its base has unknown {position} outside its bounds."
    sums = [_sum(row, witness.base) for row in statement.rows]
    for number, (row, total) in enumerate(zip(statement.rows, sums, strict=True)):
        if total is not None and not _agrees(row, total):
            yield f"Its base breaks constraint {number}."
    touching = _touching(statement)
    for number, change in enumerate(witness.changes):
        yield from (
            f"Its table {number} {fault}" for fault in _check_change(statement, witness, sums, touching, change)
        )


def _check_change(
    statement: Statement,
    witness: Witness,
    sums: list[int | None],
    touching: list[list[tuple[int, int]]],
    change: Change,
) -> Iterator[str]:
    if any(left[0] >= right[0] for left, right in pairwise(change)):
        yield "does not go through the unknowns in order."
        return
    moved: dict[int, int] = {}
    for position, step in change:
        base = witness.base[position] if position in range(len(witness.base)) else None
        if base is None or step == 0 or not _within(statement.unknowns[position], base + step):
            yield f"has unknown {position} outside its bounds, or has no value for it."
            return
        for number, coefficient in touching[position]:
            moved[number] = moved.get(number, 0) + coefficient * step
    for number, shift in moved.items():
        total = sums[number]
        if total is None or not _agrees(statement.rows[number], total + shift):
            yield f"breaks constraint {number}."


def _unsure(statement: Statement, witness: Witness, bounds: Bounds) -> set[int]:
    """Unknowns whose values hang on those without one: reached over constraints, not through a figure derived exactly."""
    touching = _touching(statement)
    fringe = [position for position, value in enumerate(witness.base) if value is None]
    reached = set(fringe)
    while fringe:
        position = fringe.pop()
        for number, _ in touching[position]:
            for other, _ in statement.rows[number].terms:
                if other not in reached and bounds.lower[other] != bounds.upper[other]:
                    reached.add(other)
                    fringe.append(other)
    return reached


def _touching(statement: Statement) -> list[list[tuple[int, int]]]:
    found: list[list[tuple[int, int]]] = [[] for _ in statement.unknowns]
    for number, row in enumerate(statement.rows):
        for position, coefficient in row.terms:
            found[position].append((number, coefficient))
    return found


def _sum(row: Row, values: tuple[int | None, ...]) -> int | None:
    total = 0
    for position, coefficient in row.terms:
        value = values[position]
        if value is None:
            return None
        total += coefficient * value
    return total


def _within(unknown: Unknown, value: int) -> bool:
    return value >= unknown.lower and (unknown.upper is None or value <= unknown.upper)


def _agrees(row: Row, total: int) -> bool:
    return (row.lower is None or total >= row.lower) and (row.upper is None or total <= row.upper)


def _pairs(numbers: list[int]) -> Iterable[tuple[int, int]]:
    return zip(numbers[::2], numbers[1::2], strict=True)
