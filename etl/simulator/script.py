"""The script of a month: who plays which part in what is planted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from etl.simulator.catalogue import LAST_STEP, STEP, draw_codes, draw_durations, draw_start_steps
from etl.simulator.clinics import MSHI
from etl.simulator.people import ORDINARY, Persons
from etl.simulator.randomness import Bools, Ints
from etl.simulator.services import Rows, Scene, finish
from etl.simulator.timeline import NEVER, instants

#: How often a part is offered before it is left out: each try finds someone more often than not.
_TRIES = 40


@dataclass
class Sign:
    """A planted unit of an audit signal. `covered`: whether the published definition covers it; `innocent`: nothing is wrong.

    `refs` are identifiers or pseudonyms; those of services are filled in when they are known.
    """

    kind: str
    clinic: int
    count: int = 1
    covered: bool = True
    day: int = NEVER
    refs: tuple[int, ...] = ()
    note: str = ""
    innocent: bool = False


@dataclass
class Script:
    """What is planted in a month.

    `cast` are numbers of persons; `person` in `rows` and the first column of `drugs` (person, clinic, day) count in them.
    `tag` in `rows` counts in `signs`.
    """

    scene: Scene
    random: np.random.Generator
    cast: list[Ints] = field(default_factory=list)
    rows: list[Rows] = field(default_factory=list)
    drugs: list[tuple[Ints, Ints, Ints]] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)

    def fit(self, persons: Persons, role: int = ORDINARY) -> Bools:
        """Who may play a part: insured by now, alive and unblocked all month, at a clinic whose persons come."""
        month, people = self.scene.month, self.scene.world.people
        fits = (persons.issued < month.settled) & (persons.died > month.last) & (persons.package == MSHI)
        fits &= (persons.clinic < 0) | ~self.scene.absent[persons.clinic]
        fits &= persons.role == role
        return fits & ~people.blocked_during(persons.index, month)

    def choose(self, regions: Ints) -> tuple[Ints, Persons]:
        """A person from each region; positions of the rows that found one, and the persons."""
        bounds = self.scene.world.population.bounds
        return self._choose(bounds[regions], bounds[regions + 1])

    def anybody(self, count: int) -> Persons:
        """Persons from anywhere, nearly always `count`."""
        return self._choose(np.zeros(count, dtype=np.int64), np.full(count, self.scene.world.population.initial))[1]

    def _choose(self, low: Ints, high: Ints) -> tuple[Ints, Persons]:
        people = self.scene.world.people
        chosen, left = np.full(len(low), -1), np.arange(len(low))
        for _ in range(_TRIES):
            trial = low[left] + (self.random.random(len(left)) * (high - low)[left]).astype(np.int64)
            fits = self.fit(people.describe(trial))
            chosen[left[fits]] = trial[fits]
            left = left[~fits]
        found = np.flatnonzero(chosen >= 0)
        return found, people.describe(chosen[found])

    def neighbours(self, region: int, count: int) -> Persons:
        """Different persons of one region; fewer than `count` when the region has no more."""
        low, high = self.scene.world.population.bounds[region : region + 2]
        trial = np.unique(low + (self.random.random(count * 8) * (high - low)).astype(np.int64))
        persons = self.scene.world.people.describe(trial)
        return persons.take(self.random.permutation(np.flatnonzero(self.fit(persons)))[:count])

    def cast_for(self, role: int, count: int) -> Persons:
        """Different persons that are kept for this role and have no part yet; fewer than `count` when there are no more."""
        people, found = self.scene.world.people, np.zeros(0, dtype=np.int64)
        playing = np.concatenate((found, *self.cast))
        for _ in range(_TRIES):
            trial = self.random.integers(0, self.scene.world.population.initial, 400 + 250 * count)
            persons = people.describe(trial[(people.roles(trial) == role) & ~np.isin(trial, playing)])
            found = np.concatenate((found, persons.index[self.fit(persons, role)]))
            _, first = np.unique(found, return_index=True)
            found = found[np.sort(first)]
            if len(found) >= count:
                break
        return people.describe(found[:count])

    def days(self, count: int) -> Ints:
        """Days on which planted services begin: busy days more often."""
        month = self.scene.month
        weights = self.scene.weights[month.settled - month.first :]
        chosen = weights[0] + self.random.random(count) * (weights[-1] - weights[0])
        return np.minimum(month.settled + np.searchsorted(weights, chosen, side="right") - 1, month.last)

    def admit(self, persons: Persons) -> Ints:
        """Add persons to the cast; their positions in it."""
        size = sum(map(len, self.cast))
        self.cast.append(persons.index)
        return np.arange(size, size + len(persons))

    def visits(self, persons: Persons, contract: Ints, kind: Ints, day: Ints, code: Ints | None = None) -> Rows:
        """Visits of persons who join the cast."""
        size = len(persons)
        step = np.minimum(draw_start_steps(kind, self.random.random(size)), LAST_STEP - 1)
        start = instants(day, step * STEP)
        end = start + draw_durations(kind, self.random.random(size)) * STEP
        codes = draw_codes(kind, self.random.random(size)) if code is None else code
        return finish(self.scene, self.admit(persons), contract, kind, codes, start, end, self.random)

    def add(self, rows: Rows) -> None:
        """Keep rows that no signal must find."""
        self.rows.append(rows)

    def sign(self, rows: Rows, signs: list[Sign]) -> None:
        """Keep rows and the sign that each of them is a part of."""
        self.rows.append(replace(rows, tag=np.arange(len(self.signs), len(self.signs) + len(signs))))
        self.signs += signs
