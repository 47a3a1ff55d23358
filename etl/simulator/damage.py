"""Ways to make a row wrong: each breaks one rule of the contract and no other. Kinds are named as validation names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, zip_longest
from typing import Any

from etl.registry.contract import LARGEST, SMALLEST_PSEUDONYM, Column, Table

#: A row: values by column.
Row = dict[str, Any]
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
#: A month is never longer.
_ANOTHER_MONTH = timedelta(days=32)
_NUMBERS = ("id", "pseudonym", "integer", "coordinate")
#: Numbers that no row of the model has.
_NOBODY = {"id": LARGEST - 1, "pseudonym": SMALLEST_PSEUDONYM + 777_777}
_MALFORMED = {
    "id": "12a4",
    "pseudonym": "1,5",
    "integer": "1.234,5",
    "boolean": "maybe",
    "date": "31.12.2026",
    "instant": "2026-13-45 25:61",
}


@dataclass(frozen=True)
class Damage:
    """What is changed in a row. `texts` replace values in CSV only; `extra` is a value too many there."""

    column: str
    kind: str
    change: Callable[[Row], Row] = lambda row: {}
    texts: tuple[tuple[str, str], ...] = ()
    extra: bool = False
    keeps_key: bool = False


#: What breaks each rule that stands on several columns.
_RULES: dict[tuple[str, str], Callable[[Row], Row]] = {
    ("site", "both_coordinates"): lambda row: {"latitude": None, "longitude": 70.5},
    ("contract", "terminated_after_signed"): lambda row: {
        "terminated_on": row["signed_on"] - _DAY,
        "termination_reason": "systematic",
    },
    ("contract", "reason_when_terminated"): lambda row: {"terminated_on": None, "termination_reason": "licence"},
    ("service", "ends_after_start"): lambda row: {"ended_at": row["started_at"] - _MINUTE},
    ("service", "channel_when_verified"): lambda row: {"verification": "none", "channel": "kaspi"},
    ("act", "verified_within_volume"): lambda row: {"verified_volume": row["volume"] + 1},
    ("act", "offset_within_amount"): lambda row: {"advance_offset_kzt": row["amount_kzt"] + 1},
    ("payment", "settled_after_initiated"): lambda row: {
        "settled_at": row["initiated_at"] - _MINUTE,
        "status": "released",
    },
    ("payment", "settled_unless_held"): lambda row: {"settled_at": row["initiated_at"] + _MINUTE, "status": "held"},
    ("tax_debt", "ends_after_start"): lambda row: {"to_on": date(1949, 1, 1)},
    ("block", "cured_after_start"): lambda row: {"cured_on": row["started_on"] - _DAY},
    ("inspection", "inspected_after_notice"): lambda row: {"inspected_on": row["notified_on"] - _DAY},
    ("inspection", "protocol_after_inspection"): lambda row: {
        "inspected_on": None,
        "protocol_on": row["notified_on"] + _DAY,
    },
    ("inspection", "ground_when_terminated"): lambda row: {"outcome": "cured", "ground": "licence"},
    ("consent_request", "answered_after_request"): lambda row: {
        "answer": "granted",
        "answered_at": row["requested_at"] - _MINUTE,
    },
    ("consent_request", "instant_when_answered"): lambda row: {
        "answer": "none",
        "answered_at": row["requested_at"] + _MINUTE,
    },
    ("bank_request", "answered_after_request"): lambda row: {"answered_at": row["requested_at"] - _MINUTE},
}


#: Values that would break a rule besides, with what else must be changed lest they do; none: there is no way.
_TOGETHER: dict[tuple[str, str, str], Row | None] = {
    ("act", "volume", "range"): None,
    ("act", "amount_kzt", "range"): None,
    ("service", "verification", "code"): {"channel": "kaspi"},
    ("service", "channel", "code"): {"verification": "qr"},
    ("site", "latitude", "range"): {"longitude": 70.0},
    ("site", "longitude", "range"): {"latitude": 45.0},
}


def damages(table: Table, form: str) -> list[Damage]:
    """Every damage that a file of this form can carry, different kinds first."""
    found: dict[str, list[Damage]] = {}
    for damage in chain(_of_columns(table, form), _of_rows(table, form)):
        found.setdefault(damage.kind, []).append(damage)
    in_turn = chain.from_iterable(zip_longest(*found.values()))
    return [damage for damage in in_turn if damage is not None]


def _of_columns(table: Table, form: str) -> Iterator[Damage]:
    for column in table.columns:
        for kind, value in _wrong_values(column, table):
            together = _TOGETHER.get((table.name, column.name, kind), {})
            if together is not None:
                yield Damage(column.name, kind, _setting({**together, column.name: value}))
        if form == "csv" and column.type in _MALFORMED:
            yield Damage(column.name, "form", texts=((column.name, _MALFORMED[column.type]),))


def _wrong_values(column: Column, table: Table) -> Iterator[tuple[str, Any]]:
    if column.required:
        yield "missing", None
    if column.references:
        yield "reference", _NOBODY[column.type]
    if column.type in _NUMBERS:
        yield "range", column.least - 1
    elif column.type == "code":
        yield "code", "no_such_code"
    elif column.type == "text":
        yield ("pattern", "ә") if column.pattern else ("control", "a\u200bb")
    elif column.required and column.name != table.month_of and column.type in ("date", "instant"):
        yield "range", date(1850, 1, 1) if column.type == "date" else datetime(2150, 1, 1)


def _setting(values: Row) -> Callable[[Row], Row]:
    return lambda row: values


def _of_rows(table: Table, form: str) -> Iterator[Damage]:
    for rule in table.rules:
        yield Damage("", rule.name, _RULES[table.name, rule.name])
    if table.month_of:
        yield Damage(table.month_of, "month", lambda row: {table.month_of: _moved(row[table.month_of])})
    yield Damage(table.key[0], "repeated", keeps_key=True)
    if form == "csv":
        yield Damage("", "values", extra=True)


def _moved(value: Any) -> Any:
    """A value of another month."""
    return "2030-01" if isinstance(value, str) else value - _ANOTHER_MONTH
