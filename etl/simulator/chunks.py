"""A month's work on persons: chunks of a fixed size, gathered in parts that become files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np

from etl.registry.manifest import Control, Delivered
from etl.simulator.accounts import (
    PAYMENT,
    Drugs,
    Events,
    drugs_frame,
    events_frame,
    make_drugs,
    opened,
    policies,
    service_events_frame,
    status_changes,
    together,
)
from etl.simulator.acts import Acts
from etl.simulator.anomalies import make_script
from etl.simulator.confirmation import confirm, services_frame
from etl.simulator.consents import make_consents
from etl.simulator.payments import Payments
from etl.simulator.people import Persons
from etl.simulator.population import Population
from etl.simulator.randomness import Bools, Ints, stream
from etl.simulator.script import Script, Sign
from etl.simulator.services import Rows, Scene, joined, make_scene, make_stays, make_visits
from etl.simulator.timeline import CALENDAR, Month, local_days
from etl.simulator.world import World
from etl.simulator.writer import Output, Target

#: Persons described at a time, and chunks that share a file: neither depends on the scale or on processes.
CHUNK, CHUNKS_IN_PART = 131_072, 16
#: Room for identifiers: of a month, of a chunk, and the first of service events within a chunk.
_MONTH_ROOM, _CHUNK_ROOM, _SERVICE_EVENTS = 2_000_000_000, 2**21, 2**20
#: The number that stands for the planted rows among chunks.
_PLANTED = 900
_TABLES = ("policy", "account_event", "service", "drug_issue")


@dataclass
class Done:
    """What a part has delivered; acts need the services by contract."""

    files: list[Delivered] = field(default_factory=list)
    totals: list[Control] = field(default_factory=list)
    rows: int = 0
    volume: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    verified: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    signs: list[Sign] = field(default_factory=list)

    def add(self, output: Output) -> None:
        """Note an output that has been closed."""
        if output.delivered:
            self.files.append(output.delivered)
        self.totals += output.controls()
        self.rows += output.rows


def parts_of(population: Population, month: Month) -> int:
    """How many parts a month has."""
    return -(-_chunks(population, month) // CHUNKS_IN_PART)


def _chunks(population: Population, month: Month) -> int:
    return -(-population.until(month) // CHUNK)


class Work:
    """Makes parts of months; keeps what several chunks need."""

    def __init__(self, world: World, target: Target) -> None:
        self.world, self._target = world, target
        self.acts = Acts(world)
        self.payments = Payments(world, self.acts)
        self._scenes: dict[int, Scene] = {}

    def scene(self, month: Month) -> Scene:
        """The month's scene, made once."""
        if month.number not in self._scenes:
            self._scenes[month.number] = make_scene(self.world, month)
        return self._scenes[month.number]

    def part(self, month: Month, number: int) -> Done:
        """Write one part of a month."""
        parts, chunks = parts_of(self.world.population, month), _chunks(self.world.population, month)
        name = f"-{number + 1:02d}" if parts > 1 else ""
        own = range(number * CHUNKS_IN_PART, min((number + 1) * CHUNKS_IN_PART, chunks))
        last = number == parts - 1
        count = len(self.world.clinics.owner)
        done = Done(volume=np.zeros(count, dtype=np.int64), verified=np.zeros(count, dtype=np.int64))
        with ExitStack() as stack:
            outputs = {table: stack.enter_context(self._target.open(table, month.name, name)) for table in _TABLES}
            for chunk in own:
                self._accounts(month, chunk, outputs)
            outputs["account_event"].cut()
            for chunk in own:
                self._care(month, chunk, outputs, done)
            if last:
                self._planted(month, outputs, done)
        for output in outputs.values():
            done.add(output)
        if last:
            self._consents(month, done)
        return done

    def _persons(self, month: Month, chunk: int) -> Persons:
        end = min((chunk + 1) * CHUNK, self.world.population.until(month))
        return self.world.people.describe(np.arange(chunk * CHUNK, end))

    def _accounts(self, month: Month, chunk: int, outputs: dict[str, Output]) -> None:
        persons = self._persons(month, chunk)
        table, new = policies(self.world, month, persons)
        outputs["policy"].write(table)
        events = [
            opened(self.world, persons.take(new)),
            status_changes(self.world, month, chunk * CHUNK, (chunk + 1) * CHUNK),
            *self._payment_events(month, chunk),
        ]
        first = (month.number + 1) * _MONTH_ROOM + chunk * _CHUNK_ROOM
        outputs["account_event"].write(events_frame(self.world, together(events), first))

    def _payment_events(self, month: Month, chunk: int) -> Iterator[Events]:
        """Hospital cases are paid with their act, in a later month."""
        when, order = self.payments.released
        for earlier in CALENDAR[: month.number]:
            paid = self._paid_in(month, earlier)
            if not paid.any() or chunk * CHUNK >= self.world.population.until(earlier):
                continue
            persons = self._persons(earlier, chunk)
            stays = self._stays(earlier, chunk, persons)
            stays = stays.take(np.flatnonzero(stays.accepted & paid[stays.contract]))
            at, orders = when[stays.contract, earlier.number], order[stays.contract, earlier.number]
            yield Events(persons.index[stays.person], np.full(len(stays), PAYMENT), at, orders)

    def _paid_in(self, month: Month, earlier: Month) -> Bools:
        when = self.payments.released[0][:, earlier.number]
        days = local_days(when)
        return (days >= month.begin) & (days <= month.last)

    def _stays(self, month: Month, chunk: int, persons: Persons) -> Rows:
        return make_stays(self.scene(month), persons, stream(self.world.seed, "stays", month.number, chunk))

    def _care(self, month: Month, chunk: int, outputs: dict[str, Output], done: Done) -> None:
        persons = self._persons(month, chunk)
        visits = make_visits(self.scene(month), persons, stream(self.world.seed, "visits", month.number, chunk))
        rows = joined([visits, self._stays(month, chunk, persons)])
        drugs = make_drugs(self.scene(month), persons, stream(self.world.seed, "drugs", month.number, chunk))
        self._write(month, chunk, persons, rows, drugs, outputs, done)

    def _write(
        self,
        month: Month,
        chunk: int,
        persons: Persons,
        rows: Rows,
        drugs: Drugs,
        outputs: dict[str, Output],
        done: Done,
    ) -> None:
        names = (self.world.seed, "details", month.number, chunk)
        first = (month.number + 1) * _MONTH_ROOM + chunk * _CHUNK_ROOM
        confirmed = confirm(self.scene(month), rows, stream(*names, "confirmation"))
        policy = self.world.policies(persons.index)
        outputs["service"].write(services_frame(self.scene(month), persons, policy, rows, confirmed, first))
        outputs["account_event"].write(service_events_frame(policy[rows.person], rows.start, first + _SERVICE_EVENTS))
        outputs["drug_issue"].write(drugs_frame(self.world, persons, drugs, first, stream(*names, "drugs")))
        done.volume += confirmed.volume
        done.verified += confirmed.verified

    def _planted(self, month: Month, outputs: dict[str, Output], done: Done) -> None:
        script = make_script(self.scene(month))
        persons = self.world.people.describe(np.concatenate(script.cast))
        rows = joined(script.rows)
        drugs = Drugs(*(np.concatenate(column) for column in zip(*script.drugs, strict=True)))
        self._write(month, _PLANTED, persons, rows, drugs, outputs, done)
        done.signs = _referred(script, rows, (month.number + 1) * _MONTH_ROOM + _PLANTED * _CHUNK_ROOM)

    def _consents(self, month: Month, done: Done) -> None:
        for table, batch in zip(("consent_request", "bank_request"), make_consents(self.world, month), strict=True):
            with self._target.open(table, month.name) as output:
                output.write(batch)
            done.add(output)


def _referred(script: Script, rows: Rows, first_id: int) -> list[Sign]:
    """The signs with the identifiers of their services."""
    for place in np.flatnonzero(rows.tag >= 0):
        sign = script.signs[rows.tag[place]]
        sign.refs = (*sign.refs, first_id + int(place))
    return script.signs
