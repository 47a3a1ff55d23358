"""A statement: everything a reader knows of the hidden figures, and what he must not be able to conclude.

Hidden figures are unknown whole numbers within bounds; whatever is published makes constraints between them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

Name = Hashable
"""A text, or a tuple of names and whole numbers: what JSON can write."""


@dataclass(frozen=True)
class Unknown:
    """A hidden whole number from `lower` to `upper` (None: no limit known), and what must stay possible for every reader.

    At least `values` whole numbers must remain from the least to the greatest possible one, and the greatest must be at
    least `least_upper`. Neither matters once the least possible one is at least `harmless_from`.
    """

    name: Name
    lower: int
    upper: int | None = None
    values: int = 1
    least_upper: int | None = None
    harmless_from: int | None = None

    def __post_init__(self) -> None:
        _whole(self.name, self.lower, self.upper, self.values, self.least_upper, self.harmless_from)
        if self.upper is not None and self.upper < self.lower:
            raise ValueError(f"Unknown {self.name!r} has its upper bound below its lower. Remedy: correct the bounds.")
        if self.values < 1:
            raise ValueError(f"Unknown {self.name!r} needs less than one value. Remedy: 1 means that it needs nothing.")

    def met(self, least: int, greatest: int | None) -> bool:
        """Whether the whole numbers from `least` to `greatest` (None: without end) are enough; harmless or not."""
        if greatest is None:
            return True
        return greatest - least + 1 >= self.values and (self.least_upper is None or greatest >= self.least_upper)

    def harmless(self, least: int | None) -> bool:
        """Whether a reader who knows that the figure is at least `least` (None: knows nothing) may know it wholly."""
        return self.harmless_from is not None and least is not None and least >= self.harmless_from


@dataclass(frozen=True)
class Constraint:
    """`lower` <= sum of coefficient times unknown <= `upper`; an equation when both are equal, one may be None.

    `terms` are (name, whole coefficient other than 0), each name once. `source` says where it is published.
    """

    terms: tuple[tuple[Name, int], ...]
    lower: int | None
    upper: int | None
    source: str

    def __post_init__(self) -> None:
        _whole(self.source, self.lower, self.upper, *(coefficient for _, coefficient in self.terms))
        if self.lower is None and self.upper is None:
            raise ValueError(f"Constraint {self.source!r} has no bound. Remedy: leave it out.")
        if self.lower is not None and self.upper is not None and self.upper < self.lower:
            raise ValueError(f"Constraint {self.source!r} has its upper bound below its lower. Remedy: correct them.")
        if any(coefficient == 0 for _, coefficient in self.terms):
            raise ValueError(f"Constraint {self.source!r} has a coefficient of 0. Remedy: leave that term out.")
        if len({name for name, _ in self.terms}) != len(self.terms):
            raise ValueError(f"Constraint {self.source!r} names an unknown twice. Remedy: add its coefficients up.")


class Row(NamedTuple):
    """A constraint with the positions of its unknowns instead of their names."""

    terms: tuple[tuple[int, int], ...]
    lower: int | None
    upper: int | None


@dataclass(frozen=True)
class Statement:
    """Unknowns with different names, and constraints over them. Raises ValueError for a name that is not an unknown."""

    unknowns: tuple[Unknown, ...]
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        if len(self.positions) != len(self.unknowns):
            raise ValueError("Two unknowns have one name. Remedy: make one unknown of what is one figure.")
        for constraint in self.constraints:
            stray = next((name for name, _ in constraint.terms if name not in self.positions), None)
            if stray is not None:
                raise ValueError(
                    f"Constraint {constraint.source!r} names {stray!r}, which is no unknown. "
                    "Remedy: put published figures into its bounds."
                )

    @cached_property
    def positions(self) -> dict[Name, int]:
        """Place of each unknown in `unknowns`, by name."""
        return {unknown.name: position for position, unknown in enumerate(self.unknowns)}

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The constraints by position."""
        return tuple(
            Row(tuple((self.positions[name], factor) for name, factor in each.terms), each.lower, each.upper)
            for each in self.constraints
        )

    def to_insider(self, known: Mapping[Name, int]) -> Statement:
        """The statement of a reader who knows these hidden figures besides; they need nothing before him.

        Raises ValueError for a name that is not an unknown and for a figure outside its bounds.
        """
        stray = next((name for name in known if name not in self.positions), None)
        if stray is not None:
            raise ValueError(f"{stray!r} is no unknown. Remedy: name hidden figures only.")
        for name, value in known.items():
            unknown = self.unknowns[self.positions[name]]
            if value < unknown.lower or (unknown.upper is not None and value > unknown.upper):
                raise ValueError(f"The known figure of {name!r} is outside its bounds. Remedy: correct it.")
        return replace(
            self,
            unknowns=tuple(
                Unknown(each.name, known[each.name], known[each.name]) if each.name in known else each
                for each in self.unknowns
            ),
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole statement in hexadecimal: a certificate says by it what it is about."""
        sha = hashlib.sha256()
        for line in self._lines():
            sha.update(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode())
            sha.update(b"\n")
        return sha.hexdigest()

    def _lines(self) -> Iterable[list[object]]:
        for unknown in self.unknowns:
            yield [
                "unknown",
                unknown.name,
                unknown.lower,
                unknown.upper,
                unknown.values,
                unknown.least_upper,
                unknown.harmless_from,
            ]
        for constraint, row in zip(self.constraints, self.rows, strict=True):
            yield ["constraint", row.terms, row.lower, row.upper, constraint.source]


def _whole(place: object, *numbers: object) -> None:
    wrong = next((number for number in numbers if number is not None and type(number) is not int), None)
    if wrong is not None:
        raise ValueError(f"{place!r} has {wrong!r} where a whole number belongs. Remedy: multiply fractions out.")
