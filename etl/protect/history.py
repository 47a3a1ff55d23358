"""The history: all that earlier releases have told, as the sum of their entries."""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd

from etl.protect.entry import Entry, Figure, Record, Relation
from etl.protect.system import Name


class History:
    """The values that each name has had, and the equations that hold between figures."""

    def __init__(self) -> None:
        self.releases: dict[str, str] = {}
        self.relations: dict[Relation, None] = {}
        self._records: dict[Name, list[Record]] = {}

    def add(self, entry: Entry) -> None:
        """Take in what a release told."""
        self.releases[entry.release] = entry.digest
        for figure, record in entry.figures.items():
            records = self._records.setdefault(figure.name, [])
            records[figure.vintage : figure.vintage + 1] = [record]
        if entry.withdrawal:
            noughts = {figure for figure, record in entry.figures.items() if not record.value}
            for relation in entry.relations:
                self.relations.pop(normal(term for term in relation if term[0] not in noughts), None)
        self.relations.update(dict.fromkeys(entry.relations))

    def figure(self, name: Name, value: int) -> Figure:
        """The figure of this name and value: the latest one, or the next vintage if the value is another.

        A value that comes back after another one is a vintage of its own: a reader is told that a hidden figure has
        changed, not that it is again what it once was.
        """
        records = self._records.get(name, [])
        return Figure(name, len(records) - bool(records and records[-1].value == value))

    def record(self, figure: Figure) -> Record | None:
        """What has been told of a figure; None if nothing."""
        records = self._records.get(figure.name, [])
        return records[figure.vintage] if figure.vintage < len(records) else None

    def records(self, name: Name) -> tuple[Record, ...]:
        """What has been told of a name, by vintage."""
        return tuple(self._records.get(name, ()))

    def shown(self, figure: Figure) -> bool:
        """Whether a release has shown it."""
        record = self.record(figure)
        return record is not None and record.shown

    def hidden(self, name: Name) -> bool:
        """Whether a value of this name has been told of and never shown."""
        return any(not record.shown for record in self._records.get(name, ()))

    def latest(self, name: Name) -> Figure | None:
        """The figure of a name that was seen last as a new one; None if there is none."""
        records = self._records.get(name)
        return Figure(name, len(records) - 1) if records else None

    def before(self, figure: Figure) -> int | None:
        """The value of the vintage before this one, if that has been shown."""
        earlier = self.record(Figure(figure.name, figure.vintage - 1)) if figure.vintage else None
        return earlier.value if earlier and earlier.shown else None

    def added(self, told: Iterable[tuple[Figure, Record]]) -> dict[Figure, Record]:
        """Those of a release that say more than what has been told. What was shown stays shown."""
        return {
            figure: record
            for figure, record in told
            if (before := self.record(figure)) is None or not (before.shown or before == record)
        }


def normal(relation: Iterable[tuple[Figure, int]]) -> Relation:
    """An equation in the one form that all equal ones have: sorted, divided by the common factor, the first one positive."""
    summed: dict[Figure, int] = {}
    for figure, factor in relation:
        summed[figure] = summed.get(figure, 0) + factor
    terms = sorted(((figure, factor) for figure, factor in summed.items() if factor), key=_order)
    if not terms:
        return ()
    common = gcd(*(factor for _, factor in terms)) * (1 if terms[0][1] > 0 else -1)
    return tuple((figure, factor // common) for figure, factor in terms)


def _order(term: tuple[Figure, int]) -> tuple[str, int]:
    return repr(term[0].name), term[0].vintage
