"""One figure in every release of the chain, read by its key from each database, without opening a catalogue.

A release that never changes need not be read twice: what was read is kept under the release's state, which is another one
as soon as a figure is withdrawn from it.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

from flask import current_app

from datasets.contract import status_column
from portal.chain import chain_until, edition_of, open_database
from portal.figures import Place, figure_columns
from portal.former_names import FormerNames, former_names
from portal.release import Edition, Release, ReleaseError
from portal.store import Listed, ReleaseStore

Record = dict[str, Any]
Found = TypeVar("Found")
#: Readings kept: of one figure in one release each.
MOST_KEPT = 10_000


class Presence(StrEnum):
    """What a release has of a figure."""

    FIGURE = "figure"
    NO_ROW = "no_row"
    #: No such dataset, measure or dimension was published then.
    NO_COLUMN = "no_column"
    RETIRED = "retired"
    OTHER_SCHEMA = "other_schema"
    DAMAGED = "damaged"


#: What is known of a release whose database was asked.
_READ = (Presence.FIGURE, Presence.NO_ROW, Presence.NO_COLUMN)


@dataclass(frozen=True)
class Reading:
    """A figure as one release has it: the row with value, status and flags, and the unit of the column."""

    presence: Presence
    record: Record | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Noted:
    """What a release says of a figure that is not as it was in the release before: codes, and the correction's id."""

    kind: str
    reason: str
    correction: str | None


@dataclass(frozen=True)
class Entry:
    """A release of the chain, what it has of the figure, and why that is not what the one before it had."""

    listed: Listed
    reading: Reading
    noted: Noted | None = None

    def value(self, place: Place) -> float | None:
        """The number, if there is one."""
        record = self.reading.record
        return None if record is None else record[place.column.name]

    def status(self, place: Place) -> str | None:
        """The status of the figure, if the release has it."""
        record = self.reading.record
        return None if record is None else record[status_column(place.column.name)]


@dataclass(frozen=True)
class _Wanted:
    """A figure, the names that it had, and the release whose word on them counts."""

    place: Place
    names: FormerNames
    release: Release

    @property
    def key(self) -> tuple[object, ...]:
        """Tells it from other figures."""
        place = self.place
        return self.names.slugs, self.names.columns[place.column.name], *place.keys.items()


class Histories:
    """The histories of figures of a store."""

    def __init__(self, store: ReleaseStore) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[object, ...], object] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, place: Place, release: Release) -> tuple[Entry, ...]:
        """The figure in all releases until `release`, oldest first; that one is the last and always there."""
        names = former_names(release, place.dataset)
        entries: list[Entry] = []
        before: Entry | None = None
        for listed in chain_until(self._store, release):
            entry = self._entry(listed, _Wanted(place, names, release), before)
            entries.append(entry)
            before = entry if entry.reading.presence in _READ else before
        return tuple(entries)

    def _entry(self, listed: Listed, wanted: _Wanted, before: Entry | None) -> Entry:
        if listed.state != "whole":
            return Entry(listed, Reading(Presence(listed.state)))
        try:
            edition = edition_of(self._store, listed, wanted.release)
            reading = self._reading(edition, wanted)
            noted = self._noted(edition, wanted, before.reading, reading) if before else None
        except (ReleaseError, OSError, sqlite3.Error, ValueError, KeyError):
            return Entry(listed, Reading(Presence.DAMAGED))
        return Entry(listed, reading, noted)

    def _reading(self, edition: Edition, wanted: _Wanted) -> Reading:
        return self._once(
            (edition.state, *wanted.key),
            lambda: _read(open_database(self._store, edition), wanted.place, wanted.names),
        )

    def _noted(self, edition: Edition, wanted: _Wanted, before: Reading, reading: Reading) -> Noted | None:
        """What the release says of a change; nothing is looked for where nothing has changed."""
        place = wanted.place
        row = reading.record or before.record
        if row is None or _shown(before, place) == _shown(reading, place):
            return None
        keys = [row[column.name] for column in place.dataset.dimensions if column.name in row]
        return self._once(
            (edition.state, *wanted.key, "noted", *keys),
            lambda: _read_noted(open_database(self._store, edition), place, wanted.names, keys),
        )

    def _once(self, key: tuple[object, ...], read: Callable[[], Found]) -> Found:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[return-value]
        found = read()
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found


def histories() -> Histories:
    """The histories of the running application."""
    return cast(Histories, current_app.extensions["histories"])


def is_known(entries: Iterable[Entry]) -> bool:
    """Whether any of the releases has the figure."""
    return any(entry.reading.presence == Presence.FIGURE for entry in entries)


def _shown(reading: Reading, place: Place) -> tuple[object, ...]:
    """What a reader sees of a figure."""
    record = reading.record
    if record is None:
        return (reading.presence,)
    return record[place.column.name], record[status_column(place.column.name)]


def _read(connection: sqlite3.Connection, place: Place, names: FormerNames) -> Reading:
    with closing(connection):
        table = names.find(connection, totals=place.summed)
        if table is None or not table.has([place.column.name, status_column(place.column.name)], place.keys):
            return Reading(Presence.NO_COLUMN)
        # Names come from the catalogue and are in the table; values are bound.
        listed = table.listed(figure_columns(place.dataset, place.column))
        condition = " AND ".join(f"[{table.columns[name]}] = ?" for name in place.keys)
        statement = f"SELECT {listed} FROM [{table.name}] WHERE {condition}"
        row = connection.execute(statement, tuple(place.keys.values())).fetchone()
        if row is None:
            return Reading(Presence.NO_ROW)
        unit = connection.execute(
            "SELECT unit FROM meta_column WHERE dataset = ? AND name = ?",
            (table.slug, table.columns[place.column.name]),
        ).fetchone()
        return Reading(Presence.FIGURE, dict(row), unit["unit"] if unit else None)


def _read_noted(connection: sqlite3.Connection, place: Place, names: FormerNames, keys: list[str]) -> Noted | None:
    statement = (
        "SELECT kind, reason, correction FROM meta_change WHERE dataset = ? AND measure = ? AND keys_json = ? LIMIT 1"
    )
    # As the writer writes lists.
    said = json.dumps(keys, ensure_ascii=False)
    with closing(connection):
        for slug in names.slugs:
            for measure in names.columns[place.column.name]:
                row = connection.execute(statement, (slug, measure, said)).fetchone()
                if row:
                    return Noted(row["kind"], row["reason"], row["correction"])
    return None
