"""Subscriptions to digests: an address of mail, what it follows, and up to which release it was told.

An address is kept only as long as somebody wants letters there: one that is not confirmed goes after `PATIENCE`, one that
is stopped goes at once.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal.desk.database import Desk
from portal.desk.form_token import Checked
from portal.desk.limits import Limit, admit

LIMIT = Limit("subscribe", hourly=10, daily=20, together=120)
#: How long an address waits for its owner's word.
PATIENCE = timedelta(days=2)
#: No second letter about the same subject to an address that has not answered the first.
_PAUSE = timedelta(hours=1)
#: Subjects that an address may wait with: nobody can fill a stranger's mailbox.
_MOST_OPEN = 3
_ID_BYTES = 16
ID_PATTERN = r"[0-9a-f]{32}"
#: A mailbox as nearly everybody has one (RFC 5321 admits more): no quotes, no comments, no number for a host.
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_LONGEST = 254


@dataclass(frozen=True)
class Followed:
    """What is followed: `kind` is `release`, `dataset` or a code list; `code` is empty for releases as a whole."""

    kind: str
    code: str


@dataclass(frozen=True)
class Subscription:
    """One address that follows one subject. `id` is the secret of its links; `told` the sequence of the last release told."""

    id: str
    address: str
    followed: Followed
    language: str
    confirmed: str | None
    told: int


class TooManySubscriptionsError(Exception):
    """This client, or all of them together, have asked as often as may be."""


def read_address(text: str) -> str | None:
    """The address in a text as letters are sent to it, its host in small letters; nothing if it is none."""
    name, at, host = text.strip().rpartition("@")
    address = f"{name}{at}{host.lower()}"
    return address if len(address) <= _LONGEST and _ADDRESS.fullmatch(address) else None


class Subscriptions:
    """The subscriptions of a desk; everything here raises DeskError if that cannot be used."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ask(self, wanted: Subscription, *, form: Checked, client: str | None, now: datetime, letter: bytes) -> None:
        """Keep a subscription that waits for the owner's word, and put the `letter` that asks for it into the post.

        Nothing is said of whether the address was known: one that follows the subject already, or was asked a short while
        ago, gets no letter. Raises TooManySubscriptionsError.
        """
        with self._desk.transaction() as connection:
            admitted = admit(connection, LIMIT, client, int(now.timestamp()))
            if admitted and _is_fresh(connection, form) and _may_be_asked(connection, wanted, now):
                _insert(connection, wanted, now)
                post_letter(connection, wanted.address, letter, now)
        if not admitted:
            raise TooManySubscriptionsError

    def find(self, subscription_id: str) -> Subscription | None:
        """The subscription of this id, confirmed or not."""
        rows = self._desk.rows("SELECT * FROM subscription WHERE id = ?", (subscription_id,))
        return _subscription(rows[0]) if rows else None

    def of_address(self, address: str) -> list[Subscription]:
        """What an address follows, in the order of confirmation."""
        statement = "SELECT * FROM subscription WHERE address = ? COLLATE NOCASE AND confirmed IS NOT NULL ORDER BY confirmed, id"
        return [_subscription(row) for row in self._desk.rows(statement, (address,))]

    def confirm(self, subscription_id: str, now: datetime) -> bool:
        """The owner's word; false if there is no such subscription (any more)."""
        statement = "UPDATE subscription SET confirmed = coalesce(confirmed, ?) WHERE id = ?"
        with self._desk.transaction() as connection:
            _forget(connection, now)
            return connection.execute(statement, (_instant(now), subscription_id)).rowcount == 1

    def stop(self, subscription_id: str) -> bool:
        """Delete all that the address of this subscription follows, and its letters; false if there is no such one."""
        with self._desk.transaction() as connection:
            row = connection.execute("SELECT address FROM subscription WHERE id = ?", (subscription_id,)).fetchone()
            if row is None:
                return False
            for table, column in (("subscription", "address"), ("letter", "recipient")):
                connection.execute(f"DELETE FROM {table} WHERE {column} = ? COLLATE NOCASE", (row["address"],))
        self._desk.wipe()
        return True

    def forget(self, now: datetime) -> int:
        """Delete what nobody has confirmed in time; returns how many."""
        with self._desk.transaction() as connection:
            gone = _forget(connection, now)
        if gone:
            self._desk.wipe()
        return gone

    def untold(self, sequence: int) -> list[list[Subscription]]:
        """The confirmed subscriptions that were not told of the release `sequence`, those of one address together."""
        statement = (
            "SELECT * FROM subscription WHERE confirmed IS NOT NULL AND told < ? "
            "ORDER BY lower(address), language, confirmed, id"
        )
        together: dict[tuple[str, str], list[Subscription]] = {}
        for row in self._desk.rows(statement, (sequence,)):
            found = _subscription(row)
            together.setdefault((found.address.lower(), found.language), []).append(found)
        return list(together.values())

    def tell(self, told: Sequence[Subscription], sequence: int, letter: bytes | None, now: datetime) -> bool:
        """Note that these were told up to `sequence`, and post the letter that does; both or nothing.

        False if another process has told one of them meanwhile, or it was stopped: nothing is posted then.
        """
        statement = "UPDATE subscription SET told = ? WHERE id = ? AND told = ?"
        with self._desk.transaction() as connection:
            there = connection.execute(
                f"SELECT count(*) FROM subscription WHERE (id, told) IN (VALUES {', '.join('(?, ?)' for _ in told)})",
                [value for each in told for value in (each.id, each.told)],
            ).fetchone()[0]
            if there != len(told):
                return False
            connection.executemany(statement, [(sequence, each.id, each.told) for each in told])
            if letter is not None:
                post_letter(connection, told[0].address, letter, now)
        return True


