"""Who serves whom in a month: clinics in service, their sites and doctors, drawn by size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulator.breaches import Plan
from etl.simulator.catalogue import KINDS_OF_CARE, LOADS
from etl.simulator.clinics import GVFMC, MSHI, Clinics
from etl.simulator.names import CITIES
from etl.simulator.randomness import Bools, Draw, Floats, Ints
from etl.simulator.sites import Sites

#: Patients of a doctor on an ordinary day: about half the norm of 24.
_PATIENTS_A_DAY = 9.0
#: Doctors' numbers within a clinic stay below this; planted ones come after.
DOCTORS_PER_CLINIC = 100_000


@dataclass(frozen=True)
class Providers:
    """What a month's services draw from."""

    contracts: Ints
    draw: Draw
    kinds: int
    own_contract: Ints
    serves: Bools
    doctors: Ints
    sites: Ints
    first_site: Ints
    site_count: Ints

    def pick(self, region: Ints, kind: Ints, package: Ints, randoms: Floats) -> Ints:
        """A contract for each service: in the region if it has a clinic for that, else anywhere."""
        regions = len(self.draw.size) // (self.kinds * 2) - 1
        groups = (region * self.kinds + kind) * 2 + package
        empty = self.draw.size[groups] == 0
        groups[empty] = (regions * self.kinds + kind[empty]) * 2 + package[empty]
        return self.contracts[self.draw(groups, randoms)]

    def site(self, clinic: Ints, randoms: Floats) -> Ints:
        """A site in ordinary use; the first one of a clinic is its main site."""
        skewed = randoms * randoms
        return self.sites[self.first_site[clinic] + (skewed * self.site_count[clinic]).astype(np.int64)]

    def doctor(self, clinic: Ints, randoms: Floats) -> Ints:
        """The number of a doctor of the clinic."""
        return clinic * DOCTORS_PER_CLINIC + (randoms * self.doctors[clinic]).astype(np.int64)


def make_providers(
    clinics: Clinics, plan: Plan, sites: Sites, month: int, persons: Ints, regions: tuple[str, ...]
) -> Providers:
    """The month's providers; `persons` are the insured by region, which decides how many doctors there are."""
    serves = plan.serves(month)
    entries, groups, weights = _entries(clinics, serves, len(regions), np.array([code in CITIES for code in regions]))
    order = np.argsort(groups, kind="stable")
    draw = Draw(groups[order], weights[order], (len(regions) + 1) * len(KINDS_OF_CARE) * 2)
    usable = sites.usable(month)
    count = np.bincount(sites.owner[usable], minlength=len(serves))
    first = np.concatenate(([0], np.cumsum(count)[:-1]))
    own = clinics.contract_with(GVFMC)
    load = _load(clinics, entries, groups, weights, persons)
    doctors = np.clip(np.ceil(load / (21 * _PATIENTS_A_DAY)), 1, DOCTORS_PER_CLINIC // 2).astype(np.int64)
    return Providers(entries[order], draw, len(KINDS_OF_CARE), own, serves, doctors, usable, first, count)


def _entries(clinics: Clinics, serves: Bools, regions: int, cities: Bools) -> tuple[Ints, Ints, Floats]:
    """Contract, group (region, kind, package of the policy) and weight of every possible provider."""
    contracts, groups, weights = [], [], []
    choices = {GVFMC: clinics.contract_with(GVFMC), MSHI: clinics.contract_with(MSHI)}
    for number, kind in enumerate(KINDS_OF_CARE):
        factor = np.zeros(len(clinics.region))
        for clinic_kind, weight in kind.providers.items():
            factor[clinics.kind == clinic_kind] = weight
        able = serves & (factor > 0)
        if kind.rural:
            able &= ~cities[clinics.region]
        for package in (GVFMC, MSHI):
            chosen = choices[kind.package if package == MSHI else GVFMC]
            fits = np.flatnonzero(able & ((package == MSHI) | (clinics.package[chosen] == GVFMC)))
            for region in (clinics.region[fits], np.full(len(fits), regions)):
                contracts.append(chosen[fits])
                groups.append((region * len(KINDS_OF_CARE) + number) * 2 + package)
                weights.append(clinics.size[fits] * factor[fits])
    return np.concatenate(contracts), np.concatenate(groups), np.concatenate(weights)


def _load(clinics: Clinics, entries: Ints, groups: Ints, weights: Floats, persons: Ints) -> Floats:
    """Services expected from each clinic in a busy month."""
    per_group = np.bincount(groups, weights)[groups]
    region, kind, package = groups // 2 // len(KINDS_OF_CARE), groups // 2 % len(KINDS_OF_CARE), groups % 2
    expected = np.append(persons, 0)[region] * LOADS[kind] * (package == MSHI) * weights / per_group
    return np.bincount(clinics.owner[entries], expected, len(clinics.region)).astype(np.float64)
