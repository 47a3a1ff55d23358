"""Digests: each subscriber is told once of what releases changed materially since the last one that was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Flask

from portal.chronicle import Chronicle, Step
from portal.desk.database import Desk
from portal.desk.post import Delivery, Post, deliver
from portal.desk.subscriptions import Subscriptions
from portal.pages.letters import as_in_a_letter, digest_letter


@dataclass(frozen=True)
class Sent:
    """What a run has done: letters written, subscriptions that had nothing to be told, and what became of the post."""

    written: int
    quiet: int
    delivery: Delivery


def send_digests(app: Flask, post: Post, now: datetime) -> Sent:
    """Write the letters that are due and hand them to the server; raises DeskError.

    A letter is written together with the note that its reader was told: stopped at any point and run again, nobody is told
    twice and nobody is left out.
    """
    desk = cast(Desk, app.extensions["desk"])
    subscriptions = Subscriptions(desk)
    subscriptions.forget(now)
    steps = _tellable(cast(Chronicle, app.extensions["chronicle"]).steps())
    written = quiet = 0
    newest = max((step.listed.sequence or 0 for step in steps), default=0)
    for together in subscriptions.untold(newest):
        with as_in_a_letter(app, post, together[0].language):
            letter = digest_letter(together, steps, post, now)
        if subscriptions.tell(together, newest, letter, now):
            written, quiet = written + (letter is not None), quiet + (letter is None) * len(together)
    return Sent(written, quiet, deliver(desk, post, now))


def _tellable(steps: Sequence[Step]) -> Sequence[Step]:
    """The releases, newest first, that can be told of: those before a damaged one, which waits until it is mended."""
    damaged = [step.listed.sequence or 0 for step in steps if step.listed.state == "damaged"]
    return [step for step in steps if (step.listed.sequence or 0) < min(damaged, default=2**63)]
