"""Numbers, amounts and dates in the reader's language, by CLDR."""

from __future__ import annotations

import re
from datetime import date

from babel.dates import format_date as babel_date
from babel.dates import format_skeleton
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


def format_date(iso: str, language: str, *, short: bool = False) -> str:
    """An ISO date in words; anything else as it is."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    return babel_date(day, format="medium" if short else "long", locale=LOCALES[language])


def format_period(iso: str, language: str, *, short: bool = False) -> str:
    """An ISO period in words: a year, quarter, month or day, or two of them as `first – last`; `short` for an axis."""
    return " – ".join(_format_point(point, language, short=short) for point in iso.split("/"))


def _format_point(iso: str, language: str, *, short: bool) -> str:
    quarter = re.fullmatch(r"(\d{4})-Q([1-4])", iso)
    if quarter:
        first_day = date(int(quarter[1]), 3 * int(quarter[2]) - 2, 1)
        return format_skeleton("yQQQ" if short else "yQQQQ", first_day, locale=LOCALES[language])
    if re.fullmatch(r"\d{4}-\d{2}", iso):
        skeleton = "yMMM" if short else "yMMMM"
        return format_skeleton(skeleton, date.fromisoformat(f"{iso}-01"), locale=LOCALES[language])
    return format_date(iso, language, short=short)
