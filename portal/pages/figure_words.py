"""Where a figure stands, in words and as an address."""

from __future__ import annotations

from urllib.parse import urlencode

from flask_babel import gettext as _

from datasets.contract import PERIOD, SUMMED
from portal.cells import Reader
from portal.figures import Place


def key_rows(place: Place, cells: Reader) -> list[dict[str, str]]:
    """The dimensions with their values, as rows of a summary."""
    rows = []
    for name, value in place.keys.items():
        column = place.dataset.by_name[name]
        text = _("all together") if value == SUMMED else cells.key(column, value)
        rows.append({"key": column.title[cells.language], "value": text})
    return rows


def key_line(place: Place, cells: Reader) -> str:
    """The same in one line; what is summed over is left out."""
    named = [(place.dataset.by_name[name], value) for name, value in place.keys.items() if value != SUMMED]
    return ", ".join(cells.key(column, value) for column, value in named)


def cited_line(place: Place, cells: Reader) -> str:
    """The same to cite it by: a sum over all months says so."""
    months = _("all months") if place.keys.get(PERIOD) == SUMMED else ""
    return ", ".join(filter(None, (key_line(place, cells), months)))


def figure_path(place: Place) -> str:
    """The page of a figure, below the language."""
    return f"datasets/{place.dataset.slug}/figure?{urlencode(place.arguments)}"
