"""Rendered services: visits and stays of some persons in one month, and how they were confirmed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from etl.simulator.catalogue import (
    BREAST,
    CERVIX,
    INPATIENT_KIND,
    KINDS_OF_CARE,
    LAST_STEP,
    PRIMARY_CARE_KIND,
    PROSTATE,
    STAYS,
    STEP,
    WHOLE_DAY,
    draw_codes,
    draw_durations,
    draw_kinds,
    draw_start_steps,
    draw_tariffs,
)
from etl.simulator.names import CITIES
from etl.simulator.people import FEMALE, ORDINARY, Persons
from etl.simulator.providers import Providers
from etl.simulator.randomness import Bools, Floats, Ints
from etl.simulator.timeline import Month, instants
from etl.simulator.world import World

#: Ordinary visits of a person of average need in an ordinary month.
_VISITS = 0.95
_MOST_VISITS = 15
#: Of the persons attached to a clinic at least this share comes, or (planted) at most.
_COMING, _COMING_TO_ABSENT = 0.32, 0.14
#: Share of visits in another region, and of primary care that is a screening.
_TRAVEL, _SCREENING = 0.06, 0.07
#: Share of the services that no act has taken up.
_WITHOUT_ACT = 0.003
_TRANSFERS = 0.025


@dataclass(frozen=True)
class Rows:
    """Services before they get an identifier. `person` is a position among the persons, `start` and `end` are UTC."""

    person: Ints
    contract: Ints
    kind: Ints
    code: Ints
    tariff: Ints
    start: Ints
    end: Ints
    site: Ints
    doctor: Ints
    accepted: Bools
    voluntary: Bools
    tag: Ints

    def __len__(self) -> int:
        return len(self.person)

    def take(self, chosen: Ints) -> Rows:
        """Only the chosen ones, in their order."""
        return Rows(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def joined(parts: list[Rows]) -> Rows:
    """All rows, by person and time."""
    names = Rows.__dataclass_fields__
    rows = Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
    return rows.take(np.argsort(rows.person * 2**34 + rows.start, kind="stable"))


@dataclass(frozen=True)
class Scene:
    """One month: who serves, who stays away, how care is spread over the days."""

    world: World
    month: Month
    providers: Providers
    absent: Bools
    cities: Ints
    weights: Floats


def make_scene(world: World, month: Month) -> Scene:
    """What the services of a month depend on."""
    cities = np.array([int(code in CITIES) for code in world.calibration.regions])
    return Scene(world, month, world.providers(month), world.absent(month), cities, month.weights)


@dataclass(frozen=True)
class Windows:
    """The days on which each person may be treated in the month; none when `first` is after `last`."""

    first: Ints
    last: Ints

    @property
    def open(self) -> Bools:
        """Who may be treated at all."""
        return self.first <= self.last


def windows(scene: Scene, persons: Persons) -> Windows:
    """From the day after the policy was issued until death; none while the policy is blocked."""
    month = scene.month
    first = np.maximum(persons.issued + 1, month.first)
    last = np.minimum(persons.died, month.last)
    last = np.where(scene.world.people.blocked_during(persons.index, month), month.first - 1, last)
    return Windows(first, last)


def make_visits(scene: Scene, persons: Persons, random: np.random.Generator) -> Rows:
    """Visits of a day: everything but stays."""
    window = windows(scene, persons)
    counts = _visit_counts(scene, persons, window, random)
    person = np.repeat(np.arange(len(persons)), counts)
    size = len(person)
    home, package = persons.home[person], persons.package[person]
    low = scene.weights[window.first[person] - scene.month.first]
    high = scene.weights[window.last[person] + 1 - scene.month.first]
    day = np.searchsorted(scene.weights, low + random.random(size) * (high - low), side="right") - 1
    day = scene.month.first + np.minimum(day, window.last[person] - scene.month.first)
    kind = draw_kinds(package, scene.cities[home], random.random(size))
    contract = _contracts(scene, persons.clinic[person], home, kind, package, random)
    code = _screened(persons, person, kind, draw_codes(kind, random.random(size)), random)
    step = _in_time(scene.month, day, draw_start_steps(kind, random.random(size)))
    start = instants(day, step * STEP)
    end = start + draw_durations(kind, random.random(size)) * STEP
    return finish(scene, person, contract, kind, code, start, end, random)


def finish(
    scene: Scene,
    person: Ints,
    contract: Ints,
    kind: Ints,
    code: Ints,
    start: Ints,
    end: Ints,
    random: np.random.Generator,
) -> Rows:
    """Add tariff, site, doctor and whether an act takes the service up."""
    size, clinic = len(person), scene.world.clinics.owner[contract]
    return Rows(
        person,
        contract,
        kind,
        code,
        draw_tariffs(code, random.random(size)),
        start,
        end,
        scene.providers.site(clinic, random.random(size)),
        scene.providers.doctor(clinic, random.random(size)),
        random.random(size) >= _WITHOUT_ACT,
        np.zeros(size, dtype=bool),
        np.full(size, -1),
    )


def _visit_counts(scene: Scene, persons: Persons, window: Windows, random: np.random.Generator) -> Ints:
    span = _span(scene, window)
    rate = _VISITS * scene.month.season * persons.appetite * span
    counts = np.floor(rate * -np.log1p(-random.random(len(persons))) + random.random(len(persons))).astype(np.int64)
    counts = np.minimum(np.where(window.open, counts, 0), _MOST_VISITS)
    return _attendance(scene, persons, window, counts, random)


def _span(scene: Scene, window: Windows) -> Floats:
    """The part of the month's care that falls on each person's days."""
    first = np.minimum(window.first, scene.month.last + 1) - scene.month.first
    last = np.maximum(window.last + 1, scene.month.first) - scene.month.first
    return np.maximum(scene.weights[last] - scene.weights[first], 0) / scene.weights[-1] * scene.month.fraction


def _attendance(scene: Scene, persons: Persons, window: Windows, counts: Ints, random: np.random.Generator) -> Ints:
    """See to it that enough of a clinic's persons come, and hardly any where absence is planted."""
    insured = (persons.clinic >= 0) & (persons.issued <= scene.month.last)
    attached = np.flatnonzero(insured)
    clinic = persons.clinic[attached]
    ranks = clinic * 2**33 + ~window.open[attached] * np.int64(2**32)
    order = np.argsort(ranks + (random.random(len(attached)) * 2**32).astype(np.int64), kind="stable")
    ordered = clinic[order]
    total = np.bincount(clinic, minlength=len(scene.absent))
    place = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
    due = place < np.ceil(total[ordered] * _COMING)
    away = scene.absent[ordered]
    chosen = attached[order]
    due &= ~away & window.open[chosen]
    counts[chosen[due]] = np.maximum(counts[chosen[due]], 1)
    counts[chosen[away & (place >= np.floor(total[ordered] * _COMING_TO_ABSENT))]] = 0
    return counts


