"""How many persons there are: the insured of each region, and those who are born or join later, month by month."""

from __future__ import annotations

import numpy as np

from etl.simulator.calibration import Calibration
from etl.simulator.randomness import Ints, apportion
from etl.simulator.timeline import CALENDAR, Month

#: Births and late enrolments in a month for each insured person.
_JOINING = 0.0016


class Population:
    """Persons have numbers: region after region, then those who join, month after month.

    `bounds` has the first number of each region (one more: not attached) and the first number after them; `joining` the
    same for the months.
    """

    def __init__(self, calibration: Calibration, scale: float) -> None:
        insured = np.array(calibration.insured, dtype=float)
        counts = apportion(round(insured.sum() * scale), insured)
        self.bounds: Ints = np.concatenate(([0], np.cumsum(counts)))
        self.initial = int(self.bounds[-1])
        later = np.array([month.fraction * _JOINING for month in CALENDAR]) * self.initial
        later = np.maximum(np.round(later), 1).astype(np.int64)
        self.joining: Ints = self.initial + np.concatenate(([0], np.cumsum(later)))

    @property
    def by_region(self) -> Ints:
        """The insured of each region at the start, without those who are not attached."""
        return np.diff(self.bounds)[:-1]

    def until(self, month: Month) -> int:
        """How many persons have been insured by the month's end."""
        return int(self.joining[month.number + 1])
