"""Aggregate: gives each dataset its published rows and sets them beside the totals that the source states.

The rows of a document are aggregates already; they are passed on as printed, with the flags that follow from code lists.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from datasets.contract import REGION_CODELIST, Flag
from datasets.declaration import Declaration
from datasets.library import Library
from etl.extract import RawTable
from etl.reconcile import Check, reconcile
from etl.registry.contributions import Contribution
from etl.table import Row, Table
from etl.validate import Validated


@dataclass(frozen=True)
class Aggregated:
    """A dataset's rows before disclosure control.

    `region_set` is `20` or `17` when every unit of the present or the former (before 2022-06-08) division has a row,
    `partial` when some have none, empty when the dataset has no regions. `decimals` are the fewest and the most decimals
    printed, by measure; `contributions` say who contributes how much to a row, where a rule is about that.
    """

    declaration: Declaration
    table: Table
    totals: Table
    checks: tuple[Check, ...]
    region_set: str
    decimals: dict[str, tuple[int, int]]
    inputs: tuple[RawTable, ...]
    contributions: tuple[Contribution, ...] = ()


def aggregate(validated: Validated, library: Library) -> Aggregated:
    """Flag the rows and reconcile them; raises FaultError for a gap that nobody has explained."""
    declaration, table = validated.declaration, validated.table
    regions, division = _division(declaration, table, library)
    if division == "17":
        split = {code.split_from for code in library.codelists[REGION_CODELIST].codes if code.split_from}
        rows = (_with_break(row) if row.keys[regions] in split else row for row in table.rows)
        table = Table(tuple(rows))
    return Aggregated(
        declaration=declaration,
        table=table,
        totals=validated.totals,
        checks=reconcile(declaration, table, validated.totals, library),
        region_set=division,
        decimals=printed_decimals(declaration, (*table.rows, *validated.totals.rows)),
        inputs=validated.inputs,
    )


def _division(declaration: Declaration, table: Table, library: Library) -> tuple[str, str]:
    """The name of the region dimension and which division its rows cover; two empty texts when there is none."""
    name = next((column.name for column in declaration.dimensions if column.codelist == REGION_CODELIST), "")
    units = [code for code in library.codelists[REGION_CODELIST].codes if code.parent]
    used = {row.keys[name] for row in table.rows} if name else set()
    if not used & {code.code for code in units}:
        return name, ""
    if all(code.code in used for code in units):
        return name, "20"
    younger = {code.code for code in units if code.split_from}
    if not used & younger and all(code.code in used for code in units if code.code not in younger):
        return name, "17"
    return name, "partial"


def _with_break(row: Row) -> Row:
    return row if Flag.BREAK in row.flags else replace(row, flags=(*row.flags, Flag.BREAK))


def printed_decimals(declaration: Declaration, rows: tuple[Row, ...]) -> dict[str, tuple[int, int]]:
    """The fewest and the most decimals printed in `rows`, by measure."""
    printed = {
        column.name: [row.cells[column.name].decimals for row in rows if row.cells[column.name].value is not None]
        for column in declaration.measures
    }
    return {name: (min(counts, default=0), max(counts, default=0)) for name, counts in printed.items()}
