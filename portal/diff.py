"""What is not the same in two releases, and why: asked in pages, counted, and kept for who asks next."""

from __future__ import annotations

import json
import sqlite3
import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from flask import current_app

from datasets.contract import SUMMED, Change
from portal.catalogue import Dataset
from portal.changes import Count
from portal.comparison import HIDDEN, compare
from portal.difference import Difference, Reasoned, Side
from portal.pairs import Pair, pair_datasets
from portal.record import join, record_of
from portal.release import Release, ReleaseError
from portal.store import ReleaseStore

#: Comparisons kept at once; the one not asked for longest goes first. One of 87,000 figures takes about 20 MB.
MOST_KEPT = 6
#: Of each dataset so many of the largest changes are told.
MOST_TOLD = 3
#: Lines of a file of CSV that is asked for without a limit; the API's description says so.
MOST_LINES = 200_000
#: Seconds that a request waits for its turn to compare.
LONGEST_WAIT = 10


class BusyError(Exception):
    """Too many comparisons are asked for at once."""


@dataclass(frozen=True)
class Wanted:
    """Which differences are asked for: of these datasets, with one of these reasons, of these kinds; empty means all.

    `material` leaves out those that no release tells of, no `sums` those of the published sums.
    """

    datasets: Sequence[str] = ()
    reasons: Sequence[str] = ()
    kinds: Sequence[str] = ()
    material: bool = False
    sums: bool = True

    def condition(self) -> tuple[str, list[str]]:
        """As SQL over `figure`, with its values."""
        parts, values = [], []
        for column, wanted in (("dataset", self.datasets), ("kind", self.kinds)):
            if wanted:
                parts.append(f"{column} IN ({', '.join('?' for _ in wanted)})")
                values += list(wanted)
        if self.reasons:
            marks = ", ".join("?" for _ in self.reasons)
            parts.append(f"position IN (SELECT position FROM step WHERE reason IN ({marks}))")
            values += list(self.reasons)
        if self.material:
            parts.append("position IN (SELECT position FROM step WHERE material)")
        if not self.sums:
            parts.append(f"instr(keys, '\"{SUMMED}\"') = 0")
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), values


@dataclass(frozen=True)
class Diff:
    """The differences of `new` against `old`; `forward` if `new` is the later one.

    `chain` are the releases that say why, oldest first; of those `unread` (ids) it cannot be known what they changed.
    """

    old: Release
    new: Release
    forward: bool
    pairs: Mapping[str, Pair]
    chain: tuple[Release, ...]
    unread: tuple[str, ...]
    _database: sqlite3.Connection = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        """Give the memory back with the last who uses it."""
        weakref.finalize(self, self._database.close)

    @cached_property
    def state(self) -> str:
        """What it depends on: all releases that it was made from."""
        return " ".join((self.old.state, *(each.state for each in self.chain), self.new.state, *self.unread))

    @cached_property
    def counts(self) -> tuple[Count, ...]:
        """How many differences there are, in the order of the catalogue."""
        found = self._rows(
            "SELECT dataset, kind, reason, count(*) AS figures, sum(material) AS material FROM ("
            " SELECT DISTINCT f.position, f.dataset, f.kind, s.reason, coalesce(s.material, 0) AS material"
            " FROM figure f LEFT JOIN step s ON s.position = f.position) GROUP BY dataset, kind, reason"
        )
        order = {slug: place for place, slug in enumerate(self.pairs)}
        counts = (
            Count(each["dataset"], each["kind"], each["reason"], each["figures"], each["material"]) for each in found
        )
        return tuple(sorted(counts, key=lambda each: order[each.dataset]))

    @cached_property
    def largest(self) -> dict[str, list[Difference]]:
        """By dataset the material changes that moved most, at most `MOST_TOLD` of each; sums are left out."""
        told = dict.fromkeys(each.dataset for each in self.counts if each.material and each.kind == Change.CHANGED)
        wanted = {slug: Wanted(datasets=(slug,), kinds=(Change.CHANGED,), material=True, sums=False) for slug in told}
        found = {slug: self.differences(each, MOST_TOLD, largest=True) for slug, each in wanted.items()}
        return {slug: changes for slug, changes in found.items() if changes}

    @cached_property
    def new_periods(self) -> dict[str, tuple[str, ...]]:
        """By dataset of both releases, the periods that only `new` has."""
        found = {}
        for slug, pair in self.pairs.items():
            if pair.old is not None and pair.new is not None:
                added = _periods(self.new, pair.new) - _periods(self.old, pair.old)
                found[slug] = tuple(sorted(added))
        return {slug: periods for slug, periods in found.items() if periods}

    def count(self, wanted: Wanted = Wanted()) -> int:
        """The number of figures."""
        condition, values = wanted.condition()
        return int(self._rows(f"SELECT count(*) AS n FROM figure{condition}", values)[0]["n"])

    def differences(
        self,
        wanted: Wanted = Wanted(),
        limit: int = -1,
        offset: int = 0,
        *,
        largest: bool = False,
    ) -> list[Difference]:
        """The differences in the order of datasets, rows and columns, or the `largest` relative changes first."""
        condition, values = wanted.condition()
        order = "position"
        if largest:
            # What was nought has moved further than anything that was not.
            size = "abs(new_value - old_value) / abs(CAST(old_value AS REAL))"
            order = f"new_value IS NULL OR old_value IS NULL, old_value <> 0, {size} DESC, position"
        rows = self._rows(
            f"SELECT * FROM figure{condition} ORDER BY {order} LIMIT ? OFFSET ?", [*values, limit, offset]
        )
        reasons = self._reasons([row["position"] for row in rows])
        return [self._difference(row, reasons.get(row["position"], ())) for row in rows]

    def _reasons(self, positions: list[int]) -> dict[int, tuple[Reasoned, ...]]:
        listed = json.dumps(positions)
        statement = "SELECT * FROM step WHERE position IN (SELECT value FROM json_each(?)) ORDER BY position, ordinal"
        found: dict[int, tuple[Reasoned, ...]] = {}
        for row in self._rows(statement, [listed]):
            said = self.chain[row["ordinal"]]
            step = Reasoned(
                said.id, said.sequence, row["kind"], row["reason"], bool(row["material"]), row["correction"]
            )
            found[row["position"]] = (*found.get(row["position"], ()), step)
        return found

    def _difference(self, row: dict[str, Any], reasons: tuple[Reasoned, ...]) -> Difference:
        old = Side(row["old_status"], _exact(row["old_value"]))
        new = Side(row["new_status"], _exact(row["new_value"]))
        # What the later release hides is not shown beside it, though the earlier one has it.
        if self.forward and new.status in HIDDEN:
            old = Side(old.status, None)
        if not self.forward and old.status in HIDDEN:
            new = Side(new.status, None)
        keys = tuple(json.loads(row["keys"]))
        return Difference(row["dataset"], row["measure"], keys, row["kind"], old, new, reasons)

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
        with self._lock:
            cursor = self._database.execute(statement, values)
            names = [each[0] for each in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]


