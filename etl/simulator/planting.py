"""What all planted units share: how many there are, and visits and stays that only a sign tells from others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from etl.simulator.catalogue import INPATIENT_KIND, PRIMARY_CARE_KIND, draw_kinds
from etl.simulator.clinics import MSHI
from etl.simulator.people import Persons
from etl.simulator.providers import DOCTORS_PER_CLINIC
from etl.simulator.randomness import Ints
from etl.simulator.script import Script, Sign
from etl.simulator.services import Rows, Scene, lodged


@dataclass(frozen=True)
class Rate:
    """How often a signal is planted: units a month at scale 1, and at least so many at any scale."""

    monthly: int
    least: int


#: The audit's findings for a year, roughly, brought to a month. Absent clinics and breaches do not depend on the scale.
RATES = {
    "doctor_day": Rate(120, 2),
    "after_death": Rate(300, 3),
    "sex_mismatch": Rate(18_000, 4),
    "double_financing": Rate(6_000, 4),
    "overlapping_stay": Rate(400, 3),
    "drug_bulk": Rate(240, 3),
}
#: Decoys and cases outside the definition, against the planted ones, and at least one a month.
DECOYS = 0.08
#: The definitions' limits: more patients of a doctor in a day, more drug issues to a policy in a day are a signal.
PATIENTS, ISSUES = 48, 10
EXACTLY = "exactly as many as allowed"


def wanted(scene: Scene, kind: str) -> int:
    """How many units of a kind are planted in the month."""
    rate = RATES[kind]
    return max(rate.least, round(rate.monthly * scene.world.scale * scene.month.fraction))


def decoys(scene: Scene, kind: str) -> int:
    """How many planted cases of a kind the definition leaves out."""
    return max(1, round(wanted(scene, kind) * DECOYS))


def visit(script: Script, persons: Persons, day: Ints) -> Rows:
    """Visits like any other."""
    scene, random, size = script.scene, script.random, len(persons)
    kind = draw_kinds(persons.package, scene.cities[persons.home], random.random(size))
    contract = scene.providers.pick(persons.home, kind, persons.package, random.random(size))
    return script.visits(persons, contract, kind, day)


def signs(scene: Scene, kind: str, contract: Ints, day: Ints, note: str = "") -> list[Sign]:
    """One sign for each service, at the contract's clinic; a look-alike has a note that says why it is innocent."""
    clinics = scene.world.clinics.owner[contract].tolist()
    days = day.tolist()
    return [
        Sign(kind, clinic, day=when, note=note, innocent=bool(note)) for clinic, when in zip(clinics, days, strict=True)
    ]


def hospital(script: Script, region: Ints) -> Ints:
    """A contract with a hospital in each region."""
    kind, package = np.full(len(region), INPATIENT_KIND), np.full(len(region), MSHI)
    return script.scene.providers.pick(region, kind, package, script.random.random(len(region)))


def next_region(scene: Scene, region: Ints) -> Ints:
    """Another region: a hospital there is not the same one."""
    return (region + 1) % len(scene.cities)


def two_stays(
    script: Script, persons: Persons, first: tuple[Ints, Ints], second: tuple[Ints, Ints], note: str = ""
) -> None:
    """Overlapping stays at home and in the next region; each is the first day and the nights. The later one is signed."""
    scene, size = script.scene, len(persons)
    position, kind = script.admit(persons), np.full(size, INPATIENT_KIND)
    there = hospital(script, next_region(scene, persons.home))
    tags = np.arange(len(script.signs), len(script.signs) + size)
    for contract, (day, nights) in ((hospital(script, persons.home), first), (there, second)):
        script.add(replace(lodged(scene, position, contract, kind, day, nights, script.random), tag=tags))
    script.signs += signs(scene, "overlapping_stay", there, second[0], note)


def crowded_day(script: Script, clinic: int, size: int, number: int, code: int | None = None, note: str = "") -> None:
    """A day of the clinic's doctor with this number with `size` patients, all for the same service if a code is given."""
    scene = script.scene
    region = int(scene.world.clinics.region[clinic])
    room = max(int(scene.world.population.by_region[region]) // 4, PATIENTS + 5)
    persons = script.neighbours(region, min(size, room))
    count = len(persons)
    contract, kind = np.full(count, scene.providers.own_contract[clinic]), np.full(count, PRIMARY_CARE_KIND)
    day = int(script.days(1)[0])
    rows = script.visits(persons, contract, kind, np.full(count, day), None if code is None else np.full(count, code))
    doctor = np.full(count, clinic * DOCTORS_PER_CLINIC + number)
    script.add(replace(rows, doctor=doctor))
    refs, covered = (int(scene.world.doctors(doctor)[0]),), count > PATIENTS
    script.signs.append(Sign("doctor_day", clinic, count, covered, day, refs, note if covered else EXACTLY, bool(note)))


def many_drugs(script: Script, persons: Persons, size: Ints, note: str = "") -> None:
    """`size` drug issues to each person on one day in one clinic."""
    scene = script.scene
    kind = np.full(len(persons), PRIMARY_CARE_KIND)
    contract = scene.providers.pick(persons.home, kind, persons.package, script.random.random(len(kind)))
    clinic, day = scene.world.clinics.owner[contract], script.days(len(kind))
    script.drugs.append((np.repeat(script.admit(persons), size), np.repeat(clinic, size), np.repeat(day, size)))
    policies = scene.world.policies(persons.index).tolist()
    own = signs(scene, "drug_bulk", contract, day, note)
    for sign, count, policy in zip(own, size.tolist(), policies, strict=True):
        covered = count > ISSUES
        why = sign.note if covered else EXACTLY
        script.signs.append(replace(sign, count=count, covered=covered, refs=(policy,), note=why))
