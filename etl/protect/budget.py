"""The privacy budget: what was spent on each period of a dataset, and the noisy numbers drawn for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from etl.protect.journal import Journal
from etl.protect.tabulation import Keys


class BudgetError(ValueError):
    """The budget does not allow what was asked for."""


@dataclass(frozen=True)
class Occasion:
    """One publication of a dataset's period. Publishing it again gives the same numbers, whatever the records say by then.

    A new `vintage` draws all numbers of the period anew and spends anew. Whether there is one has to be decided for the
    whole period and by a public rule (each revision date, say), never because a cell has changed: that would tell.
    """

    dataset: str
    period: str
    vintage: int = 0


@dataclass(frozen=True)
class Draw:
    """Noisy numbers of an occasion and what they cost. True counts are not part of it."""

    epsilon: Decimal
    most_per_person: int
    numbers: Mapping[Keys, int]


class Budget:
    """A ledger in a private folder that is only added to; at most `total` is spent on each period of each dataset.

    A person's loss is at most the sum over all periods and datasets in which he is counted. The folder has to be there
    (empty at first): with a new one in the place of a lost one everything would be drawn and spent twice.
    """

    def __init__(self, folder: Path, total: Decimal) -> None:
        if not folder.is_dir():
            raise BudgetError(f"{folder} is not there. Remedy: restore it; if nothing was ever published, make it.")
        self._journal = Journal(folder)
        self._entries = list(self._journal.read())
        self.total = total

    def spent(self, dataset: str, period: str) -> Decimal:
        """Sum of epsilon over all vintages of the period."""
        entries = (entry for entry in self._entries if (entry["dataset"], entry["period"]) == (dataset, period))
        return sum((Decimal(entry["epsilon"]) for entry in entries), Decimal(0))

    def drawn(self, occasion: Occasion) -> Draw | None:
        """What was drawn for the occasion."""
        for entry in self._entries:
            if {name: entry[name] for name in vars(occasion)} == vars(occasion):
                numbers = {tuple(keys): number for *keys, number in entry["numbers"]}
                return Draw(Decimal(entry["epsilon"]), entry["most_per_person"], numbers)
        return None

    def spend(self, occasion: Occasion, draw: Draw) -> None:
        """Record the draw; when this returns, the draw and its cost are on the disk together.

        BudgetError if there is too little left or the occasion was drawn before, LedgerError if another process spent
        meanwhile; then the draw must not be used.
        """
        self._afford(occasion, draw.epsilon)
        if self.drawn(occasion) is not None:
            raise BudgetError(f"{occasion} was drawn before. Remedy: publish those numbers.")
        numbers = [[*keys, number] for keys, number in sorted(draw.numbers.items())]
        cost = {"epsilon": str(draw.epsilon), "most_per_person": draw.most_per_person}
        entry = {**vars(occasion), **cost, "numbers": numbers}
        self._journal.append(entry)
        self._entries.append(entry)

    def _afford(self, occasion: Occasion, epsilon: Decimal) -> None:
        left = self.total - self.spent(occasion.dataset, occasion.period)
        if not 0 < epsilon <= left:
            raise BudgetError(
                f"{occasion.dataset}, {occasion.period}: {epsilon} is asked for, {left} of {self.total} is left. "
                "Remedy: publish the numbers drawn before, or have the policy's total raised."
            )
