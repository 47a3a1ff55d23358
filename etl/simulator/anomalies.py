"""Planted: what the audit signals must find, decoys that they must not, and the services that the plan asks for.

Each planted unit stands alone: its persons have no other hospital case or drug issue, its doctors no other patients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from etl.simulator.catalogue import BREAST, CERVIX, INPATIENT_KIND, MAIN_KINDS, PRIMARY_CARE_KIND, PROSTATE, draw_kinds
from etl.simulator.clinics import MSHI
from etl.simulator.names import PRIMARY_CARE
from etl.simulator.people import ACROSS_MONTHS, DRUG_BULK, FEMALE, OVERLAPS, Persons
from etl.simulator.providers import DOCTORS_PER_CLINIC
from etl.simulator.randomness import Ints, stream
from etl.simulator.script import Script, Sign
from etl.simulator.services import Scene, lodged
from etl.simulator.timeline import CALENDAR


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
#: The worst that the audit found in a day, and a plausible most for drugs.
_MOST_PATIENTS, _MOST_ISSUES = 1_442, 90
_EXACTLY = "exactly as many as allowed"
#: Services that each contract has at least, and services at an unfit site.
_GUARANTEED, _STRAY = 2, (3, 8)
#: Doctors from this number on have planted patients only.
_FIRST_PLANTED_DOCTOR = DOCTORS_PER_CLINIC // 2


def make_script(scene: Scene) -> Script:
    """Plant everything of the month."""
    script = Script(scene, stream(scene.world.seed, "planted", scene.month.number))
    steps: tuple[Callable[[Script], None], ...] = (
        _guaranteed,
        _strays,
        _doctor_days,
        _after_death,
        _sex_mismatches,
        _double_financing,
        _overlaps,
        _begun_before_the_end,
        _continued_from_before,
        _drug_bulk,
        _absent,
    )
    for step in steps:
        step(script)
    return script


def _wanted(scene: Scene, kind: str) -> int:
    rate = RATES[kind]
    return max(rate.least, round(rate.monthly * scene.world.scale * scene.month.fraction))


def _decoys(scene: Scene, kind: str) -> int:
    return max(1, round(_wanted(scene, kind) * DECOYS))


def _guaranteed(script: Script) -> None:
    """Every contract has services each month, so that each act has a share."""
    clinics, serves = script.scene.world.clinics, script.scene.providers.serves
    contracts = np.repeat(np.flatnonzero(serves[clinics.owner]), _GUARANTEED)
    found, persons = script.choose(clinics.region[clinics.owner[contracts]])
    contract = contracts[found]
    kind = MAIN_KINDS[clinics.kind[clinics.owner[contract]]]
    rows = script.visits(persons, contract, kind, script.days(len(kind)))
    script.add(replace(rows, accepted=np.ones(len(rows), dtype=bool)))


def _strays(script: Script) -> None:
    """Services at unfit sites, the first of them on the planned day."""
    world, random = script.scene.world, script.random
    for stray in world.plan.strays:
        if stray.month != script.scene.month.number:
            continue
        size = int(random.integers(_STRAY[0], _STRAY[1] + 1))
        found, persons = script.choose(np.full(size, world.clinics.region[stray.clinic]))
        contract = np.full(len(found), world.clinics.contract_with(MSHI)[stray.clinic])
        kind = np.full(len(found), MAIN_KINDS[world.clinics.kind[stray.clinic]])
        days = stray.day + np.where(np.arange(len(found)) == 0, 0, random.integers(0, 6, len(found)))
        rows = script.visits(persons, contract, kind, days)
        script.add(replace(rows, site=np.full(len(found), world.sites.unfit[stray.clinic])))


def _doctor_days(script: Script) -> None:
    """Doctors with more patients on a day than two working days hold; decoys have exactly as many as allowed."""
    scene, random = script.scene, script.random
    clinics = scene.world.clinics
    able = np.flatnonzero((clinics.kind == PRIMARY_CARE) & scene.providers.serves & ~scene.absent)
    wanted = _wanted(scene, "doctor_day")
    for number in range(wanted + _decoys(scene, "doctor_day")):
        clinic = int(random.choice(able))
        size = PATIENTS + (1 + int(random.lognormal(2.5, 1.3)) if number < wanted else 0)
        room = int(scene.world.population.by_region[clinics.region[clinic]]) // 4
        persons = script.neighbours(int(clinics.region[clinic]), min(size, max(room, PATIENTS + 5), _MOST_PATIENTS))
        contract = np.full(len(persons), scene.providers.own_contract[clinic])
        kind, day = np.full(len(persons), PRIMARY_CARE_KIND), int(script.days(1)[0])
        rows = script.visits(persons, contract, kind, np.full(len(kind), day))
        doctor = np.full(len(rows), clinic * DOCTORS_PER_CLINIC + _FIRST_PLANTED_DOCTOR + number)
        script.add(replace(rows, doctor=doctor))
        refs, covered = (int(scene.world.doctors(doctor)[0]),), len(persons) > PATIENTS
        note = "" if covered else _EXACTLY
        script.signs.append(Sign("doctor_day", clinic, len(persons), covered, day, refs, note))


def _after_death(script: Script) -> None:
    people, random, month = script.scene.world.people, script.random, script.scene.month
    dead = people.describe(people.dead(month.last - 1))
    dead = dead.take(np.flatnonzero((dead.clinic < 0) | ~script.scene.absent[dead.clinic]))
    if not len(dead):
        return
    persons = dead.take(random.integers(0, len(dead), _wanted(script.scene, "after_death")))
    first = np.maximum(persons.died + 1, month.first)
    day = first + (random.random(len(persons)) * (month.last - first + 1)).astype(np.int64)
    _visit(script, "after_death", persons, day)


def _visit(script: Script, sign: str, persons: Persons, day: Ints, voluntary: bool = False) -> None:
    """Visits like any other; what is wrong with them is the person or the second payer."""
    scene, random, size = script.scene, script.random, len(persons)
    kind = draw_kinds(persons.package, scene.cities[persons.home], random.random(size))
    contract = scene.providers.pick(persons.home, kind, persons.package, random.random(size))
    rows = script.visits(persons, contract, kind, day)
    script.sign(replace(rows, voluntary=np.full(size, voluntary)), _signs(scene, sign, contract, day))


def _signs(scene: Scene, kind: str, contract: Ints, day: Ints) -> list[Sign]:
    """One sign for each service, at the contract's clinic."""
    clinics = scene.world.clinics.owner[contract].tolist()
    return [Sign(kind, clinic, day=when) for clinic, when in zip(clinics, day.tolist(), strict=True)]