def _periods(release: Release, dataset: Dataset) -> set[str]:
    return {str(row["period"]) for row in release.rows(f"SELECT DISTINCT period FROM [{dataset.slug}]")}


def _exact(value: float | None) -> Decimal | None:
    """A number of SQLite as the decimal that was written into it: the shortest that gives the same double."""
    return None if value is None else Decimal(repr(value))


class Diffs:
    """The differences between releases of a store, as long as the releases stay as they are."""

    def __init__(self, store: ReleaseStore) -> None:
        self._store = store
        self._kept: OrderedDict[tuple[str, ...], Diff] = OrderedDict()
        self._lock = threading.Lock()
        self._comparing = threading.Lock()

    def between(self, old: Release, new: Release) -> Diff:
        """The differences of `new` against `old`; raises BusyError if many are asked for at once."""
        chain, unread, forward = self._chain(old, new)
        key = (old.state, new.state, *(each.state for each in chain), *unread)
        if known := self._known(key):
            return known
        if not self._comparing.acquire(timeout=LONGEST_WAIT):
            raise BusyError
        try:
            return self._known(key) or self._keep(key, _make(old, new, chain, unread, forward=forward))
        finally:
            self._comparing.release()

    def _known(self, key: tuple[str, ...]) -> Diff | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: tuple[str, ...], diff: Diff) -> Diff:
        with self._lock:
            self._kept[key] = diff
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return diff

    def _chain(self, old: Release, new: Release) -> tuple[tuple[Release, ...], tuple[str, ...], bool]:
        """The releases after the earlier one up to the later one, those that cannot be read, and whether `new` is later."""
        ids = [each.id for each in reversed(self._store.chain())]
        # A release under embargo is not listed: it comes after all others.
        ids += [each.id for each in (old, new) if each.id not in ids]
        first, last = ids.index(old.id), ids.index(new.id)
        forward = first <= last
        found: list[Release] = []
        unread: list[str] = []
        for each in ids[min(first, last) + 1 : max(first, last) + 1]:
            try:
                found.append(new if each == new.id else old if each == old.id else self._store.get(each))
            except ReleaseError:
                unread.append(each)
        return tuple(found), tuple(unread), forward


def _make(old: Release, new: Release, chain: tuple[Release, ...], unread: tuple[str, ...], *, forward: bool) -> Diff:
    announcements = join(*(record_of(each).announcements for each in ((new, old) if forward else (old, new))))
    pairs = pair_datasets(old, new, announcements)
    database = compare(old, new, pairs, chain, announcements)
    return Diff(old, new, forward, {each.slug: each for each in pairs}, chain, unread, database)


def diffs() -> Diffs:
    """The comparisons of the running application."""
    return cast(Diffs, current_app.extensions["diffs"])
