"""The production sites of the clinics and the days on which each step of their digitisation was done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulator.breaches import Plan
from etl.simulator.calibration import Calibration
from etl.simulator.clinics import Clinics
from etl.simulator.names import CITIES
from etl.simulator.randomness import Bools, Floats, Ints, stream
from etl.simulator.timeline import CALENDAR, MONTHS, NEVER, START, day_of

FIRST_SITE = 300_001

#: Rough centres of the regions, degrees north and east.
_CENTRES = {
    "KZ-10": (49.9, 79.5), "KZ-11": (52.0, 69.8), "KZ-15": (49.0, 57.8), "KZ-19": (43.9, 77.0), "KZ-23": (47.4, 52.5),
    "KZ-27": (50.3, 51.2), "KZ-31": (43.6, 71.7), "KZ-33": (45.0, 79.0), "KZ-35": (49.6, 73.2), "KZ-39": (52.6, 63.9),
    "KZ-43": (45.3, 64.5), "KZ-47": (43.9, 52.6), "KZ-55": (52.3, 76.6), "KZ-59": (54.4, 69.3), "KZ-61": (43.0, 68.3),
    "KZ-62": (47.9, 67.3), "KZ-63": (49.7, 83.5), "KZ-71": (51.13, 71.43), "KZ-75": (43.25, 76.92), "KZ-79": (42.34, 69.59),
}  # fmt: skip
_CITY_SPREAD, _REGION_SPREAD = 0.07, 0.8
_FIRST_STEP, _DIGITISED_BY = day_of("2025-10-01"), START - 4
#: Share of the further sites that follow after the start, and of those never finished by the world's end.
_LATER_SITES, _UNFINISHED = 0.28, 0.06
#: Of the unfit sites used by a stray: those without a licence; the others lack a step.
_UNLICENSED = 0.4


@dataclass(frozen=True)
class Sites:
    """One entry for each site. A day of NEVER: the step is not done. `ready` is the first month of ordinary use."""

    owner: Ints
    latitude: Floats
    longitude: Floats
    licensed: Bools
    photos: Ints
    coordinates: Ints
    qr: Ints
    ready: Ints
    unfit: dict[int, int]
    agreement: Ints
    integrated: Ints

    def usable(self, month: int) -> Ints:
        """The numbers of the sites in ordinary use, grouped by clinic."""
        return np.flatnonzero(self.ready <= month)


def make_sites(clinics: Clinics, plan: Plan, calibration: Calibration, seed: int) -> Sites:
    """Give each clinic one to several sites, and an unfit one to those that the plan lets stray."""
    random = stream(seed, "sites")
    count = len(clinics.region)
    strays = {stray.clinic: stray for stray in plan.strays}
    further = np.minimum(random.poisson(np.minimum(clinics.size * 0.28, 4.0)), 11)
    more = further + np.isin(np.arange(count), list(strays))
    owner = np.repeat(np.arange(count), 1 + more)
    first = np.concatenate(([True], owner[1:] != owner[:-1]))
    final = np.concatenate((owner[1:] != owner[:-1], [True]))
    due = _due(owner, first, plan, random)
    steps = np.sort(due[:, None] - random.integers(0, 45, (len(owner), 3)) * [1, 1, 0], axis=1)
    steps = np.where(due[:, None] < NEVER, np.maximum(steps, _FIRST_STEP), _partial(len(owner), random))
    licensed = np.ones(len(owner), dtype=bool)
    unfit = {}
    for site in np.flatnonzero(final):
        if (clinic := int(owner[site])) in strays:
            unfit[clinic] = int(site)
            licensed[site] = random.random() >= _UNLICENSED
            if licensed[site]:
                due[site] = strays[clinic].fit
                steps[site] = _lacking(due[site], random)
    ready = np.array([_ready(int(day)) for day in due])
    ready[list(unfit.values())] = MONTHS
    latitude, longitude = _places(clinics.region[owner], calibration, random)
    agreement = due[first] - random.integers(50, 100, count)
    integrated = np.minimum(agreement + random.integers(5, 45, count), due[first])
    photos, coordinates, qr = steps.T
    return Sites(owner, latitude, longitude, licensed, photos, coordinates, qr, ready, unfit, agreement, integrated)


def _due(owner: Ints, first: Bools, plan: Plan, random: np.random.Generator) -> Ints:
    """The day on which each site's last step is done: before the clinic begins to serve for its first site."""
    before = random.integers(day_of("2026-01-05"), _DIGITISED_BY, len(owner))
    begins = np.array([month.begin for month in CALENDAR])[plan.joined[owner]]
    late = begins - random.integers(2, 24, len(owner))
    result = np.where(plan.joined[owner] > 0, late, before)
    chance = random.random(len(owner))
    rest = random.integers(START, CALENDAR[-1].last, len(owner))
    rest = np.minimum(rest, START + (rest - START) * random.random(len(owner))).astype(np.int64)
    result = np.where(~first & (chance < _LATER_SITES), np.maximum(rest, result), result)
    return np.where(~first & (chance < _UNFINISHED), NEVER, result)


def _partial(count: int, random: np.random.Generator) -> Ints:
    """Steps of a site that is never finished: some are done, the QR code is not."""
    days = random.integers(_DIGITISED_BY - 60, CALENDAR[-1].last, (count, 3))
    return np.where(random.random((count, 3)) < [0.2, 0.5, 1.0], NEVER, np.sort(days, axis=1))


def _lacking(fit: int, random: np.random.Generator) -> Ints:
    """Steps of a site in use before it is fit: the last one or two are done on the day it is put right."""
    done = np.sort(random.integers(_DIGITISED_BY - 60, _DIGITISED_BY, 3))
    done[random.integers(1, 3) :] = fit
    return done


def _ready(day: int) -> int:
    return next((month.number for month in CALENDAR if day < month.first), MONTHS)


def _places(region: Ints, calibration: Calibration, random: np.random.Generator) -> tuple[Floats, Floats]:
    centres = np.array([_CENTRES[code] for code in calibration.regions])[region]
    city = np.array([code in CITIES for code in calibration.regions])[region]
    spread = np.where(city, _CITY_SPREAD, _REGION_SPREAD)[:, None]
    places = np.clip(centres + random.normal(0, 1, centres.shape) * spread, [40.6, 46.5], [55.4, 87.3])
    return places[:, 0].round(5), places[:, 1].round(5)
