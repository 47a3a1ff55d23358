"""The operator's command `python -m portal digests`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from portal.desk.post import PostError
from portal.digests import send_digests
from portal.factory import create_app


def add_digests(commands: Any) -> None:
    """Add the command to those of `python -m portal`."""
    command = commands.add_parser("digests", help="letters about changes to those who asked for them")
    actions = command.add_subparsers(required=True)
    action = actions.add_parser("send", help="write the letters that are due and hand them to the mail server")
    action.set_defaults(run=_send)


def _send(_: argparse.Namespace) -> None:
    app = create_app()
    try:
        post = app.extensions["post"]
        if post is None:
            raise PostError("No mail server is set up. Set SMTP_HOST, MAIL_FROM and PORTAL_URL.")
        sent = send_digests(app, post, datetime.now(UTC))
    finally:
        app.extensions["sql_pool"].close()
    delivery = sent.delivery
    print(
        f"{sent.written} letter(s) written, {sent.quiet} subscription(s) had nothing to be told; the server took "
        f"{delivery.taken}, {delivery.waiting} wait for another try, {delivery.dropped} were dropped"
    )
