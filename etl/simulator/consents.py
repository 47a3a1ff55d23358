"""The assistance pilot: requests for consent and, where it is granted, requests to banks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from etl.simulator.frames import codes, frame, instants_column
from etl.simulator.randomness import Bools, Floats, Ints, Pseudonyms, stream
from etl.simulator.timeline import DAY, Month, instants, working
from etl.simulator.world import World

#: Requests a month at scale 1, and at least so many.
_REQUESTS, _LEAST = 42_000, 60
_PHONE_KNOWN = 0.86
_GRANTED, _REFUSED = 0.68, 0.12
#: Share of the answers that come after the working day that the order grants, and of the requests that a bank leaves
#: unanswered; slow banks do worse.
_LATE, _SILENT = 0.08, 0.03
_BANKS = tuple(f"BANK-{number:02d}" for number in range(1, 16))
_SLOW, _SLOW_LATE, _SLOW_SILENT = (3, 7), (0.34, 0.22), (0.11, 0.06)
_CATEGORIES = 41
_ROOM = 10_000_000


def make_consents(world: World, month: Month) -> tuple[pa.Table, pa.Table]:
    """The month's consent requests and bank requests."""
    random = stream(world.seed, "consents", month.number)
    size = max(_LEAST, round(_REQUESTS * world.scale * month.fraction))
    index = month.number * _ROOM + np.arange(size)
    request = Pseudonyms(world.seed, "consent request")(index)
    days = np.array([day for day in range(month.first, month.last + 1) if working(day)])
    asked = instants(days[random.integers(0, len(days), size)], random.integers(9 * 60, 16 * 60, size) * 60)
    asked.sort()
    known = random.random(size) < _PHONE_KNOWN
    luck = random.random(size)
    answer = np.where(~known | (luck >= _GRANTED + _REFUSED), 2, np.where(luck < _GRANTED, 0, 1))
    answered = _answered(asked, _LATE, random)
    # What comes only after the month's end has no answer in its rows.
    answer = np.where(answered > _end(month), 2, answer)
    region = np.searchsorted(
        world.population.bounds[1:-1], random.random(size) * world.population.bounds[-2], side="right"
    )
    table = frame(
        "consent_request",
        {
            "request_id": request,
            "region": codes(world.calibration.regions, np.minimum(region, len(world.calibration.regions) - 1)),
            "phone_known": known,
            "requested_at": instants_column(asked),
            "answer": codes(("granted", "refused", "none"), answer),
            "answered_at": instants_column(answered, answer == 2),
        },
    )
    return table, _bank_requests(world, month, request, answered, answer == 0, random)


def _end(month: Month) -> Ints:
    """The month's last minute."""
    return instants(np.array(month.last), np.array(DAY - 60))


def _answered(asked: Ints, lateness: Floats | float, random: np.random.Generator) -> Ints:
    """Most answers come within some hours of the same day; late ones after four to seven days."""
    quick = asked + random.integers(3, 360, len(asked)) * 60
    late = asked + random.integers(4, 7, len(asked)) * DAY + random.integers(-120, 120, len(asked)) * 60
    return np.where(random.random(len(asked)) < lateness, late, quick)


def _bank_requests(
    world: World, month: Month, request: Ints, granted_at: Ints, granted: Bools, random: np.random.Generator
) -> pa.Table:
    """One to three banks are asked some minutes after the consent; few do not answer."""
    chosen = np.flatnonzero(granted)
    counts = random.integers(1, 4, len(chosen))
    own = np.repeat(chosen, counts)
    size = len(own)
    index = month.number * _ROOM + np.arange(size)
    asked = granted_at[own] + random.integers(1, 30, size) * 60
    bank = (random.random(size) ** 1.6 * len(_BANKS)).astype(np.int64)
    lateness, silence = np.full(len(_BANKS), _LATE), np.full(len(_BANKS), _SILENT)
    lateness[list(_SLOW)], silence[list(_SLOW)] = _SLOW_LATE, _SLOW_SILENT
    answered = _answered(asked, lateness[bank], random)
    silent = (random.random(size) < silence[bank]) | (answered > _end(month))
    categories = random.integers(3, _CATEGORIES + 1, size)
    return frame(
        "bank_request",
        {
            "bank_request_id": Pseudonyms(world.seed, "bank request")(index),
            "request_id": request[own],
            "bank": codes(_BANKS, bank),
            "requested_at": instants_column(asked),
            "answered_at": instants_column(answered, silent),
            "categories": np.where(silent, 0, categories),
        },
    )
