"""Kinds of care of the model: how often, by whom, under which codes, at what tariff, how long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulator.clinics import GVFMC, MSHI
from etl.simulator.names import BLOOD, DIAGNOSTIC, DIALYSIS, EMERGENCY, HOSPITAL, OTHER, PRIMARY_CARE
from etl.simulator.randomness import Floats, Ints

#: Times are kept in steps of five minutes, tariffs in tenge.
STEP = 300
#: On a month's last day nothing begins after this step: acts are signed in the evening.
LAST_STEP = 234


@dataclass(frozen=True)
class Kind:
    """A kind of care. `weight` is its share of ordinary visits; the stays (`stay`, days) come on their own.

    `providers` gives the kinds of clinics with their weight; `package` is the package that pays when a clinic has both.
    `codes` is the number of service codes, `tariff` the lowest and highest base tariff, `steps` the duration.
    """

    code: str
    prefix: str
    weight: float
    providers: dict[int, float]
    package: int
    codes: int
    tariff: tuple[int, int]
    steps: tuple[int, int] = (2, 8)
    stay: tuple[int, int] = (0, 0)
    whole_day: bool = False
    rural: bool = False


_HOSPITAL = {HOSPITAL: 1.0}
KINDS_OF_CARE = (
    Kind("primary_care", "PC", 60.0, {PRIMARY_CARE: 1.0}, GVFMC, 14, (1_500, 6_500), (3, 5)),
    Kind("diagnostics", "DG", 21.0, {DIAGNOSTIC: 1.0, PRIMARY_CARE: 0.25, HOSPITAL: 0.1}, MSHI, 24, (2_500, 48_000)),
    Kind("emergency", "EM", 5.2, {EMERGENCY: 1.0, HOSPITAL: 0.1}, GVFMC, 4, (8_000, 19_000), (6, 16), whole_day=True),
    Kind("dialysis", "DL", 0.9, {DIALYSIS: 1.0, HOSPITAL: 0.02}, GVFMC, 3, (33_000, 41_000), (46, 54)),
    Kind("day_hospital", "DH", 0.0, {HOSPITAL: 1.0, PRIMARY_CARE: 0.3}, MSHI, 12, (38_000, 160_000), stay=(1, 7)),
    Kind("inpatient", "IN", 0.0, _HOSPITAL, MSHI, 30, (120_000, 640_000), stay=(2, 12), whole_day=True),
    Kind("high_technology", "HT", 0.0, _HOSPITAL, MSHI, 10, (900_000, 4_200_000), stay=(3, 10)),
    Kind("rural_care", "RC", 6.5, {PRIMARY_CARE: 1.0, HOSPITAL: 0.2}, GVFMC, 6, (6_500, 42_000), rural=True),
    Kind("palliative", "PL", 0.3, {HOSPITAL: 0.5, OTHER: 1.0}, GVFMC, 3, (9_000, 24_000)),
    Kind("pathology", "PA", 0.25, _HOSPITAL, GVFMC, 3, (6_000, 18_000)),
    Kind("blood", "BL", 0.7, {BLOOD: 1.0}, GVFMC, 4, (9_000, 46_000)),
    Kind("hiv", "HV", 0.3, {OTHER: 1.0, HOSPITAL: 0.3}, GVFMC, 4, (5_000, 21_000)),
    Kind("tuberculosis", "TB", 0.6, _HOSPITAL, GVFMC, 5, (6_000, 30_000)),
    Kind("mental_health", "MH", 1.2, {HOSPITAL: 0.6, OTHER: 1.0}, GVFMC, 6, (4_500, 22_000), (4, 10)),
    Kind("infection", "IF", 0.8, _HOSPITAL, GVFMC, 5, (7_000, 36_000)),
    Kind("oncology", "ON", 1.4, _HOSPITAL, GVFMC, 9, (14_000, 180_000), (4, 20)),
    Kind("oncohaematology", "OH", 0.15, _HOSPITAL, GVFMC, 4, (40_000, 260_000), (6, 24)),
    Kind("treatment_abroad", "TA", 0.004, _HOSPITAL, GVFMC, 2, (2_500_000, 9_000_000)),
    Kind("rehabilitation", "RH", 1.7, {OTHER: 1.0, HOSPITAL: 0.15}, MSHI, 7, (6_000, 38_000), (6, 12)),
    Kind("covid", "CV", 0.2, _HOSPITAL, GVFMC, 2, (4_000, 15_000)),
)
PRIMARY_CARE_KIND, DAY_HOSPITAL_KIND, INPATIENT_KIND, HIGH_TECHNOLOGY_KIND = 0, 4, 5, 6
_ABROAD = [kind.code for kind in KINDS_OF_CARE].index("treatment_abroad")
#: One place of the tables for quick draws is too much for treatment abroad: the rest of it is ordinary primary care.
_REALLY_ABROAD = 0.01
#: The kind of visits that stands for each kind of clinic.
MAIN_KINDS: Ints = np.array([0, 14, 1, 3, 2, 10, 18])
#: Chance of a stay in a month, for a person of average need.
STAYS = ((DAY_HOSPITAL_KIND, 0.0085), (INPATIENT_KIND, 0.0115), (HIGH_TECHNOLOGY_KIND, 0.0004))

SCREENINGS = ("SCR-CERVIX", "SCR-BREAST", "SCR-PROSTATE")
CERVIX, BREAST, PROSTATE = range(len(SCREENINGS))
_SCREENING_TARIFFS = (3_900, 7_400, 2_800)

CODES: tuple[str, ...] = SCREENINGS + tuple(
    f"{kind.prefix}-{number:03d}" for kind in KINDS_OF_CARE for number in range(1, kind.codes + 1)
)
#: The first code of each kind, and how many it has.
FIRST_CODE: Ints = len(SCREENINGS) + np.cumsum([0, *(kind.codes for kind in KINDS_OF_CARE[:-1])])
CODE_COUNT: Ints = np.array([kind.codes for kind in KINDS_OF_CARE])


def _tariffs() -> Ints:
    values = list(_SCREENING_TARIFFS)
    for kind in KINDS_OF_CARE:
        low, high = kind.tariff
        values += [round(low * (high / low) ** (step / max(kind.codes - 1, 1)) / 50) * 50 for step in range(kind.codes)]
    return np.array(values)


TARIFFS: Ints = _tariffs()
_STEPS = np.array([kind.steps for kind in KINDS_OF_CARE])
WHOLE_DAY = np.array([kind.whole_day for kind in KINDS_OF_CARE])

#: Tables for quick draws have this many places.
_PLACES = 4096
_VISITS = np.array([kind.weight for kind in KINDS_OF_CARE])
#: Services of each kind that a person of average need brings in a busy month.
LOADS: Floats = 1.25 * (_VISITS / _VISITS.sum() + [dict(STAYS).get(kind, 0.0) for kind in range(len(KINDS_OF_CARE))])
_RURAL = np.array([kind.rural for kind in KINDS_OF_CARE])
_GUARANTEED = np.array([kind.package == GVFMC for kind in KINDS_OF_CARE])
#: Chance (per mille places) of a time of day: 8 to 18 o'clock, mornings are busier.
_HOURS = (0, 0, 0, 0, 0, 0, 0, 1, 9, 14, 15, 12, 9, 6, 8, 9, 7, 5, 3, 1, 0, 0, 0, 0)
_HOURS_AROUND_THE_CLOCK = (5, 4, 3, 3, 3, 4, 5, 7, 9, 10, 10, 10, 9, 9, 9, 9, 9, 10, 11, 12, 12, 10, 8, 6)


def _places(weights: Floats | tuple[int, ...]) -> Ints:
    edges = np.cumsum(weights) / np.sum(weights)
    return np.searchsorted(edges, (np.arange(_PLACES) + 0.5) / _PLACES)


#: Row: package of the policy, and whether a city. A guaranteed-volume policy opens what that package pays for.
_KIND_PLACES = np.array(
    [
        _places(_VISITS * (_GUARANTEED if package == GVFMC else 1.0) * (1 - _RURAL * city))
        for package in (GVFMC, MSHI)
        for city in (0, 1)
    ]
)
_HOUR_PLACES = np.array([_places(_HOURS), _places(_HOURS_AROUND_THE_CLOCK)])


def draw_kinds(package: Ints, city: Ints, randoms: Floats) -> Ints:
    """The kind of each visit."""
    places = randoms * _PLACES
    slots = places.astype(np.int64)
    kinds = _KIND_PLACES[package * 2 + city, slots]
    kinds[(kinds == _ABROAD) & (places - slots >= _REALLY_ABROAD)] = PRIMARY_CARE_KIND
    return kinds


def draw_start_steps(kinds: Ints, randoms: Floats) -> Ints:
    """The time of day of each service, in steps from midnight."""
    places = randoms * _PLACES
    slots = places.astype(np.int64)
    return _HOUR_PLACES[WHOLE_DAY[kinds].astype(np.int64), slots] * 12 + ((places - slots) * 12).astype(np.int64)


def draw_durations(kinds: Ints, randoms: Floats) -> Ints:
    """How long each visit takes, in steps."""
    low, high = _STEPS[kinds, 0], _STEPS[kinds, 1]
    return low + (randoms * (high - low + 1)).astype(np.int64)


def draw_codes(kinds: Ints, randoms: Floats) -> Ints:
    """The service code of each service: the first ones of a kind are the most frequent."""
    return FIRST_CODE[kinds] + (randoms * randoms * CODE_COUNT[kinds]).astype(np.int64)


def draw_tariffs(codes: Ints, randoms: Floats) -> Ints:
    """The tariff of each service: the base with one of five coefficients, in whole tens."""
    return (TARIFFS[codes] * (94 + 3 * (randoms * 5).astype(np.int64)) // 1000) * 10
