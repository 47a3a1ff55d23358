"""The public page of a report: what it is about, how far it is, what the operator has answered. Never what was written."""

from __future__ import annotations

import logging
import re

from flask import abort, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.current import current_release
from portal.desk.database import DeskError
from portal.desk.tickets import ID_PATTERN, RETENTION, State, Ticket, Tickets
from portal.history import histories
from portal.numbers import format_date
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.pages.chain_links import pinned_page
from portal.pages.forms import desk, never_kept
from portal.pages.report_subject import Reported, find_reported

log = logging.getLogger(__name__)


@page("reports/<ticket_id>", kept=False)
def ticket(ticket_id: str) -> ResponseReturnValue:
    """A report and what became of it."""
    if not re.fullmatch(ID_PATTERN, ticket_id):
        abort(404)
    try:
        found = Tickets(desk()).find(ticket_id)
    except DeskError as error:
        log.error("%s", error)
        html = render_template("ticket.html", ticket=None, breadcrumbs=breadcrumbs(_("Report")))
        return never_kept(make_response(html, 503))
    if found is None:
        abort(404)
    return never_kept(make_response(_page(found)))


def _page(found: Ticket) -> str:
    cells = reader()
    subject = found.subject
    names = {"dataset": subject.dataset, **subject.keys}
    names |= {"measure": subject.measure} if subject.measure else {"chart": str(subject.chart)}
    reported = find_reported(current_release(), names, cells)
    return render_template(
        "ticket.html",
        ticket=found,
        reported=reported,
        facts=_facts(found, reported, cells.language),
        state=state_text(found.state),
        retention=RETENTION.days,
        answer=found.answer[cells.language] if found.answer else "",
        then=pinned_page(subject.release, reported.path) if reported else "",
        correction=f"{url_for('pages.corrections')}#{found.correction}" if found.correction else "",
        breadcrumbs=breadcrumbs(_("Report"), *(reported.way if reported else ())),
    )


def _facts(found: Ticket, reported: Reported | None, language: str) -> list[dict[str, str]]:
    subject = found.subject
    if reported is None:
        about = [{"key": _("Dataset"), "value": subject.dataset}, {"key": _("Measure"), "value": subject.measure or ""}]
    else:
        what = _("Figure") if reported.place else _("Chart")
        about = [
            {"key": _("Dataset"), "value": reported.dataset.title[language]},
            {"key": what, "value": reported.title, "href": reported.address},
            *reported.rows,
        ]
    return [
        *about,
        {"key": _("Release"), "value": subject.release},
        {"key": _("Value in that release"), "value": _value(reported, subject.release) if reported else ""},
        {"key": _("Reported on"), "value": format_date(found.filed[:10], language)},
        {"key": _("State of the report"), "value": state_text(found.state)},
        {"key": _("In this state since"), "value": format_date(found.changed[:10], language)},
    ]


def _value(reported: Reported, release_id: str) -> str:
    """The figure as the release has it now: if it was withdrawn since, the mark of that. The desk keeps no value."""
    place, cells = reported.place, reader()
    entries = histories().of(place, current_release()) if place else ()
    record = next((entry.reading.record for entry in entries if entry.listed.id == release_id), None)
    if place is None or record is None:
        return ""
    cell = cells.cell(place.column, record)
    unit = cells.unit(cells.unit_of(place.column, record))
    return f"{cell['text']} {unit}".strip() if cell["text"] else cells.missing(cell["status"])


def state_text(state: State) -> str:
    """How far a report is, in the reader's language."""
    return {
        State.RECEIVED: _("received"),
        State.UNDER_REVIEW: _("under review"),
        State.ANSWERED: _("answered"),
        State.CORRECTED: _("corrected"),
        State.DECLINED: _("nothing to correct"),
    }[state]
