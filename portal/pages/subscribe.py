"""Letters about changes: asked for by a form, confirmed by the owner of the address, stopped by one click."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from enum import StrEnum
from typing import cast

from flask import Response, abort, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.current import pinned_edition, store
from portal.desk.database import Desk, DeskError
from portal.desk.form_token import YOUNGEST, Verdict, check_token, make_token
from portal.desk.key import read_key
from portal.desk.post import Post, deliver
from portal.desk.subscriptions import (
    ID_PATTERN,
    Followed,
    Subscription,
    Subscriptions,
    TooManySubscriptionsError,
    new_subscription,
    read_address,
)
from portal.pages.arguments import page_arguments
from portal.pages.blueprint import breadcrumbs, page, page_url, pages, reader
from portal.pages.forms import MOST_BYTES, TRAP, desk, instant, is_ours, never_kept
from portal.pages.letters import as_in_a_letter, confirmation_letter
from portal.pages.subject import Followable, find_followable
from portal.tally import Subject

log = logging.getLogger(__name__)


class Trouble(StrEnum):
    """Why no letter is sent."""

    ADDRESS = "address"
    FORM = "form"
    TOO_FAST = "too_fast"
    TOO_MANY = "too_many"
    CLOSED = "closed"


_STATUSES = {Trouble.ADDRESS: 422, Trouble.FORM: 403, Trouble.TOO_MANY: 429, Trouble.CLOSED: 503}


def post() -> Post | None:
    """The post of the running application; nothing where the operator has set up none: letters are not offered then."""
    return cast("Post | None", current_app.extensions["post"])


@pages.app_template_global()
def letters_offered() -> bool:
    """Whether pages lead to the form that asks for letters."""
    return post() is not None


@page("subscribe", "kind", "code", kept=False, methods=("GET", "POST"))
def subscribe() -> ResponseReturnValue:
    """The form that asks for letters about one subject; all releases if none is named."""
    given = page_arguments()
    followed = find_followable(Subject(given.get("kind", "release"), given.get("code", "")), reader())
    if followed is None:
        abort(404)
    if pinned_edition() is not None:
        # Letters tell of what comes, not of one release.
        return redirect(f"/{reader().language}/subscribe")
    there = post()
    try:
        return _take(followed, there) if there and request.method == "POST" else _form(followed, None)
    except DeskError as error:
        log.error("%s", error)
        return _form(followed, Trouble.CLOSED)


@page("subscriptions/<subscription_id>", kept=False, methods=("GET", "POST"))
def subscription(subscription_id: str) -> ResponseReturnValue:
    """The owner's word. A button and not the link itself: programs that look at mail open links."""
    return _owned(subscription_id, "confirm", lambda known: known.confirm(subscription_id, instant()))


@page("subscriptions/<subscription_id>/stop", kept=False, methods=("GET", "POST"))
def stop_subscription(subscription_id: str) -> ResponseReturnValue:
    """Stop all letters to an address: by the button, or by a mail program (RFC 8058), which comes from no page of ours."""
    return _owned(subscription_id, "stop", lambda known: known.stop(subscription_id))


def _owned(subscription_id: str, what: str, act: Callable[[Subscriptions], bool]) -> ResponseReturnValue:
    """The page with the button of a letter's link, and after it was pressed the one that says so."""
    if not re.fullmatch(ID_PATTERN, subscription_id):
        abort(404)
    done, closed, listed = False, False, []
    try:
        known = Subscriptions(desk())
        found = known.find(subscription_id)
        if request.method == "POST":
            # A mail program may press twice: what is stopped stays stopped.
            done = act(known) or what == "stop"
        if found is None and not done:
            abort(404)
        listed = _titles(known, found)
    except DeskError as error:
        log.error("%s", error)
        closed = True
    html = render_template(
        "subscription.html",
        what=what,
        done=done,
        closed=closed,
        listed=listed,
        confirmed=bool(found and found.confirmed),
        stop=url_for("pages.stop_subscription", subscription_id=subscription_id),
        breadcrumbs=breadcrumbs(_("Letters about changes"), (_("Follow the changes"), url_for("pages.feeds"))),
    )
    return never_kept(make_response(html, 503 if closed else 200))


