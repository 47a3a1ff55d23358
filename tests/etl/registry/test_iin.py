"""IINs are found however they are written, and what only resembles one is not."""

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from etl.registry.iin import holds_iin, is_iin

#: Made up: the day is the 31st of February.
IIN = "850231300121"

DIGITS = st.text("0123456789", min_size=11, max_size=11)


def check_digit(first: str) -> int | None:
    """The rule anew: positions times digits modulo 11; at 10 once more, from the third position on; at 10 again there is none."""
    weights = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    for _ in range(2):
        remainder = sum(int(digit) * weight for digit, weight in zip(first, weights, strict=True)) % 11
        if remainder != 10:
            return remainder
        weights = weights[2:] + weights[:2]
    return None


@given(DIGITS)
def test_exactly_one_check_digit_or_none(first: str) -> None:
    valid = [digit for digit in range(10) if is_iin(f"{first}{digit}")]
    expected = check_digit(first)
    assert valid == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    "text", ["", "85023130012", "8502313001211", "85023130012x", "８５０２３１３００１２１", " 50231300121"]
)
def test_only_twelve_ascii_digits_are_a_number(text: str) -> None:
    assert not is_iin(text)


def full_width(text: str) -> str:
    return "".join(chr(0xFF10 + int(digit)) for digit in text)


def arabic(text: str) -> str:
    return "".join(chr(0x0660 + int(digit)) for digit in text)


def devanagari(text: str) -> str:
    return "".join(chr(0x0966 + int(digit)) for digit in text)


@pytest.mark.parametrize(
    "text",
    [
        IIN,
        f"ИИН:{IIN}.",
        f"a{IIN}b",
        f"{IIN[:6]} {IIN[6:]}",
        f"{IIN[:6]}-{IIN[6:]}",
        f"{IIN[:6]} - {IIN[6:]}",
        f"{IIN[:6]}\u2013{IIN[6:]}",
        f"{IIN[:6]}\u2212{IIN[6:]}",
        f"{IIN[:6]}\u00a0{IIN[6:9]}\u00a0{IIN[9:]}",
        f"{IIN[:6]}\u202f{IIN[6:]}",
        f"{IIN[:6]}   {IIN[6:]}",
        f"{IIN[:6]}\n{IIN[6:]}",
        f"{IIN[:6]}\u200b{IIN[6:]}",
        f"{IIN[:4]}\u00ad{IIN[4:]}",
        " ".join(IIN),
        "-".join([IIN[:2], IIN[2:4], IIN[4:6], IIN[6:]]),
        f"17 03 {IIN[:6]} {IIN[6:]} 12",
        full_width(IIN),
        arabic(IIN),
        devanagari(f"{IIN[:6]}") + " " + IIN[6:],
        f"сведения о {IIN} и 8 701 555 01 99",
    ],
)
def test_found(text: str) -> None:
    assert holds_iin(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        IIN[:11],
        f"1{IIN}",
        f"{IIN}1",
        "850231300122",
        f"{IIN[:6]}, {IIN[6:]}",
        f"{IIN[:6]}a{IIN[6:]}",
        "2026-03-12 2026-04-15",
        "12.03.2026 - 15.04.2026",
        "с 2026-03-16T10:00:00Z до 2026-03-17T10:00:00Z",
        "444 868 754 985 тенге",
        "KZ86 125K ZT50 0410 0100",
        "+7 (701) 555-01-99, +7 (727) 555-01-99",
        "4000000000777777777",
    ],
)
def test_not_found(text: str) -> None:
    assert not holds_iin(text)


@given(st.text(max_size=30), DIGITS, st.text(max_size=30))
def test_found_inside_any_text(before: str, first: str, after: str) -> None:
    digit = check_digit(first)
    assume(digit is not None)
    # a digit beside it, even behind an invisible sign, makes another number
    assume(not any(unicodedata.decimal(sign, None) is not None for sign in before + after))
    assert holds_iin(f"{before}{first}{digit}{after}")


@given(st.text(st.characters(exclude_categories=("Nd",)), max_size=50))
def test_never_found_without_digits(text: str) -> None:
    assert not holds_iin(text)


@given(st.dates(), st.dates(), st.sampled_from(["-", ".", "/"]))
def test_two_dates_with_one_sign_inside_are_no_iin(first: object, second: object, sign: str) -> None:
    """Dates as people write them; only hyphens could part an IIN too."""
    one, two = (re.sub("-", sign, str(day)) for day in (first, second))
    assume(not any(map(is_iin, (one + two).replace(sign, "").split())))
    assert not holds_iin(f"{one} {two}")
