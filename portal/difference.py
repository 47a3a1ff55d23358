"""A figure that is not the same in two releases."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from datasets.contract import SUMMED


@dataclass(frozen=True)
class Side:
    """A figure as one of the releases has it: neither status nor value where it has none."""

    status: str | None
    value: Decimal | None


@dataclass(frozen=True)
class Reasoned:
    """What a release of the chain says of a figure that it changed."""

    release: str
    sequence: int | None
    kind: str
    reason: str
    material: bool
    correction: str | None


@dataclass(frozen=True)
class Difference:
    """A figure that is not the same in both releases; `keys` are in the order of the dimensions, `*` where summed over.

    `reasons` are in the order of the releases; none: why it changed cannot be known.
    """

    dataset: str
    measure: str
    keys: tuple[str, ...]
    kind: str
    old: Side
    new: Side
    reasons: tuple[Reasoned, ...]

    @property
    def summed(self) -> bool:
        """Whether it is a sum, which only the dataset's table of totals has."""
        return SUMMED in self.keys

    @property
    def material(self) -> bool:
        """Whether any of the releases says that it changed enough to be told."""
        return any(each.material for each in self.reasons)

    @property
    def change(self) -> Decimal | None:
        """New less old, exactly; nothing unless both are shown."""
        return None if self.old.value is None or self.new.value is None else self.new.value - self.old.value

    @property
    def percent(self) -> Decimal | None:
        """The change by a hundredth of what was, to two decimals; nothing where that was nought."""
        if self.change is None or not self.old.value:
            return None
        return (100 * self.change / abs(self.old.value)).quantize(Decimal("0.01"))
