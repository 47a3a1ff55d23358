"""A fault: what is wrong, where, and what to do. Faults are collected and raised together, never one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong in an input.

    `file` is relative to the project or the extract; `place` is a key path, or a row and column; `message` never holds
    a person's value.
    """

    file: str
    place: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.place}: {self.message} Remedy: {self.remedy}"


class FaultError(Exception):
    """All the faults found in one pass, sorted, as a readable report."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        lines = "\n".join(f"  {number}. {fault}" for number, fault in enumerate(self.faults, start=1))
        super().__init__(f"{len(self.faults)} fault(s) found:\n{lines}")
