"""Differential privacy for counts of persons, through OpenDP (extra `dp`).

Each lowest cell of a table gets discrete Laplace noise (Ghosh, Roughgarden and Sundararajan 2012); margins are sums of the
noisy cells (`tabulation.with_margins`), so all sums hold. Whatever else a reader knows, each published outcome is at most
exp(epsilon) times as probable with a person's records as without them.

This rests on four things that are decided outside:

- **No person adds more than `most_per_person` to the counts** of an occasion, all measures and cells taken together.
  `check_contributions` refuses otherwise; records beyond the cap are to be left out upstream, person by person.
- **The cells are public**: all combinations of codes that may occur, not those that do. Empty cells get noise too.
- Numbers once drawn are what is published for the period, even if records come late: see `Occasion`. Drawing again only
  what has changed would show what has changed.
- Other figures about the same persons are not exempt: what is published of them without noise is not private at all, and
  epsilons of several periods and datasets add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import ceil, floor, inf, log2, nextafter, sqrt
from typing import Any

import numpy as np

from etl.protect.budget import Budget, Draw, Occasion
from etl.protect.noise import Noise, Perturbed
from etl.protect.system import Name
from etl.protect.tabulation import Keys

CONFIDENCE = 0.95
"""Share of numbers that the published accuracy holds for."""


@dataclass(frozen=True)
class Privacy:
    """One occasion costs `epsilon` at most if nobody adds more than `most_per_person` to its counts.

    ImportError where OpenDP is not installed.
    """

    epsilon: Decimal
    most_per_person: int

    def __post_init__(self) -> None:
        if self.epsilon <= 0 or self.most_per_person < 1:
            raise ValueError("Privacy needs an epsilon above 0 and a cap of at least 1. Remedy: correct them.")

    @cached_property
    def scale(self) -> float:
        """The least scale near `most_per_person / epsilon` for which OpenDP, rounding to the safe side, proves epsilon."""
        scale = self.most_per_person / float(self.epsilon)
        while Decimal(_geometric(scale).map(self.most_per_person)) > self.epsilon:
            scale = nextafter(scale, inf)
        return scale

    def accuracy(self, leaves: int = 1) -> int:
        """95 % of the sums of so many noisy cells are at most so far from the truth."""
        if leaves == 1:
            return floor(_opendp().discrete_laplacian_scale_to_accuracy(self.scale, 1 - CONFIDENCE))
        return _accuracy_of_sum(self.scale, leaves)

    def draw(self, counts: Mapping[Keys, int], cells: Iterable[Keys]) -> dict[Keys, int]:
        """The cells with fresh noise, which may make them negative; a cell without a count has 0."""
        ordered = sorted(cells)
        return dict(zip(ordered, _geometric(self.scale)([counts.get(keys, 0) for keys in ordered]), strict=True))


def perturb(
    counts: Mapping[Keys, int],
    cells: Collection[Keys],
    privacy: Privacy,
    occasion: Occasion,
    budget: Budget,
    *,
    negative: bool = True,
) -> Perturbed:
    """Noisy numbers of all `cells`: those drawn for the occasion before, or new ones that are spent from the budget.

    `negative` false publishes 0 for negative numbers: no number is further from the truth for that and no privacy is lost,
    but sums become too great by about half the scale for each empty cell. ValueError for a count of another cell, for cells
    or terms that are not those of the earlier draw; BudgetError if the draw costs more than is left.
    """
    domain = set(cells)
    if counts.keys() - domain:
        raise ValueError("There is a count of a cell that is not in the list. Remedy: list all cells that may occur.")
    draw = budget.drawn(occasion)
    if draw is None:
        draw = Draw(privacy.epsilon, privacy.most_per_person, privacy.draw(counts, domain))
        budget.spend(occasion, draw)
    elif (Privacy(draw.epsilon, draw.most_per_person), set(draw.numbers)) != (privacy, domain):
        raise ValueError(
            f"{occasion} was drawn for other cells or terms. Remedy: restore them, or publish a new vintage."
        )
    numbers: dict[Name, int] = {keys: number if negative else max(number, 0) for keys, number in draw.numbers.items()}
    return Perturbed(numbers, _noise(privacy, budget))


def check_contributions(counted: Iterable[tuple[Hashable, Hashable]], most_per_person: int) -> None:
    """Raise ValueError if a person adds too much. `counted` has a pair of person and cell for each 1 in a count."""
    persons = Counter(person for person, _ in counted)
    if max(persons.values(), default=0) > most_per_person:
        raise ValueError(
            f"A person adds more than {most_per_person} to the counts, so the noise does not hide him. "
            "Remedy: leave out a person's records beyond the cap, or raise most_per_person."
        )


def _noise(privacy: Privacy, budget: Budget) -> Noise:
    return Noise(
        "differential_privacy",
        epsilon=str(privacy.epsilon),
        total_epsilon=str(budget.total),
        most_per_person=privacy.most_per_person,
        accuracy=privacy.accuracy(),
    )


def _opendp() -> Any:
    try:
        import opendp.prelude as opendp
    except ImportError as error:
        raise ImportError("Differential privacy needs OpenDP. Remedy: pip install '.[dp]'.") from error
    opendp.enable_features("contrib")
    return opendp


def _geometric(scale: float) -> Any:
    opendp = _opendp()
    space = opendp.vector_domain(opendp.atom_domain(T="i64")), opendp.l1_distance(T="i64")
    return opendp.m.make_geometric(*space, scale=scale)


def _accuracy_of_sum(scale: float, leaves: int) -> int:
    """From the distribution of the sum, which the power of the noise's characteristic function gives."""
    q = np.exp(-1 / scale)
    deviation = sqrt(2 * q * leaves) / (1 - q)
    size = 2 ** ceil(log2(40 * deviation + 64))
    angles = 2 * np.pi * np.arange(size // 2 + 1) / size
    probabilities = np.fft.irfft(((1 - q) ** 2 / (1 - 2 * q * np.cos(angles) + q * q)) ** leaves, size)
    within = probabilities[0] + 2 * np.cumsum(np.append(0.0, probabilities[1 : size // 2]))
    return int(np.searchsorted(within, CONFIDENCE))
