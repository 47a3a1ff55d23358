"""Who breaks which rule when, and what follows: duties to block, blocks, terminations, and where enforcement fails.

A planted clinic has one episode of one factor and none of the others, so that each planted gap stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from etl.simulator.clinics import Clinics
from etl.simulator.names import BLOOD, EMERGENCY
from etl.simulator.randomness import Bools, Floats, Ints, stream
from etl.simulator.timeline import CALENDAR, MONTHS, NEVER, month_of, months_later

LOCATION, TAX_DEBT, QR_SHARE = "location", "tax_debt", "qr_share"
FACTORS = (LOCATION, TAX_DEBT, QR_SHARE)

#: Planted episodes for each factor and month; `terminated` is the escalation that the rules demand, not a gap.
PLANTED = {"missing": 3, "late": 2, "unjustified": 2, "overdue": 2, "terminated": 1}
#: Innocent, one of each a month: a block entered late for a holiday, one that a court has stayed or ordered, and one
#: kept up under an agreed schedule of repayment. They meet a definition, and nothing is wrong.
LOOK_ALIKES = {
    "missing": "stayed by a court",
    "late": "entered after a holiday",
    "unjustified": "ordered by a court",
    "overdue": "kept up under an agreed schedule",
}
_AFTER_HOLIDAY = (6, 7)
#: Days between a duty and its block in ordinary enforcement; the portal grants five.
_TIMELY = (1, 5)
_LATE = (7, 27)
_CURE = (8, 46)
_OVERDUE = (70, 140)
_NEVER_CURED = 0.5
_TERMINATED_AFTER = (38, 57)
#: Share of clinics that miss the 50 % threshold, month by month, as people learn to scan; planted ones come on top.
_QR_FAILS = (0.138, 0.04, 0.031, 0.027, 0.025, 0.024, 0.024, 0.024, 0.024, 0.024, 0.024, 0.024)
#: How far habit, not chance, decides on it; days until a clinic is over the threshold again.
_HABIT = 0.9
_QR_CURE = (32, 58)
#: Kinds of clinics whose patients can rarely scan a code, and how much worse than others they do.
RARELY_SCANNED = (EMERGENCY, BLOOD)
_WORSE = 0.35
#: Ordinary clinics with a tax debt, and with a service at an unfit site, each month.
_DEBTORS, _STRAYS = 4, 2
#: Share of clinics that join after the start, and the last month in which they do.
_LATECOMERS, _LAST_JOINING = 0.07, 6
#: Contracts ended without a block before: licence revoked, sanitary or fire breaches.
_OTHER_TERMINATIONS = 9


@dataclass(frozen=True)
class Debt:
    """A tax debt; `to` is the day on which it was settled."""

    clinic: int
    start: int
    to: int
    amount: int


@dataclass(frozen=True)
class Stray:
    """Services rendered at an unfit site from `day` on; `fit` is the day on which the site is put right, or never."""

    clinic: int
    month: int
    day: int
    fit: int


@dataclass(frozen=True)
class Block:
    """A block in force from `start` until the day before `cure`."""

    clinic: int
    factor: str
    start: int
    cure: int


@dataclass(frozen=True)
class Gap:
    """What looks like a failure of enforcement, planted; `innocent` ones are none.

    `day` is that of the duty (missing, late) or of the block's start.
    """

    kind: str
    factor: str
    clinic: int
    day: int
    start: int = NEVER
    cure: int = NEVER
    innocent: bool = False


@dataclass
class Plan:
    """What happens to the clinics. `joined` and `left` bound the months in which a clinic serves (left: exclusive)."""

    joined: Ints
    left: Ints
    fails: Bools
    debts: list[Debt] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    terminated: dict[int, tuple[int, str]] = field(default_factory=dict)

    def serves(self, month: int) -> Bools:
        """Which clinics serve in the month."""
        return (self.joined <= month) & (month < self.left)


def make_plan(clinics: Clinics, seed: int) -> Plan:
    """Plant the episodes, then let ordinary breaches happen to the other clinics."""
    random = stream(seed, "plan")
    count = len(clinics.region)
    plan = Plan(_joined(clinics, random), np.full(count, MONTHS), np.zeros((count, MONTHS), dtype=bool))
    free = iter(random.permutation(np.flatnonzero(plan.joined == 0)).tolist())
    planted = set()
    for month in range(MONTHS):
        for factor in FACTORS:
            for kind, times in PLANTED.items():
                for _ in range(times):
                    clinic = next(free)
                    planted.add(clinic)
                    _plant(plan, kind, factor, clinic, month, random)
        for kind in LOOK_ALIKES:
            clinic = next(free)
            planted.add(clinic)
            _plant(plan, kind, FACTORS[month % len(FACTORS)], clinic, month, random, innocent=True)
    _others_terminated(plan, free, random)
    _ordinary_debts(plan, free, random)
    _ordinary_strays(plan, free, random)
    _ordinary_qr(plan, np.isin(clinics.kind, RARELY_SCANNED), planted, random)
    plan.blocks.sort(key=lambda each: (each.start, each.clinic, each.factor))
    return plan


def _joined(clinics: Clinics, random: np.random.Generator) -> Ints:
    """The month in which each clinic begins to serve; ambulances and blood centres are there from the start."""
    late = random.random(len(clinics.region)) < _LATECOMERS
    late &= ~np.isin(clinics.kind, (EMERGENCY, BLOOD)) & (clinics.size < np.quantile(clinics.size, 0.8))
    return np.where(late, random.integers(1, _LAST_JOINING + 1, len(late)), 0)


def _plant(
    plan: Plan,
    kind: str,
    factor: str,
    clinic: int,
    month: int,
    random: np.random.Generator,
    innocent: bool = False,
) -> None:
    duty = _duty_day(factor, month, random)
    if kind == "missing":
        plan.gaps.append(Gap(kind, factor, clinic, duty, innocent=innocent))
        _breach(plan, factor, clinic, month, duty, duty + _between(random, (20, 60)), random)
        return
    if kind == "unjustified":
        start = int(random.integers(CALENDAR[month].first, CALENDAR[month].last + 1))
        _block(plan, clinic, factor, start, start + _between(random, _CURE))
        plan.gaps.append(Gap(kind, factor, clinic, start, start, innocent=innocent))
        return
    late = _AFTER_HOLIDAY if innocent else _LATE
    start = duty + _between(random, late if kind == "late" else _TIMELY)
    cure = {"late": start + _between(random, _CURE), "terminated": NEVER}.get(kind, start + _between(random, _OVERDUE))
    if kind == "overdue" and random.random() < _NEVER_CURED:
        cure = NEVER
    _breach(plan, factor, clinic, month, duty, cure, random)
    _block(plan, clinic, factor, start, cure)
    if kind == "terminated":
        _terminate(plan, clinic, start + _between(random, _TERMINATED_AFTER), "systematic")
    else:
        plan.gaps.append(Gap(kind, factor, clinic, duty if kind == "late" else start, start, cure, innocent))
    if factor == QR_SHARE and kind != "late":
        # As long as the block is in force the clinic stays below the threshold.
        plan.fails[clinic, month:] = [each.last < cure for each in CALENDAR[month:]]


def _duty_day(factor: str, month: int, random: np.random.Generator) -> int:
    """A debt may begin on any day; acts are signed on the last one; a stray service leaves room for the next ones."""
    own = CALENDAR[month]
    if factor == QR_SHARE:
        return own.last
    first, last = (own.settled, own.last - 7) if factor == LOCATION else (own.first, own.last)
    return int(random.integers(first, last + 1))


def _breach(
    plan: Plan, factor: str, clinic: int, month: int, day: int, until: int, random: np.random.Generator
) -> None:
    if factor == QR_SHARE:
        plan.fails[clinic, month] = True
    elif factor == TAX_DEBT:
        plan.debts.append(Debt(clinic, day, until, int(random.lognormal(15.5, 1.2))))
    else:
        plan.strays.append(Stray(clinic, month, day, until))


def _block(plan: Plan, clinic: int, factor: str, start: int, cure: int) -> None:
    plan.blocks.append(Block(clinic, factor, start, cure))


def _terminate(plan: Plan, clinic: int, day: int, ground: str) -> None:
    if month_of(day) < MONTHS:
        plan.terminated[clinic] = (day, ground)
        plan.left[clinic] = month_of(day)


def _others_terminated(plan: Plan, free: Iterator[int], random: np.random.Generator) -> None:
    for number in range(_OTHER_TERMINATIONS):
        month = CALENDAR[1 + number * (MONTHS - 1) // _OTHER_TERMINATIONS]
        day = int(random.integers(month.begin, month.last + 1))
        _terminate(plan, next(free), day, "licence" if number % 2 else "sanitary_fire")


def _ordinary_debts(plan: Plan, free: Iterator[int], random: np.random.Generator) -> None:
    for month in CALENDAR:
        for _ in range(round(_DEBTORS * month.fraction)):
            clinic, day = next(free), int(random.integers(month.first, month.last + 1))
            start, settled = day + _between(random, (0, 5)), day + _between(random, (9, 50))
            _breach(plan, TAX_DEBT, clinic, month.number, day, settled, random)
            _block(plan, clinic, TAX_DEBT, start, settled + _between(random, (0, 2)))


def _ordinary_strays(plan: Plan, free: Iterator[int], random: np.random.Generator) -> None:
    for month in CALENDAR:
        for _ in range(round(_STRAYS * month.fraction)):
            clinic, day = next(free), _duty_day(LOCATION, month.number, random)
            start = day + _between(random, (0, 5))
            cure = start + _between(random, _CURE)
            _breach(plan, LOCATION, clinic, month.number, day, cure, random)
            _block(plan, clinic, LOCATION, start, cure)


def _ordinary_qr(plan: Plan, worse: Bools, planted: set[int], random: np.random.Generator) -> None:
    """Clinics without a planted episode miss the threshold by habit and chance; each time they are blocked in time."""
    habit, chance = random.random(len(plan.joined)) * np.where(worse, _WORSE, 1.0), random.random(plan.fails.shape)
    delays = random.integers(_TIMELY[0], _TIMELY[1] + 1, plan.fails.shape)
    cures = random.integers(_QR_CURE[0], _QR_CURE[1] + 1, plan.fails.shape)
    below = _HABIT * habit[:, None] + (1 - _HABIT) * chance < _mixed_quantile(np.array(_QR_FAILS))
    for clinic in range(len(plan.joined)):
        if clinic in planted:
            continue
        free_from = 0
        for month in CALENDAR[plan.joined[clinic] : plan.left[clinic]]:
            if not below[clinic, month.number]:
                continue
            plan.fails[clinic, month.number] = True
            if month.last >= free_from:
                start = month.last + int(delays[clinic, month.number])
                free_from = start + int(cures[clinic, month.number])
                _block(plan, clinic, QR_SHARE, start, free_from)


def _mixed_quantile(shares: Floats) -> Floats:
    """The values below which the mixture of habit and chance (each even on 0 to 1) lies with these chances."""
    most, least = _HABIT, 1 - _HABIT
    low = shares < least / most / 2
    return np.where(low, np.sqrt(shares * 2 * most * least), most * shares + least / 2)


def _between(random: np.random.Generator, bounds: tuple[int, int]) -> int:
    return int(random.integers(bounds[0], bounds[1] + 1))


def overdue_from(start: int) -> int:
    """The last day on which a block from `start` may be in force without being overdue."""
    return months_later(start, 2)
