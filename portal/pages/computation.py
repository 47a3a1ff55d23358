"""How a dataset of the Registry is computed: its SELECT, what the SELECT reads, and the ratios made of its results."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.catalogue import Dataset, Ratio
from portal.cells import Reader
from portal.numbers import format_number


def computation(shown: Dataset, cells: Reader) -> dict[str, Any] | None:
    """What the page says of it; nothing for a dataset of a document."""
    if not shown.transform:
        return None
    return {
        "sql": shown.transform.strip(),
        "windows": _windows(shown),
        "formulas": [formula(shown, ratio, cells) for ratio in shown.ratios],
    }


def _windows(shown: Dataset) -> list[dict[str, str]]:
    """What is read of the tables that grow month by month; last those that are not named, of which each month has its own."""
    meanings = {
        "all": _("all rows of the extract"),
        "through": _("all rows until the end of the month"),
        "previous": _("the rows of the month and of the one before"),
        "month": _("the rows of the month itself"),
    }
    read: dict[str, list[str]] = {}
    for table, window in sorted(json.loads(shown.about["reads_json"]).items()):
        read.setdefault(window, []).append(table)
    read["month"] = []
    return [
        {"tables": ", ".join(read[window]), "meaning": meaning}
        for window, meaning in meanings.items()
        if window in read
    ]


def formula(shown: Dataset, ratio: Ratio, cells: Reader) -> dict[str, str]:
    """A ratio in words: what it is, of what it is made, how it is rounded."""
    title, over, under = (
        shown.by_name[name].title[cells.language] for name in (ratio.measure, ratio.numerator, ratio.denominator)
    )
    times = "" if ratio.scale == 1 else f"{format_number(ratio.scale, (0, 0), cells.language)} × "
    rounded = ngettext("half up to %(num)d decimal place", "half up to %(num)d decimal places", ratio.decimals)
    whole = _("half up to a whole number")
    return {"title": title, "text": f"{times}{over} ÷ {under}", "rounding": rounded if ratio.decimals else whole}
