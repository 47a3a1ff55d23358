"""All releases as one system: what they show may still be withdrawn, what they hide stays hidden as it was promised.

Made with the same cells and equations as when the releases were protected; hidden values come from the ledger alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from datasets.contract import SUMMED, Status, status_column
from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError
from datasets.protection import Persons, ProtectedGroup, PublicMeasures, Rules
from etl.disclosure.assemble import Guarded, assemble
from etl.disclosure.cube import Cube, Figures, Keys
from etl.protect.entry import Figure, Record
from etl.protect.ledger import Ledger
from etl.protect.system import Cell, Equation, Need, State, System, Term
from etl.redaction.published import Published
from etl.redaction.request import Name
from etl.redaction.tombstone import ASKED

#: A figure of the system: its name and its value, so that releases share the figures that were not revised between them.
Valued = tuple[Any, int]


@dataclass(frozen=True)
class Reading:
    """One release with the values of what it hides. `shown` names the figures that have a number in it."""

    release: Published
    guarded: Mapping[str, Guarded]
    system: System
    shown: frozenset[Name]


def read(release: Published, asked: Name, ledger: Ledger) -> Reading:
    """The protected datasets of a release, true figures and all; raises FaultError if the ledger lacks a hidden one."""
    guarded = {
        each.slug: _guard(release, each.slug, each.protection, asked, ledger)
        for each in release.content.datasets
        if each.protection and each.protection["method"] == "suppression"
    }
    shown = {
        (slug, measure, release.spelled(slug, keys))
        for slug, each in guarded.items()
        for keys, record in release.records(slug)
        for group in each.declaration.protect
        for measure in group.measures
        if record[status_column(measure)] in (Status.OK, Status.ZERO)
    }
    return Reading(release, guarded, assemble(guarded, release.links), frozenset(shown))


def join(readings: Iterable[Reading], asked: Name, ledger: Ledger) -> System:
    """The system of all releases together; only the row of the figure that is asked for is sensitive."""
    cells: dict[Valued, Cell] = {}
    equations: dict[Equation, None] = {}
    for reading in readings:
        values = {cell.name: cell.value for cell in reading.system.cells}
        for cell in reading.system.cells:
            name = (cell.name, cell.value)
            if cell.state == State.KNOWN:
                cells[name] = replace(cell, name=name)
            elif cell.name in reading.shown:
                # Its group has the same name in all releases: of a row that was revised, all versions go together.
                cells[name] = replace(cell, name=name, need=_need(reading, cell, asked))
            elif name not in cells:
                cells[name] = _hidden(cell, ledger)
        for equation in reading.system.equations:
            equations[tuple(Term((term.cell, values[term.cell]), term.coefficient) for term in equation)] = None
    kept = (replace(cell, need=_known_insiders(cell.need, cells)) for cell in cells.values())
    return System(tuple(kept), tuple(equations))


def _guard(
    release: Published, slug: str, protection: Mapping[str, object] | None, asked: Name, ledger: Ledger
) -> Guarded:
    assert protection is not None
    declaration = release.declaration(slug)
    # Nothing is sensitive by its number of persons here: what had to be hidden for that is hidden.
    groups = tuple(ProtectedGroup(group.measures) for group in declaration.protect)
    # A measure that is public until a figure of it is withdrawn is a group of its own from then on.
    withdrawn = {row["measure"] for row in release.redactions if row["dataset"] == slug} | {asked[1]}
    public = [name for each in declaration.public for name in each.measures]
    groups += tuple(ProtectedGroup((name,)) for name in public if name in withdrawn)
    bare = replace(
        declaration,
        protect=groups,
        public=(PublicMeasures(tuple(name for name in public if name not in withdrawn), {}),),
        parts=tuple(replace(part, persons=None) for part in declaration.parts),
    )
    minimum, values, upper = (protection[name] for name in ("minimum", "values", "upper"))
    persons = Persons(minimum, values, upper)  # type: ignore[arg-type]
    figures = _true_figures(release, bare, ledger)
    redacted = frozenset(each for each in (asked, *_asked_before(release)) if each[0] == slug)
    rules = Rules(persons=persons, zeros=str(protection["zeros"]))
    return Guarded(Cube(bare, figures, figures), rules, {}, redacted)


def _asked_before(release: Published) -> Iterator[Name]:
    """The figures that earlier redactions were about."""
    for row in release.redactions:
        if row["cause"] == ASKED:
            keys = tuple(map(str, json.loads(row["keys_json"])))
            yield row["dataset"], row["measure"], release.spelled(row["dataset"], keys)


def _true_figures(release: Published, declaration: Declaration, ledger: Ledger) -> dict[Keys, Figures]:
    protected = [name for each in declaration.protect for name in each.measures]
    public = [name for each in declaration.public for name in each.measures]
    whole = [name for name in (*protected, *public) if declaration.by_name[name].type == "integer"]
    found: dict[Keys, Figures] = {}
    for keys, record in release.records(declaration.slug):
        figures = found.setdefault(keys, {})
        for measure in whole:
            status = Status(record[status_column(measure)])
            if status in (Status.OK, Status.ZERO):
                figures[measure] = int(record[measure])
            elif status in (Status.SUPPRESSED, Status.WITHDRAWN):
                figures[measure] = _from_ledger(release, declaration.slug, measure, keys, ledger)
    for keys in [keys for keys in found if SUMMED not in keys]:
        for place in range(2 ** len(keys)):
            found.setdefault(tuple(SUMMED if place >> at & 1 else key for at, key in enumerate(keys)), {})
    return found


def _from_ledger(release: Published, slug: str, measure: str, keys: Keys, ledger: Ledger) -> int:
    told = ledger.told((slug, measure, release.spelled(slug, keys)))
    vintage = release.vintages.get((slug, measure, keys), 0)
    if vintage >= len(told):
        message = f"knows nothing of a figure that {release.id} hides."
        remedy = "Give the --store that the release was built with, or restore it from a backup."
        raise FaultError([Fault("ledger", slug, message, remedy)])
    return told[vintage].value


def _need(reading: Reading, cell: Cell, asked: Name) -> Need | None:
    """What must stay possible of a figure once it is withdrawn: a count of persons that was shown is large, or nought."""
    slug, measure, _ = _plain(cell.name)
    groups = reading.release.declaration(slug).protect
    counts_itself = any(group.persons == measure for group in groups)
    return None if counts_itself and cell.name != asked else cell.need


def _plain(name: Any) -> Name:
    dataset, measure, keys = name
    return dataset, measure, keys


def _hidden(cell: Cell, ledger: Ledger) -> Cell:
    """A cell that no reader sees: with the need that it had when it was hidden."""
    record = _record(ledger, _plain(cell.name), cell.value)
    name = (cell.name, cell.value)
    if record is None or record.shown:  # shown once, by a release that is gone
        need, lower = None, 0
    else:
        need, lower = record.need, record.lower
    return Cell(name, cell.value, lower, need=need, state=State.CONCEALED)


def _record(ledger: Ledger, name: Name, value: int) -> Record | None:
    return next((record for record in reversed(ledger.told(name)) if record.value == value), None)


def _known_insiders(need: Need | None, cells: Mapping[Valued, Cell]) -> Need | None:
    """The need with its insiders' figures by name and value, as far as they are in the system."""
    if need is None or not need.insiders:
        return need
    values: dict[Any, list[Valued]] = {}
    for name in cells:
        values.setdefault(name[0], []).append(name)
    mapped = (
        frozenset(each for figure in insider if isinstance(figure, Figure) for each in values.get(figure.name, ()))
        for insider in need.insiders
    )
    return replace(need, insiders=tuple(known for known in mapped if known))


