"""Insiders: clinics who know some figures because they alone are behind them, and read what is published besides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from etl.protect.primary import Contributor
from etl.protect.system import Cell, Equation, Name, State


def before_insiders(
    cells: Sequence[Cell], equations: Sequence[Equation], sole: Iterable[tuple[Name, Contributor]]
) -> Iterator[Cell]:
    """The cells, with their needs before clinics who know another cell of an equation: `sole` ones fill it alone.

    Whoever knows a cell himself, by another name or as the sum of what he fills, is not among its insiders.
    """
    filled: dict[Contributor, set[Name]] = {}
    for name, who in sole:
        filled.setdefault(who, set()).add(name)
    of: dict[Name, list[Equation]] = {}
    for equation in equations if filled else ():
        for term in equation:
            of.setdefault(term.cell, []).append(equation)
    public = {cell.name for cell in cells if cell.state == State.KNOWN}
    known = {who: _following(filled[who], of, public) for who in sorted(filled, key=str)}
    beside: dict[Name, dict[Contributor, None]] = {}
    for who, names in known.items():
        for equation in {id(each): each for name in names for each in of.get(name, ())}.values():
            for term in equation:
                beside.setdefault(term.cell, {})[who] = None
    for cell in cells:
        readers = tuple(known[who] for who in beside.get(cell.name, ()) if cell.name not in known[who])
        if readers and cell.sensitive and cell.need:
            yield replace(cell, need=replace(cell.need, insiders=readers))
        else:
            yield cell


def _following(names: Iterable[Name], of: Mapping[Name, list[Equation]], public: Collection[Name]) -> frozenset[Name]:
    """These cells, and those that follow from them alone: in an equation, all others are among them or public."""
    known: set[Name] = set(names)
    left = list(known)
    while left:
        for equation in of.get(left.pop(), ()):
            others = [term.cell for term in equation if term.cell not in known and term.cell not in public]
            if len(others) == 1:
                known.add(others[0])
                left.append(others[0])
    return frozenset(known)
