"""The post: letters that wait in the desk are handed to an SMTP server, each until it is taken or can never be."""

from __future__ import annotations

import contextlib
import logging
import os
import smtplib
import sqlite3
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from portal.desk.database import Desk

log = logging.getLogger(__name__)
#: Seconds that the server may take for a step.
_PATIENCE = 20
#: How long a letter that is being sent belongs to the process that sends it.
_CLAIM = timedelta(minutes=10)
#: A letter that was not taken waits so long, and so often; then it is dropped.
_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720, 1440))
SECURITIES = ("none", "starttls", "tls")


class PostError(Exception):
    """The settings of the post do not fit; the message says which and what to do."""


@dataclass(frozen=True)
class Post:
    """A standard SMTP server, and the address that letters come from. `site` is the portal's public address, no slash."""

    host: str
    port: int
    security: str
    sender: str
    site: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Delivery:
    """What became of the letters that were due: taken by the server or dropped; `waiting` are all that are left."""

    taken: int
    waiting: int
    dropped: int


def read_post(settings: Mapping[str, str] = os.environ) -> Post | None:
    """The post of the settings SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USER, SMTP_PASSWORD, MAIL_FROM, PORTAL_URL.

    Nothing without SMTP_HOST: letters are not offered then. Raises PostError.
    """
    host = settings.get("SMTP_HOST", "")
    if not host:
        return None
    security = settings.get("SMTP_SECURITY", "starttls")
    if security not in SECURITIES:
        raise PostError(f"SMTP_SECURITY is none of {', '.join(SECURITIES)}. Correct it.")
    port = settings.get("SMTP_PORT", "465" if security == "tls" else "587")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise PostError("SMTP_PORT is no port. Give a number from 1 to 65535.")
    sender, site = settings.get("MAIL_FROM", ""), settings.get("PORTAL_URL", "").rstrip("/")
    if "@" not in sender:
        raise PostError("MAIL_FROM is no address of mail. Give the address that letters come from.")
    if not site.startswith(("http://", "https://")):
        raise PostError(
            "PORTAL_URL is no address. Give the public address of the portal, https://…: letters link to it."
        )
    return Post(
        host, int(port), security, sender, site, settings.get("SMTP_USER", ""), settings.get("SMTP_PASSWORD", "")
    )


def deliver(desk: Desk, post: Post, now: datetime) -> Delivery:
    """Hand all letters that are due to the server; raises DeskError.

    Each failure of SMTP is an OSError too. A process that is killed between the server's word and our note sends that one
    letter again: its Message-ID is the same.
    """
    taken = dropped = 0
    connection: smtplib.SMTP | None = None
    try:
        for letter in _due(desk, now):
            try:
                connection = connection or _connect(post)
                connection.sendmail(post.sender, [letter["recipient"]], letter["content"])
            except OSError as error:
                _leave(connection)
                connection = None
                if _is_final(error) or letter["attempts"] >= len(_PAUSES):
                    _drop(desk, letter["id"])
                    dropped += 1
                else:
                    _wait(desk, letter, now)
                # Neither the address nor the server's words, which repeat it.
                log.warning("A letter was not taken: %s.", type(error).__name__)
                if not isinstance(error, smtplib.SMTPException):
                    break
            else:
                _drop(desk, letter["id"])
                taken += 1
    finally:
        _leave(connection)
    return Delivery(taken, desk.rows("SELECT count(*) FROM letter")[0][0], dropped)


def _due(desk: Desk, now: datetime) -> Iterator[sqlite3.Row]:
    """The letters that are due, one after another, each claimed so that no other process sends it too."""
    while True:
        with desk.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM letter WHERE due <= ? ORDER BY due, id LIMIT 1", (_instant(now),)
            ).fetchone()
            if row is not None:
                connection.execute("UPDATE letter SET due = ? WHERE id = ?", (_instant(now + _CLAIM), row["id"]))
        if row is None:
            return
        yield row


def _connect(post: Post) -> smtplib.SMTP:
    if post.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            post.host, post.port, timeout=_PATIENCE, context=ssl.create_default_context()
        )
    else:
        connection = smtplib.SMTP(post.host, post.port, timeout=_PATIENCE)
    try:
        if post.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if post.user:
            connection.login(post.user, post.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _leave(connection: smtplib.SMTP | None) -> None:
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.quit()


def _is_final(error: Exception) -> bool:
    """Whether the server says that it will never take this letter: a code of 500 or more for the recipient or the text."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _drop(desk: Desk, letter_id: str) -> None:
    with desk.transaction() as connection:
        connection.execute("DELETE FROM letter WHERE id = ?", (letter_id,))


def _wait(desk: Desk, letter: sqlite3.Row, now: datetime) -> None:
    due = _instant(now + _PAUSES[letter["attempts"]])
    with desk.transaction() as connection:
        connection.execute("UPDATE letter SET attempts = attempts + 1, due = ? WHERE id = ?", (due, letter["id"]))


def _instant(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
