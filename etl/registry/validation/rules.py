"""What every row must satisfy, derived from the contract alone, as SQL conditions in DuckDB's dialect.

A `Check` is true for a bad row, false or NULL for a good one. Conditions stand on the row's own columns; keys and references
are checked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from datasets.codelist import Codelist
from etl.registry import iin
from etl.registry.contract import Column, Table
from etl.registry.manifest import MONTH_PATTERN
from etl.registry.months import beginning, first_day, following

LONGEST_TEXT = 500
#: A day before or after is a slip of the keyboard, and beyond what every engine can hold.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
_NUMBERS = ("id", "pseudonym", "integer", "coordinate")
_TEXTS = ("code", "text", "period")
#: Control characters, invisible marks, text direction, halves and stand-ins for what could not be read.
_CONTROL = "[[:cntrl:]\u0080-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufffd]"


@dataclass(frozen=True)
class Check:
    """A condition that makes a row bad, the column at fault (empty: the row), a short reason and the reason in words."""

    column: str
    reason: str
    bad: str
    words: str


def quoted(name: str) -> str:
    """A column's name in SQL; some names are words of SQL."""
    return f'"{name}"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def checks(table: Table, codelists: Mapping[str, Codelist], months: tuple[str, ...]) -> tuple[Check, ...]:
    """The checks of a table whose rows belong to `months` (none for a register)."""
    found = [check for column in table.columns for check in _column_checks(column, codelists)]
    found += [Check("", rule.name, f"NOT ({rule.holds})", f"breaks the rule: {rule.holds}") for rule in table.rules]
    if table.month_of:
        outside = " AND ".join(f"NOT ({_within(table.by_name[table.month_of], month)})" for month in months)
        found.append(Check(table.month_of, "month", outside or "TRUE", "belongs to another month"))
    return tuple(found)


def _column_checks(column: Column, codelists: Mapping[str, Codelist]) -> Iterator[Check]:
    name = quoted(column.name)
    if column.required:
        yield Check(column.name, "missing", f"{name} IS NULL", "is required and empty")
    if column.type in _NUMBERS:
        bad = f"{name} < {column.least} OR {name} > {column.most}"
        if column.type == "coordinate":
            # as a text, since DuckDB concludes from a file's statistics, which leave NaN out, that there is none
            bad += f" OR lower(CAST({name} AS VARCHAR)) = 'nan'"
        yield Check(column.name, "range", bad, f"is outside of {column.least} to {column.most}")
    elif column.type == "code":
        codes = ", ".join(literal(code) for code in admitted(codelists[column.codelist]))
        yield Check(column.name, "code", f"{name} NOT IN ({codes})", f"is not a code of the list {column.codelist}")
    elif column.type == "period":
        yield Check(column.name, "pattern", _unlike(name, MONTH_PATTERN), "is not a month as 2026-03")
    elif column.type == "text":
        yield from _text_checks(column, name)
    elif column.type in ("date", "instant"):
        kind = "DATE" if column.type == "date" else "TIMESTAMP"
        bad = f"{name} < {kind} '{FIRST_DAY}' OR {name} >= {kind} '{LAST_DAY + timedelta(days=1)}'"
        yield Check(column.name, "range", bad, f"is outside of {FIRST_DAY} to {LAST_DAY}")


def _text_checks(column: Column, name: str) -> Iterator[Check]:
    if column.pattern:
        yield Check(column.name, "pattern", _unlike(name, column.pattern), f"is not of the form {column.pattern}")
        return
    yield Check(column.name, "blank", f"trim({name}) = ''", "holds no sign")
    yield Check(column.name, "length", f"length({name}) > {LONGEST_TEXT}", f"is longer than {LONGEST_TEXT} signs")
    bad = f"regexp_matches({name}, {literal(_CONTROL)})"
    yield Check(column.name, "control", bad, "holds control characters or invisible signs")


def _unlike(name: str, pattern: str) -> str:
    return f"NOT regexp_matches({name}, {literal(f'^({pattern})$')})"


def _within(column: Column, month: str) -> str:
    """The rows whose month is `month`: as a range, so that statistics and indexes can serve."""
    name = quoted(column.name)
    if column.type == "period":
        return f"{name} = {literal(month)}"
    first, after = first_day(month), first_day(following(month))
    if column.type == "date":
        return f"{name} >= DATE '{first}' AND {name} < DATE '{after}'"
    start, end = beginning(first), beginning(after)
    return f"{name} >= TIMESTAMP '{start}' AND {name} < TIMESTAMP '{end}'"


def admitted(codelist: Codelist) -> tuple[str, ...]:
    """The codes that a row may hold: those that are not sums of others."""
    sums = {code.parent for code in codelist.codes}
    return tuple(code.code for code in codelist.codes if code.code not in sums)


def suspicion(column: Column, codelists: Mapping[str, Codelist]) -> str:
    """The condition under which a value may hold an IIN and must be looked at; empty if the type cannot hold one."""
    name = quoted(column.name)
    if column.type in _NUMBERS:
        least, most = iin.LEAST, iin.MOST
        return f"({name} BETWEEN {least} AND {most}) OR ({name} BETWEEN -{most} AND -{least})"
    if column.type not in _TEXTS:
        return ""
    long = f"length({name}) >= {iin.DIGITS}"
    if column.type == "code":
        codes = [code for code in admitted(codelists[column.codelist]) if len(code) >= iin.DIGITS]
        known = ", ".join(map(literal, codes))
        return f"{long} AND {name} NOT IN ({known})" if codes else long
    return long
