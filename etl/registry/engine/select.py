"""A dataset's SELECT: read once, checked, with every column bound to its table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from datasets.fault import Fault, FaultError
from etl.registry.contract import TABLES
from etl.registry.engine.columns import schema
from etl.registry.engine.grammar import Refusal, refused_meaning, refused_syntax

PLACE = "SELECT"


@dataclass(frozen=True)
class Select:
    """A checked SELECT. `tree` has every name qualified, quoted and typed, `text` is it in DuckDB's dialect.

    `reads` is table -> columns of it, with the calendar among the tables.
    """

    tree: exp.Query
    text: str
    reads: dict[str, frozenset[str]]

    @property
    def monthly(self) -> tuple[str, ...]:
        """The monthly tables that it reads."""
        return tuple(name for name in sorted(self.reads) if name in TABLES and not TABLES[name].register)

    @property
    def registers(self) -> tuple[str, ...]:
        """The registers that it reads."""
        return tuple(name for name in sorted(self.reads) if name in TABLES and TABLES[name].register)


@lru_cache(maxsize=256)
def read_select(sql: str, file: str = "transform.sql") -> Select:
    """Read the text of a transform (DuckDB's dialect); raises FaultError with all that is refused in it."""
    tree = _parsed(sql, file)
    _refuse(refused_syntax(tree), file)
    _refuse(_names(tree), file)
    try:
        tree = annotate_types(qualify(tree, dialect="duckdb", schema=schema()), schema=schema(), dialect="duckdb")
    except SqlglotError as error:
        _refuse([(f"cannot be resolved: {_short(error)}", "Correct the names of columns and tables.")], file)
    _refuse(refused_meaning(tree), file)
    tree = _days_counted(tree)
    select = Select(tree, tree.sql("duckdb"), _reads(tree))
    _refuse(_free_text(select), file)
    return select


def tables_of(sql: str) -> tuple[str, ...]:
    """The contract's tables that a SELECT names, in the contract's order; raises FaultError."""
    reads = read_select(sql).reads
    return tuple(name for name in TABLES if name in reads)


def _parsed(sql: str, file: str) -> exp.Query:
    try:
        statements = sqlglot.parse(sql, dialect="duckdb")
        duckdb.extract_statements(sql)
    except (SqlglotError, duckdb.Error) as error:
        raise FaultError([Fault(file, PLACE, f"cannot be parsed: {_short(error)}", "Correct the SQL.")]) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Select | exp.SetOperation):
        raise FaultError([Fault(file, PLACE, "is not one SELECT.", "Write one SELECT, with WITH before it if needed.")])
    for node in statements[0].walk():
        node.pop_comments()
    return statements[0]


def _days_counted(tree: exp.Query) -> exp.Query:
    """Days between instants as days between their dates: Spark counts whole 24 hours otherwise."""
    for node in tree.find_all(exp.DateDiff):
        for argument in (node.this, node.expression):
            if not argument.is_type(exp.DataType.Type.DATE):
                argument.replace(exp.cast(argument.copy(), "DATE"))
    return tree


def _short(error: Exception) -> str:
    # Terminal colours and the quoted context are of no use in a report.
    return str(error).splitlines()[0].replace("\x1b[4m", "").replace("\x1b[0m", "")[:200]


def _refuse(found: Iterable[Refusal], file: str) -> None:
    faults = [Fault(file, PLACE, message, remedy) for message, remedy in found]
    if faults:
        raise FaultError(faults)


def _names(tree: exp.Query) -> Iterable[Refusal]:
    """Sources that are neither tables of the contract nor named in the SELECT itself."""
    ours = {each.alias.lower() for each in tree.find_all(exp.CTE)}
    known = schema()
    for name in sorted(ours & set(known)):
        yield f"names a common table expression '{name}', as a table.", "Choose another name."
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            yield f"reads {table.sql('duckdb')[:60]}, which is no table.", "Read the tables of the contract."
        elif table.name.lower() not in ours | set(known):
            yield f"reads '{table.name}', which is no table of the contract.", f"Use: {', '.join(known)}."


def _reads(tree: exp.Query) -> dict[str, frozenset[str]]:
    reads: dict[str, set[str]] = {}
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table):
                reads.setdefault(source.name, set())
        for column in scope.columns:
            read = scope.sources.get(column.table)
            if isinstance(read, exp.Table):
                reads.setdefault(read.name, set()).add(column.name)
    return {name: frozenset(columns) for name, columns in reads.items()}


def _free_text(select: Select) -> Iterable[Refusal]:
    for name, columns in sorted(select.reads.items()):
        for column in sorted(columns):
            if name in TABLES and column in TABLES[name].by_name and TABLES[name].by_name[column].free:
                yield f"reads the free text {name}.{column}.", "Leave it out: free text may hold anything."
