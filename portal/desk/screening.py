"""Reads a visitor's text for what must not be kept: numbers of persons, telephones, addresses of mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum

FEWEST_LETTERS, MOST_LETTERS = 10, 2_000

#: A run of digits with gaps of at most three signs between them.
_RUN = re.compile(r"\+?\d(?:[ \-.()/]{0,3}\d)*")
_THOUSANDS = re.compile(r"\d{1,3}(?: \d{3})+")
#: An individual identification number: year, month and day of birth, century and sex, four digits and a check digit.
_IIN = re.compile(r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[0-6]\d{5}")
#: A number of Kazakhstan with the prefix 8 or 7, and a mobile one without.
_TELEPHONE = re.compile(r"[78]7\d{9}|7[047]\d{8}")
_FOREIGN = re.compile(r"\+\d{10,15}")
_MOST_DIGITS_TOGETHER = 10
_MAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,64}\.[^\s@]{2}")


class Objection(StrEnum):
    """Why a text is not taken."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    PERSONAL_NUMBER = "personal_number"
    MAIL_ADDRESS = "mail_address"


def clean(text: str) -> str:
    """The text with one kind of line ends, and without control and format signs, which nobody sees."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign)[0] != "C").strip()


def object_to(text: str) -> Objection | None:
    """Why the cleaned text is not taken, if it is not."""
    if len(text) < FEWEST_LETTERS:
        return Objection.TOO_SHORT
    if len(text) > MOST_LETTERS:
        return Objection.TOO_LONG
    plain = "".join(map(_plain, unicodedata.normalize("NFKC", text)))
    if _MAIL.search(plain):
        return Objection.MAIL_ADDRESS
    return Objection.PERSONAL_NUMBER if any(map(_is_personal, _RUN.findall(plain))) else None


def _plain(sign: str) -> str:
    """A digit of any script as ours, a gap of any width as a blank, any dash as a hyphen; other signs as they are."""
    kind = unicodedata.category(sign)
    if kind == "Nd":
        return str(unicodedata.digit(sign))
    return {"Zs": " ", "Pd": "-"}.get(kind, sign)


def _is_personal(run: str) -> bool:
    """Whether a run of digits may hold a person's number or a telephone's; an amount with gaps for thousands is none."""
    digits = re.sub(r"[^+\d]", "", run)
    if _THOUSANDS.fullmatch(run):
        return bool(_IIN.fullmatch(digits))
    groups = re.findall(r"\d+", run)
    if _FOREIGN.fullmatch(digits) or max(map(len, groups)) > _MOST_DIGITS_TOGETHER:
        return True
    return any(_IIN.fullmatch(each) or _TELEPHONE.fullmatch(each) for each in _joined(groups))


def _joined(groups: list[str]) -> Iterator[str]:
    """Neighbouring groups of digits together, as long as they have no more digits than a person's number."""
    for first in range(len(groups)):
        text = ""
        for group in groups[first:]:
            text += group
            if len(text) > 12:
                break
            yield text
