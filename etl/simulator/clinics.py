"""The clinics of the model, their contracts and advances: the official figures by region, to the tenge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulator.calibration import Calibration
from etl.simulator.names import (
    BLOOD,
    DIAGNOSTIC,
    DIALYSIS,
    EMERGENCY,
    HOSPITAL,
    KINDS,
    OTHER,
    PRIMARY_CARE,
)
from etl.simulator.randomness import Bools, Floats, Ints, apportion, stream
from etl.simulator.timeline import day_of

GVFMC, MSHI = 0, 1
PACKAGES = ("gvfmc", "mshi")
FIRST_ORGANISATION, FIRST_CONTRACT, FIRST_ADVANCE = 100_001, 500_001, 700_001

#: Clinics that are neither primary care, ambulances nor blood centres: hospital, diagnostic, dialysis, other.
_REST = ((HOSPITAL, 0.42), (DIAGNOSTIC, 0.32), (DIALYSIS, 0.07), (OTHER, 0.19))
#: Typical contract against a polyclinic's, by kind; state clinics are larger.
_SIZE = {PRIMARY_CARE: 1.0, HOSPITAL: 2.6, DIAGNOSTIC: 0.35, DIALYSIS: 0.5, EMERGENCY: 3.0, BLOOD: 1.2, OTHER: 0.4}
_STATE_SIZE = 2.4
_SPREAD = 0.95
#: No clinic has more than this share of its region's amount, beside the equal share.
_LARGEST_SHARE = 0.09
#: Every contract has at least this much, in tenge.
_SMALLEST_CONTRACT = 3_000_000
#: How likely a state owner is, by kind, when the state's clinics are dealt out.
_STATE_CHANCE = {HOSPITAL: 6.0, OTHER: 1.5, DIAGNOSTIC: 0.4, DIALYSIS: 0.3}
_WITHOUT_ADVANCE, _TWO_INSTALMENTS = 0.05, 0.15
_FIRST_SIGNING, _LAST_SIGNING = day_of("2025-11-03"), day_of("2026-03-13")
_LAST_ADVANCE = day_of("2026-03-31")


@dataclass(frozen=True)
class Clinics:
    """One entry for each clinic (`region` to `number`), contract (`owner` to `advance`) and advance payment."""

    region: Ints
    kind: Ints
    state: Bools
    size: Floats
    number: Ints
    owner: Ints
    package: Ints
    signed: Ints
    amount: Ints
    advance: Ints
    paid_contract: Ints
    paid_on: Ints
    paid_amount: Ints

    def contract_with(self, package: int) -> Ints:
        """For each clinic its contract of the package, or its only one."""
        found = np.full(len(self.region), -1)
        found[self.owner] = np.arange(len(self.owner))
        match = np.flatnonzero(self.package == package)
        found[self.owner[match]] = match
        return found


def make_clinics(calibration: Calibration, seed: int) -> Clinics:
    """Deal the official numbers out to clinics of very unequal size."""
    random = stream(seed, "clinics")
    counts = np.array(calibration.organisations)
    region = np.repeat(np.arange(len(counts)), counts)
    kind = np.concatenate([random.permutation(kinds) for kinds in _kinds(calibration)])
    state = _state(calibration, region, kind, random)
    size = np.array([_SIZE[each] for each in kind]) * np.where(state, _STATE_SIZE, 1.0)
    size = size * np.exp(random.normal(0.0, _SPREAD, len(kind)))
    double = _double(calibration, region, kind, size, random)
    owner = np.repeat(np.arange(len(region)), 1 + double)
    package = _packages(region, kind, size, owner, double, random)
    weights = _contract_weights(region, size, owner, random)
    amount, advance = np.zeros_like(owner), np.zeros_like(owner)
    for number in range(len(counts)):
        own = np.flatnonzero(region[owner] == number)
        amount[own] = apportion(calibration.amount_kzt[number], weights[own], _SMALLEST_CONTRACT)
        shares = amount[own] * random.uniform(0.6, 1.4, len(own)) * (random.random(len(own)) >= _WITHOUT_ADVANCE)
        shares = shares if shares.any() else amount[own].astype(float)
        advance[own] = apportion(calibration.advance_kzt[number], shares)
    signed = random.integers(_FIRST_SIGNING, _LAST_SIGNING + 1, len(owner))
    numbers = _numbers(region, kind, random)
    return Clinics(
        region, kind, state, size, numbers, owner, package, signed, amount, advance, *_advances(signed, advance, random)
    )


def _kinds(calibration: Calibration) -> list[Ints]:
    """The kinds of each region's clinics: one ambulance station and one blood centre, primary care as stated."""
    primary = apportion(calibration.primary_care, np.array(calibration.organisations, dtype=float))
    shares = np.array([weight for _, weight in _REST])
    result = []
    for total, own in zip(calibration.organisations, primary, strict=True):
        rest = apportion(total - int(own) - 2, shares, 1)
        kinds = [PRIMARY_CARE, EMERGENCY, BLOOD, *(kind for kind, _ in _REST)]
        result.append(np.repeat(kinds, [own, 1, 1, *rest]))
    return result


