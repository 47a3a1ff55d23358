"""A question to one dataset's table: filters, order, columns, page. Pages and API ask through this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datasets.contract import ROW_FLAGS, status_column
from portal.catalogue import Dataset
from portal.release import Release

#: As much of a wrong name as an error repeats.
_SHOWN = 60


class QueryError(ValueError):
    """The question names something that the dataset does not have: `message` says what, `remedy` what there is."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class Query:
    """Rows of `dataset`: `where` maps a dimension to the values wanted; `sort` is a column, with `-` for descending."""

    dataset: Dataset
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sort: str = ""
    columns: Sequence[str] = ()
    limit: int | None = None
    offset: int = 0

    def __post_init__(self) -> None:
        """Refuse names that the dataset does not have: they would go into SQL."""
        for place, names, known in (
            ("filter", self.where, [column.name for column in self.dataset.dimensions]),
            ("sort", [self.sort.removeprefix("-")] if self.sort else [], [c.name for c in self.dataset.columns]),
            ("select", self.columns, table_columns(self.dataset)),
        ):
            for name in names:
                if name not in known:
                    kind = "dimension" if place == "filter" else "column"
                    message = f"{place}: '{name[:_SHOWN]}' is not a {kind} of {self.dataset.slug}."
                    raise QueryError(message, f"Use: {', '.join(known)}.")

    def rows(self, release: Release) -> list[dict[str, Any]]:
        """The rows, in the asked order; equal rows and no order at all come in the order of publication."""
        listed = ", ".join(f"[{name}]" for name in self.columns or table_columns(self.dataset))
        condition, values = self._condition()
        statement = f"SELECT {listed} FROM [{self.dataset.slug}]{condition}{self._order()} LIMIT ? OFFSET ?"
        return release.rows(statement, (*values, -1 if self.limit is None else self.limit, self.offset))

    def count(self, release: Release) -> int:
        """The number of rows without regard to the page."""
        condition, values = self._condition()
        statement = f"SELECT count(*) AS n FROM [{self.dataset.slug}]{condition}"
        return int(release.rows(statement, values)[0]["n"])

    def _condition(self) -> tuple[str, tuple[str, ...]]:
        parts, values = [], []
        for name, wanted in self.where.items():
            parts.append(f"[{name}] IN ({', '.join('?' for _ in wanted)})")
            values += list(wanted)
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), tuple(values)

    def _order(self) -> str:
        if not self.sort:
            return " ORDER BY rowid"
        name = self.sort.removeprefix("-")
        direction = "DESC" if self.sort.startswith("-") else "ASC"
        column = self.dataset.by_name[name]
        if column.codelist is not None:
            key = f"(SELECT position FROM [code_{column.codelist}] WHERE code = [{name}])"
        else:
            key = f"[{name}]"
        return f" ORDER BY [{name}] IS NULL, {key} {direction}, rowid"


def table_columns(dataset: Dataset) -> list[str]:
    """All columns of the dataset's table in their order."""
    names = []
    for column in dataset.columns:
        names.append(column.name)
        if column.role == "measure":
            names.append(status_column(column.name))
    return [*names, ROW_FLAGS]
