"""The release calendar: what was planned beside what happened, as a page and as iCalendar."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar

from datasets.contract import LANGUAGES
from portal.chronicle import Step
from portal.record import PlannedDay, Record
from portal.schedule import Day, read_schedule
from portal.store import Listed

TODAY = date(2026, 8, 5)
TEXT = dict.fromkeys(LANGUAGES, "Monthly")


def _step(name: str, published: str | None, through: str, **reaches: str) -> Step:
    return Step(Listed(name, 1, published, through, True, "whole"), None, reaches=reaches)


def _days(*planned: tuple[str, str, str | None]) -> tuple[Day, ...]:
    steps = (
        _step("c", "2026-08-12T10:00:00Z", "2026-07-31", control="2026-06", other="2025"),
        _step("b", "2026-07-10T10:00:00Z", "2026-06-30", control="2026-05-11"),
        _step("a", "2026-06-09T10:00:00Z", "2026-05-31"),
    )
    record = Record(calendar=tuple(PlannedDay(day, period, topic, TEXT) for day, period, topic in planned))
    return read_schedule(record, steps, TODAY)


@pytest.mark.parametrize(
    "planned, release, late",
    [
        (("2026-06-10", "2026-05", None), "a", 0),
        (("2026-07-10", "2026-06", None), "b", 0),
        (("2026-08-10", "2026-07", None), "c", 2),
        (("2026-07-01", "2026-Q2", None), "b", 9),
        (("2026-07-01", "2026-06", "control"), "c", 42),
        (("2026-07-01", "2025", "other"), "c", 42),
    ],
)
def test_plan_is_beside_the_first_release_that_keeps_it(
    planned: tuple[str, str, str | None], release: str, late: int
) -> None:
    (day,) = _days(planned)
    assert day.release is not None
    assert (day.release.id, day.late, day.overdue) == (release, late, False)


def test_missed_day_is_said_to_be_late_and_one_to_come_is_not() -> None:
    missed, coming = _days(("2026-08-01", "2026-08", None), ("2026-09-10", "2026-08", None))
    assert (missed.release, missed.late, missed.overdue) == (None, None, True)
    assert (coming.release, coming.overdue) == (None, False)


def test_days_are_in_order_and_a_store_without_releases_has_none_kept() -> None:
    days = _days(("2026-09-10", "2026-08", None), ("2026-06-10", "2026-05", None))
    assert [day.planned.date for day in days] == ["2026-06-10", "2026-09-10"]
    (day,) = read_schedule(Record(calendar=(days[0].planned,)), (), date(2026, 6, 10))
    assert (day.release, day.overdue) == (None, False)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.pages.calendar.today", lambda: TODAY)


def test_day_is_missed_from_the_day_after() -> None:
    on_the_day, a_day_before = _days((TODAY.isoformat(), "2026-08", None), ("2026-08-04", "2026-09", None))[::-1]
    assert (on_the_day.overdue, a_day_before.overdue) == (False, True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_shows_each_kind_of_day(recorded_client: FlaskClient, language: str) -> None:
    text = recorded_client.get(f"/{language}/calendar").get_data(as_text=True)
    for name in ("missed", "coming", "done"):
        table = text.split(f'id="{name}"')[1].split("</table>")[0]
        assert table.count("<tr") == 2, name
    assert f"/{language}/calendar.ics" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_file_is_a_calendar(recorded_client: FlaskClient, language: str) -> None:
    answer = recorded_client.get(f"/{language}/calendar.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    lines = answer.data.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\n" in line or len(line) > 75 for line in lines)
    calendar = Calendar.from_ical(answer.data)
    assert str(calendar["version"]) == "2.0" and calendar["prodid"]
    events = calendar.walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [date(2026, 6, 10), date(2026, 7, 10), date(2026, 8, 10)]
    assert [event.decoded("dtend") for event in events] == [date(2026, 6, 11), date(2026, 7, 11), date(2026, 8, 11)]
    assert len({str(event["uid"]) for event in events}) == 3
    assert {event["dtstart"].params["VALUE"] for event in events} == {"DATE"}
    assert {event["summary"].params["LANGUAGE"] for event in events} == {language}
    assert str(events[0]["summary"]).startswith("Monthly, release; with \\ signs")
    assert {event.decoded("dtstamp").isoformat() for event in events} == {"2026-05-31T00:00:00+00:00"}


def test_file_tells_what_was_missed(recorded_client: FlaskClient) -> None:
    for language in ("en", "ru"):
        answer = recorded_client.get(f"/{language}/calendar.ics")
        told = [str(event["description"]) for event in Calendar.from_ical(answer.data).walk("VEVENT")]
        assert "г.." not in "".join(told)
        if language == "en":
            assert ["late" in each for each in told] == [False, True, False]
            assert "not published yet" in told[2]


def test_file_stays_the_same_in_all_languages(recorded_client: FlaskClient) -> None:
    answers = [recorded_client.get(f"/{language}/calendar.ics") for language in ("en", "en", "ru")]
    assert answers[0].data == answers[1].data
    uids = [[str(event["uid"]) for event in Calendar.from_ical(each.data).walk("VEVENT")] for each in answers]
    assert uids[0] == uids[2]
    tag = {"If-None-Match": answers[0].headers["ETag"]}
    assert recorded_client.get("/en/calendar.ics", headers=tag).status_code == 304