def figures_of(names: Iterable[Valued], system: System, asked: Name, ledger: Ledger) -> dict[Figure, Record]:
    """What the ledger must say from now on of figures that are withdrawn, by name and vintage."""
    found = {}
    for name in names:
        cell = system.by_name[name]
        need = _by_figure(cell.need, ledger)
        found[_figure(name, ledger)] = Record(cell.value, False, cell.lower, name[0] == asked, need)
    return found


def relations_of(names: frozenset[Valued], system: System, ledger: Ledger) -> Iterator[tuple[tuple[Figure, int], ...]]:
    """The equations in which withdrawn figures stand."""
    for equation in system.equations:
        if any(term.cell in names for term in equation):
            yield tuple((_figure(term.cell, ledger), term.coefficient) for term in equation)


def _figure(name: Any, ledger: Ledger) -> Figure:
    plain, value = name
    told = ledger.told(plain)
    vintages = [vintage for vintage, record in enumerate(told) if record.value == value]
    return Figure(plain, vintages[-1] if vintages else len(told))


def _by_figure(need: Need | None, ledger: Ledger) -> Need | None:
    if need is None:
        return None
    insiders = tuple(frozenset(_figure(each, ledger) for each in insider) for insider in need.insiders)
    return replace(need, insiders=insiders)
