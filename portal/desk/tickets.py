"""Tickets: what visitors report about a number or a chart, and what became of it.

A visitor's text is for the operator only and goes some days after the ticket was closed; the rest of a ticket is public.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from datasets.contract import LANGUAGES
from portal.desk.database import Desk
from portal.desk.form_token import Checked
from portal.desk.key import read_key
from portal.desk.limits import Limit, admit

LIMIT = Limit("report", hourly=5, daily=20, together=120)
#: Days after which nothing of the visitor is left in a closed ticket.
RETENTION = timedelta(days=14)
#: Letters of an id: none that is taken for another. Twelve of them are 59 bits, so nobody guesses one.
_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 12
ID_PATTERN = f"[{_LETTERS}]{{{_ID_LENGTH}}}"


class State(StrEnum):
    """How far a ticket is."""

    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    DECLINED = "declined"


CLOSED = (State.ANSWERED, State.CORRECTED, State.DECLINED)


class TooManyError(Exception):
    """This client, or all of them together, have handed in as many as may be."""


@dataclass(frozen=True)
class Subject:
    """What a report is about: a figure (`measure` and `keys`, by dimension) or a chart (its position) of a dataset."""

    release: str
    dataset: str
    measure: str | None
    keys: Mapping[str, str]
    chart: int | None

    def __str__(self) -> str:
        return json.dumps([self.release, self.dataset, self.measure, dict(self.keys), self.chart], sort_keys=True)


@dataclass(frozen=True)
class Ticket:
    """A ticket. `text` is for the operator only. Instants are UTC in ISO 8601; `closed` is when it was first answered."""

    id: str
    subject: Subject
    language: str
    text: str | None
    filed: str
    state: State
    changed: str
    closed: str | None
    answer: Mapping[str, str] | None
    correction: str | None


@dataclass(frozen=True)
class Answer:
    """What the operator says to a ticket, in all languages, and the correction that came of it."""

    state: State
    text: Mapping[str, str]
    correction: str | None = None


class Tickets:
    """The tickets of a desk; everything here raises DeskError if that cannot be used."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def file(
        self, subject: Subject, language: str, text: str, *, form: Checked, address: str | None, now: datetime
    ) -> str:
        """Keep a report and return its id; raises TooManyError.

        A form that was sent already, and a text that was sent of the same subject, lead to the ticket that they made.
        """
        likeness = hmac.new(read_key(self._desk), f"{subject}\n{text}".encode(), hashlib.sha256).hexdigest()
        second = int(now.timestamp())
        with self._desk.transaction() as connection:
            known = _known(connection, form.nonce, likeness)
            if known:
                return known
            admitted = admit(connection, LIMIT, address, second)
            if admitted:
                made = _new_id()
                _insert(connection, made, subject, language, text, likeness, _instant(now))
                connection.execute("INSERT INTO spent VALUES (?, ?, ?)", (form.nonce, form.until, made))
        # Raised out here, so that the clearing of old counts is kept.
        if not admitted:
            raise TooManyError
        return made

    def find(self, ticket_id: str) -> Ticket | None:
        """The ticket of this id, if there is one."""
        rows = self._desk.rows("SELECT * FROM ticket WHERE id = ?", (ticket_id,))
        return _ticket(rows[0]) if rows else None

    def listed(self, states: Sequence[State]) -> list[Ticket]:
        """The tickets in these states, oldest first."""
        marks = ", ".join("?" for _ in states)
        statement = f"SELECT * FROM ticket WHERE state IN ({marks}) ORDER BY filed, id"
        return [_ticket(row) for row in self._desk.rows(statement, tuple(states))]

    def take(self, ticket_id: str, now: datetime) -> bool:
        """Say that a ticket is looked at; false unless it was waiting for that."""
        statement = "UPDATE ticket SET state = ?, changed = ? WHERE id = ? AND state = ?"
        values = (State.UNDER_REVIEW, _instant(now), ticket_id, State.RECEIVED)
        with self._desk.transaction() as connection:
            return connection.execute(statement, values).rowcount == 1

    def answer(self, ticket_id: str, answer: Answer, now: datetime) -> bool:
        """Answer a ticket, or answer it anew; false if there is none of this id."""
        said = [answer.text[language] for language in LANGUAGES]
        statement = (
            "UPDATE ticket SET state = ?, changed = ?, closed = coalesce(closed, ?), answer_kk = ?, answer_ru = ?, "
            "answer_en = ?, correction = ? WHERE id = ?"
        )
        values = (answer.state, _instant(now), _instant(now), *said, answer.correction, ticket_id)
        with self._desk.transaction() as connection:
            return connection.execute(statement, values).rowcount == 1

    def forget(self, now: datetime) -> int:
        """Delete what visitors wrote in tickets that have been closed for `RETENTION`; returns of how many."""
        old = "closed IS NOT NULL AND closed <= ? AND (text IS NOT NULL OR likeness IS NOT NULL)"
        until = (_instant(now - RETENTION),)
        if not self._desk.rows(f"SELECT 1 FROM ticket WHERE {old} LIMIT 1", until):
            return 0
        with self._desk.transaction() as connection:
            gone = connection.execute(f"UPDATE ticket SET text = NULL, likeness = NULL WHERE {old}", until).rowcount
        self._desk.wipe()
        return gone


def _known(connection: sqlite3.Connection, nonce: str, likeness: str) -> str | None:
    statement = "SELECT outcome FROM spent WHERE nonce = ? UNION ALL SELECT id FROM ticket WHERE likeness = ? LIMIT 1"
    row = connection.execute(statement, (nonce, likeness)).fetchone()
    return str(row[0]) if row else None


def _insert(
    connection: sqlite3.Connection, made: str, subject: Subject, language: str, text: str, likeness: str, instant: str
) -> None:
    values = {
        "id": made,
        "filed": instant,
        "release": subject.release,
        "dataset": subject.dataset,
        "measure": subject.measure,
        "keys_json": json.dumps(dict(subject.keys), ensure_ascii=False),
        "chart": subject.chart,
        "language": language,
        "text": text,
        "likeness": likeness,
        "state": State.RECEIVED,
        "changed": instant,
    }
    marks = ", ".join("?" for _ in values)
    connection.execute(f"INSERT INTO ticket ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def _ticket(row: sqlite3.Row) -> Ticket:
    said: dict[str, Any] = dict(row)
    answer = {language: said[f"answer_{language}"] for language in LANGUAGES}
    named = {name: said[name] for name in _PLAIN}
    subject = Subject(
        said["release"], said["dataset"], said["measure"], json.loads(said["keys_json"]), chart=said["chart"]
    )
    return Ticket(**named, subject=subject, state=State(said["state"]), answer=answer if answer["kk"] else None)


_PLAIN = tuple(field.name for field in fields(Ticket) if field.name not in ("subject", "state", "answer"))


def _new_id() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_ID_LENGTH))


def _instant(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
