from __future__ import annotations

import threading

import pytest

from portal.sql.faults import SqlError
from portal.sql.line import Line


class Holder:
    """Holds a place in another thread until told to leave."""

    def __init__(self, line: Line, client: str, seconds: float = 30.0):
        self.entered = threading.Event()
        self.leave = threading.Event()
        self.fault: SqlError | None = None
        self.done = threading.Event()
        self._thread = threading.Thread(target=self._hold, args=(line, client, seconds))
        self._thread.start()

    def _hold(self, line: Line, client: str, seconds: float) -> None:
        try:
            with line.place(client, seconds):
                self.entered.set()
                self.leave.wait(30)
        except SqlError as fault:
            self.fault = fault
        self.done.set()

    def end(self) -> None:
        self.leave.set()
        self._thread.join(30)


def queued(line: Line, count: int) -> None:
    for _ in range(3000):
        if len(line._queue) == count:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"queue never had {count}")


def test_one_client_never_holds_every_place() -> None:
    line = Line(places=2, waiting=8)
    first, second = Holder(line, "a"), Holder(line, "a")
    assert first.entered.wait(5) or second.entered.wait(5)
    queued(line, 1)
    other = Holder(line, "b")
    assert other.entered.wait(5)
    for holder in (first, second, other):
        holder.end()
    assert not first.fault and not second.fault


def test_full_queue_is_busy_at_once() -> None:
    line = Line(places=1, waiting=2)
    running = Holder(line, "a")
    assert running.entered.wait(5)
    waiting = [Holder(line, name) for name in ("b", "c")]
    queued(line, 2)
    with pytest.raises(SqlError) as caught, line.place("d", 30):
        pass
    assert (caught.value.code, caught.value.status, caught.value.retry_after) == ("busy", 503, 2)
    for holder in (running, *waiting):
        holder.end()
    assert all(holder.entered.is_set() for holder in waiting)


def test_one_client_has_at_most_half_of_the_queue() -> None:
    line = Line(places=1, waiting=4)
    running = Holder(line, "a")
    assert running.entered.wait(5)
    waiting = [Holder(line, "a"), Holder(line, "a")]
    queued(line, 2)
    with pytest.raises(SqlError), line.place("a", 30):
        pass
    other = Holder(line, "b")
    queued(line, 3)
    for holder in (running, *waiting, other):
        holder.end()
    assert other.entered.is_set()


def test_waiting_ends_after_its_time_and_leaves_the_queue() -> None:
    line = Line(places=1, waiting=4)
    running = Holder(line, "a")
    assert running.entered.wait(5)
    with pytest.raises(SqlError), line.place("b", 0.05):
        pass
    queued(line, 0)
    running.end()
    with line.place("b", 1):
        pass


def test_who_has_fewer_running_goes_first() -> None:
    line = Line(places=3, waiting=8)
    a1, a2 = Holder(line, "a"), Holder(line, "a")
    b1 = Holder(line, "b")
    for holder in (a1, a2, b1):
        assert holder.entered.wait(5)
    b2 = Holder(line, "b")
    queued(line, 1)
    c = Holder(line, "c")
    queued(line, 2)
    a1.end()
    assert c.entered.wait(5)
    assert not b2.entered.is_set()
    for holder in (a2, b1, b2, c):
        holder.end()
