"""Finds individual identification numbers: twelve digits with a valid check digit, however they are written.

An IIN is YYMMDD, a digit for century and sex, four of order and a check digit; a BIN has the same length and check digit.
As a number an IIN of a person born in 2000-2009 loses its leading zeros and cannot be told from an identifier; a column of
IINs is found by the others.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate

#: Shorter texts cannot hold one; whole numbers outside of this range neither.
DIGITS = 12
LEAST = 10 ** (DIGITS - 1)
MOST = 10**DIGITS - 1

_FIRST_WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_DIGIT = re.compile(r"\d")
_WHOLE = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
#: Groups of digits parted by one kind of sign: a date in figures mixes or repeats signs that people do not put into an IIN.
_SPLIT = (re.compile(r"[0-9]+(?: [0-9]+)+"), re.compile(r"[0-9]+(?:-[0-9]+)+"))
_SPACES = re.compile(r" +")
_AROUND_HYPHEN = re.compile(r" ?- ?")
#: Months and days that exist; then a person's century and sex, or a company's two signs.
_STRUCTURE = re.compile(r"[0-9]{2}(0[1-9]|1[0-2])((0[1-9]|[12][0-9]|3[01])[0-6]|[4-6][0-3][0-9])[0-9]{5}")


def is_iin(digits: str) -> bool:
    """Whether twelve ASCII digits end in the check digit of the first eleven."""
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return False
    numbers = [int(digit) for digit in digits]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        check = sum(weight * number for weight, number in zip(weights, numbers, strict=False)) % 11
        if check < 10:
            return check == numbers[-1]
    return False


def holds_iin(text: str) -> bool:
    """Whether a text holds an IIN: in one piece, or in groups parted by spaces or by hyphens, in the digits of any script."""
    if len(text) < DIGITS or len(_DIGIT.findall(text)) < DIGITS:
        return False
    plain = text if text.isascii() else "".join(map(_plain, text))
    if any(is_iin(match[0]) for match in _WHOLE.finditer(plain)):
        return True
    plain = _AROUND_HYPHEN.sub("-", _SPACES.sub(" ", re.sub(r"\s", " ", plain)))
    return any(_split_iin(re.split("[ -]", match[0])) for pattern in _SPLIT for match in pattern.finditer(plain))


def _plain(character: str) -> str:
    """A digit of any script as ASCII, any space as a space, any dash as a hyphen; invisible signs fall away."""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    return {"Zs": " ", "Pd": "-", "Cf": ""}.get(category, "-" if character == "\u2212" else character)


def _split_iin(groups: list[str]) -> bool:
    """Whether neighbouring groups make up an IIN. Amounts and dates are written in groups too, so its structure counts."""
    ends = [0, *accumulate(map(len, groups))]
    digits, bounds = "".join(groups), set(ends)
    return any(
        _STRUCTURE.fullmatch(digits[start : start + DIGITS]) and is_iin(digits[start : start + DIGITS])
        for start in ends
        if start + DIGITS in bounds
    )
