"""Validate: turns raw text into typed cells, and collects every fault with file, row and column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from datasets.contract import PERIOD, ROW_FLAGS, SUMMED, Flag, Status
from datasets.declaration import LATEST, Chart, Column, Declaration
from datasets.fault import Fault, FaultError
from datasets.library import Library
from datasets.period import is_period
from etl.extract import Extracted, RawTable
from etl.table import Cell, Row, Table

#: ASCII digits only: \d would let Arabic and full-width digits in, and $ a line end.
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
INTEGER = re.compile(r"0|-?[1-9][0-9]*")
#: The widest whole number, and the most digits, that a double keeps exactly: Excel and JSON readers have nothing else.
LARGEST = 2**53 - 1
MOST_DIGITS = 15
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
    declaration = _with_its_charts(extracted)
    faults: list[Fault] = []
    table = Table(tuple(_rows(extracted.data, declaration, library, faults, totals=False)))
    totals: tuple[Row, ...] = ()
    if extracted.totals is not None:
        totals = tuple(_rows(extracted.totals, declaration, library, faults, totals=True))
    faults.extend(_repeated(table.rows, declaration, extracted.data.file))
    if extracted.totals is not None:
        faults.extend(_repeated(totals, declaration, extracted.totals.file))
    faults.extend(_ambiguous_charts(table, declaration, library))
    if faults:
        raise FaultError(faults)
    inputs = (extracted.data,) if extracted.totals is None else (extracted.data, extracted.totals)
    return Validated(declaration, table, Table(totals), inputs)


def _with_its_charts(extracted: Extracted) -> Declaration:
    """The declaration with the charts that its rows can fill: `latest` becomes the last period that they have.

    Of a Registry dataset, a chart for which the extract has no row (yet) is left out.
    """
    declaration, data = extracted.declaration, extracted.data
    if PERIOD not in data.header:
        return declaration
    position = data.header.index(PERIOD)
    last = max((values[position] for _, values in data.rows if len(values) > position), default="")
    charts = (
        replace(chart, where=tuple((name, last if code == LATEST else code) for name, code in chart.where))
        for chart in declaration.charts
    )
    drawn = (chart for chart in charts if not declaration.transform or _has_rows(chart, data))
    return replace(declaration, charts=tuple(drawn))


def _has_rows(chart: Chart, data: RawTable) -> bool:
    wanted = [(data.header.index(name), code) for name, code in chart.where]
    return any(all(values[place] == code for place, code in wanted) for _, values in data.rows)


def _rows(
    raw: RawTable, declaration: Declaration, library: Library, faults: list[Fault], *, totals: bool
) -> Iterator[Row]:
    expected = [column.name for column in declaration.delivered]
    if list(raw.header) not in (expected, [*expected, ROW_FLAGS]):
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
        cells = {column.name: self._cell(column) for column in declaration.counted}
        return Row(self.line, keys, cells, self._flags())

    def _fault(self, name: str, message: str, remedy: str) -> None:
        self.faults.append(Fault(self.file, f"line {self.line}, column {name}", message, remedy))

    def _key(self, column: Column) -> str:
        value = self.record[column.name]
        if self.totals and value == SUMMED:
            return value
        if column.codelist is not None and value not in self.library.codelists[column.codelist].by_code:
            self._fault(column.name, f"'{value}' is not a code of '{column.codelist}'.", "Add the code or correct it.")
        elif column.type == "period" and not is_period(value):
            self._fault(
                column.name,
                f"'{value}' is not a period.",
                "Write 2022, 2022-Q1, 2022-03, 2022-12-31 or two with a slash.",
            )
        elif column.type == "integer" and not (INTEGER.fullmatch(value) and abs(int(value)) <= LARGEST):
            self._fault(column.name, f"'{value}' is not a whole number.", "Write digits only.")
        elif not value:
            self._fault(column.name, "is empty.", "Every dimension needs a value.")
        return value

    def _cell(self, column: Column) -> Cell:
        text = self.record[column.name]
        if text in MARKS:
            return Cell(None, MARKS[text])
        pattern = INTEGER if column.type == "integer" else NUMBER
        if not pattern.fullmatch(text):
            kind = "whole number" if column.type == "integer" else "number"
            self._fault(
                column.name,
                f"'{text}' is not a {kind}." if text else "is empty.",
                "Write digits with a point for decimals, [x] if the source gives none, [z] if none can exist.",
            )
            return Cell(None, Status.NOT_COLLECTED)
        value = Decimal(text) + 0  # no negative nought
        if abs(value) > LARGEST or (column.type == "decimal" and len(value.as_tuple().digits) > MOST_DIGITS):
            self._fault(column.name, "has more digits than files can hold.", "Use a larger unit, as the source does.")
        return Cell(value, Status.OK if value else Status.ZERO)

    def _flags(self) -> tuple[Flag, ...]:
        flags = []
        for text in dict.fromkeys(self.record.get(ROW_FLAGS, "").split()):
            if text in set(Flag):
                flags.append(Flag(text))
            else:
                self._fault(ROW_FLAGS, f"'{text}' is not a flag.", f"Use: {', '.join(Flag)}.")
        return tuple(flags)


def _repeated(rows: tuple[Row, ...], declaration: Declaration, file: str) -> Iterator[Fault]:
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = tuple(row.keys[name] for name in declaration.grain)
        if key in seen:
            message = f"has the same {', '.join(declaration.grain)} as line {seen[key]}."
            yield Fault(file, f"line {row.line}", message, "Remove one, or add the missing dimension to the grain.")
        seen.setdefault(key, row.line)


def _ambiguous_charts(table: Table, declaration: Declaration, library: Library) -> Iterator[Fault]:
    """A chart draws one value for each category and series: of several it needs the sum, where there may be one."""
    shown = str(declaration.path.relative_to(library.root))
    for position, chart in enumerate(declaration.charts):
        rows = [row for row in table.rows if all(row.keys[name] == code for name, code in chart.where)]
        drawn = [(row.keys[chart.category], row.keys[chart.series] if chart.series else "") for row in rows]
        place = f"charts[{position}]"
        if not rows:
            yield Fault(shown, place, "its 'where' leaves no row.", "Correct the codes.")
        elif len(set(drawn)) < len(drawn) and not _may_be_summed(chart, declaration):
            message = "several rows have the same category and series."
            yield Fault(shown, place, message, "Fix each further dimension in 'where', or name it as series.")


def _may_be_summed(chart: Chart, declaration: Declaration) -> bool:
    """Whether the portal may add up what the chart leaves open: a document's rows may hold sums, the Registry's never do."""
    if not declaration.transform:
        return False
    by_period = PERIOD in (chart.category, chart.series, *(name for name, _ in chart.where))
    names = [
        part
        for name in chart.measures
        for ratio in (declaration.computed.get(name),)
        for part in ((ratio.numerator, ratio.denominator) if ratio else (name,))
    ]
    kinds = {declaration.by_name[name].additivity for name in names}
    return kinds <= ({"additive", "additive_except_time"} if by_period else {"additive"})
