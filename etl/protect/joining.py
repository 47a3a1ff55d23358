"""Joining: a release as one system with all that earlier releases told and that bears on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from etl.protect.entry import Figure, Relation
from etl.protect.history import History, normal
from etl.protect.system import Cell, Equation, Name, State, System, Term


def joined(history: History, system: System, links: Iterable[Equation]) -> System:
    """See `Ledger.join`."""
    return _Joining(history, system, links).system()


class _Joining:
    def __init__(self, history: History, system: System, links: Iterable[Equation]) -> None:
        self.history = history
        self.new = system
        self.own = {cell.name: history.figure(cell.name, cell.value) for cell in system.cells}
        self.links = [tuple((self._named(term.cell), term.coefficient) for term in link) for link in links]
        self.cells = [self._own_cell(cell) for cell in system.cells]
        self.known = {self.own[cell.name] for cell in self.cells if cell.state == State.KNOWN}

    def system(self) -> System:
        kept = [*self._kept(), *self.links]
        earlier = dict.fromkeys(
            figure for relation in kept for figure, _ in relation if self.own.get(figure.name) != figure
        )
        names = {*self.own, *earlier}
        cells = (*self.cells, *(self._earlier_cell(figure, names) for figure in earlier))
        equations = (tuple(Term(self._name(figure), factor) for figure, factor in relation) for relation in kept)
        system = System(cells, (*self.new.equations, *equations))
        system.check()
        return system

    def _named(self, name: Name) -> Figure:
        figure = name if isinstance(name, Figure) else self.own.get(name) or self.history.latest(name)
        if figure is None or (self.history.record(figure) is None and self.own.get(figure.name) != figure):
            raise ValueError(
                f"A link names {name}, which no release has. Remedy: name a cell of this or an earlier one."
            )
        return figure

    def _name(self, figure: Figure) -> Name:
        return figure.name if self.own.get(figure.name) == figure else figure

    def _own_cell(self, cell: Cell) -> Cell:
        figure = self.own[cell.name]
        if cell.state == State.KNOWN:
            return cell
        if self.history.shown(figure):
            return replace(cell, state=State.KNOWN, sensitive=False, need=None)
        told = self.history.record(figure)
        lower = cell.lower if told is None else max(cell.lower, told.lower)
        return _widened(replace(cell, lower=lower), self.history.before(figure))

    def _earlier_cell(self, figure: Figure, names: set[Name]) -> Cell:
        record = self.history.record(figure)
        if record is None:
            raise ValueError(f"No release has {figure}.")
        if record.shown:
            return Cell(figure, record.value, record.lower, state=State.KNOWN)
        need = record.need
        if need is not None and need.insiders:
            mapped = ({self._name(each) for each in insider if isinstance(each, Figure)} for insider in need.insiders)
            need = replace(need, insiders=tuple(frozenset(known & names) for known in mapped if known & names))
        return Cell(figure, record.value, record.lower, record.sensitive, need, state=State.CONCEALED)

    def _open(self, relation: Relation) -> Relation:
        """The part of an equation that readers do not know before this release."""
        return tuple(term for term in relation if term[0] not in self.known and not self.history.shown(term[0]))

    def _kept(self) -> Iterator[Relation]:
        """Earlier equations that tie a figure of this release to a need, however far, and say something new."""
        sets = _Sets()
        new = (tuple((self.own[term.cell], term.coefficient) for term in each) for each in self.new.equations)
        said = {normal(part) for relation in (*new, *self.links) if (part := sets.tie(self._open(relation)))}
        earlier = [(relation, sets.tie(self._open(relation))) for relation in self.history.relations]
        touched = {sets.root(figure) for figure in self.own.values() if figure not in self.known}
        touched |= {sets.root(part[0][0]) for link in self.links if (part := self._open(link))}
        touched |= {sets.root(part[0][0]) for relation, part in earlier if part and self._revealed(relation)}
        needed = {sets.root(figure) for _, part in earlier for figure, _ in part if self._needed(figure)}
        needed |= {sets.root(self.own[cell.name]) for cell in self.cells if cell.need and cell.state != State.KNOWN}
        for relation, part in earlier:
            if part and sets.root(part[0][0]) in touched & needed and (form := normal(part)) not in said:
                said.add(form)
                yield relation

    def _revealed(self, relation: Relation) -> bool:
        return any(figure in self.known and not self.history.shown(figure) for figure, _ in relation)

    def _needed(self, figure: Figure) -> bool:
        record = self.history.record(figure)
        return record is not None and record.need is not None


def _widened(cell: Cell, before: int | None) -> Cell:
    """A reader who is told that a figure was corrected rules out the value it had.

    A value that lies farther off than the values needed leaves enough of them on its near side.
    """
    need = cell.need
    if need is None or before is None or before < cell.lower or abs(before - cell.value) >= need.values:
        return cell
    return replace(cell, need=replace(need, values=need.values + 1))


class _Sets:
    """Figures that equations tie together."""

    def __init__(self) -> None:
        self._above: dict[Figure, Figure] = {}

    def root(self, figure: Figure) -> Figure:
        above = self._above
        while (parent := above.get(figure, figure)) != figure:
            above[figure] = above.get(parent, parent)
            figure = parent
        return figure

    def tie(self, relation: Relation) -> Relation:
        """Put all figures of an equation into one set; gives the equation."""
        for figure, _ in relation[1:]:
            one, other = self.root(relation[0][0]), self.root(figure)
            if one != other:
                self._above[other] = one
        return relation