def _contracts(scene: Scene, clinic: Ints, home: Ints, kind: Ints, package: Ints, random: np.random.Generator) -> Ints:
    """Primary care at the clinic of attachment, the rest by size in the region, some of it elsewhere."""
    size = len(kind)
    travels = random.random(size) < _TRAVEL
    elsewhere = np.flatnonzero(scene.cities)[(random.random(size) * scene.cities.sum()).astype(np.int64)]
    result = scene.providers.pick(np.where(travels, elsewhere, home), kind, package, random.random(size))
    own = (kind == PRIMARY_CARE_KIND) & (clinic >= 0) & ~travels
    own &= scene.providers.serves[clinic]
    result[own] = scene.providers.own_contract[clinic[own]]
    return result


def _screened(persons: Persons, person: Ints, kind: Ints, code: Ints, random: np.random.Generator) -> Ints:
    """Some primary care is a screening that fits sex and age."""
    chance = random.random(len(person))
    rows = np.flatnonzero((kind == PRIMARY_CARE_KIND) & (chance < _SCREENING))
    age, female = 2026 - persons.born[person[rows]], persons.sex[person[rows]] == FEMALE
    breast = female & (age >= 40) & (age <= 70) & (chance[rows] < _SCREENING / 2)
    cervix = female & (age >= 30) & (age <= 70) & ~breast
    prostate = ~female & (age >= 50) & (age <= 66)
    code[rows] = np.select([breast, cervix, prostate], [BREAST, CERVIX, PROSTATE], code[rows])
    return code