def new_subscription(address: str, followed: Followed, language: str, told: int) -> Subscription:
    """A subscription that nobody has confirmed yet."""
    return Subscription(secrets.token_hex(_ID_BYTES), address, followed, language, None, told)


def post_letter(connection: sqlite3.Connection, recipient: str, letter: bytes, now: datetime) -> None:
    """Put a letter into the post, to be sent at once; needs a transaction."""
    values = (secrets.token_hex(_ID_BYTES), recipient, letter, _instant(now), 0, _instant(now))
    connection.execute("INSERT INTO letter VALUES (?, ?, ?, ?, ?, ?)", values)


def _is_fresh(connection: sqlite3.Connection, form: Checked) -> bool:
    """Whether the form was not sent before; it is spent then."""
    statement = "INSERT OR IGNORE INTO spent VALUES (?, ?, '')"
    return connection.execute(statement, (form.nonce, form.until)).rowcount == 1


def _may_be_asked(connection: sqlite3.Connection, wanted: Subscription, now: datetime) -> bool:
    _forget(connection, now)
    rows = connection.execute(
        "SELECT kind, code, asked, confirmed FROM subscription WHERE address = ? COLLATE NOCASE", (wanted.address,)
    ).fetchall()
    same = [row for row in rows if (row["kind"], row["code"]) == (wanted.followed.kind, wanted.followed.code)]
    if any(row["confirmed"] or row["asked"] > _instant(now - _PAUSE) for row in same):
        return False
    return len([row for row in rows if not row["confirmed"]]) - len(same) < _MOST_OPEN


def _insert(connection: sqlite3.Connection, wanted: Subscription, now: datetime) -> None:
    followed = wanted.followed
    connection.execute(
        "DELETE FROM subscription WHERE address = ? COLLATE NOCASE AND kind = ? AND code = ?",
        (wanted.address, followed.kind, followed.code),
    )
    values = (
        wanted.id,
        wanted.address,
        followed.kind,
        followed.code,
        wanted.language,
        _instant(now),
        None,
        wanted.told,
    )
    connection.execute("INSERT INTO subscription VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def _forget(connection: sqlite3.Connection, now: datetime) -> int:
    statement = "DELETE FROM subscription WHERE confirmed IS NULL AND asked <= ?"
    return connection.execute(statement, (_instant(now - PATIENCE),)).rowcount


def _subscription(row: sqlite3.Row) -> Subscription:
    followed = Followed(row["kind"], row["code"])
    return Subscription(row["id"], row["address"], followed, row["language"], row["confirmed"], row["told"])


def _instant(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
