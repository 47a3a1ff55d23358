"""The log of corrections: what was wrong in published figures, how far, who found it, and where it is put right."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _

from datasets.contract import REDACTIONS_FILE
from portal.catalogue import Redaction
from portal.cells import Reader
from portal.chronicle import chronicle
from portal.corrections import LogEntry, about, read_log
from portal.current import current_release, store
from portal.figures import Place
from portal.numbers import format_date
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.pages.chain_links import diff_url, notes_url
from portal.pages.figure_words import key_line
from portal.pages.move_words import count_text, move_line, share_text
from portal.record import record_of
from portal.renamed import every_name

#: More withdrawn figures than this are folded away.
MOST_OPEN = 5


@page("corrections", kept=False)
def corrections() -> str:
    """All entries, newest first."""
    cells = reader()
    entries = read_log(current_release(), chronicle().steps(), store())
    return render_template(
        "corrections.html",
        entries=[entry_view(entry, cells) for entry in entries],
        feed=url_for("pages.corrections_feed"),
        breadcrumbs=breadcrumbs(_("Corrections")),
    )


def dataset_corrections(slug: str, cells: Reader) -> list[dict[str, Any]]:
    """The entries about a dataset, without the automatic ones, which the log has.

    The releases of the chain are opened only if there may be one.
    """
    newest, names = chronicle().newest(), every_name()
    known = {slug, *names.former(slug)}
    told = [*record_of(current_release()).corrections, *(record_of(newest).corrections if newest else ())]
    if not chronicle().has_redactions() and not any(each.dataset in known for each in told):
        return []
    entries = read_log(current_release(), chronicle().steps(), store())
    return [entry_view(entry, cells) for entry in about(entries, slug, names) if entry.kind != "automatic"]


def entry_view(entry: LogEntry, cells: Reader) -> dict[str, Any]:
    """What the template needs of an entry: its date, what it is, its text, and the facts with their links.

    A fact that is no more than a link has `way`. `figures` are those withdrawn, in words, `folded` if there are many.
    """
    return {
        "id": entry.id,
        "date": format_date(entry.date, cells.language),
        "kind": kind_text(entry),
        "text": entry.text[cells.language],
        "facts": [*_what(entry, cells), *_size(entry, cells), *_goes_with(entry), *_made_in(entry)],
        "figures": [_withdrawn_text(each, cells) for each in entry.withdrawn],
        "folded": len(entry.withdrawn) > MOST_OPEN,
    }


def kind_text(entry: LogEntry) -> str:
    """What kind of entry it is."""
    texts = {
        "correction": _("Error in published figures"),
        "automatic": _("Published figures put right"),
        "redaction": _("Figures withdrawn after publication"),
        "rollback": _("Another release became the current one"),
    }
    return texts[entry.kind]


def _withdrawn_text(redaction: Redaction, cells: Reader) -> str:
    """A withdrawn figure, without its value, and whether it was asked for."""
    causes = {
        "asked": _("its withdrawal was asked for"),
        "to_protect": _("withdrawn because it would give away one that was asked for"),
    }
    return f"{_figure_text(redaction, cells)} ({causes[redaction.cause]})"


def _figure_text(redaction: Redaction, cells: Reader) -> str:
    dataset = cells.catalogue.datasets.get(every_name().present(redaction.dataset))
    column = dataset.by_name.get(redaction.measure) if dataset else None
    if dataset is None or column is None or len(redaction.keys) != len(dataset.dimensions):
        return f"{redaction.dataset}.{redaction.measure}: {', '.join(redaction.keys)}"
    keys = {each.name: key for each, key in zip(dataset.dimensions, redaction.keys, strict=True)}
    mark = f" [{cells.catalogue.label('origin', dataset.origin, cells.language)}]" if dataset.synthetic else ""
    named = f"{dataset.title[cells.language]}: {column.title[cells.language]}{mark}"
    where = key_line(Place(dataset, column, keys), cells)
    return f"{named} — {where}" if where else named


def _goes_with(entry: LogEntry) -> list[dict[str, str]]:
    return [{"key": _("Goes with the correction"), "value": each, "href": f"#{each}"} for each in entry.goes_with]


def _what(entry: LogEntry, cells: Reader) -> list[dict[str, str]]:
    rows, names = [], every_name()
    for slug in map(names.present, entry.datasets):
        dataset = cells.catalogue.datasets.get(slug)
        column = dataset.by_name.get(entry.measure or "") if dataset else None
        named = dataset.title[cells.language] if dataset else slug
        value = f"{named}: {column.title[cells.language]}" if column else named
        href = url_for("pages.dataset", slug=slug) if dataset else ""
        rows.append({"key": _("Dataset"), "value": value, "href": href})
    if entry.reason:
        rows.append({"key": _("Reason"), "value": cells.catalogue.label("change_reason", entry.reason, cells.language)})
    return rows


def _size(entry: LogEntry, cells: Reader) -> list[dict[str, str]]:
    rows = []
    if entry.figures is not None:
        rows.append({"key": _("Size"), "value": count_text(entry.figures)})
    if entry.largest is not None:
        text = f"{share_text(entry.largest, cells)} ({move_line(entry.largest, cells)})"
        rows.append({"key": _("Largest change"), "value": text})
    if entry.found_by:
        rows.append({"key": _("Found by"), "value": cells.catalogue.label("found_by", entry.found_by, cells.language)})
    return rows


def _made_in(entry: LogEntry) -> list[dict[str, str]]:
    keys = {
        "correction": _("Corrected in release"),
        "automatic": _("Corrected in release"),
        "redaction": _("Withdrawn from release"),
    }
    key = keys.get(entry.kind, _("Served since then"))
    rows = [{"key": key, "value": each, "href": notes_url(each)} for each in entry.releases]
    if entry.kind == "rollback" and entry.before:
        rows.append({"key": _("Until then"), "value": entry.before, "href": notes_url(entry.before)})
    elif entry.kind == "redaction":
        rows += [_tombstone(each) for each in entry.releases]
    elif entry.before:
        href = _comparison(entry, entry.before)
        rows.append({"key": _("Before and after"), "value": _("Compare the two releases"), "href": href, "way": "1"})
    elif entry.kind == "correction" and not entry.releases:
        rows.append({"key": key, "value": _("not yet: it comes with the next release")})
    return rows


def _tombstone(release: str) -> dict[str, str]:
    """The way to what a release itself says of its withdrawn figures."""
    href = url_for("downloads.pinned", release_id=release, name=REDACTIONS_FILE)
    return {"key": _("What the release says of it"), "value": f"{release}/{REDACTIONS_FILE}", "href": href, "way": "1"}


def _comparison(entry: LogEntry, before: str) -> str:
    if entry.kind == "automatic":
        return diff_url(before, entry.releases[0], reason=entry.reason)
    return diff_url(before, entry.releases[0], entry.datasets[0])