def _sex_mismatches(script: Script) -> None:
    scene, random = script.scene, script.random
    persons = script.anybody(_wanted(scene, "sex_mismatch"))
    size, day = len(persons), script.days(len(persons))
    kind = np.full(size, PRIMARY_CARE_KIND)
    code = np.where(persons.sex == FEMALE, PROSTATE, np.where(random.random(size) < 0.5, CERVIX, BREAST))
    contract = scene.providers.pick(persons.home, kind, persons.package, random.random(size))
    script.sign(script.visits(persons, contract, kind, day, code), _signs(scene, "sex_mismatch", contract, day))


def _double_financing(script: Script) -> None:
    persons = script.anybody(_wanted(script.scene, "double_financing"))
    _visit(script, "double_financing", persons, script.days(len(persons)), voluntary=True)


def _overlaps(script: Script) -> None:
    """Two stays of one person in two hospitals that share a night."""
    scene, random = script.scene, script.random
    persons = script.cast_for(OVERLAPS, _wanted(scene, "overlapping_stay"))
    size = len(persons)
    nights = random.integers(3, 6, size)
    first = random.integers(scene.month.settled, scene.month.last - 8, size)
    second = first + 1 + (random.random(size) * (nights - 1)).astype(np.int64)
    position, kind = script.admit(persons), np.full(size, INPATIENT_KIND)
    there = _hospital(script, _next_region(scene, persons.home))
    stays = ((_hospital(script, persons.home), first, nights), (there, second, random.integers(2, 4, size)))
    tags = np.arange(len(script.signs), len(script.signs) + size)
    for contract, day, length in stays:
        script.add(replace(lodged(scene, position, contract, kind, day, length, random), tag=tags))
    script.signs += _signs(scene, "overlapping_stay", there, second)


