"""Follows personal data from the Registry's columns to the output of a SELECT.

Personal data leave as counts only. So each output is graded by what it tells of a person, and so are the rows: what they
are about. A person's value may be counted, compared and grouped by inside the SELECT; what comes out must be about many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

from etl.registry.contract import TABLES
from etl.registry.engine.columns import CALENDAR
from etl.registry.engine.grammar import AGGREGATES, PREDICATES, Refusal

_RANKS = (exp.RowNumber, exp.Rank, exp.DenseRank)


class Grade(IntEnum):
    """What a value tells: nothing of a person, the class that a person falls into, a fact, an identifying value."""

    OPEN = 0
    #: A personal column with a code list: persons may be counted by it.
    CLASS = 1
    #: Whether something holds of a person: it may be added up.
    FACT = 2
    PERSON = 3


def personal_faults(tree: exp.Query) -> Iterator[Refusal]:
    """Outputs that tell of a person, and rows that are about one, in a qualified SELECT."""
    scope = build_scope(tree)
    assert scope is not None
    told = _told(scope, {})
    for name, grade in told.outputs.items():
        if grade > Grade.CLASS:
            remedy = "Count it, or sum a CASE over it; nothing else of a person may leave."
            yield f"lets personal data out in '{name}'.", remedy
    if told.rows_are_persons:
        yield "gives rows about single persons or events.", "Aggregate them by columns that are not personal."


@dataclass(frozen=True)
class _Told:
    """The outputs of a query by name, and whether its rows are about persons."""

    outputs: dict[str, Grade]
    rows_are_persons: bool


def _told(scope: Scope, known: dict[int, _Told]) -> _Told:
    """What a query tells; `known` are the answers so far, for a common table expression is named more than once."""
    key = id(scope.expression)
    if key not in known:
        if isinstance(scope.expression, exp.SetOperation):
            known[key] = _together([_told(each, known) for each in scope.set_operation_scopes])
        else:
            sources = {
                name: _told(source, known) if isinstance(source, Scope) else _table(source.name)
                for name, source in scope.sources.items()
            }
            known[key] = _Reader(scope, sources).told()
    return known[key]


def _together(branches: list[_Told]) -> _Told:
    grades = zip(*(each.outputs.values() for each in branches), strict=True)
    outputs = dict(zip(branches[0].outputs, map(max, grades), strict=True))
    return _Told(outputs, any(each.rows_are_persons for each in branches))


def _table(name: str) -> _Told:
    """A table of the contract. Derived columns tell no more than months and days; where columns are personal, so is the key."""
    if name == CALENDAR:
        return _Told({}, rows_are_persons=False)
    table = TABLES[name]
    about_persons = any(each.personal for each in table.columns)
    outputs = {
        each.name: Grade.CLASS if each.codelist else Grade.PERSON
        for each in table.columns
        if each.personal or (about_persons and each.name in table.key)
    }
    return _Told(outputs, about_persons)


class _Reader:
    """Grades the expressions of one SELECT."""

    def __init__(self, scope: Scope, sources: dict[str, _Told]) -> None:
        self.scope, self.sources = scope, sources

    def told(self) -> _Told:
        select = self.scope.expression
        assert isinstance(select, exp.Select)
        outputs = {each.alias_or_name: self.grade(each.unalias()) for each in select.selects}
        return _Told(outputs, self._rows_are_persons(select, outputs))

    def _rows_are_persons(self, select: exp.Select, outputs: dict[str, Grade]) -> bool:
        group = select.args.get("group")
        if group:
            return any(self.grade(key) > Grade.CLASS for key in group.expressions)
        if any(_aggregates(each) for each in select.selects):
            return False
        if select.args.get("distinct"):
            return any(grade > Grade.CLASS for grade in outputs.values())
        return any(self.sources[name].rows_are_persons for name in self.scope.selected_sources)

    def grade(self, node: exp.Expr) -> Grade:
        """What an expression of this SELECT tells."""
        if isinstance(node, exp.Column):
            return self._column(node)
        if isinstance(node, exp.Filter):
            return self.grade(node.this)
        if isinstance(node, exp.Window):
            return self._window(node)
        if isinstance(node, AGGREGATES):
            return self._aggregate(node)
        within = max((self.grade(each) for each in _children(node)), default=Grade.OPEN)
        if isinstance(node, exp.Case):
            # The results, and what they tell of the conditions: a fact at most.
            return max(self._value(node), min(within, Grade.FACT))
        return min(within, Grade.FACT) if isinstance(node, PREDICATES) else within

    def _aggregate(self, node: exp.Expr) -> Grade:
        """Counts are open, and so are sums of facts; the least and the greatest are somebody's."""
        if isinstance(node, exp.Count):
            return Grade.OPEN
        if isinstance(node, exp.Sum):
            return Grade.OPEN if self._value(node.this) <= Grade.FACT else Grade.PERSON
        within = self.grade(node.this)
        return Grade.PERSON if within == Grade.CLASS else within

    def _column(self, column: exp.Column) -> Grade:
        # What is not listed is open; so is a column of an enclosing SELECT, which only conditions name.
        source = self.sources.get(column.table)
        return source.outputs.get(column.name, Grade.OPEN) if source else Grade.OPEN

    def _value(self, node: exp.Expr) -> Grade:
        """What the values tell, whatever the conditions under which they stand: for adding up."""
        if not isinstance(node, exp.Case):
            return self.grade(node)
        results = [each.args["true"] for each in node.args["ifs"]]
        default = node.args.get("default")
        return max(self._value(each) for each in ([*results, default] if default else results))

    def _window(self, node: exp.Window) -> Grade:
        over = [*node.args.get("partition_by", ())]
        order = node.args.get("order")
        over += [each.this for each in order.expressions] if order else []
        asked = max((self.grade(each) for each in over), default=Grade.OPEN)
        within = Grade.OPEN if isinstance(node.this, _RANKS) else self.grade(node.this)
        return max(within, min(asked, Grade.FACT))


def _children(node: exp.Expr) -> Iterator[exp.Expr]:
    return (each for each in node.iter_expressions() if not isinstance(each, exp.Query))


def _aggregates(node: exp.Expr) -> bool:
    """Whether an output is an aggregate over the group, and not over a window."""
    return any(
        isinstance(each, AGGREGATES)
        and not isinstance(each.parent, exp.Window)
        and not (isinstance(each.parent, exp.Filter) and isinstance(each.parent.parent, exp.Window))
        for each in node.find_all(*AGGREGATES)
    )
