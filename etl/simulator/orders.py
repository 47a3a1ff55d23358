"""Identifiers of signed orders: each is made of what it orders, so that nobody has to count."""

from __future__ import annotations

import numpy as np

from etl.simulator.randomness import Ints
from etl.simulator.timeline import START

#: Kinds of orders for many policies at once: one a day for each region.
ISSUE, POLICY_BLOCK, POLICY_UNBLOCK = 1, 2, 3
CLINIC_BLOCK, CLINIC_UNBLOCK, TERMINATE = 5, 6, 7
_ROOM = 1_000_000_000


def batch(kind: int, day: Ints, region: Ints) -> Ints:
    """The order of a day for the policies of a region."""
    return kind * _ROOM + (day - START + 1) * 100 + region


def single(kind: int, number: int) -> int:
    """The order about one block or contract."""
    return kind * _ROOM + number


def batch_grid(kind: int, first: int, last: int, regions: int) -> tuple[Ints, Ints]:
    """The orders of all days and regions, and their days."""
    day = np.repeat(np.arange(first, last + 1), regions)
    return batch(kind, day, np.tile(np.arange(regions), last - first + 1)), day
