"""Looks for IINs in a part: only at values that could hold one, and at each distinct value once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from datasets.codelist import Codelist
from datasets.fault import Fault, FaultError
from etl.registry import iin
from etl.registry.contract import Column, Table
from etl.registry.validation.csv_text import iin_fault
from etl.registry.validation.delivery import Delivery
from etl.registry.validation.rules import quoted, suspicion
from etl.registry.validation.sources import Source


@dataclass(frozen=True)
class Suspect:
    """A column, its value as a text in SQL, and the condition under which that text must be looked at."""

    column: str
    value: str
    condition: str


def suspects(table: Table, codelists: Mapping[str, Codelist], converted: bool = False) -> Iterator[Suspect]:
    """What may hold an IIN in a table; of converted files also the values that could not be carried over."""
    for column in table.columns:
        condition = suspicion(column, codelists)
        if condition:
            yield Suspect(column.name, _as_text(column), condition)
        if converted:
            raw = quoted(f"raw_{column.name}")
            yield Suspect(column.name, raw, f"length({raw}) >= {iin.DIGITS}")


def _as_text(column: Column) -> str:
    name = quoted(column.name)
    if column.type in ("code", "text", "period"):
        return name
    return f"CAST(abs(CAST({name} AS BIGINT)) AS VARCHAR)"


def refuse_iin(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, source: Source, found: Sequence[Suspect]
) -> None:
    """Raises FaultError that names, for each column with an IIN, the file and the first row."""
    faults = [fault for suspect in found for fault in _faults(connection, delivery, source, suspect)]
    if faults:
        raise FaultError(faults)


def _faults(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, source: Source, suspect: Suspect
) -> Iterator[Fault]:
    values = connection.execute(f"SELECT DISTINCT {suspect.value} FROM {source.sql} WHERE {suspect.condition}")
    while batch := values.fetchmany(10_000):
        value = next((text for (text,) in batch if iin.holds_iin(text)), None)
        if value is not None:
            places = f"SELECT piece, row FROM {source.sql} WHERE {suspect.value} = ? ORDER BY piece, row LIMIT 1"
            piece, row = connection.execute(places, [value]).fetchall()[0]
            yield iin_fault(delivery.pieces[piece].shown, f"column {suspect.column}, row {row}")
            return
