"""Numbers, amounts and dates in the reader's language, by CLDR."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date as babel_date
from babel.numbers import format_decimal
from babel.units import format_unit

#: Full locale names: bare `ru` writes other currency signs and bare `kk` is not reliably there.
LOCALES = {"kk": "kk_KZ", "ru": "ru_KZ", "en": "en"}


def format_number(value: float, decimals: tuple[int, int], language: str) -> str:
    """`value` with grouped thousands and between `decimals[0]` and `decimals[1]` decimals."""
    fewest, most = decimals
    pattern = "#,##0" + ("." + "0" * fewest + "#" * (most - fewest) if most else "")
    return format_decimal(value, format=pattern, locale=LOCALES[language])


def format_size(size: int, language: str) -> str:
    """A file's size in kilobytes."""
    kilobytes = max(1, round(size / 1000))
    return format_unit(kilobytes, "digital-kilobyte", length="short", format="#,##0", locale=LOCALES[language])


def format_date(iso: str, language: str) -> str:
    """An ISO date in words; anything else as it is."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    return babel_date(day, format="long", locale=LOCALES[language])
