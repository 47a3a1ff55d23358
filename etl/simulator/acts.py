"""Acts: what each contract claims for each month, at full national size at any scale."""

from __future__ import annotations

import numpy as np

from etl.simulator.randomness import Bools, Floats, Ints, stream
from etl.simulator.timeline import CALENDAR, MONTHS, instants
from etl.simulator.world import World

FIRST_ACT = 10_000_000
#: Share of a contract's amount that its acts claim in a whole year, and how much a month's claim varies.
_CLAIMED, _NOISE = 0.97, 0.12
#: Of an act, at most this share is offset against the advance.
_OFFSET = 0.38


def act_numbers(contract: Ints, month: int) -> Ints:
    """The identifiers of acts."""
    return FIRST_ACT + contract * 100 + month


class Acts:
    """Arrays by contract and month: whether there is an act, amount, what the advance covers and what is left due, signing."""

    def __init__(self, world: World) -> None:
        random, owner = stream(world.seed, "acts"), world.clinics.owner
        self.exist: Bools = np.array([world.plan.serves(month) for month in range(MONTHS)]).T[owner]
        self.amount = self._amounts(world.clinics.amount, random)
        self.offset = self._offsets(world.clinics.advance)
        self.due = self.amount - self.offset
        # Acts are signed between 20:00 and 23:55 of the month's last day.
        seconds = 20 * 3600 + random.integers(0, 48, self.exist.shape) * 300
        self.signed: Ints = instants(np.array([month.last for month in CALENDAR]), seconds)

    def _amounts(self, contracted: Ints, random: np.random.Generator) -> Ints:
        """A year's plan by season; clinics that join late or leave early do not claim the months without them."""
        weights = np.array([month.season * month.fraction for month in CALENDAR])
        shares: Floats = weights / weights.sum() * np.exp(random.normal(0, _NOISE, self.exist.shape))
        shares /= np.maximum(shares.sum(axis=1, keepdims=True) / _CLAIMED, 1.0)
        return np.where(self.exist, (contracted[:, None] * shares).astype(np.int64), 0)

    def _offsets(self, advance: Ints) -> Ints:
        left, result = advance.copy(), np.zeros_like(self.amount)
        for month in range(MONTHS):
            result[:, month] = np.minimum(left, (self.amount[:, month] * _OFFSET).astype(np.int64))
            left -= result[:, month]
        return result
