"""Policies, the events on their accounts and drug issues: what persons bring besides services."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from etl.simulator.calibration import PAYERS
from etl.simulator.catalogue import STEP
from etl.simulator.clinics import FIRST_ORGANISATION, PACKAGES
from etl.simulator.frames import codes, constant, dates, frame, instants_column, nullable
from etl.simulator.orders import ISSUE, POLICY_BLOCK, POLICY_UNBLOCK, batch
from etl.simulator.people import ORDINARY, Persons
from etl.simulator.randomness import Bools, Ints, scatter, share
from etl.simulator.services import Scene, windows
from etl.simulator.timeline import NEVER, Month, instants, local_days
from etl.simulator.world import World

KINDS_OF_EVENT = ("open", "block", "unblock", "service", "payment", "close")
OPEN, BLOCK, UNBLOCK, SERVICE, PAYMENT, CLOSE = range(len(KINDS_OF_EVENT))
#: Chance of drug issues in a month for a person of average need, and the most at once.
_DRUGS, _MOST_DRUGS = 0.13, 3
_DRUG_CODES = tuple(f"RX-{number:04d}" for number in range(1, 181))
#: Days from a death to the closing of the account.
_CLOSING = (1, 10)
_LIMITS = (420_000, 1_450_000)


@dataclass(frozen=True)
class Events:
    """Events of accounts: persons by index, instants in seconds of UTC, orders (0: none)."""

    index: Ints
    kind: Ints
    at: Ints
    order: Ints


def policies(world: World, month: Month, persons: Persons) -> tuple[pa.Table, Ints]:
    """The policies issued in the month, and the positions of their holders."""
    new = np.flatnonzero((persons.issued >= month.first) & (persons.issued <= month.last))
    own = persons.take(new)
    unattached = own.clinic < 0
    status = np.where(_blocked_at_end(world, own.index, month), 1, 0)
    status = np.where(_closing(world, own) <= month.last, 2, status)
    noise = (share(scatter(own.index, world.seed, "limit"), 0) * 12).astype(np.int64)
    table = frame(
        "policy",
        {
            "policy_id": world.policies(own.index),
            "person": world.persons(own.index),
            "region_of_attachment": codes((*world.calibration.regions, "none"), own.region, unattached),
            "organisation_id": nullable(FIRST_ORGANISATION + own.clinic, unattached),
            "payer_category": codes(PAYERS, own.payer),
            "package": codes(PACKAGES, own.package),
            "limit_kzt": np.array(_LIMITS)[own.package] + noise * 25_000,
            "issued_on": dates(own.issued),
            "status": codes(("active", "blocked", "closed"), status),
        },
    )
    return table, new


def _blocked_at_end(world: World, index: Ints, month: Month) -> Bools:
    people = world.people
    blocked = people.blocked[(people.blocked_from <= month.last) & (people.blocked_to > month.last)]
    return np.isin(index, blocked)


def _closing(world: World, persons: Persons) -> Ints:
    words = scatter(persons.index, world.seed, "closing")
    days = _CLOSING[0] + (share(words, 0) * (_CLOSING[1] - _CLOSING[0])).astype(np.int64)
    return np.where(persons.died < NEVER, persons.died + days, NEVER)


def opened(world: World, persons: Persons) -> Events:
    """The opening of the accounts of new policies, by a day's order for the region."""
    at = instants(persons.issued, _time_of_day(world, persons.index, "open"))
    kind = np.full(len(persons), OPEN)
    return Events(persons.index, kind, at, batch(ISSUE, persons.issued, persons.region))


def status_changes(world: World, month: Month, first: int, end: int) -> Events:
    """Blocks, unblocks and closings in the month for the persons with an index from `first` to before `end`."""
    people = world.people
    own = (people.blocked >= first) & (people.blocked < end)
    index = people.blocked[own]
    dead = people.describe(people.dead(month.last))
    dead = dead.take(np.flatnonzero((dead.index >= first) & (dead.index < end)))
    parts = [
        (index, BLOCK, people.blocked_from[own], POLICY_BLOCK),
        (index, UNBLOCK, people.blocked_to[own], POLICY_UNBLOCK),
        (dead.index, CLOSE, _closing(world, dead), None),
    ]
    found = []
    for persons, kind, day, order in parts:
        now = np.flatnonzero((day >= month.first) & (day <= month.last))
        who, when = persons[now], day[now]
        at = instants(when, _time_of_day(world, who, KINDS_OF_EVENT[kind]))
        region = people.describe(who).region
        numbers = np.zeros(len(who), dtype=np.int64) if order is None else batch(order, when, region)
        found.append(Events(who, np.full(len(who), kind), at, numbers))
    return together(found)