def _hospital(script: Script, region: Ints) -> Ints:
    kind, package = np.full(len(region), INPATIENT_KIND), np.full(len(region), MSHI)
    return script.scene.providers.pick(region, kind, package, script.random.random(len(region)))


def _next_region(scene: Scene, region: Ints) -> Ints:
    """Another region: a hospital there is not the same one."""
    return (region + 1) % len(scene.cities)


def _begun_before_the_end(script: Script) -> None:
    """Stays into the next month, in which another one begins: the definition does not cover stays begun in two months."""
    scene, month = script.scene, script.scene.month
    if month.number + 1 < len(CALENDAR):
        persons = _in_two_months(script, month.number)
        first, nights = np.full(len(persons), month.last - 2), np.full(len(persons), 6)
        contract, kind = _hospital(script, persons.home), np.full(len(persons), INPATIENT_KIND)
        script.add(lodged(scene, script.admit(persons), contract, kind, first, nights, script.random))


def _continued_from_before(script: Script) -> None:
    """The other stays of those whose first one began in the month before."""
    scene, month = script.scene, script.scene.month
    if month.number == 0:
        return
    persons = _in_two_months(script, month.number - 1)
    first, nights = np.full(len(persons), month.first), np.full(len(persons), 4)
    contract = _hospital(script, _next_region(scene, persons.home))
    rows = lodged(
        scene, script.admit(persons), contract, np.full(len(persons), INPATIENT_KIND), first, nights, script.random
    )
    signs = _signs(scene, "overlapping_stay", contract, first)
    note = "the first stay begins in the month before"
    script.sign(rows, [replace(sign, covered=False, note=note) for sign in signs])


def _in_two_months(script: Script, begun: int) -> Persons:
    """Those who play in the month `begun` and in the next: the same, whichever of the two is made."""
    world, month = script.scene.world, CALENDAR[begun]
    scene = replace(script.scene, month=month, absent=world.absent(month))
    own = Script(scene, stream(world.seed, "across months", begun))
    persons = own.cast_for(ACROSS_MONTHS, _decoys(scene, "overlapping_stay"))
    return persons.take(np.flatnonzero(script.fit(persons, ACROSS_MONTHS)))


def _drug_bulk(script: Script) -> None:
    """Many drug issues to one policy on one day in one clinic; decoys have exactly as many as allowed."""
    scene, random = script.scene, script.random
    wanted = _wanted(scene, "drug_bulk")
    persons = script.cast_for(DRUG_BULK, wanted + _decoys(scene, "drug_bulk"))
    size = np.minimum(ISSUES + 1 + random.lognormal(1.6, 1.0, len(persons)).astype(np.int64), _MOST_ISSUES)
    size[wanted:] = ISSUES
    kind = np.full(len(persons), PRIMARY_CARE_KIND)
    contract = scene.providers.pick(persons.home, kind, persons.package, random.random(len(kind)))
    clinic, day = scene.world.clinics.owner[contract], script.days(len(kind))
    script.drugs.append((np.repeat(script.admit(persons), size), np.repeat(clinic, size), np.repeat(day, size)))
    policies = scene.world.policies(persons.index).tolist()
    for sign, count, policy in zip(_signs(scene, "drug_bulk", contract, day), size.tolist(), policies, strict=True):
        covered = count > ISSUES
        note = "" if covered else _EXACTLY
        script.signs.append(replace(sign, count=count, covered=covered, refs=(policy,), note=note))


def _absent(script: Script) -> None:
    """The clinics whose attached persons stay away: the services themselves leave them out."""
    script.signs += [Sign("attached_absent", int(clinic)) for clinic in np.flatnonzero(script.scene.absent)]
