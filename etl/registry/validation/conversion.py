"""Values of other types as the contract's, in DuckDB's SQL: exact or not at all.

Each conversion is NULL for a value that it cannot carry over exactly. Nothing is repaired or guessed: `1,000` may be one or
a thousand and stays unread; `1 000,00` can only be a thousand.
"""

from __future__ import annotations

import re

from etl.registry.contract import Column
from etl.registry.validation.rules import literal, quoted

#: Spaces (plain, no-break, thin, narrow no-break) or apostrophes between thousands; one or two noughts as decimals.
_PARTING = "[ \u00a0\u2009\u202f'\u2019]"
_WHOLE = rf"-?(0|[1-9][0-9]{{0,18}}|[1-9][0-9]{{0,2}}({_PARTING}[0-9]{{3}}){{1,6}})([.,]0{{1,2}})?"
_DEGREES = r"-?[0-9]{1,3}([.,][0-9]{1,15})?"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_INSTANT = rf"{_DAY}[T ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}([.][0-9]{{1,6}})?(Z|[+-][0-9]{{2}}:[0-9]{{2}})?"
_INTEGERS = {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")} | {
    "INTEGER",
    "UINTEGER",
}
_FLOATS = {"FLOAT", "DOUBLE"}
_TIMESTAMPS = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
#: DuckDB's name for a column in which every value is absent.
_NO_TYPE = '"NULL"'
_WHOLE_NUMBERS = ("id", "pseudonym", "integer")
#: DuckDB's type for each type of the contract.
EXACT = {
    **dict.fromkeys(_WHOLE_NUMBERS, "BIGINT"),
    **dict.fromkeys(("code", "text", "period"), "VARCHAR"),
    "coordinate": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "instant": "TIMESTAMP",
}


def conversion(column: Column, found: str) -> str | None:
    """The SQL that turns a column of DuckDB's type `found` into the contract's; none if no value could be carried over."""
    name, kind = quoted(column.name), column.type
    if found == EXACT[kind]:
        return name
    if found == "VARCHAR":
        return _of_text(name, kind)
    if found == _NO_TYPE:
        return f"CAST(NULL AS {EXACT[kind]})"
    if kind in _WHOLE_NUMBERS:
        return _whole(name, found)
    return _instant(name, found) if kind == "instant" else _other(name, kind, found)


def _other(name: str, kind: str, found: str) -> str | None:
    if kind == "coordinate" and (found in _INTEGERS | _FLOATS or found.startswith("DECIMAL")):
        return f"TRY_CAST({name} AS DOUBLE)"
    if kind == "boolean" and found in _INTEGERS:
        return f"CASE {name} WHEN 0 THEN false WHEN 1 THEN true END"
    if kind == "date" and found in _TIMESTAMPS:
        return f"CASE WHEN {name} = date_trunc('day', {name}) THEN TRY_CAST({name} AS DATE) END"
    return None


def _of_text(name: str, kind: str) -> str:
    if kind in ("code", "text", "period"):
        return name
    if kind in _WHOLE_NUMBERS:
        # the noughts after the comma go first, so that signs between thousands cannot join them to the number
        whole = f"regexp_replace(regexp_replace({name}, '[.,]0+$', ''), {literal(_PARTING)}, '', 'g')"
        return _where(name, _WHOLE, f"TRY_CAST({whole} AS BIGINT)")
    if kind == "coordinate":
        return _where(name, _DEGREES, f"TRY_CAST(replace({name}, ',', '.') AS DOUBLE)")
    if kind == "boolean":
        return f"CASE WHEN lower({name}) IN ('true', 't', '1') THEN true WHEN lower({name}) IN ('false', 'f', '0') THEN false END"
    if kind == "date":
        return _where(name, _DAY, f"TRY_CAST({name} AS DATE)")
    return _where(name, _INSTANT, _instant_of_text(name))


def _instant_of_text(name: str) -> str:
    """Without a zone an instant is UTC; with one it is moved to UTC."""
    zone = rf"regexp_extract({name}, '([+-])([0-9]{{2}}):([0-9]{{2}})$', "
    minutes = f"CASE WHEN {zone}0) = '' THEN 0 ELSE CAST({zone}1) || '1' AS INTEGER) * "
    minutes += f"(CAST({zone}2) AS INTEGER) * 60 + CAST({zone}3) AS INTEGER)) END"
    local = f"regexp_replace({name}, '(Z|[+-][0-9]{{2}}:[0-9]{{2}})$', '')"
    return f"TRY_CAST({local} AS TIMESTAMP) - to_minutes({minutes})"


def _where(name: str, pattern: str, value: str) -> str:
    return f"CASE WHEN regexp_full_match({name}, {literal(pattern)}) THEN {value} END"


def _whole(name: str, found: str) -> str | None:
    if found in _INTEGERS:
        return f"TRY_CAST({name} AS BIGINT)"
    if found in _FLOATS:
        # beyond 2^53 a double no longer tells neighbours apart
        return (
            f"CASE WHEN {name} = trunc({name}) AND abs({name}) < 9007199254740992 THEN TRY_CAST({name} AS BIGINT) END"
        )
    if re.fullmatch(r"DECIMAL\([0-9]+,[0-9]+\)", found):
        return f"CASE WHEN {name} = trunc({name}) THEN TRY_CAST({name} AS BIGINT) END"
    return None


def _instant(name: str, found: str) -> str | None:
    if found == "TIMESTAMP_NS":
        return f"CASE WHEN epoch_ns({name}) % 1000 = 0 THEN make_timestamp(epoch_ns({name}) // 1000) END"
    if found in _TIMESTAMPS:
        return f"TRY_CAST({name} AS TIMESTAMP)"
    if found == "TIMESTAMP WITH TIME ZONE":
        return f"make_timestamp(epoch_us({name}))"
    return None
