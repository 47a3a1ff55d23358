"""The whole model: everything that does not grow with the number of persons, made anew from scale and seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from etl.simulator.breaches import Plan, make_plan
from etl.simulator.calibration import Calibration
from etl.simulator.clinics import Clinics, make_clinics
from etl.simulator.names import PRIMARY_CARE
from etl.simulator.people import People
from etl.simulator.population import Population
from etl.simulator.providers import Providers, make_providers
from etl.simulator.randomness import Bools, Floats, Pseudonyms, stream
from etl.simulator.sites import Sites, make_sites
from etl.simulator.timeline import Month

#: Mean confirmed share of the clinics that pass the threshold, month by month, and of those that fail.
_PASSING = (0.54, 0.58, 0.63, 0.67, 0.71, 0.74, 0.76, 0.78, 0.79, 0.8, 0.81, 0.81)
_FAILING = (0.23, 0.29, 0.32, 0.34, 0.35, 0.36, 0.37, 0.37, 0.38, 0.38, 0.38, 0.38)
#: Clinics that keep to the threshold exactly.
_EXACTLY_HALF = 0.03
#: Planted: clinics a month whose attached persons do not come; they have at least so many persons attached.
ABSENT_CLINICS, _ATTACHED = 7, 45


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
        habit = random.normal(0, 0.09, (len(fails), 1)) + random.normal(0, 0.03, fails.shape)
        passing = np.clip(np.array(_PASSING) + habit, 0.5, 0.97)
        passing = np.where(random.random(fails.shape) < _EXACTLY_HALF, 0.5, passing)
        return np.where(fails, np.clip(np.array(_FAILING) + habit, 0.05, 0.49), passing)

    def absent(self, month: Month) -> Bools:
        """Planted: the clinics whose attached persons hardly come in the month."""
        result = np.zeros(len(self.clinics.region), dtype=bool)
        random = stream(self.seed, "absent", month.number)
        able = (self.clinics.kind == PRIMARY_CARE) & self.plan.serves(month.number) & (self._attached >= _ATTACHED)
        able = np.flatnonzero(able)
        result[random.permutation(able)[:ABSENT_CLINICS]] = True
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
