"""Validate: turns raw text into typed cells, and collects every fault with file, row and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from datasets.contract import ROW_FLAGS, Flag, Status
from datasets.declaration import Column, Declaration
from datasets.fault import Fault, FaultError
from datasets.library import Library
from etl.extract import Extracted, RawTable
from etl.table import SUMMED, Cell, Row, Table

_DAY = r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?|-Q[1-4])?"
PERIOD = re.compile(rf"^{_DAY}(/{_DAY})?$")
NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
INTEGER = re.compile(r"^-?\d+$")
MARKS = {"[x]": Status.NOT_COLLECTED, "[z]": Status.NOT_APPLICABLE}


@dataclass(frozen=True)
class Validated:
    """A dataset whose every value has been checked. `totals` rows have `*` in each dimension summed over."""

    declaration: Declaration
    table: Table
    totals: Table
    inputs: tuple[RawTable, ...]


def validate(extracted: Extracted, library: Library) -> Validated:
    """Check and type one dataset; raises FaultError with all the faults of all its files."""
    declaration = extracted.declaration
    faults: list[Fault] = []
    table = Table(tuple(_rows(extracted.data, declaration, library, faults, totals=False)))
    totals: tuple[Row, ...] = ()
    if extracted.totals is not None:
        totals = tuple(_rows(extracted.totals, declaration, library, faults, totals=True))
    faults.extend(_repeated(table, declaration, extracted.data.file))
    if faults:
        raise FaultError(faults)
    inputs = (extracted.data,) if extracted.totals is None else (extracted.data, extracted.totals)
    return Validated(declaration, table, Table(totals), inputs)


def _rows(
    raw: RawTable, declaration: Declaration, library: Library, faults: list[Fault], *, totals: bool
) -> Iterator[Row]:
    expected = [column.name for column in declaration.columns]
    if [name for name in raw.header if name != ROW_FLAGS] != expected:
        remedy = f"Write: {','.join(expected)} (and '{ROW_FLAGS}' at the end if rows have flags)."
        faults.append(Fault(raw.file, "line 1", "the header is not the declared columns in their order.", remedy))
        return
    for line, values in raw.rows:
        if len(values) != len(raw.header):
            message = f"has {len(values)} values, the header {len(raw.header)}."
            faults.append(Fault(raw.file, f"line {line}", message, "Add or remove values; quote those with a comma."))
            continue
        record = dict(zip(raw.header, values, strict=True))
        reader = _RowReader(raw.file, line, record, library, faults, totals=totals)
        yield reader.read(declaration)


class _RowReader:
    """Reads one record; what it cannot read becomes a fault and a not-collected cell."""

    def __init__(
        self, file: str, line: int, record: dict[str, str], library: Library, faults: list[Fault], *, totals: bool
    ) -> None:
        self.file, self.line, self.record = file, line, record
        self.library, self.faults, self.totals = library, faults, totals

    def read(self, declaration: Declaration) -> Row:
        keys = {column.name: self._key(column) for column in declaration.dimensions}
        cells = {column.name: self._cell(column) for column in declaration.measures}
        return Row(self.line, keys, cells, self._flags())

    def _fault(self, name: str, message: str, remedy: str) -> None:
        self.faults.append(Fault(self.file, f"line {self.line}, column {name}", message, remedy))

    def _key(self, column: Column) -> str:
        value = self.record[column.name]
        if self.totals and value == SUMMED:
            return value
        if column.codelist is not None and value not in self.library.codelists[column.codelist].by_code:
            self._fault(column.name, f"'{value}' is not a code of '{column.codelist}'.", "Add the code or correct it.")
        elif column.type == "period" and not PERIOD.match(value):
            self._fault(column.name, f"'{value}' is not a period.", "Write 2022, 2022-Q1, 2022-03, 2022-12-31 or A/B.")
        elif column.type == "integer" and not INTEGER.match(value):
            self._fault(column.name, f"'{value}' is not a whole number.", "Write digits only.")
        elif not value:
            self._fault(column.name, "is empty.", "Every dimension needs a value.")
        return value

    def _cell(self, column: Column) -> Cell:
        text = self.record[column.name]
        if text in MARKS:
            return Cell(None, MARKS[text])
        pattern = INTEGER if column.type == "integer" else NUMBER
        if not pattern.match(text):
            kind = "whole number" if column.type == "integer" else "number"
            self._fault(
                column.name,
                f"'{text}' is not a {kind}." if text else "is empty.",
                "Write digits with a point for decimals, [x] if the source gives none, [z] if none can exist.",
            )
            return Cell(None, Status.NOT_COLLECTED)
        value = Decimal(text)
        return Cell(value, Status.OK if value else Status.ZERO)

    def _flags(self) -> tuple[Flag, ...]:
        flags = []
        for text in self.record.get(ROW_FLAGS, "").split():
            if text in set(Flag):
                flags.append(Flag(text))
            else:
                self._fault(ROW_FLAGS, f"'{text}' is not a flag.", f"Use: {', '.join(Flag)}.")
        return tuple(flags)


def _repeated(table: Table, declaration: Declaration, file: str) -> Iterator[Fault]:
    seen: dict[tuple[str, ...], int] = {}
    for row in table.rows:
        key = tuple(row.keys[name] for name in declaration.grain)
        if key in seen:
            message = f"has the same {', '.join(declaration.grain)} as line {seen[key]}."
            yield Fault(file, f"line {row.line}", message, "Remove one, or add the missing dimension to the grain.")
        seen.setdefault(key, row.line)
