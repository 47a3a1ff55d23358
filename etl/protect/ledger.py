"""The ledger: a private record of what each release has shown and hidden, so that a new one opens no old figure.

The names of cells hold across releases: dataset, measure, keys, and for a sum over months the interval summed. A name that
keeps its value is one figure, also while it is hidden: the strongest reader knows which hidden figures have changed. With
another value than before it is another vintage. A zero that a release shows by leaving its row out is a figure too: give
it as a KNOWN cell where its value may change later and vintages are published.

The order of work: `join` the new release's system, protect it, `record` it, and only then make it visible. Losing the
folder means that old figures are no longer protected.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from etl.protect.entry import Entry, Figure, Record, Relation, written
from etl.protect.history import History, normal
from etl.protect.joining import joined
from etl.protect.journal import Journal, LedgerError
from etl.protect.system import Cell, Equation, Name, State, System

__all__ = ["Figure", "Ledger", "LedgerError"]


class Ledger:
    """The record below `folder`, which is made when needed. LedgerError where an entry is missing or damaged."""

    def __init__(self, folder: Path) -> None:
        self._journal = Journal(folder)
        self._history = History()
        self._read()

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases and redactions recorded, annulled ones left out, in their order."""
        return tuple(self._history.releases)

    def require(self, visible: Iterable[str]) -> None:
        """Raise LedgerError if a visible release is not recorded: what it showed would be forgotten."""
        missing = [release for release in visible if release not in self._history.releases]
        if missing:
            raise LedgerError(f"Not in the ledger: {', '.join(missing)}. Remedy: restore the ledger from a backup.")

    def vintage(self, name: Name, value: int) -> int:
        """How often this name has changed its value up to this one: 0 at first, one more if it is not the latest."""
        return self._history.figure(name, value).vintage

    def hidden(self, name: Name) -> bool:
        """Whether this name had a value, now or once, that no release has shown.

        Where zeros are shown, a later and finer division of such a figure tells how many parts of it are not nought, so
        that it is at least so many. Do not divide it: give its parts, zeros too, as CONCEALED cells with `lower` 0.
        """
        return self._history.hidden(name)

    def already_public(self, system: System) -> tuple[Name, ...]:
        """Sensitive cells that an earlier release has shown with this value. Hiding them now protects nobody."""
        cells = (cell for cell in system.cells if cell.sensitive)
        return tuple(cell.name for cell in cells if self._history.shown(self._history.figure(cell.name, cell.value)))

    def as_promised(self, system: System, names: Collection[Name]) -> System:
        """The system with the earlier needs of those of its cells `names` that an earlier release hid.

        A rule that was tightened may ask of an old figure what old releases made impossible.
        """
        return System(
            tuple(self._promised(cell) if cell.name in names else cell for cell in system.cells), system.equations
        )

    def join(self, system: System, links: Iterable[Equation] = ()) -> System:
        """The system of a new release with all earlier cells and equations that bear on it.

        The release's cells keep their names. One that was shown before with this value becomes KNOWN; one that was
        hidden stays OPEN and may be shown if all earlier needs allow it. Earlier cells that the release does not have
        are named by `Figure`, KNOWN if they were shown and otherwise CONCEALED with their needs.

        `links` are equations between the cells of this release and earlier ones, say a region and the two that it was
        split into; a bare name that the release does not have means the latest vintage. Record the system that comes
        out, so that links are kept. ValueError for a link that names no cell or does not hold.
        """
        return joined(self._history, system, links)

    def record(self, release: str, system: System, hidden: Collection[Name]) -> None:
        """Add a release before anybody can see it: `system` as `join` gave it, and which of its cells are not shown.

        Recording a release again is fine. LedgerError if it was recorded with other content; ValueError if `hidden`
        names a cell that is not there or leaves out a sensitive one.
        """
        _refuse(system, hidden)
        own = {cell.name: self._history.figure(cell.name, cell.value) for cell in _own(system)}
        told = {own[cell.name]: self._record(cell, cell.name not in hidden, own) for cell in _own(system)}
        relations = [*self._relations(system, own, told)]
        digest = _digest(told, relations)
        if release in self._history.releases:
            if self._history.releases[release] != digest:
                message = (
                    f"Release {release} is recorded with other content. Remedy: give the new one a name of its own"
                )
                raise LedgerError(f"{message}, or annul the old one if nobody ever could see it.")
            self.settle()
            return
        new = dict.fromkeys(relation for relation in relations if relation not in self._history.relations)
        entry = Entry(release, digest, self._history.added(told.items()), tuple(new))
        self._journal.append(entry.packed())
        self._history.add(entry)

    def told(self, name: Name) -> tuple[Record, ...]:
        """What has been told of this name, by vintage; hidden values too."""
        return self._history.records(name)

    def withdraw(self, redaction: str, figures: Mapping[Figure, Record], relations: Iterable[Relation]) -> None:
        """Record that `figures` are in no release any more: from now on they count as they are given here.

        `relations` are equations in which they stand, which were not recorded while everybody saw all of them. Whoever
        kept an old copy still knows the figures. A nought that was shown is in no equation; once it is withdrawn, each of
        its equations is given here with it and stands for the one without. Doing it again under the same name is fine.
        """
        if redaction in self._history.releases:
            self.settle()
            return
        ties = list(dict.fromkeys(normal(relation) for relation in relations))
        new = tuple(relation for relation in ties if relation not in self._history.relations)
        entry = Entry(redaction, _digest(figures, ties), figures, new, withdrawal=True)
        self._journal.append(entry.packed())
        self._history.add(entry)

    def settle(self) -> None:
        """Do what is left of a record whose process died."""
        self._journal.settle()

    def annul(self, release: str) -> None:
        """Take back the last release if it never became visible. What anybody might have seen must stay recorded."""
        if release != next(reversed(self._history.releases), None):
            raise LedgerError(f"{release} is not the last release recorded. Remedy: later ones stand on it; leave it.")
        self._journal.append({"annuls": release})
        self._history = History()
        self._read()

    def _read(self) -> None:
        entries: list[Entry] = []
        for packed in self._journal.read():
            if "annuls" not in packed:
                entries.append(Entry.unpacked(packed))
            elif not entries or entries.pop().release != packed["annuls"]:
                raise LedgerError("An annulment is damaged. Remedy: restore the ledger's folder from a backup.")
        for entry in entries:
            self._history.add(entry)

    def _promised(self, cell: Cell) -> Cell:
        record = self._history.record(self._history.figure(cell.name, cell.value))
        if record is None or record.shown:
            return cell
        return replace(cell, need=record.need)

    def _record(self, cell: Cell, listed: bool, own: Mapping[Name, Figure]) -> Record:
        if listed and cell.state != State.CONCEALED:
            return Record(int(cell.value), True)
        need = cell.need
        if need is not None and need.insiders:
            known = (frozenset(own.get(each, each) for each in insider) for insider in need.insiders)
            figures = (frozenset(each for each in insider if isinstance(each, Figure)) for insider in known)
            need = replace(need, insiders=tuple(figures))
        return Record(int(cell.value), False, cell.lower, cell.sensitive, need)

    def _relations(
        self, system: System, own: Mapping[Name, Figure], told: Mapping[Figure, Record]
    ) -> Iterator[Relation]:
        """The equations in which a figure stands that no release has shown."""
        for equation in system.equations:
            relation = [(own.get(term.cell, term.cell), term.coefficient) for term in equation]
            figures = [(figure, factor) for figure, factor in relation if isinstance(figure, Figure)]
            if not all(self._history.shown(each) or (each in told and told[each].shown) for each, _ in figures):
                yield normal(figures)


