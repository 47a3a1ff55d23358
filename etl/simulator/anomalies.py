"""Planted: what the audit signals must find, decoys that they must not, and the services that the plan asks for.

Each planted unit stands alone: its persons have no other hospital case or drug issue, its doctors no other patients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from etl.simulator.catalogue import BREAST, CERVIX, INPATIENT_KIND, MAIN_KINDS, PRIMARY_CARE_KIND, PROSTATE
from etl.simulator.clinics import MSHI
from etl.simulator.lookalikes import LOOK_ALIKES
from etl.simulator.names import PRIMARY_CARE
from etl.simulator.people import ACROSS_MONTHS, DRUG_BULK, FEMALE, OVERLAPS, Persons
from etl.simulator.planting import (
    ISSUES,
    PATIENTS,
    crowded_day,
    decoys,
    hospital,
    many_drugs,
    next_region,
    signs,
    two_stays,
    visit,
    wanted,
)
from etl.simulator.providers import DOCTORS_PER_CLINIC
from etl.simulator.randomness import stream
from etl.simulator.script import Script, Sign
from etl.simulator.services import Scene, lodged
from etl.simulator.timeline import CALENDAR

#: The worst that the audit found in a day, and a plausible most for drugs.
_MOST_PATIENTS, _MOST_ISSUES = 1_442, 90
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
        *LOOK_ALIKES,
    )
    for step in steps:
        step(script)
    return script


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
    count = wanted(scene, "doctor_day")
    for number in range(count + decoys(scene, "doctor_day")):
        size = PATIENTS + (1 + int(random.lognormal(2.5, 1.3)) if number < count else 0)
        crowded_day(script, int(random.choice(able)), min(size, _MOST_PATIENTS), _FIRST_PLANTED_DOCTOR + number)


def _after_death(script: Script) -> None:
    people, random, month = script.scene.world.people, script.random, script.scene.month
    dead = people.describe(people.dead(month.last - 1))
    dead = dead.take(np.flatnonzero((dead.clinic < 0) | ~script.scene.absent[dead.clinic]))
    if not len(dead):
        return
    persons = dead.take(random.integers(0, len(dead), wanted(script.scene, "after_death")))
    first = np.maximum(persons.died + 1, month.first)
    day = first + (random.random(len(persons)) * (month.last - first + 1)).astype(np.int64)
    rows = visit(script, persons, day)
    script.sign(rows, signs(script.scene, "after_death", rows.contract, day))


def _sex_mismatches(script: Script) -> None:
    scene, random = script.scene, script.random
    persons = script.anybody(wanted(scene, "sex_mismatch"))
    size, day = len(persons), script.days(len(persons))
    kind = np.full(size, PRIMARY_CARE_KIND)
    code = np.where(persons.sex == FEMALE, PROSTATE, np.where(random.random(size) < 0.5, CERVIX, BREAST))
    contract = scene.providers.pick(persons.home, kind, persons.package, random.random(size))
    script.sign(script.visits(persons, contract, kind, day, code), signs(scene, "sex_mismatch", contract, day))


def _double_financing(script: Script) -> None:
    persons = script.anybody(wanted(script.scene, "double_financing"))
    day = script.days(len(persons))
    rows = visit(script, persons, day)
    rows = replace(rows, voluntary=np.ones(len(rows), dtype=bool))
    script.sign(rows, signs(script.scene, "double_financing", rows.contract, day))


def _overlaps(script: Script) -> None:
    """Two stays of one person in two hospitals that share a night."""
    scene, random = script.scene, script.random
    persons = script.cast_for(OVERLAPS, wanted(scene, "overlapping_stay"))
    size = len(persons)
    nights = random.integers(3, 6, size)
    first = random.integers(scene.month.settled, scene.month.last - 8, size)
    second = first + 1 + (random.random(size) * (nights - 1)).astype(np.int64)
    two_stays(script, persons, (first, nights), (second, random.integers(2, 4, size)))


def _begun_before_the_end(script: Script) -> None:
    """Stays into the next month, in which another one begins: the definition does not cover stays begun in two months."""
    scene, month = script.scene, script.scene.month
    if month.number + 1 < len(CALENDAR):
        persons = _in_two_months(script, month.number)
        first, nights = np.full(len(persons), month.last - 2), np.full(len(persons), 6)
        contract, kind = hospital(script, persons.home), np.full(len(persons), INPATIENT_KIND)
        script.add(lodged(scene, script.admit(persons), contract, kind, first, nights, script.random))


def _continued_from_before(script: Script) -> None:
    """The other stays of those whose first one began in the month before."""
    scene, month = script.scene, script.scene.month
    if month.number == 0:
        return
    persons = _in_two_months(script, month.number - 1)
    first, nights = np.full(len(persons), month.first), np.full(len(persons), 4)
    contract = hospital(script, next_region(scene, persons.home))
    rows = lodged(
        scene, script.admit(persons), contract, np.full(len(persons), INPATIENT_KIND), first, nights, script.random
    )
    note = "the first stay begins in the month before"
    own = signs(scene, "overlapping_stay", contract, first)
    script.sign(rows, [replace(sign, covered=False, note=note) for sign in own])


def _in_two_months(script: Script, begun: int) -> Persons:
    """Those who play in the month `begun` and in the next: the same, whichever of the two is made."""
    world, month = script.scene.world, CALENDAR[begun]
    scene = replace(script.scene, month=month, absent=world.absent(month))
    own = Script(scene, stream(world.seed, "across months", begun))
    persons = own.cast_for(ACROSS_MONTHS, decoys(scene, "overlapping_stay"))
    return persons.take(np.flatnonzero(script.fit(persons, ACROSS_MONTHS)))


def _drug_bulk(script: Script) -> None:
    """Many drug issues to one policy on one day in one clinic; decoys have exactly as many as allowed."""
    scene, random = script.scene, script.random
    count = wanted(scene, "drug_bulk")
    persons = script.cast_for(DRUG_BULK, count + decoys(scene, "drug_bulk"))
    size = np.minimum(ISSUES + 1 + random.lognormal(1.6, 1.0, len(persons)).astype(np.int64), _MOST_ISSUES)
    size[count:] = ISSUES
    many_drugs(script, persons, size)


def _absent(script: Script) -> None:
    """The clinics whose attached persons stay away: the services themselves leave them out."""
    wrong = script.scene.absent & ~script.scene.world.on_holiday(script.scene.month)
    script.signs += [Sign("attached_absent", int(clinic)) for clinic in np.flatnonzero(wrong)]
