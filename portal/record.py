"""What a release says of the public record: corrections, announcements, days of publication, replies to blocks, changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from datasets.contract import LANGUAGES
from datasets.renaming import RENAMED
from portal.catalogue import Text
from portal.release import Release

#: Kinds of announcement, besides those of `datasets.renaming`.
REMOVED = "dataset_removed"
COLUMN_REMOVED = "column_removed"
COLUMN_ADDED = "column_added"
FORMAT = "format"


@dataclass(frozen=True)
class Correction:
    """An error that was found in published figures of `dataset`: of one measure or all, where the dimensions say."""

    id: str
    date: str
    dataset: str
    measure: str | None
    where: dict[str, Any]
    reason: str
    found_by: str
    text: Text


@dataclass(frozen=True)
class Announcement:
    """A change of names, columns or format: told on `date`, in force from `effective` (both ISO days).

    `subject` is the old name of the dataset or column; the release format has neither `dataset` nor `subject`.
    """

    id: str
    date: str
    effective: str
    kind: str
    dataset: str | None
    subject: str | None
    replacement: str | None
    text: Text

    def concerns(self, slug: str) -> bool:
        """Whether it speaks of the dataset of this name, be it the old or the new one."""
        names = {self.dataset, *((self.subject, self.replacement) if self.kind == RENAMED else ())}
        return slug in names


@dataclass(frozen=True)
class PlannedDay:
    """A day on which figures of `period` are to be published; of one topic, or of a whole release."""

    date: str
    period: str
    topic: str | None
    title: Text


@dataclass(frozen=True)
class Reply:
    """What a medical organisation said to a block of a month; while a dispute is open it has no `resolved` and `outcome`."""

    id: str
    organisation: str
    stop_factor: str
    period: str
    received: str
    disputed: bool
    resolved: str | None
    outcome: str | None
    text: Text


@dataclass(frozen=True)
class Change:
    """A figure that is not what it was in the release before. It has no values: the two releases have them."""

    dataset: str
    measure: str
    keys: tuple[str, ...]
    kind: str
    reason: str
    material: bool
    correction: str | None

    @property
    def figure(self) -> tuple[str, str, tuple[str, ...]]:
        """Dataset, measure and keys: what names the figure."""
        return self.dataset, self.measure, self.keys


@dataclass(frozen=True)
class Record:
    """The public record as one release has it: each list in the release's order."""

    corrections: tuple[Correction, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    calendar: tuple[PlannedDay, ...] = ()
    replies: tuple[Reply, ...] = ()


class _Numbered(Protocol):
    @property
    def id(self) -> str: ...


Entry = TypeVar("Entry", bound=_Numbered)


#: Records by the state of their release: every answer of the API asks for the announcements.
_KNOWN: dict[str, Record] = {}
_MOST_KNOWN = 64


def record_of(release: Release) -> Record:
    """The record of a release, read once. What it says of changes is read apart, by `read_changes`: there may be many."""
    record = _KNOWN.get(release.state)
    if record is None:
        record = _read(release)
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[release.state] = record
    return record


def _read(release: Release) -> Record:
    return Record(
        corrections=tuple(_rows(release, "meta_correction", _correction)),
        announcements=tuple(_rows(release, "meta_announcement", _announcement)),
        calendar=tuple(_rows(release, "meta_calendar", _planned_day)),
        replies=tuple(_rows(release, "meta_reply", _reply)),
    )


def read_changes(release: Release, condition: str = "", values: tuple[Any, ...] = ()) -> Iterator[Change]:
    """The rows of `meta_change` in the release's order; `condition` is SQL that the portal itself wrote."""
    where = f" WHERE {condition}" if condition else ""
    for row in release.rows(f"SELECT * FROM meta_change{where} ORDER BY position", values):
        yield Change(
            dataset=row["dataset"],
            measure=row["measure"],
            keys=tuple(str(key) for key in json.loads(row["keys_json"])),
            kind=row["kind"],
            reason=row["reason"],
            material=bool(row["material"]),
            correction=row["correction"],
        )


def join(*lists: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries of several releases, each id once, as the first list that has it says it."""
    found: dict[str, Entry] = {}
    for entries in lists:
        for entry in entries:
            found.setdefault(entry.id, entry)
    return tuple(found.values())


def _rows(release: Release, table: str, read: Callable[[Mapping[str, Any]], Any]) -> Iterator[Any]:
    for row in release.rows(f"SELECT * FROM {table} ORDER BY position"):
        yield read(row)


def _text(row: Mapping[str, Any], name: str = "text") -> Text:
    return {language: row[f"{name}_{language}"] for language in LANGUAGES}


def _correction(row: Mapping[str, Any]) -> Correction:
    said = {name: row[name] for name in ("date", "dataset", "measure", "reason", "found_by")}
    return Correction(id=row["correction"], **said, where=json.loads(row["where_json"] or "{}"), text=_text(row))


def _announcement(row: Mapping[str, Any]) -> Announcement:
    said = {name: row[name] for name in ("date", "effective", "kind", "dataset", "subject", "replacement")}
    return Announcement(id=row["announcement"], **said, text=_text(row))


def _planned_day(row: Mapping[str, Any]) -> PlannedDay:
    return PlannedDay(row["date"], row["period"], row["topic"], _text(row, "title"))


def _reply(row: Mapping[str, Any]) -> Reply:
    said = {name: row[name] for name in ("organisation", "stop_factor", "period", "received", "resolved", "outcome")}
    return Reply(id=row["reply"], **said, disputed=bool(row["disputed"]), text=_text(row))
