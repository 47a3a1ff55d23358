"""Tables whose rows are in Parquet files: one branch for each part, with the part's month as a constant."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from datasets.fault import Fault, FaultError
from etl.registry.contract import Table
from etl.registry.engine.view import nothing, projection, query_of
from etl.registry.parts import Part, Registry


class Files:
    """The relations of a Registry delivered as files. `source` makes a view of a part in the engine, under `view_name`."""

    def __init__(self, registry: Registry, source: Callable[[Part], str]) -> None:
        if registry.dsn:
            remedy = "Let PostgreSQL aggregate it, or have it delivered as files."
            raise FaultError([Fault("extract", "address", "is a database, which this engine cannot read.", remedy)])
        self._parts = {(part.table, part.period): part for part in registry.parts if part.files}
        self._source = source
        self._names: dict[Part, str] = {}

    def relation(self, table: Table, months: tuple[str, ...]) -> exp.Query:
        """The rows of `table` in the given months (all rows of a register), with all visible columns."""
        keys = [(table.name, month) for month in (("",) if table.register else months)]
        branches = [self._branch(table, self._parts[key]) for key in keys if key in self._parts]
        return query_of(" UNION ALL ".join(branches), "duckdb") if branches else nothing(table)

    def _branch(self, table: Table, part: Part) -> str:
        if part not in self._names:
            self._names[part] = self._source(part)
        # Every name is the contract's or our view's, the month that of the part.
        return f"SELECT {', '.join(projection(table, part.period))} FROM {self._names[part]}"  # noqa: S608
