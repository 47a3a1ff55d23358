"""The whole model: everything that does not grow with the number of persons, made anew from scale and seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from etl.simulator.breaches import RARELY_SCANNED, Plan, make_plan
from etl.simulator.calibration import Calibration
from etl.simulator.clinics import Clinics, make_clinics
from etl.simulator.names import PRIMARY_CARE
from etl.simulator.people import People
from etl.simulator.population import Population
from etl.simulator.providers import Providers, make_providers
from etl.simulator.randomness import Bools, Floats, Ints, Pseudonyms, stream
from etl.simulator.sites import Sites, make_sites
from etl.simulator.timeline import Month

#: Mean confirmed share of the clinics that pass the threshold, month by month, and of those that fail.
_PASSING = (0.615, 0.645, 0.675, 0.705, 0.73, 0.75, 0.77, 0.79, 0.805, 0.82, 0.83, 0.84)
_FAILING = (0.36, 0.38, 0.39, 0.4, 0.4, 0.41, 0.41, 0.42, 0.42, 0.42, 0.43, 0.43)
#: How much clinics differ, and how much a clinic's months do.
_HABIT, _CHANCE = 0.085, 0.025
#: Where hardly anybody can be asked to scan, this part of what lies above the threshold is left.
_LEFT_OF_WEAK = 0.15
#: Clinics that keep to the threshold exactly.
_EXACTLY_HALF = 0.03
#: Planted: clinics a month whose attached persons do not come, and one more that is on holiday; they have at least so
#: many persons attached.
_ABSENT, _ON_HOLIDAY, _ATTACHED = 7, 1, 45


@dataclass(frozen=True)
class World:
    """The model of one scale and seed."""

    seed: int
    scale: float
    calibration: Calibration
    clinics: Clinics
    plan: Plan
    sites: Sites
    population: Population
    people: People

    @cached_property
    def policies(self) -> Pseudonyms:
        """Pseudonyms of the policies."""
        return Pseudonyms(self.seed, "policy")

    @cached_property
    def persons(self) -> Pseudonyms:
        """Pseudonyms of the persons."""
        return Pseudonyms(self.seed, "person")

    @cached_property
    def doctors(self) -> Pseudonyms:
        """Pseudonyms of the doctors."""
        return Pseudonyms(self.seed, "doctor")

    @cached_property
    def confirmed(self) -> Floats:
        """The share of confirmed services of each clinic and month: below a half exactly where the plan says so."""
        random = stream(self.seed, "confirmed")
        fails = self.plan.fails
        habit = random.normal(0, _HABIT, (len(fails), 1)) + random.normal(0, _CHANCE, fails.shape)
        passing = np.clip(0.5 + np.abs(np.array(_PASSING) + habit - 0.5), 0.5, 0.97)
        weak = np.isin(self.clinics.kind, RARELY_SCANNED)
        passing[weak] = 0.5 + (passing[weak] - 0.5) * _LEFT_OF_WEAK
        passing = np.where(random.random(fails.shape) < _EXACTLY_HALF, 0.5, passing)
        return np.where(fails, np.clip(np.array(_FAILING) + habit, 0.05, 0.49), passing)

    def absent(self, month: Month) -> Bools:
        """The clinics whose attached persons hardly come in the month, for whatever reason."""
        return self._marked(self._staying_away(month))

    def on_holiday(self, month: Month) -> Bools:
        """Those of them where nothing is wrong."""
        return self._marked(self._staying_away(month)[_ABSENT:])

    def _staying_away(self, month: Month) -> Ints:
        random = stream(self.seed, "absent", month.number)
        able = (self.clinics.kind == PRIMARY_CARE) & self.plan.serves(month.number) & (self._attached >= _ATTACHED)
        return random.permutation(np.flatnonzero(able))[: _ABSENT + _ON_HOLIDAY]

    def _marked(self, clinics: Ints) -> Bools:
        result = np.zeros(len(self.clinics.region), dtype=bool)
        result[clinics] = True
        return result

    @cached_property
    def _attached(self) -> Floats:
        size = self.clinics.size * (self.clinics.kind == PRIMARY_CARE)
        insured = self.population.by_region
        return size / np.bincount(self.clinics.region, size)[self.clinics.region] * insured[self.clinics.region]

    def providers(self, month: Month) -> Providers:
        """Who serves in the month."""
        insured = self.population.by_region
        return make_providers(self.clinics, self.plan, self.sites, month.number, insured, self.calibration.regions)


def make_world(calibration: Calibration, scale: float, seed: int) -> World:
    """Make the model; about a second at scale 1."""
    clinics = make_clinics(calibration, seed)
    plan = make_plan(clinics, seed)
    sites = make_sites(clinics, plan, calibration, seed)
    population = Population(calibration, scale)
    people = People(calibration, clinics, population, seed)
    return World(seed, scale, calibration, clinics, plan, sites, population, people)
