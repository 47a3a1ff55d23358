"""The desk: its files, two processes at once, a process that is killed, limits, what is forgotten."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datasets.contract import LANGUAGES
from portal.desk.database import DATABASE_FILE, Desk, DeskError
from portal.desk.form_token import Checked, Verdict
from portal.desk.key import KEY_FILE, read_key
from portal.desk.limits import Limit, admit
from portal.desk.tickets import ID_PATTERN, LIMIT, RETENTION, Answer, State, Subject, Tickets, TooManyError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SUBJECT = Subject("2026-05-31-abc", "beds", "beds", {"region": "KZ-71", "period": "2026"}, None)
TEXT = "Secretive words of a visitor"
ANSWER = Answer(State.ANSWERED, {language: f"Answer {language}" for language in LANGUAGES})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "deep" / "desk")


def _file(
    desk: Desk, text: str = TEXT, nonce: str = "1", address: str | None = "203.0.113.7", now: datetime = NOW
) -> str:
    form = Checked(Verdict.GOOD, nonce, int(now.timestamp()) + 3600)
    return Tickets(desk).file(SUBJECT, "ru", text, form=form, address=address, now=now)


def _everything(desk: Desk) -> bytes:
    return b"".join(path.read_bytes() for path in desk.folder.iterdir())


def test_files_are_for_nobody_else(desk: Desk) -> None:
    _file(desk)
    assert desk.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in desk.folder.iterdir()} == {0o600}
    assert {DATABASE_FILE, KEY_FILE} <= {path.name for path in desk.folder.iterdir()}


def test_report_is_kept_as_it_was_filed(desk: Desk) -> None:
    made = _file(desk)
    assert re.fullmatch(ID_PATTERN, made)
    found = Tickets(desk).find(made)
    assert found is not None
    assert (found.subject, found.text, found.language, found.state) == (SUBJECT, TEXT, "ru", State.RECEIVED)
    assert found.filed == "2026-11-22T12:00:00Z"
    assert Tickets(desk).find("222222222222") is None


def test_same_form_and_same_text_make_one_ticket(desk: Desk) -> None:
    made = _file(desk)
    assert _file(desk, "Other words, the same form") == made
    assert _file(desk, nonce="2") == made
    assert _file(desk, "Other words, another form", nonce="3") != made
    assert len(Tickets(desk).listed(list(State))) == 2


def test_client_has_a_limit_by_hour_and_day(desk: Desk) -> None:
    for number in range(LIMIT.hourly):
        _file(desk, f"Report number {number}", str(number))
    with pytest.raises(TooManyError):
        _file(desk, "One too many", "x")
    assert _file(desk, "Of somebody else", "y", address="203.0.113.8")
    later = NOW + timedelta(hours=1, seconds=1)
    assert _file(desk, "An hour later", "z", now=later)


def test_all_clients_together_have_a_limit(desk: Desk) -> None:
    limit = Limit("test", hourly=5, daily=5, together=3)
    with desk.transaction() as connection:
        taken = [admit(connection, limit, f"203.0.113.{number}", 1_800_000_000) for number in range(5)]
        other = admit(connection, Limit("other", 5, 5, 3), "203.0.113.1", 1_800_000_000)
    assert taken == [True, True, True, False, False]
    assert other


def test_household_of_ipv6_is_one_client(desk: Desk) -> None:
    limit = Limit("test", hourly=1, daily=1, together=9)
    addresses = ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "::ffff:203.0.113.7", "203.0.113.7", None, "x", "")
    with desk.transaction() as connection:
        taken = [admit(connection, limit, address, 1_800_000_000) for address in addresses]
    assert taken == [True, False, True, True, False, True, False, False]


def test_no_address_is_in_any_file(desk: Desk) -> None:
    _file(desk)
    _file(desk, "Another report", "2", address="2001:db8:1234:5678::9")
    content = _everything(desk)
    for said in (b"203.0.113", b"2001:db8", b"cb007107", bytes([203, 0, 113, 7])):
        assert said not in content


def test_client_of_another_day_is_not_known_again(desk: Desk) -> None:
    def clients() -> set[str]:
        return {row["client"] for row in desk.rows("SELECT client FROM attempt")}

    _file(desk)
    first, salt = clients(), desk.rows("SELECT value FROM salt")[0]["value"]
    _file(desk, "A day later, the same client", "2", now=NOW + timedelta(days=1, seconds=1))
    assert len(clients()) == 1
    assert not first & clients()
    assert salt not in {row["value"] for row in desk.rows("SELECT value FROM salt")}


def test_states(desk: Desk) -> None:
    tickets, made = Tickets(desk), _file(desk)
    assert tickets.take(made, NOW)
    assert not tickets.take(made, NOW)
    assert not tickets.answer("2" * 12, ANSWER, NOW)
    assert tickets.answer(made, ANSWER, NOW)
    found = tickets.find(made)
    assert found is not None
    assert (found.state, found.answer, found.closed) == (State.ANSWERED, ANSWER.text, "2026-11-22T12:00:00Z")
    assert not tickets.take(made, NOW)
    assert [each.id for each in tickets.listed([State.ANSWERED])] == [made]


def test_words_of_a_visitor_are_wiped_after_the_ticket_is_closed(desk: Desk) -> None:
    tickets, made, waiting = Tickets(desk), _file(desk), _file(desk, "Words that wait for an answer", "2")
    tickets.answer(made, ANSWER, NOW)
    assert tickets.forget(NOW + RETENTION - timedelta(seconds=1)) == 0
    assert TEXT.encode() in _everything(desk)
    assert tickets.forget(NOW + RETENTION) == 1
    assert tickets.forget(NOW + RETENTION) == 0
    assert TEXT.encode() not in _everything(desk)
    found, other = tickets.find(made), tickets.find(waiting)
    assert found is not None
    assert other is not None
    assert (found.text, found.answer) == (None, ANSWER.text)
    assert other.text == "Words that wait for an answer"


def test_desk_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / DATABASE_FILE).write_text("no database at all, but long enough to be looked at" * 50)
    for folder in (tmp_path / "file", tmp_path):
        with pytest.raises(DeskError, match="DESK_DIR"):
            _file(Desk(folder))


def test_desk_of_a_newer_portal_is_left_alone(desk: Desk) -> None:
    _file(desk)
    with sqlite3.connect(desk.folder / DATABASE_FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DeskError, match="version 99"):
        Tickets(desk).listed(list(State))


def test_odd_key_is_refused(desk: Desk) -> None:
    key = read_key(desk)
    assert read_key(desk) == key
    (desk.folder / KEY_FILE).write_bytes(b"short")
    with pytest.raises(DeskError, match="no key of 32 bytes"):
        read_key(desk)


_WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from portal.desk.database import Desk
from portal.desk.form_token import Checked, Verdict
from portal.desk.key import read_key
from portal.desk.tickets import Subject, Tickets
folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
# Hours apart, so that one process does not use up what another may file.
now = datetime(2026, 11, 22, 0, tzinfo=UTC) + timedelta(hours=2 * (ord(name) - ord("a")))
subject = Subject("r", "beds", "beds", {}, None)
print(read_key(Desk(folder)).hex(), flush=True)
for number in range(count):
    form = Checked(Verdict.GOOD, f"{name}-{number}", 2_000_000_000)
    address = f"10.{number // 200}.{number % 200}.{ord(name)}"
    made = Tickets(Desk(folder)).file(subject, "en", f"{name}-{number}-" * 200, form=form, address=address, now=now)
    print(made, flush=True)
"""


