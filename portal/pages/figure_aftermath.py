"""What became of a figure after the release that is shown: errata of later releases, and its withdrawal from any release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from datasets.contract import PERIOD, SUMMED, Status
from portal.catalogue import Redaction
from portal.cells import Reader
from portal.chronicle import Step, chronicle
from portal.corrections import LogEntry, read_redactions
from portal.current import preview
from portal.figures import Place
from portal.history import Entry, Presence, histories
from portal.numbers import format_date, format_number
from portal.pages.chain_links import notes_url
from portal.release import Release
from portal.renamed import Names, every_name, names_of

#: Of a figure that nobody sees it makes no difference which of these it has.
_HIDDEN = (Status.SUPPRESSED, Status.WITHDRAWN)


def errata(place: Place, release: Release, cells: Reader) -> list[dict[str, Any]]:
    """One line for each later release in which the figure is another one or is corrected: its words, and two links.

    A sum over all months changes with each of them, and a preview has nothing after it: of these nothing is said.
    """
    newest = chronicle().newest()
    if newest is None or newest.id == release.id or preview() or place.keys.get(PERIOD) == SUMMED:
        return []
    later = _place_in(place, newest)
    if later is None:
        return []
    entries = histories().of(later, newest)
    at = next((number for number, entry in enumerate(entries) if entry.listed.id == release.id), len(entries))
    return [_erratum(later, entry, cells) for entry in _changed(later, entries[at:])]


def _place_in(place: Place, release: Release) -> Place | None:
    """The same figure under the names of another release; nothing if that has no such figure."""
    names = names_of(release)
    dataset = release.catalogue.datasets.get(names.present(place.dataset.slug))
    if dataset is None:
        return None
    columns = {name: names.column(dataset, name) or name for name in (place.column.name, *place.keys)}
    column = dataset.by_name.get(columns[place.column.name])
    keys = {columns[name]: value for name, value in place.keys.items()}
    if column is None or set(keys) != set(dataset.grain):
        return None
    return Place(dataset, column, {name: keys[name] for name in dataset.grain})


def _changed(place: Place, entries: Sequence[Entry]) -> Iterator[Entry]:
    """Those after the first that are not as the one before, as far as they have the figure."""
    before: tuple[float | None, str | None] | None = None
    for entry in entries:
        if entry.reading.presence != Presence.FIGURE:
            continue
        shown = entry.value(place), entry.status(place)
        hidden = before is not None and before[1] in _HIDDEN and shown[1] in _HIDDEN
        if before not in (None, shown) and not hidden:
            yield entry
        before = shown


def _erratum(place: Place, entry: Entry, cells: Reader) -> dict[str, Any]:
    value, noted, listed = entry.value(place), entry.noted, entry.listed
    decimals, status = place.column.decimals, entry.status(place) or ""
    shown = cells.catalogue.label("status", status, cells.language)
    said = {
        "release": listed.id,
        "date": format_date((listed.published or listed.data_through)[:10], cells.language),
        "value": shown if value is None else format_number(value, decimals, cells.language),
    }
    correction = noted.correction if noted else None
    return {
        "text": _("A later release (%(release)s, %(date)s) has: %(value)s.", **said),
        "reason": cells.catalogue.label("change_reason", noted.reason, cells.language) if noted else "",
        "correction": f"{url_for('pages.corrections')}#{correction}" if correction else "",
        "notes": notes_url(listed.id),
    }


def withdrawal(place: Place, cells: Reader) -> dict[str, str] | None:
    """When and why the figure was withdrawn from releases that had it, with the entry of the log; nothing if it was not."""
    if not chronicle().has_redactions():
        return None
    names = every_name()

    def concerns(_step: Step, redaction: Redaction) -> bool:
        return _is(place, redaction, names)

    found: list[LogEntry] = sorted(read_redactions(chronicle().steps(), concerns), key=lambda each: each.date)
    if not found:
        return None
    last = found[-1]
    date, reason = format_date(last.date, cells.language), last.text[cells.language]
    return {
        "text": _("Withdrawn on %(date)s: %(reason)s", date=date, reason=reason),
        "href": f"{url_for('pages.corrections')}#{last.id}",
    }


def _is(place: Place, redaction: Redaction, names: Names) -> bool:
    """Whether it is this figure that was withdrawn, under whichever of its names."""
    dataset = place.dataset
    if names.present(redaction.dataset) != dataset.slug or len(redaction.keys) != len(dataset.dimensions):
        return False
    measure = names.column(dataset, redaction.measure) or redaction.measure
    keys = {each.name: key for each, key in zip(dataset.dimensions, redaction.keys, strict=True)}
    return measure == place.column.name and place.keys.items() <= keys.items()


def is_withdrawn(entry: Entry, place: Place) -> bool:
    """Whether a release has the mark of a withdrawn figure there."""
    return entry.status(place) == Status.WITHDRAWN
