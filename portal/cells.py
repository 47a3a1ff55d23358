"""Cells as a person reads them: a formatted number or the status that stands in its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from datasets.contract import FLAG_MARKS, ROW_FLAGS, STATUS_MARKS, SUMMED, Status, status_column
from portal.catalogue import Catalogue, Check, Column, Dataset
from portal.numbers import format_number, format_period

Record = dict[str, Any]

#: What stands in the place of a number, or beside it: by the code of a status or a flag.
MARKS = {str(code): symbol for code, symbol in (STATUS_MARKS | FLAG_MARKS).items()}
#: Units that only repeat the noun that a sentence or a label has already.
_COUNTED_NOUNS = frozenset({"organisation", "contract", "count", "case"})
#: The units of money and how many tenge each is, largest first.
_MONEY = {"trillion_kzt": 10**12, "billion_kzt": 10**9, "million_kzt": 10**6, "thousand_kzt": 10**3, "kzt": 1}


def money_scale(highest: float, unit: str | None, digits: int = 1) -> tuple[float, str | None]:
    """What to divide figures in `unit` by, and the larger unit of money in which `highest` has `digits` digits or more."""
    if unit not in _MONEY:
        return 1, unit
    amount = abs(highest) * _MONEY[unit]
    larger = (name for name, size in _MONEY.items() if name != "thousand_kzt" and amount >= size * 10 ** (digits - 1))
    chosen = next((name for name in larger if _MONEY[name] > _MONEY[unit]), unit)
    return _MONEY[chosen] / _MONEY[unit], chosen


def shown_columns(dataset: Dataset, hidden: tuple[str, ...] = ()) -> list[Column]:
    """The columns in the order of a page's table: a unit that varies by row stands right after its figure."""
    figures = {column.unit_column: column for column in dataset.measures if column.unit_column not in (None, *hidden)}
    shown = [column for column in dataset.columns if column.name not in hidden and column.name not in figures]
    for name, figure in figures.items():
        shown.insert(shown.index(figure) + 1, dataset.by_name[str(name)])
    return shown


def marks(rows: list[list[Record]]) -> dict[str, list[str]]:
    """The statuses and flags that the cells of these rows show and a legend must explain."""
    used = [cell for row in rows for cell in row if "status" in cell]
    return {
        "statuses": in_order(cell["status"] for cell in used),
        "flags": sorted({flag for cell in used for flag in cell["flags"]}),
    }


def in_order(statuses: Iterable[str]) -> list[str]:
    """The statuses among these that stand in the place of a number, each once, in the order of the contract."""
    found = set(statuses)
    return [str(status) for status in STATUS_MARKS if status in found]


def why_hidden(dataset: Dataset) -> str:
    """Why figures of a protected dataset are hidden, as one sentence; empty for any other."""
    if dataset.protection is None:
        return ""
    return _(
        "[c]: the figure is hidden because fewer than %(minimum)d persons stand behind it, "
        "or because it would reveal such a figure.",
        minimum=dataset.protection.minimum,
    )


def is_hidden(column: Column, record: Record | None) -> bool:
    """Whether the record has a figure that is not shown, to protect somebody."""
    return record is not None and record[status_column(column.name)] == Status.SUPPRESSED


@dataclass(frozen=True)
class Reader:
    """Formats the cells of a release for one language."""

    catalogue: Catalogue
    language: str

    def headers(self, dataset: Dataset, hidden: tuple[str, ...] = ()) -> list[Record]:
        """Table headers: `key`, `label`, `unit`, `numeric`, for all columns but the hidden ones."""
        return [
            {
                "key": column.name,
                "label": column.title[self.language],
                "unit": self._unit_line(column),
                "numeric": column.type in ("integer", "decimal"),
            }
            for column in shown_columns(dataset, hidden)
        ]

    def _unit_line(self, column: Column) -> str | None:
        """The unit under a header, unless the header says it already."""
        unit = self.unit(column.unit)
        return unit if unit and unit not in column.title[self.language] else None

    def row(self, dataset: Dataset, record: Record, hidden: tuple[str, ...] = ()) -> list[Record]:
        """Table cells of one row: `text`, `status`, `flags`, `sort`. Row flags are shown on the measures."""
        return [self.cell(column, record) for column in shown_columns(dataset, hidden)]

    def cell(self, column: Column, record: Record) -> Record:
        """One cell of a row."""
        value = record[column.name]
        if column.role == "dimension":
            return {"text": self.key(column, value), "sort": self.sort_key(column, value)}
        return {
            "text": "" if value is None else format_number(value, column.decimals, self.language),
            "status": record[status_column(column.name)],
            "flags": record[ROW_FLAGS].split(),
            "sort": value,
        }

    def key(self, column: Column, value: Any) -> str:
        """A dimension's value in words."""
        if column.codelist is not None:
            return self.catalogue.label(column.codelist, value, self.language)
        return format_period(value, self.language) if column.type == "period" else str(value)

    def sort_key(self, column: Column, value: Any) -> Any:
        """What the browser sorts a dimension's value by: the Kazakh alphabet in Kazakh, else the label itself."""
        if column.codelist is None:
            return value
        code = self.catalogue.codelists[column.codelist].codes.get(value)
        return code.sort_kk if code and self.language == "kk" else self.key(column, value).lower()

    def unit(self, code: str | None) -> str:
        """A unit in words; empty when there is none."""
        return self.catalogue.label("unit", code, self.language) if code else ""

    def spoken(self, column: Column, record: Record) -> str:
        """A measure's figure for a sentence: money in its largest unit, other figures in full, with their unit."""
        value = record[column.name]
        if value is None:
            return self.missing(record[status_column(column.name)])
        return self.amount(value, column.decimals, self.unit_of(column, record))

    def missing(self, status: str) -> str:
        """Why there is no number, for those who see no legend: the mark and what it means."""
        return f"{MARKS[status]} ({self.catalogue.label('status', status, self.language).lower()})"

    def unit_of(self, column: Column, record: Record) -> str | None:
        """The unit of a measure's figure: the column's own, or the row's where it varies."""
        return column.unit or (record.get(column.unit_column) if column.unit_column else None)

    def amount(self, value: float, decimals: tuple[int, int], unit: str | None) -> str:
        """A figure with its unit as one text."""
        number, words = self.figure(value, decimals, unit)
        # English sets the per cent sign close, Kazakh and Russian apart (CLDR's percent patterns).
        gap = "" if unit == "percent" and self.language == "en" else "\u00a0"
        return f"{number}{gap}{words}" if words else number

    def figure(self, value: float, decimals: tuple[int, int], unit: str | None) -> tuple[str, str]:
        """A number and its unit in words, the latter empty where it is just a count of what the label names anyway."""
        if unit == "kzt":
            scale, unit = money_scale(value, unit)
            scaled = value / scale
            return format_number(scaled, (0, 2 if abs(scaled) < 10 else 1), self.language), self.unit(unit)
        number = format_number(value, decimals, self.language)
        return number, "" if unit in _COUNTED_NOUNS else self.unit(unit)

    def place(self, dataset: Dataset, check: Check) -> str:
        """Where a check stands, in words: the labels of its dimensions; a dimension that is summed over is left out."""
        parts = [
            self.key(dataset.by_name[name], value)
            for name, value in check.where.items()
            if value != SUMMED and name in dataset.by_name
        ]
        return ", ".join(parts) or _("all rows")