def _writer(desk: Desk, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WRITER, str(desk.folder), name, str(count)]
    root = Path(__file__).parents[3]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env=os.environ | {"PYTHONPATH": "."})


def test_two_processes_begin_and_file_at_once(desk: Desk) -> None:
    writers = [_writer(desk, name, 25) for name in "ab"]
    outputs = [writer.communicate(timeout=120)[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert outputs[0][0] == outputs[1][0], "both have the same key"
    made = {each for lines in outputs for each in lines[1:]}
    assert len(made) == 50
    assert {each.id for each in Tickets(desk).listed(list(State))} == made


def test_process_that_is_killed_leaves_whole_tickets(desk: Desk) -> None:
    confirmed: list[str] = []
    for name in "cde":
        with _writer(desk, name, 10_000) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline().strip() for _ in range(4)]
            writer.send_signal(signal.SIGKILL)
            confirmed += [*lines[1:], *writer.stdout.read().split()]
    tickets = {each.id: each for each in Tickets(desk).listed(list(State))}
    # What was confirmed is there; one more each may be, whose confirmation did not come through.
    assert len({each for each in confirmed if len(each) == 12} - tickets.keys()) == 0
    for each in tickets.values():
        assert each.text is not None
        assert each.text == each.text[: len(each.text) // 200] * 200
    assert desk.rows("PRAGMA integrity_check")[0][0] == "ok"
    spent = {row["outcome"] for row in desk.rows("SELECT outcome FROM spent")}
    assert spent == tickets.keys()
