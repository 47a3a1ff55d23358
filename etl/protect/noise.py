"""What noise was added to published counts: said beside every table of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from etl.protect.system import Name


@dataclass(frozen=True)
class Noise:
    """The noise of a dataset, in the words that a release publishes.

    `most`: no number is further from the truth (cell key); `variance` is in counts squared. `epsilon` is spent by this
    publication, `total_epsilon` may be spent by all publications of one period; a person is in at most
    `most_per_person` counts of it; `accuracy`: 95 % of the numbers by the lowest codes are at most so far from the truth.
    """

    kind: Literal["cell_key", "differential_privacy"]
    most: int | None = None
    variance: str | None = None
    least: int | None = None
    epsilon: str | None = None
    total_epsilon: str | None = None
    most_per_person: int | None = None
    accuracy: int | None = None

    def document(self) -> dict[str, str | int]:
        """The fields that apply, for JSON."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class Perturbed:
    """The published whole number of each cell, and the noise in it."""

    numbers: Mapping[Name, int]
    noise: Noise
