"""Texts with numbers of persons are refused, texts with amounts are not."""

import pytest

from portal.desk.screening import MOST_LETTERS, Objection, clean, object_to


@pytest.mark.parametrize(
    "number",
    [
        "850101300123",
        "850101 300123",
        "850101-300-123",
        "85 01 01 30 01 23",
        "850 101 300 123",
        "8 5 0 1 0 1 3 0 0 1 2 3",
        "８５０１０１３００１２３",
        "٨٥٠١٠١٣٠٠١٢٣",
        "8501\u200b01300\u00ad123",
        "850101\u00a0300123",
        "№2: 850101300123.",
        "2026 850101 300123 5",
        "+7 701 123 45 67",
        "+77011234567",
        "8 (701) 123-45-67",
        "87011234567",
        "8 7172 74 32 07",
        "7011234567",
        "+44 20 7946 0958",
        "4400430212345678",
        "123456789012",
    ],
)
def test_personal_numbers_are_refused(number: str) -> None:
    assert object_to(clean(f"Look at this: {number}")) == Objection.PERSONAL_NUMBER


@pytest.mark.parametrize(
    "text",
    [
        "The sum is 2 624 576 666 686, not 2 624 576 666 685.",
        "The sum is 354 571 253 326 tenge.",
        "The sum is 354\u00a0571\u00a0253\u00a0326 tenge.",
        "The sum is 2,624,576,666,686 tenge.",
        "In 2026-05-01 it was 41, in 2026-06-01 it was 43.",
        "On 01.02.2026 12:30 the page had 1234567890.",
        "KZ-75 2026-05 41 is wrong, KZ-71 2026-04 12 too.",
        "2025 2026 2027 are the years, 12 34 56 the rows.",
        "No number at all in this one.",
    ],
)
def test_amounts_and_dates_are_taken(text: str) -> None:
    assert object_to(clean(text)) is None


def test_addresses_of_mail_are_refused() -> None:
    assert object_to("Write to a.person@example.kz please") == Objection.MAIL_ADDRESS
    assert object_to("Write to a.person＠example.kz please") == Objection.MAIL_ADDRESS


def test_length() -> None:
    assert object_to(clean("  wrong \u200b\u200b\u200b\u200b\u200b")) == Objection.TOO_SHORT
    assert object_to("a" * MOST_LETTERS) is None
    assert object_to("a" * (MOST_LETTERS + 1)) == Objection.TOO_LONG


def test_what_cannot_be_seen_is_dropped() -> None:
    assert clean(" a\x00\x1b[31m\r\nb\rc\u202e\ufeff ") == "a[31m\nb\nc"


@pytest.mark.parametrize("sign", ["1", "1 ", "@", "@.", "(", "+1-"])
def test_odd_text_is_read_fast(sign: str) -> None:
    """A text of the greatest length: what grows with the square of it or faster does not come to an end here."""
    object_to((sign * MOST_LETTERS)[:MOST_LETTERS])
