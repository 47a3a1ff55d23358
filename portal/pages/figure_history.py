"""The history of a figure on its page: a table, a chart, and the first value beside the present one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from datasets.contract import PERIOD, ROW_FLAGS, SUMMED
from portal.catalogue import Chart
from portal.cells import Reader, in_order
from portal.charts import ChartData, Series
from portal.charts import figure as plotly_figure
from portal.figures import Place
from portal.history import Entry, Presence
from portal.numbers import format_date, format_number
from portal.pages.chain_links import pinned_page
from portal.pages.figure_aftermath import is_withdrawn
from portal.pages.figure_words import figure_path

#: A line through fewer points says nothing.
_FEWEST_POINTS = 2
#: The places of two columns in the table.
_CHANGE, _WHY = 3, 4
_NOT_THERE = (Presence.NO_ROW, Presence.NO_COLUMN)
_KNOWN = (Presence.FIGURE, *_NOT_THERE)


def history_view(place: Place, entries: Sequence[Entry], cells: Reader, withdrawal: str) -> dict[str, Any]:
    """What the page says of the figure in all releases; `withdrawal` is where it is said why it was withdrawn."""
    grows = place.keys.get(PERIOD) == SUMMED
    entries = _since_there(entries)
    rows = [_row(place, entry, before, cells) for entry, before in zip(entries, _befores(entries), strict=True)]
    if entries[0].reading.presence == Presence.FIGURE:
        rows[0][_CHANGE] = {"text": _("first published")}
    for row, entry in zip(rows, entries, strict=True):
        if is_withdrawn(entry, place):
            row[_WHY] = {"text": _("Withdrawn after publication"), "href": withdrawal}
    statuses = [entry.status(place) or "" for entry in entries]
    return {
        "sentence": "" if grows else _sentence(place, entries, cells),
        "grows": grows,
        "columns": _columns(place, cells),
        "rows": list(reversed(rows)),
        "statuses": in_order(statuses),
        "flags": sorted(
            {flag for entry in entries for flag in (entry.reading.record or {}).get(ROW_FLAGS, "").split()}
        ),
        "unread": _unread(entries),
        "chart": _chart(place, entries, cells),
        "releases": ngettext("%(num)d release", "%(num)d releases", len(entries)),
    }


def _since_there(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The history without its beginning, in which it is known that the figure was not there yet."""
    first = next(place for place, entry in enumerate(entries) if entry.reading.presence not in _NOT_THERE)
    return entries[first:]


def _befores(entries: Sequence[Entry]) -> Iterator[Entry | None]:
    """For each entry the last one before it that is known."""
    before: Entry | None = None
    for entry in entries:
        yield before
        before = entry if entry.reading.presence in _KNOWN else before


def _columns(place: Place, cells: Reader) -> list[dict[str, Any]]:
    texts = {"release": _("Release"), "published": _("Published"), "value": _("Value"), "change": _("Change")}
    numeric = ("value", "change")
    columns: list[dict[str, Any]] = [
        {"key": key, "label": text, "numeric": key in numeric} for key, text in texts.items()
    ]
    columns[2]["unit"] = cells.unit(place.column.unit)
    return [*columns, {"key": "reason", "label": _("Why")}]


def _row(place: Place, entry: Entry, before: Entry | None, cells: Reader) -> list[dict[str, Any]]:
    listed = entry.listed
    published = format_date(listed.published[:10], cells.language, short=True) if listed.published else "–"
    release = {"text": listed.id}
    if entry.reading.presence == Presence.FIGURE:
        release["href"] = pinned_page(listed.id, figure_path(place))
    return [
        release,
        {"text": published},
        _value(place, entry, cells),
        {"text": _change(place, entry, before, cells)},
        _reason(entry, cells),
    ]


def _value(place: Place, entry: Entry, cells: Reader) -> dict[str, Any]:
    record = entry.reading.record
    if record is None:
        return {"text": presence_text(entry.reading.presence)}
    cell = cells.cell(place.column, record)
    unit = entry.reading.unit
    if cell["text"] and unit != place.column.unit and unit:
        cell["note"] = cells.unit(unit)
    return cell


def presence_text(presence: Presence) -> str:
    """Why a release says nothing of a figure."""
    return {
        Presence.NO_ROW: _("no such row"),
        Presence.NO_COLUMN: _("not published then"),
        Presence.RETIRED: _("release retired"),
        Presence.OTHER_SCHEMA: _("another release format"),
        Presence.DAMAGED: _("cannot be read"),
    }.get(presence, "")