def _state(calibration: Calibration, region: Ints, kind: Ints, random: np.random.Generator) -> Bools:
    """Who belongs to the state: ambulances and blood centres, primary care as stated, the rest by chance."""
    fixed = (kind == EMERGENCY) | (kind == BLOOD)
    result = fixed.copy()
    primary = kind == PRIMARY_CARE
    _choose(result, region, primary, calibration.primary_care - calibration.private_primary_care, random)
    rest = ~fixed & ~primary
    chance = np.array([_STATE_CHANCE.get(each, 1.0) for each in kind])
    _choose(result, region, rest, calibration.state - int(result.sum()), random, chance)
    return result


def _choose(
    result: Bools, region: Ints, among: Bools, total: int, random: np.random.Generator, chance: Floats | None = None
) -> None:
    """Set `total` of the clinics `among` in all, evenly over the regions, the likelier ones first."""
    per_region = apportion(total, np.bincount(region[among]).astype(float))
    ranks = random.random(len(region)) ** (1 / (chance if chance is not None else np.ones(len(region))))
    for number, count in enumerate(per_region):
        own = np.flatnonzero(among & (region == number))
        result[own[np.argsort(-ranks[own], kind="stable")[:count]]] = True


def _double(calibration: Calibration, region: Ints, kind: Ints, size: Floats, random: np.random.Generator) -> Ints:
    """1 for the clinics with two contracts (one for each package): mostly large hospitals and polyclinics."""
    chance = size * np.isin(kind, (HOSPITAL, PRIMARY_CARE)) + 0.01
    ranks = random.random(len(region)) ** (1 / chance)
    result = np.zeros(len(region), dtype=np.int64)
    for number, (contracts, clinics) in enumerate(zip(calibration.contracts, calibration.organisations, strict=True)):
        own = np.flatnonzero(region == number)
        result[own[np.argsort(-ranks[own], kind="stable")[: contracts - clinics]]] = 1
    return result


def _packages(region: Ints, kind: Ints, size: Floats, owner: Ints, double: Ints, random: np.random.Generator) -> Ints:
    """The package of each contract. Each region's largest hospital treats under the guaranteed volume."""
    chance = np.select([kind == HOSPITAL, kind == DIAGNOSTIC, kind == OTHER], [0.35, 0.06, 0.4], default=1.0)
    single = np.where(random.random(len(kind)) < chance, GVFMC, MSHI)
    for number in range(region.max() + 1):
        hospitals = np.flatnonzero((region == number) & (kind == HOSPITAL))
        single[hospitals[np.argmax(size[hospitals])]] = GVFMC
        others = np.flatnonzero((region == number) & (kind == OTHER))
        single[others[np.argmax(size[others])]] = GVFMC
    second = np.concatenate(([False], owner[1:] == owner[:-1]))
    return np.where(double[owner] == 1, second.astype(np.int64), single[owner])


def _contract_weights(region: Ints, size: Floats, owner: Ints, random: np.random.Generator) -> Floats:
    totals = np.bincount(region, size)
    counts = np.bincount(region)
    most = totals[region] * (_LARGEST_SHARE + 1 / counts[region])
    weights = np.minimum(size, most)[owner]
    first = np.concatenate((owner[1:] == owner[:-1], [False]))
    second = np.concatenate(([False], first[:-1]))
    split = random.uniform(0.35, 0.65, len(region))[owner]
    return np.where(first, weights * split, np.where(second, weights * (1 - split), weights))


def _numbers(region: Ints, kind: Ints, random: np.random.Generator) -> Ints:
    """A clinic's number among those of its kind in the region."""
    result = np.zeros(len(region), dtype=np.int64)
    groups = region * len(KINDS) + kind
    for group in np.unique(groups):
        own = np.flatnonzero(groups == group)
        result[own] = random.permutation(len(own)) + 1
    return result


def _advances(signed: Ints, advance: Ints, random: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Contract, day and amount of each advance payment: one or two for a contract, all paid by 31 March 2026."""
    contracts = np.flatnonzero(advance)
    halves = random.random(len(contracts)) < _TWO_INSTALMENTS
    first = np.where(halves, advance[contracts] * 6 // 10, advance[contracts])
    day = np.minimum(signed[contracts] + random.integers(4, 25, len(contracts)), _LAST_ADVANCE - 1)
    later = np.minimum(day[halves] + random.integers(1, 20, int(halves.sum())), _LAST_ADVANCE)
    everything = np.concatenate((contracts, contracts[halves]))
    days = np.concatenate((day, later))
    amounts = np.concatenate((first, (advance[contracts] - first)[halves]))
    order = np.lexsort((days, everything))
    return everything[order], days[order], amounts[order]