def _titles(known: Subscriptions, found: Subscription | None) -> list[dict[str, str]]:
    """What this address follows, and what it is asked about."""
    if found is None:
        return []
    all_of_it = {each.id: each for each in [found, *known.of_address(found.address)]}
    titles = (find_followable(_subject(each.followed), reader()) for each in all_of_it.values())
    return [{"text": each.title, "href": each.address} for each in titles if each]


def _subject(followed: Followed) -> Subject:
    return Subject(followed.kind, followed.code)


def _take(followed: Followable, post: Post) -> Response:
    """Look at a form that was sent: nothing is read of one that another site has sent, or that is too long."""
    request.max_content_length = MOST_BYTES
    if not is_ours() or request.form.get(TRAP):
        return _form(followed, Trouble.FORM)
    form = check_token(read_key(desk()), _named(followed), request.form.get("token", ""), int(instant().timestamp()))
    if form.verdict == Verdict.TOO_YOUNG:
        return _form(followed, Trouble.TOO_FAST)
    if form.verdict != Verdict.GOOD:
        return _form(followed, Trouble.FORM)
    address = read_address(request.form.get("address", ""))
    if address is None:
        return _form(followed, Trouble.ADDRESS)
    chain = store().chain()
    wanted = new_subscription(
        address,
        Followed(followed.subject.kind, followed.subject.code),
        reader().language,
        chain[0].sequence or 0 if chain else 0,
    )
    with as_in_a_letter(current_app, post, wanted.language):
        letter = confirmation_letter(wanted, post, instant())
    try:
        Subscriptions(desk()).ask(wanted, form=form, client=request.remote_addr, now=instant(), letter=letter)
    except TooManySubscriptionsError:
        return _form(followed, Trouble.TOO_MANY)
    # The visitor does not wait for the post.
    threading.Thread(target=_deliver, args=(desk(), post), name="post", daemon=True).start()
    return _form(followed, None, sent=True)


def _deliver(desk: Desk, post: Post) -> None:
    try:
        deliver(desk, post, instant())
    except DeskError as error:
        log.error("%s", error)


def _named(followed: Followable) -> str:
    """What the token of the form is for."""
    return f"subscribe {followed.subject.kind} {followed.subject.code}"


def _form(followed: Followable, trouble: Trouble | None, *, sent: bool = False) -> Response:
    offered = post() is not None and trouble != Trouble.CLOSED
    token = make_token(read_key(desk()), _named(followed), int(instant().timestamp())) if offered and not sent else ""
    html = render_template(
        "subscribe.html",
        followed=followed,
        action=page_url(
            "subscribe", {"kind": followed.subject.kind, "code": followed.subject.code} if followed.subject.code else {}
        ),
        sent=sent,
        offered=offered,
        closed=trouble == Trouble.CLOSED,
        trouble=_trouble_text(trouble) if trouble else "",
        token=token,
        trap=TRAP,
        breadcrumbs=breadcrumbs(_("Letters about changes"), (_("Follow the changes"), url_for("pages.feeds"))),
    )
    response = never_kept(make_response(html, _STATUSES.get(trouble, 422) if trouble else 200))
    if trouble in (Trouble.TOO_MANY, Trouble.CLOSED):
        response.headers["Retry-After"] = "3600"
    return response


def _trouble_text(trouble: Trouble) -> str:
    return {
        Trouble.ADDRESS: _("Write one address of e-mail, such as name@example.kz."),
        Trouble.FORM: _("This form is too old or was sent from another site. Send it again."),
        Trouble.TOO_FAST: _("That was very fast. Wait %(count)d seconds and send it again.", count=YOUNGEST),
        Trouble.TOO_MANY: _("Too many letters were asked for at once. Try again in an hour."),
        Trouble.CLOSED: _("Letters cannot be asked for now. The feeds work; try again later."),
    }[trouble]
