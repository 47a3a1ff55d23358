"""Witnesses put together from the tables of all components: no more tables than show what is to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from etl.audit.certificate import Change, Witness
from etl.audit.components import Component
from etl.audit.linear import Wholes
from etl.audit.propagation import Box
from etl.audit.statement import Unknown
from etl.audit.tables import Tables


def witness(
    box: Box, unknowns: Sequence[Unknown], found: Iterable[tuple[Component, Tables]], complete: bool
) -> Witness:
    """A witness for all needs that tables show to be met; `complete`: for both ends of every interval."""
    base: list[int | None] = [low if low == top else None for low, top in zip(box.lower, box.upper, strict=True)]
    changes: list[Change] = []
    for component, tables in found:
        if not tables.found:
            continue
        first = tables.found[0]
        for position, value in zip(component.unknowns, first.tolist(), strict=True):
            base[position] = value
        members = [unknowns[position] for position in component.unknowns]
        derived = np.array([box.lower[position] for position in component.unknowns])
        kept = _extremes(tables) if complete else _needed(tables, members, derived)
        changes += [_change(component, first, table) for table in kept]
    return Witness(tuple(base), tuple(change for change in changes if change))


def _change(component: Component, base: Wholes, table: Wholes) -> Change:
    steps = (table - base).tolist()
    return tuple((position, step) for position, step in zip(component.unknowns, steps, strict=True) if step)


def _extremes(tables: Tables) -> list[Wholes]:
    """The first table that gives each unknown its least value, and its greatest."""
    kept = set()
    stack = np.stack(tables.found)
    for ends in (stack.argmin(axis=0), stack.argmax(axis=0)):
        kept |= set(ends.tolist())
    return [tables.found[number] for number in sorted(kept)]


def _needed(tables: Tables, unknowns: Sequence[Unknown], derived: Wholes) -> list[Wholes]:
    """Tables that bring an unknown nearer to its needs, or show it less than harmless, until that is done."""
    none = np.iinfo(np.int64).max
    values = np.array([unknown.values for unknown in unknowns])
    top = np.array([-none if unknown.least_upper is None else unknown.least_upper for unknown in unknowns])
    harmless = np.array([none if unknown.harmless_from is None else unknown.harmless_from for unknown in unknowns])
    least, greatest = tables.found[0], tables.found[0]
    kept = []
    for table in tables.found:
        unmet = ((greatest - least + 1 < values) | (greatest < top) | (least >= harmless)) & (derived < harmless)
        if (((table < least) | (table > greatest)) & unmet).any():
            least, greatest = np.minimum(least, table), np.maximum(greatest, table)
            kept.append(table)
    return kept
