"""Innocent look-alikes: what meets a definition of the audit signals though nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from etl.simulator.catalogue import BREAST, CERVIX, FIRST_CODE, PRIMARY_CARE_KIND, PROSTATE
from etl.simulator.names import PRIMARY_CARE
from etl.simulator.people import DRUG_BULK, FEMALE, OVERLAPS
from etl.simulator.planting import crowded_day, many_drugs, signs, two_stays, visit, wanted
from etl.simulator.providers import DOCTORS_PER_CLINIC
from etl.simulator.script import Script, Sign

#: Look-alikes a month against the planted wrongs of the kind. Clinics on holiday do not depend on the scale.
RATES = {
    "doctor_day": 0.1,
    "after_death": 0.08,
    "sex_mismatch": 0.06,
    "double_financing": 0.1,
    "overlapping_stay": 0.12,
    "drug_bulk": 0.13,
}
#: Patients of a vaccination day; the code of vaccination; the doctors who vaccinate.
_VACCINATED = (50, 70)
_VACCINATION = int(FIRST_CODE[PRIMARY_CARE_KIND]) + 9
_FIRST_VACCINATOR = DOCTORS_PER_CLINIC // 4 * 3
#: Days by which an entry follows a death, or the closing of a stay the transfer; drug issues of a course.
_DELAY = (1, 2)
_COURSE = (11, 14)
#: Ages at which people are invited to a screening.
_SCREENED = (40, 66)
_YEAR = 2026


def _count(script: Script, kind: str) -> int:
    """How many there are in the month; where less than one is expected, one in some of the months."""
    return int(wanted(script.scene, kind) * RATES[kind] + script.random.random())


def _vaccination_days(script: Script) -> None:
    scene = script.scene
    able = np.flatnonzero((scene.world.clinics.kind == PRIMARY_CARE) & scene.providers.serves & ~scene.absent)
    for number in range(_count(script, "doctor_day")):
        clinic, size = int(script.random.choice(able)), int(script.random.integers(_VACCINATED[0], _VACCINATED[1] + 1))
        crowded_day(script, clinic, size, _FIRST_VACCINATOR + number, _VACCINATION, "a vaccination day")


def _entered_after_death(script: Script) -> None:
    """Care before the death, entered a day or two after it."""
    people, month = script.scene.world.people, script.scene.month
    dead = people.describe(people.dead(month.last - _DELAY[1]))
    recent = (dead.died >= month.first) & ((dead.clinic < 0) | ~script.scene.absent[dead.clinic])
    dead = dead.take(np.flatnonzero(recent))
    persons = dead.take(script.random.permutation(len(dead))[: _count(script, "after_death")])
    day = persons.died + script.random.integers(_DELAY[0], _DELAY[1] + 1, len(persons))
    rows = visit(script, persons, day)
    script.sign(rows, signs(script.scene, "after_death", rows.contract, day, "entered late for care before the death"))


def _wrongly_registered_sex(script: Script) -> None:
    """A screening that fits the person, whose sex stands wrongly in the register."""
    scene, random = script.scene, script.random
    persons = script.anybody(8 * _count(script, "sex_mismatch"))
    age = _YEAR - persons.born
    fitting = np.flatnonzero((age >= _SCREENED[0]) & (age <= _SCREENED[1]))
    persons = persons.take(fitting[: len(persons) // 8])
    size, day = len(persons), script.days(len(persons))
    kind = np.full(size, PRIMARY_CARE_KIND)
    code = np.where(persons.sex == FEMALE, PROSTATE, np.where(random.random(size) < 0.5, CERVIX, BREAST))
    contract = scene.providers.pick(persons.home, kind, persons.package, random.random(size))
    rows = script.visits(persons, contract, kind, day, code)
    script.sign(rows, signs(scene, "sex_mismatch", contract, day, "the sex stands wrongly in the register"))


def _co_payments(script: Script) -> None:
    """A person's own share, paid by the voluntary insurer and flagged as if the whole service were."""
    persons = script.anybody(_count(script, "double_financing"))
    day = script.days(len(persons))
    rows = visit(script, persons, day)
    rows = replace(rows, voluntary=np.ones(len(rows), dtype=bool))
    script.sign(rows, signs(script.scene, "double_financing", rows.contract, day, "a co-payment"))


def _closed_late(script: Script) -> None:
    """A hospital that closes the stay of a patient moved elsewhere a day or two late."""
    month, random = script.scene.month, script.random
    persons = script.cast_for(OVERLAPS, _count(script, "overlapping_stay"))
    size = len(persons)
    nights = random.integers(3, 6, size)
    first = random.integers(month.settled, month.last - 8, size)
    moved = first + nights - random.integers(_DELAY[0], _DELAY[1] + 1, size)
    two_stays(script, persons, (first, nights), (moved, random.integers(3, 5, size)), "closed late after a transfer")


def _courses(script: Script) -> None:
    """A family doctor's course of many drugs for one patient, issued at once."""
    persons = script.cast_for(DRUG_BULK, _count(script, "drug_bulk"))
    many_drugs(script, persons, script.random.integers(_COURSE[0], _COURSE[1] + 1, len(persons)), "a course of drugs")


def _on_holiday(script: Script) -> None:
    """A clinic on holiday, whose attached persons wait until it opens again."""
    closed = np.flatnonzero(script.scene.world.on_holiday(script.scene.month))
    script.signs += [Sign("attached_absent", int(clinic), note="on holiday", innocent=True) for clinic in closed]


LOOK_ALIKES: tuple[Callable[[Script], None], ...] = (
    _vaccination_days,
    _entered_after_death,
    _wrongly_registered_sex,
    _co_payments,
    _closed_late,
    _courses,
    _on_holiday,
)