def _change(place: Place, entry: Entry, before: Entry | None, cells: Reader) -> str:
    """By how much a number differs from the one of the release before that is known."""
    if entry.reading.presence not in _KNOWN:
        return ""
    if before is None:
        return ""
    value, earlier = entry.value(place), before.value(place)
    if value == earlier and entry.status(place) == before.status(place):
        return "–"
    if value is None or earlier is None or entry.reading.unit != before.reading.unit:
        return cells.catalogue.label("change_kind", entry.noted.kind, cells.language) if entry.noted else ""
    return difference(value, earlier, place, cells)


def difference(value: float, earlier: float, place: Place, cells: Reader) -> str:
    """How much larger or smaller a number is, and by what share of the earlier one."""
    by = value - earlier
    sign = "+" if by > 0 else "−"
    text = f"{sign}{format_number(abs(by), place.column.decimals, cells.language)}"
    if not earlier:
        return text
    share = 100 * abs(by / earlier)
    return f"{text} ({sign}{cells.amount(share, (0, 2 if share < 1 else 1), 'percent')})"


def _reason(entry: Entry, cells: Reader) -> dict[str, Any]:
    if entry.noted is None:
        return {"text": ""}
    text = cells.catalogue.label("change_reason", entry.noted.reason, cells.language)
    if entry.noted.correction is None:
        return {"text": text}
    return {"text": text, "href": f"{url_for('pages.corrections')}#{entry.noted.correction}"}


def _unread(entries: Sequence[Entry]) -> list[str]:
    """What must be said of releases in which the figure could not be looked up."""
    texts = {
        Presence.RETIRED: _(
            "Retired releases keep their signed manifest only, so what they said of this figure is not shown."
        ),
        Presence.OTHER_SCHEMA: _("Releases of another format are not read here; their files can still be downloaded."),
        Presence.DAMAGED: _("A release that cannot be verified is not read."),
    }
    found = {entry.reading.presence for entry in entries}
    return [text for presence, text in texts.items() if presence in found]


def _sentence(place: Place, entries: Sequence[Entry], cells: Reader) -> str:
    """The first value beside the present one; empty unless both are numbers of one unit."""
    numbers = [entry for entry in entries if entry.value(place) is not None]
    last = entries[-1]
    if not numbers or last.value(place) is None or len(entries) < 2:
        return ""
    first = numbers[0]
    before, now = first.value(place), last.value(place)
    if before is None or now is None or first.reading.unit != last.reading.unit:
        return ""
    said = {
        "release": first.listed.id,
        "first": format_number(before, place.column.decimals, cells.language),
        "now": format_number(now, place.column.decimals, cells.language),
    }
    if before == now:
        if any(each.value(place) != now for each in numbers):
            return _("The figure is what it first was, %(now)s, but was another one in between.", **said)
        return _("The figure is what it was when it was first published: %(now)s.", **said)
    change = difference(now, before, place, cells)
    return _("First published as %(first)s (release %(release)s); now %(now)s: %(change)s.", **said, change=change)


def _chart(place: Place, entries: Sequence[Entry], cells: Reader) -> dict[str, Any] | None:
    """The numbers as a line, a gap where there is none; nothing if there are too few of one unit."""
    same = [entry for entry in entries if entry.reading.unit in (place.column.unit, None)]
    if sum(entry.value(place) is not None for entry in same) < _FEWEST_POINTS:
        return None
    names = tuple((each.listed.published or each.listed.data_through)[:10] + _ordinal(each, same) for each in same)
    series = Series(place.column.title[cells.language], place.column, tuple(each.reading.record for each in same))
    statuses = tuple(in_order(entry.status(place) or "" for entry in same))
    data = ChartData(names, (series,), place.column.unit, statuses)
    chart = Chart("line", {}, {})
    return {"figure": plotly_figure(data, chart, cells, synthetic=place.dataset.synthetic), "statuses": statuses}


def _ordinal(entry: Entry, entries: Sequence[Entry]) -> str:
    """Tells releases of one day apart."""
    day = (entry.listed.published or entry.listed.data_through)[:10]
    same = [each for each in entries if (each.listed.published or each.listed.data_through)[:10] == day]
    return "" if len(same) == 1 else f" ({same.index(entry) + 1})"
