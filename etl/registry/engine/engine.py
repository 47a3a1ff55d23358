"""What all engines have in common: a SELECT goes in, a few rows of codes and whole numbers come out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Self

from sqlglot import exp

from datasets.fault import Fault, FaultError
from etl.registry.contract import Table
from etl.registry.engine.select import read_select
from etl.registry.engine.view import bind
from etl.registry.parts import Registry

#: Codes, periods and texts are `str`, figures `int`; anything else is a fault of the SELECT, which the transform reports.
Value = object
Row = tuple[Value, ...]
#: More rows than any aggregate has: rows of the Registry itself must not leave it.
MOST_ROWS = 200_000


class Engine(ABC):
    """Computes SELECTs over one Registry. Use it in a `with`: that closes what it holds."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def rows(self, sql: str, month: str | None, windows: Mapping[str, str]) -> list[Row]:
        """The rows of `sql` (DuckDB's dialect), in no order.

        `windows` says for which months a monthly table is read: the `month` alone (the default), the one before too
        (`previous`), all `through` it, or `all`. Without a month, every monthly table must be read by `all`.
        Raises FaultError when the SELECT is refused or gives more rows than aggregates have.
        """
        found = self._run(bind(read_select(sql), self.registry, month, windows, self._relation))
        if len(found) > MOST_ROWS:
            remedy = "Group by fewer columns: only aggregates may leave."
            raise FaultError([Fault("transform.sql", "rows", f"gives more than {MOST_ROWS} rows.", remedy)])
        return [tuple(map(_plain, row)) for row in found]

    def ask(self, sql: str) -> list[Row]:
        """The rows of a SELECT over registers alone, in the order that it asks for."""
        return self.rows(sql, None, {})

    @abstractmethod
    def _relation(self, table: Table, months: tuple[str, ...]) -> exp.Query:
        """The rows of a table in the given months (all rows of a register), with all visible columns."""

    @abstractmethod
    def _run(self, query: exp.Query) -> Sequence[Sequence[Value]]:
        """The rows of a query; no need of more than MOST_ROWS + 1."""

    @abstractmethod
    def close(self) -> None:
        """Give back connections, processes and temporary files."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _plain(value: Value) -> Value:
    # PostgreSQL sums whole numbers as numeric.
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value