def _time_of_day(world: World, index: Ints, name: str) -> Ints:
    """Office hours, in seconds from midnight."""
    return (96 + (share(scatter(index, world.seed, "time", name), 0) * 120).astype(np.int64)) * STEP


def together(parts: list[Events]) -> Events:
    """All the events, by instant."""
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in Events.__dataclass_fields__]
    order = np.lexsort((columns[0], columns[1], columns[2]))
    return Events(*(column[order] for column in columns))


def events_frame(world: World, events: Events, first_id: int) -> pa.Table:
    """Events as a table."""
    return frame(
        "account_event",
        {
            "event_id": first_id + np.arange(len(events.index)),
            "policy_id": world.policies(events.index),
            "kind": codes(KINDS_OF_EVENT, events.kind),
            "at": instants_column(events.at),
            "order_id": nullable(events.order, events.order == 0),
        },
    )


def service_events_frame(policy: Ints, start: Ints, first_id: int) -> pa.Table:
    """One event for each policy and day with a service; services come sorted by policy and time."""
    day = local_days(start)
    new = np.concatenate(([True], (policy[1:] != policy[:-1]) | (day[1:] != day[:-1]))) if len(policy) else day > 0
    chosen = np.flatnonzero(new)
    count = len(chosen)
    return frame(
        "account_event",
        {
            "event_id": first_id + np.arange(count),
            "policy_id": policy[chosen],
            "kind": constant("service", count),
            "at": instants_column(start[chosen]),
            "order_id": pa.nulls(count, pa.int64()),
        },
    )


@dataclass(frozen=True)
class Drugs:
    """Drug issues: persons by position, clinic, day."""

    person: Ints
    clinic: Ints
    day: Ints


def make_drugs(scene: Scene, persons: Persons, random: np.random.Generator) -> Drugs:
    """Ordinary issues at the clinic of attachment: a few at once, on one day of the month."""
    window = windows(scene, persons)
    length = np.maximum(window.last - window.first + 1, 0) / (scene.month.last - scene.month.begin + 1)
    usual = (persons.role == ORDINARY) & (persons.clinic >= 0) & (length > 0)
    usual &= scene.providers.serves[persons.clinic]
    chance = _DRUGS * scene.month.season * np.minimum(persons.appetite, 4.0) * length * usual
    person = np.flatnonzero(random.random(len(persons)) < chance)
    first, last = window.first[person], window.last[person]
    day = first + (random.random(len(person)) * (last - first + 1)).astype(np.int64)
    counts = 1 + (random.random(len(person)) ** 2 * _MOST_DRUGS).astype(np.int64)
    return Drugs(np.repeat(person, counts), np.repeat(persons.clinic[person], counts), np.repeat(day, counts))


def drugs_frame(world: World, persons: Persons, drugs: Drugs, first_id: int, random: np.random.Generator) -> pa.Table:
    """Drug issues as a table."""
    size = len(drugs.person)
    code = (random.random(size) ** 2 * len(_DRUG_CODES)).astype(np.int64)
    units = 1 + (random.random(size) ** 3 * 60).astype(np.int64)
    price = 240 + (code * 7919 % 97) * 45
    step = 102 + (random.random(size) * 110).astype(np.int64)
    return frame(
        "drug_issue",
        {
            "issue_id": first_id + np.arange(size),
            "policy_id": world.policies(persons.index)[drugs.person],
            "organisation_id": FIRST_ORGANISATION + drugs.clinic,
            "drug_code": codes(_DRUG_CODES, code),
            "units": units,
            "amount_kzt": units * price,
            "issued_at": instants_column(instants(drugs.day, step * STEP)),
        },
    )
