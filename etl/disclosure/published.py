"""A protected dataset as everybody may see it: without what is hidden or withheld, with its totals and its rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from datasets.contract import SUMMED, Status
from datasets.declaration import Column, Declaration, Ratio
from datasets.document import Policy
from datasets.protection import Persons, ProtectedGroup
from datasets.ratio import quotient
from etl.aggregate import Aggregated, printed_decimals
from etl.disclosure.assemble import Guarded
from etl.disclosure.cube import Cube, Figures, Keys
from etl.disclosure.protected import SEAL, Protected
from etl.extract import RawTable
from etl.table import Cell, Row, Table

HIDDEN = Cell(None, Status.SUPPRESSED)
NO_FIGURE = Cell(None, Status.NOT_APPLICABLE)


@dataclass(frozen=True)
class Shown:
    """What is shown of a dataset: the figures of `cube`, true or with `noise`, less the cells named in `hidden`."""

    guarded: Guarded
    cube: Cube
    hidden: frozenset[Hashable]
    noise: dict[str, Any] | None = None


def published(dataset: Aggregated, shown: Shown, policy: Policy) -> Protected:
    """The dataset with its cells hidden, ratios computed from what is shown, and totals over all subsets of dimensions."""
    declaration = replace(dataset.declaration, withheld=())
    flags = {tuple(row.keys[name] for name in shown.cube.dimensions): row.flags for row in dataset.table.rows}
    every = [
        Row(
            line,
            dict(zip(shown.cube.dimensions, keys, strict=True)),
            _cells(declaration, shown, keys),
            flags.get(keys, ()),
        )
        for line, keys in enumerate(shown.cube.figures, start=2)
    ]
    rows = tuple(row for row in every if SUMMED not in row.keys.values())
    totals = tuple(row for row in every if SUMMED in row.keys.values() and _has_figures(row))
    table = replace(
        dataset,
        declaration=declaration,
        table=Table(rows),
        totals=Table(()),
        checks=(),
        decimals=printed_decimals(declaration, (*rows, *totals)),
        inputs=tuple(_told(each, rows) for each in dataset.inputs),
        contributions=(),
    )
    return Protected(table, policy, SEAL, _statement(shown, policy), Table(totals))


def _has_figures(row: Row) -> bool:
    return any(cell != NO_FIGURE for cell in row.cells.values())


def _cells(declaration: Declaration, shown: Shown, keys: Keys) -> dict[str, Cell]:
    figures, rules = shown.cube.figures[keys], shown.guarded.rules
    gone = {measure for group in declaration.protect for measure in _gone(shown, group, keys)}
    cells: dict[str, Cell] = {}
    for column in declaration.measures:
        ratio = declaration.computed.get(column.name)
        cell = _quotient(ratio, figures) if ratio else _figure(column, figures)
        hidden = column.name in gone or (ratio and gone & {ratio.numerator, ratio.denominator})
        if hidden or (ratio and rules.ratios == "withheld" and cell != NO_FIGURE):
            cell = HIDDEN
        cells[column.name] = cell
    return cells


def _gone(shown: Shown, group: ProtectedGroup, keys: Keys) -> Iterator[str]:
    """The measures of a group that are hidden in a row: all but those that are nought, where zeros are published."""
    if shown.noise is not None:
        return
    guarded, figures = shown.guarded, shown.cube.figures[keys]
    names = {guarded.name(measure, keys) for measure in group.measures}
    hidden = guarded.sensitive(group, keys) or not names.isdisjoint(shown.hidden)
    for name in group.measures:
        withheld = guarded.withheld(guarded.declaration.by_name[name])
        if (hidden or withheld) and name in figures and guarded.counts(name, keys):
            yield name


def _figure(column: Column, figures: Figures) -> Cell:
    value = figures.get(column.name)
    if value is None:
        return NO_FIGURE
    return Cell(Decimal(value), Status.OK if value else Status.ZERO)


def _quotient(ratio: Ratio, figures: Figures) -> Cell:
    numerator, denominator = figures.get(ratio.numerator), figures.get(ratio.denominator)
    if numerator is None or not denominator or ratio.decimals is None:
        return NO_FIGURE
    value = quotient(numerator, denominator, ratio.scale, ratio.decimals)
    return Cell(value, Status.OK if value else Status.ZERO)


def _told(read: RawTable, rows: Iterable[Row]) -> RawTable:
    """What was read, without its figures: how many rows, and the digest of what is published of them."""
    return replace(read, sha256=_digest(rows), header=(), rows=tuple((line, ()) for line, _ in read.rows))


def _digest(rows: Iterable[Row]) -> str:
    """The digest of the rows as published: one of the true rows would let anyone try out what a hidden figure may be."""
    said = [[*row.keys.values(), *(str(cell.value) for cell in row.cells.values())] for row in rows]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _statement(shown: Shown, policy: Policy) -> dict[str, Any]:
    """What the release says of the protection: everything that an auditor must know, and nothing that is hidden."""
    rules, declaration = shown.guarded.rules, shown.guarded.declaration
    persons = rules.persons or Persons(minimum=1)
    seen = {column.name for column in declaration.measures}
    return {
        "policy": policy.code,
        "method": rules.method,
        "zeros": rules.zeros,
        "minimum": persons.minimum,
        "values": persons.values,
        "upper": persons.upper,
        "groups": [
            {"measures": list(group.measures), "persons": group.persons if group.persons in seen else None}
            for group in declaration.protect
        ],
        "public": [name for each in declaration.public for name in each.measures],
        **({"noise": shown.noise} if shown.noise else {}),
    }
