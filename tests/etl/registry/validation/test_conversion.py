"""Numbers and instants as texts: read exactly or not at all, against a second reading in Python."""

import re
from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.registry.contract import Column
from etl.registry.validation.conversion import conversion

CONNECTION = duckdb.connect()
SIGNS = (" ", "\u00a0", "\u2009", "\u202f", "'", "\u2019")


def read(kind: str, texts: list[str], found: str = "VARCHAR") -> list[object]:
    sql = conversion(Column("value", kind), found)  # type: ignore[arg-type]
    rows = CONNECTION.execute(f"SELECT {sql} FROM (SELECT unnest(?::{found}[]) AS value)", [texts]).fetchall()
    return [value for (value,) in rows]


def grouped(number: int, sign: str) -> str:
    return f"{number:,}".replace(",", sign)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-(10**18), 10**18), min_size=1),
    st.sampled_from(SIGNS),
    st.sampled_from(["", ",0", ",00", ".0", ".00"]),
)
def test_whole_numbers_as_people_write_them(numbers: list[int], sign: str, decimals: str) -> None:
    assert read("integer", [str(number) + decimals for number in numbers]) == numbers
    assert read("integer", [grouped(number, sign) + decimals for number in numbers]) == numbers


def plainly(text: str) -> int | None:
    """The rule anew, without regular expressions: groups of three, noughts behind one sign."""
    head, sign, decimals = text.partition("," if "," in text else ".")
    if sign and decimals not in ("0", "00"):
        return None
    digits = head[1:] if head.startswith("-") else head
    for each in SIGNS[1:]:
        digits = digits.replace(each, " ")
    groups = digits.split(" ")
    if not all(group.isascii() and group.isdigit() for group in groups) or (digits[0] == "0" and digits != "0"):
        return None
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
        return None
    number = int("".join(groups)) * (-1 if head.startswith("-") else 1)
    return number if -(2**63) <= number < 2**63 else None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("0123456789 ,.-'\u00a0eE+１٢", min_size=1, max_size=24), min_size=1, max_size=50))
def test_any_text_is_read_exactly_or_not_at_all(texts: list[str]) -> None:
    assert read("integer", texts) == [plainly(text) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "1,000",
        "1.000",
        "1,5",
        "1e3",
        "+1",
        "007",
        "00",
        "--1",
        "1 00",
        "1  000",
        " 1",
        "1 ",
        "",
        "９",
        "0x1",
        "1_000",
        "9223372036854775808",
    ],
)
def test_not_whole_numbers(text: str) -> None:
    assert read("integer", [text]) == [None]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2100, 12, 31)), min_size=1), st.integers(-14 * 60, 14 * 60))
def test_instants_of_any_zone(instants: list[datetime], minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    texts = [instant.replace(tzinfo=UTC).astimezone(zone).isoformat() for instant in instants]
    assert read("instant", texts) == instants
    assert read("instant", [f"{instant.isoformat(sep=' ')}" for instant in instants]) == instants
    assert read("instant", [f"{instant.isoformat()}Z" for instant in instants]) == instants


@settings(max_examples=40, deadline=None)
@given(st.lists(st.dates(), min_size=1))
def test_days(days: list[object]) -> None:
    assert read("date", [str(day) for day in days]) == days
    assert read("date", [re.sub("-", ".", str(day)) for day in days]) == [None] * len(days)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(40, 60), min_size=1))
def test_degrees_with_comma_or_point(degrees: list[float]) -> None:
    texts = [f"{each:.6f}" for each in degrees]
    expected = [float(text) for text in texts]
    assert read("coordinate", texts) == expected
    assert read("coordinate", [text.replace(".", ",") for text in texts]) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.integers(-(2**53), 2**53).map(float), st.floats()), min_size=1))
def test_floats_only_if_whole_and_exact(numbers: list[float]) -> None:
    expected = [int(each) if each.is_integer() and abs(each) < 2**53 else None for each in numbers]
    assert read("integer", numbers, "DOUBLE") == expected  # type: ignore[arg-type]


def test_what_cannot_be_carried_over_has_no_conversion() -> None:
    for kind, found in (
        ("integer", "DATE"),
        ("integer", "BOOLEAN"),
        ("instant", "DATE"),
        ("date", "BIGINT"),
        ("text", "BIGINT"),
        ("code", "BLOB"),
        ("boolean", "DOUBLE"),
        ("coordinate", "DATE"),
    ):
        assert conversion(Column("value", kind), found) is None  # type: ignore[arg-type]
