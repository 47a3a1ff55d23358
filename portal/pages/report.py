"""Reports of visitors: the form on a number or a chart, and the public page of each report. No cookie, no name, no address."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from portal.current import current_release, preview
from portal.desk.database import DeskError
from portal.desk.form_token import Checked, Verdict, check_token, make_token
from portal.desk.key import read_key
from portal.desk.screening import MOST_LETTERS, clean, object_to
from portal.desk.tickets import Subject, Tickets, TooManyError
from portal.pages.arguments import page_arguments
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.pages.forms import MOST_BYTES, TRAP, desk, instant, is_ours, never_kept
from portal.pages.report_subject import Reported, find_reported
from portal.pages.report_texts import Trouble, trouble_text

log = logging.getLogger(__name__)
_STATUSES = {
    Trouble.ELSEWHERE: 403,
    Trouble.FORGED: 403,
    Trouble.TRAPPED: 400,
    Trouble.TOO_LARGE: 413,
    Trouble.TOO_MANY: 429,
    Trouble.CLOSED: 503,
}


@dataclass(frozen=True)
class Sent:
    """A form as it came back."""

    release: str
    token: str
    text: str
    trap: str


def _arguments() -> list[str]:
    """What names a figure or a chart of the dataset that is asked for."""
    shown = current_release().catalogue.datasets.get(request.args.get("dataset", ""))
    return ["dataset", "measure", "chart", *(shown.grain if shown else ())]


@page("report", of=_arguments, kept=False, methods=("GET", "POST"))
def report() -> ResponseReturnValue:
    """The form to report a number or a chart; a report that is sent leads to its page."""
    # A release under embargo is nobody's business yet.
    reported = None if preview() else find_reported(current_release(), page_arguments(), reader())
    if reported is None:
        abort(404)
    try:
        Tickets(desk()).forget(instant())
        return _take(reported) if request.method == "POST" else _form(reported)
    except DeskError as error:
        log.error("%s", error)
        return _form(reported, Trouble.CLOSED)


def _take(reported: Reported) -> ResponseReturnValue:
    """Look at a form that was sent: nothing is read of one that another site has sent, or that is too long."""
    request.max_content_length = MOST_BYTES
    if not is_ours():
        return _form(reported, Trouble.ELSEWHERE)
    try:
        sent = Sent(*(request.form.get(name, "") for name in ("release", "token", "text", TRAP)))
    except RequestEntityTooLarge:
        return _form(reported, Trouble.TOO_LARGE)
    subject, now = reported.subject(sent.release), instant()
    form = check_token(read_key(desk()), str(subject), sent.token, int(now.timestamp()))
    trouble = _trouble(sent, form)
    if trouble:
        return _form(reported, trouble, sent, keep_token=form.verdict in (Verdict.GOOD, Verdict.TOO_YOUNG))
    return _file(reported, subject, sent, form, now)


def _file(reported: Reported, subject: Subject, sent: Sent, form: Checked, now: datetime) -> ResponseReturnValue:
    text, language = clean(sent.text), reader().language
    try:
        made = Tickets(desk()).file(subject, language, text, form=form, address=request.remote_addr, now=now)
    except TooManyError:
        return _form(reported, Trouble.TOO_MANY, sent, keep_token=True)
    return never_kept(make_response(redirect(url_for("pages.ticket", ticket_id=made), 303)))


def _trouble(sent: Sent, form: Checked) -> Trouble | None:
    if sent.trap:
        return Trouble.TRAPPED
    if form.verdict != Verdict.GOOD:
        return Trouble.of(form.verdict)
    objection = object_to(clean(sent.text))
    return Trouble.of(objection) if objection else None


def _form(
    reported: Reported, trouble: Trouble | None = None, sent: Sent | None = None, *, keep_token: bool = False
) -> Response:
    """The form, empty or as it was sent, with what is wrong with it."""
    now = instant()
    release = sent.release if sent and keep_token else current_release().id
    token = sent.token if sent and keep_token else ""
    if not token and trouble != Trouble.CLOSED:
        token = make_token(read_key(desk()), str(reported.subject(release)), int(now.timestamp()))
    html = render_template(
        "report.html",
        reported=reported,
        closed=trouble == Trouble.CLOSED,
        trouble=trouble_text(trouble) if trouble else "",
        fields={"release": release, "token": token},
        trap=TRAP,
        text=sent.text if sent else "",
        most_letters=MOST_LETTERS,
        breadcrumbs=breadcrumbs(_("Report"), *reported.way),
    )
    response = never_kept(make_response(html, _STATUSES.get(trouble, 422) if trouble else 200))
    if trouble in (Trouble.TOO_MANY, Trouble.CLOSED):
        response.headers["Retry-After"] = "3600"
    return response
