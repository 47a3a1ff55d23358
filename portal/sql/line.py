"""The waiting line: how many requests run, how many wait, and who is next."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from portal.sql.faults import busy


@dataclass(eq=False)
class Ticket:
    """One request in the line."""

    client: str


class Line:
    """A bounded line with a fair share: one client never holds every place while it has more than one.

    `places` run at once, `waiting` wait; of those one client may have `places - 1` (at least one) and half.
    """

    def __init__(self, places: int, waiting: int):
        self._places = places
        self._waiting = waiting
        self._running_share = max(1, places - 1)
        self._waiting_share = max(1, waiting // 2)
        self._running: Counter[str] = Counter()
        self._queue: list[Ticket] = []
        self._changed = threading.Condition()

    @contextmanager
    def place(self, client: str, seconds: float) -> Iterator[None]:
        """Hold one of the places. Raises SqlError `busy` when the line is full or `seconds` have passed."""
        self._enter(client, seconds)
        try:
            yield
        finally:
            with self._changed:
                self._running[client] -= 1
                self._running += Counter()
                self._changed.notify_all()

    def _enter(self, client: str, seconds: float) -> None:
        ticket = Ticket(client)
        deadline = time.monotonic() + seconds
        with self._changed:
            self._queue.append(ticket)
            try:
                if not self._may_go(ticket):
                    self._check_room(client)
                while not self._may_go(ticket):
                    left = deadline - time.monotonic()
                    if left <= 0:
                        raise busy()
                    self._changed.wait(left)
                self._running[client] += 1
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _check_room(self, client: str) -> None:
        own = sum(ticket.client == client for ticket in self._queue)
        if len(self._queue) > self._waiting or own > self._waiting_share:
            raise busy()

    def _may_go(self, ticket: Ticket) -> bool:
        if self._running.total() >= self._places:
            return False
        ready = [other for other in self._queue if self._running[other.client] < self._running_share]
        return bool(ready) and min(ready, key=lambda other: self._running[other.client]) is ticket
