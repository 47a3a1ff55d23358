"""Numbers, amounts and dates in the reader's language, by CLDR."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date as babel_date
from babel.numbers import format_compact_decimal, format_decimal

#: Full locale names: bare `ru` writes other currency signs and bare `kk` is not reliably there.
LOCALES = {"kk": "kk_KZ", "ru": "ru_KZ", "en": "en"}


def format_number(value: float, decimals: tuple[int, int], language: str) -> str:
    """`value` with grouped thousands and between `decimals[0]` and `decimals[1]` decimals."""
    fewest, most = decimals
    pattern = "#,##0" + ("." + "0" * fewest + "#" * (most - fewest) if most else "")
    return format_decimal(value, format=pattern, locale=LOCALES[language])


def format_compact(value: float, language: str) -> str:
    """A large number in words: 2.62 trillion, 2,62 триллиона. Below a million it is written out."""
    if abs(value) < 1_000_000:
        return format_decimal(value, format="#,##0.###", locale=LOCALES[language])
    return format_compact_decimal(value, format_type="long", fraction_digits=1, locale=LOCALES[language])


def format_date(iso: str, language: str) -> str:
    """An ISO date in words; anything else as it is."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    return babel_date(day, format="long", locale=LOCALES[language])