def _own(system: System) -> Iterator[Cell]:
    """The cells of the release itself."""
    return (cell for cell in system.cells if not isinstance(cell.name, Figure))


def _refuse(system: System, hidden: Collection[Name]) -> None:
    names = {cell.name for cell in _own(system)}
    unknown = next((name for name in hidden if name not in names), None)
    if unknown is not None:
        raise ValueError(f"{unknown} is hidden but no cell of this release. Remedy: give the pattern of this system.")
    bare = next((c.name for c in _own(system) if c.sensitive and c.state == State.OPEN and c.name not in hidden), None)
    if bare is not None:
        raise ValueError(f"{bare} is sensitive and not hidden. Remedy: protect the system before recording it.")


def _digest(told: Mapping[Figure, Record], relations: Iterable[Relation]) -> str:
    """The digest of what a release shows, hides and ties: the same for every order, and whatever else was recorded."""
    figures = sorted(_text([written(f.name), record.value, record.shown]) for f, record in told.items())
    ties = sorted(
        _text([[written(figure.name), factor] for figure, factor in relation])
        for relation in relations
        if all(f in told for f, _ in relation) and not all(told[f].shown for f, _ in relation)
    )
    return hashlib.sha256(_text([figures, ties]).encode()).hexdigest()


def _text(thing: Any) -> str:
    return json.dumps(thing, ensure_ascii=False)