def _in_time(month: Month, day: Ints, step: Ints) -> Ints:
    late = (day == month.last) & (step >= LAST_STEP)
    return np.where(late, step - 120, step)


def make_stays(scene: Scene, persons: Persons, random: np.random.Generator) -> Rows:
    """Hospital cases: at most one a month for a person, and a transfer begins on the day on which the first stay ends."""
    window = windows(scene, persons)
    usual = window.open & (persons.role == ORDINARY)
    usual &= ~((persons.clinic >= 0) & scene.absent[persons.clinic])
    rate = scene.month.season * _span(scene, window) * np.minimum(persons.appetite, 3.0) * usual
    chance, edges = random.random(len(persons)), np.cumsum([0.0, *(each for _, each in STAYS)])
    person = np.flatnonzero(chance < edges[-1] * rate)
    slot = np.searchsorted(edges, chance[person] / rate[person], side="right") - 1
    kind = np.array([each for each, _ in STAYS])[slot]
    low, high = np.array([KINDS_OF_CARE[each].stay for each in range(len(KINDS_OF_CARE))])[kind].T
    nights = low + (random.random(len(person)) ** 2 * (high - low + 1)).astype(np.int64)
    room = window.last[person] - window.first[person] - nights
    fits = room >= 0
    first = window.first[person] + (random.random(len(person)) * (room + 1)).astype(np.int64)
    person, kind, nights, first = person[fits], kind[fits], nights[fits], first[fits]
    home, package = persons.home[person], persons.package[person]
    contract = _contracts(scene, persons.clinic[person], home, kind, package, random)
    stays = lodged(scene, person, contract, kind, first, nights, random)
    return joined([stays, _transfers(scene, stays, home, package, random)])


def lodged(
    scene: Scene, person: Ints, contract: Ints, kind: Ints, first: Ints, nights: Ints, random: np.random.Generator
) -> Rows:
    """Stays from the day `first`, which end before the evening of the day `first` + `nights`."""
    size = len(person)
    step = _in_time(scene.month, first, draw_start_steps(kind, random.random(size)))
    step = np.where(WHOLE_DAY[kind], step, np.minimum(step, 132))
    end = instants(first + nights, (120 + (random.random(size) * 48).astype(np.int64)) * STEP)
    start = instants(first, step * STEP)
    code = draw_codes(kind, random.random(size))
    return finish(scene, person, contract, kind, code, start, np.maximum(end, start + STEP), random)


def _transfers(scene: Scene, stays: Rows, home: Ints, package: Ints, random: np.random.Generator) -> Rows:
    """Some patients are moved to another hospital: the second stay begins some hours after the first one's end."""
    moved = np.flatnonzero((stays.kind == INPATIENT_KIND) & (random.random(len(stays)) < _TRANSFERS))
    first = stays.take(moved)
    contract = scene.providers.pick(home[moved], first.kind, package[moved], random.random(len(moved)))
    wait = (6 + (random.random(len(moved)) * 24).astype(np.int64)) * STEP
    start = first.end + wait
    end = start + (20 + (random.random(len(moved)) * 60).astype(np.int64)) * 3600 // STEP * STEP
    clinics = scene.world.clinics.owner
    fits = (clinics[contract] != clinics[first.contract]) & (
        end < instants(np.array(scene.month.last), np.array(70_000))
    )
    keep = np.flatnonzero(fits)
    first = first.take(keep)
    code = draw_codes(first.kind, random.random(len(keep)))
    return finish(scene, first.person, contract[keep], first.kind, code, start[keep], end[keep], random)
