"""The insured: each person's attributes follow from a number, so that nobody needs to be kept in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulator.calibration import Calibration
from etl.simulator.clinics import GVFMC, MSHI, Clinics
from etl.simulator.names import PRIMARY_CARE
from etl.simulator.population import Population
from etl.simulator.randomness import Bools, Draw, Floats, Ints, Words, apportion, scatter, share, stream
from etl.simulator.timeline import CALENDAR, NEVER, START, Month, day_weight

FEMALE, MALE = 0, 1
#: Roles: persons kept for planting have no ordinary hospital case or drug issue, so that a planted one stands alone.
ORDINARY, OVERLAPS, ACROSS_MONTHS, DRUG_BULK = range(4)
_ROLE = 0.006
#: Deaths in a year, and policies blocked in a month, for each insured person; for how many days.
_DEATHS, _BLOCKS, _BLOCK_DAYS = 0.0062, 0.0012, (6, 75)
#: Share of the policies with the guaranteed volume only.
_GVFMC_ONLY = 0.07
#: Share of the policies issued in March, April and May 2026.
_ISSUED = (0.945, 0.04, 0.015)
#: Ages from 0: five-year groups of the population, and the yearly chance to die against the average.
_AGES = (92, 104, 94, 72, 60, 66, 82, 84, 72, 62, 56, 50, 44, 28, 16, 10, 6, 2)
_HAZARD = (0.6, 0.1, 0.1, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.8, 1.2, 1.8, 2.6, 4.0, 6.0, 9.0, 14.0, 20.0)
_YEAR = 2026
#: Ages at which nobody pays contributions: before the first, from the second on.
_PAYING = (18, 63)
#: For each death there are so many trials: most of them live on.
_TRIALS = 40


@dataclass(frozen=True)
class Persons:
    """Attributes of some persons. `region` has one more number than there are regions: not attached (`clinic` -1)."""

    index: Ints
    region: Ints
    home: Ints
    clinic: Ints
    sex: Ints
    born: Ints
    package: Ints
    payer: Ints
    issued: Ints
    died: Ints
    appetite: Floats
    role: Ints

    def __len__(self) -> int:
        return len(self.index)

    def take(self, chosen: Ints) -> Persons:
        """Only the chosen ones."""
        return Persons(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


class People:
    """Everyone with a policy. Only deaths and blocks of policies are lists, of less than two per cent of the persons."""

    def __init__(self, calibration: Calibration, clinics: Clinics, population: Population, seed: int) -> None:
        self.population, self._seed = population, seed
        self._payers = _Payers(calibration)
        insured = np.array(calibration.insured, dtype=float)
        self._home = np.cumsum(insured[:-1]) / insured[:-1].sum()
        self._everywhere = np.cumsum(insured) / insured.sum()
        primary = np.flatnonzero(clinics.kind == PRIMARY_CARE)
        self._clinics, self._attach = primary, Draw(clinics.region[primary], clinics.size[primary], len(insured) - 1)
        months = zip(CALENDAR, _ISSUED, strict=False)
        self._days = np.concatenate([_issue_days(month, weight) for month, weight in months])
        self._dead, self._died = self._deaths()
        self.blocked, self.blocked_from, self.blocked_to = self._blocks()
        self._blocked_in: dict[int, Ints] = {}

    def describe(self, index: Ints) -> Persons:
        """The attributes of the persons with these numbers."""
        basic, place, policy = (self._words(index, name) for name in ("basic", "place", "policy"))
        region = self._region(index, share(place, 3))
        unattached = region == len(self._home)
        home = np.where(unattached, np.searchsorted(self._home, share(place, 3)), region)
        born = self._born(index, share(basic, 1))
        female = share(basic, 0) < np.where(born > 1965, 0.497, 0.62)
        return Persons(
            index=index,
            region=region,
            home=home,
            clinic=np.where(unattached, -1, self._clinics[self._attach(home, share(place, 0, 48))]),
            sex=np.where(female, FEMALE, MALE),
            born=born,
            package=np.where(share(basic, 2) < _GVFMC_ONLY, GVFMC, MSHI),
            payer=self._payers.draw(_YEAR - born, share(basic, 3)),
            issued=self._issue(index, share(policy, 0)),
            died=self._death(index),
            appetite=np.exp(_normal(share(policy, 1)) - 0.5) * _need(_YEAR - born),
            role=_roles(policy),
        )

    def _words(self, index: Ints, name: str) -> Words:
        return scatter(index, self._seed, "person", name)

    def _region(self, index: Ints, chance: Floats) -> Ints:
        result = np.searchsorted(self.population.bounds, index, side="right") - 1
        later = index >= self.population.initial
        result[later] = np.searchsorted(self._everywhere, chance[later])
        return result

    def _born(self, index: Ints, chance: Floats) -> Ints:
        """Those who join later are the newborn."""
        next_year = index >= self.population.joining[10]
        return np.where(index < self.population.initial, _birth_years(chance), np.where(next_year, _YEAR + 1, _YEAR))

    def _issue(self, index: Ints, chance: Floats) -> Ints:
        days = self._days[(chance * len(self._days)).astype(np.int64)]
        later = np.flatnonzero(index >= self.population.initial)
        month = np.searchsorted(self.population.joining, index[later], side="right") - 1
        first = np.array([each.first for each in CALENDAR])[month]
        length = np.array([each.last - each.first + 1 for each in CALENDAR])[month]
        days[later] = first + (chance[later] * length).astype(np.int64)
        return days

    def issued(self, index: Ints) -> Ints:
        """The days on which the policies were issued."""
        return self._issue(index, share(self._words(index, "policy"), 0))

    def roles(self, index: Ints) -> Ints:
        """The roles alone: quicker than everything."""
        return _roles(self._words(index, "policy"))

    def _death(self, index: Ints) -> Ints:
        place = np.minimum(np.searchsorted(self._dead, index), len(self._dead) - 1)
        return np.where(self._dead[place] == index, self._died[place], NEVER)

    def _deaths(self) -> tuple[Ints, Ints]:
        """Those of the first insured who die, and when: older people mostly, never on the first days of their policy."""
        found: list[tuple[Ints, Ints]] = []
        for month in CALENDAR:
            random = stream(self._seed, "deaths", month.number)
            wanted = max(3, round(self.population.initial * _DEATHS / 12 * month.fraction))
            trial = random.integers(0, self.population.initial, wanted * _TRIALS)
            age = _YEAR - _birth_years(share(self._words(trial, "basic"), 1))
            fits = random.random(len(trial)) * max(_HAZARD) < np.array(_HAZARD)[np.minimum(age // 5, len(_HAZARD) - 1)]
            day = random.integers(month.first, month.last + 1, len(trial))
            fits &= self.issued(trial) + 1 < day
            found.append((trial[fits][:wanted], day[fits][:wanted]))
        index, days = (np.concatenate(column) for column in zip(*found, strict=True))
        dead, first = np.unique(index, return_index=True)
        return dead, days[first]

    def dead(self, day: int) -> Ints:
        """Those who have died by this day."""
        return self._dead[self._died <= day]

    def _blocks(self) -> tuple[Ints, Ints, Ints]:
        """Policies blocked for a while: persons, first day, day of the unblocking; once for each person, never the dead."""
        parts = []
        for month in CALENDAR:
            random = stream(self._seed, "policy blocks", month.number)
            count = max(3, round(self.population.initial * _BLOCKS * month.fraction))
            day = random.integers(month.first, month.last + 1, count)
            index = random.integers(0, self.population.initial, count)
            parts.append((index, day, day + random.integers(*_BLOCK_DAYS, count)))
        index, start, end = (np.concatenate(column) for column in zip(*parts, strict=True))
        fits = np.flatnonzero((self.issued(index) + 1 < start) & (self._death(index) == NEVER))
        _, first = np.unique(index[fits], return_index=True)
        chosen = fits[first]
        return index[chosen], start[chosen], end[chosen]

    def blocked_during(self, index: Ints, month: Month) -> Bools:
        """Whose policy is blocked on any day of the month."""
        if month.number not in self._blocked_in:
            during = (self.blocked_from <= month.last) & (self.blocked_to >= month.first)
            self._blocked_in[month.number] = np.append(self.blocked[during], np.iinfo(np.int64).max)
        active = self._blocked_in[month.number]
        return active[np.searchsorted(active, index)] == index


class _Payers:
    """Payer categories: children and pensioners are exempt, the others share the rest as the published figures do."""

    def __init__(self, calibration: Calibration) -> None:
        self._edges = np.cumsum(calibration.payers) / sum(calibration.payers)
        low, high = (round(age / 5) for age in _PAYING)
        exempt = (sum(_AGES[:low]) + sum(_AGES[high:])) / sum(_AGES)
        self._lowest = max(0.0, (self._edges[0] - exempt) / (1 - exempt))

    def draw(self, age: Ints, chance: Floats) -> Ints:
        """The category of persons of these ages."""
        first, rest = self._edges[0], (chance - self._lowest) / (1 - self._lowest)
        paying = np.where(chance < self._lowest, 0, np.searchsorted(self._edges, first + rest * (1 - first)))
        return np.where((age < _PAYING[0]) | (age >= _PAYING[1]), 0, paying)


def _issue_days(month: Month, weight: float) -> Ints:
    """Days of issue, each as often as policies are issued on it: of four thousand places in all."""
    days = np.arange(month.first, month.last + 1)
    # Most are issued at once, then fewer and fewer.
    fade = np.array([day_weight(int(day)) * 0.82 ** int(day - START) + 0.02 for day in days])
    return np.repeat(days, apportion(round(weight * 4000), fade))


def _birth_years(chance: Floats) -> Ints:
    edges = np.concatenate(([0], np.cumsum(_AGES))) / sum(_AGES)
    return (_YEAR - np.interp(chance, edges, np.arange(len(edges)) * 5.0)).astype(np.int64)


def _need(age: Ints) -> Floats:
    """Care against the average, by age."""
    return np.interp(age, [0, 2, 8, 20, 40, 60, 75, 90], [1.9, 1.4, 0.75, 0.6, 0.8, 1.35, 1.8, 1.7])


def _normal(chance: Floats) -> Floats:
    """Roughly normal deviates from even ones (logistic, scaled)."""
    inner = np.clip(chance, 1e-4, 1 - 1e-4)
    return np.log(inner / (1 - inner)) / 1.702


def _roles(policy: Words) -> Ints:
    return (np.minimum(share(policy, 2) // _ROLE, 3).astype(np.int64) + 1) % 4
