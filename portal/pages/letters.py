"""The letters that the portal sends: the one that asks whether an address is its owner's, and the digest of changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from flask import Flask, current_app, g, url_for
from flask_babel import gettext as _

from datasets.contract import SYNTHETIC
from portal.cells import Reader
from portal.chronicle import Step
from portal.desk.post import Post
from portal.desk.subscriptions import Subscription
from portal.numbers import format_date
from portal.pages.blueprint import reader
from portal.pages.feed_entries import FeedEntry, release_entries, subject_entries
from portal.pages.subject import find_followable
from portal.tally import EVERYTHING, Subject

#: The newest releases that a digest tells of; it leads to the list of all.
_MOST_RELEASES = 6


@contextmanager
def as_in_a_letter(app: Flask, post: Post, language: str) -> Iterator[None]:
    """A request in which texts have this language and addresses are the portal's public ones, whoever asks."""
    with app.test_request_context(f"/{language}/", base_url=post.site):
        g.lang = language
        yield


def confirmation_letter(asked: Subscription, post: Post, now: datetime) -> bytes:
    """The letter that asks the owner of the address to confirm. Needs `as_in_a_letter`."""
    followed = find_followable(Subject(asked.followed.kind, asked.followed.code), reader())
    text = _text(
        "letters/confirmation.txt",
        title=followed.title if followed else "",
        confirm=url_for("pages.subscription", subscription_id=asked.id, _external=True),
    )
    return _letter(asked, _("Confirm: letters of Ashyq Qalqan"), text, post, now, "ask").as_bytes(policy=SMTP)


def digest_letter(told: Sequence[Subscription], steps: Sequence[Step], post: Post, now: datetime) -> bytes | None:
    """What `steps`, newest first, changed materially of what these subscriptions of one address follow; nothing if nothing.

    Needs `as_in_a_letter`.
    """
    cells = reader()
    parts = [part for each in told if (part := _part(each, steps, cells))]
    if not parts:
        return None
    newest = steps[0]
    text = _text(
        "letters/digest.txt",
        parts=parts,
        synthetic=any(step.listed.synthetic for step in steps),
        stop=url_for("pages.stop_subscription", subscription_id=told[0].id, _external=True),
    )
    day = format_date(newest.day, cells.language)
    mark = f"[{cells.catalogue.label('origin', SYNTHETIC, cells.language)}] " if newest.listed.synthetic else ""
    subject = mark + _("Ashyq Qalqan: what changed by %(day)s", day=day)
    return _letter(told[0], subject, text, post, now, newest.id).as_bytes(policy=SMTP)


def _text(template: str, **values: Any) -> str:
    """A letter's text: without what pages have around theirs."""
    return current_app.jinja_env.get_template(template).render(**values)


def _part(subscription: Subscription, steps: Sequence[Step], cells: Reader) -> tuple[str, list[FeedEntry]] | None:
    """A subject with what changed of it. One that the release has no more has nothing to tell."""
    subject = Subject(subscription.followed.kind, subscription.followed.code)
    followed = find_followable(subject, cells)
    fresh = [step for step in steps if (step.listed.sequence or 0) > subscription.told and subject in step.material]
    if followed is None or not fresh:
        return None
    shown = fresh[:_MOST_RELEASES]
    if subject == EVERYTHING:
        return followed.title, list(release_entries(shown, cells))
    return followed.title, list(subject_entries(shown, subject, _below_language(followed.address, cells), cells))


def _below_language(address: str, cells: Reader) -> str:
    return address.partition(f"/{cells.language}/")[2]


def _letter(to: Subscription, subject: str, text: str, post: Post, now: datetime, occasion: str) -> EmailMessage:
    """A plain letter with what programs need to stop it by one click (RFC 8058). The same occasion has the same id."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = f"Ashyq Qalqan <{post.sender}>"
    letter["To"] = to.address
    letter["Subject"] = subject
    letter["Date"] = format_datetime(now)
    digest = hashlib.sha256(f"{to.id} {occasion}".encode()).hexdigest()[:32]
    letter["Message-ID"] = f"<{digest}@{post.sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    stop = url_for("pages.stop_subscription", subscription_id=to.id, _external=True)
    letter["List-Unsubscribe"] = f"<{stop}>"
    letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter.set_content(text, charset="utf-8", cte="base64")
    # Afterwards: setting the content clears all headers about it.
    letter["Content-Language"] = to.language
    return letter
