"""The release calendar: what was planned beside what happened, as a page and for calendar programs (RFC 5545)."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from icalendar import Calendar, Event
from icalendar.prop import vDDDTypes

from portal.cells import Reader
from portal.chronicle import chronicle
from portal.current import current_release, latest_release
from portal.freshness import REVALIDATED
from portal.numbers import format_date, format_period
from portal.pages.blueprint import breadcrumbs, page, reader
from portal.pages.chain_links import notes_url
from portal.pages.feed_entries import authority
from portal.record import record_of
from portal.schedule import Day, read_schedule, today


@page("calendar", kept=False)
def calendar() -> str:
    """Days that were missed and days to come, earliest first; those that were kept, latest first."""
    cells = reader()
    days = _days()
    done = [day for day in days if day.release is not None]
    return render_template(
        "calendar.html",
        columns=[{"key": str(index), "label": text} for index, text in enumerate(_heads())],
        missed=[_row(day, cells) for day in days if day.overdue],
        coming=[_row(day, cells) for day in days if day.release is None and not day.overdue],
        done=[_row(day, cells) for day in reversed(done)],
        others=_unplanned(done, cells),
        file=url_for("pages.calendar_file"),
        breadcrumbs=breadcrumbs(_("Release calendar")),
    )


@page("calendar.ics", kept=False)
def calendar_file() -> Response:
    """The same days for calendar programs. On one day, equal states of the chain give equal bytes."""
    cells = reader()
    body = _calendar(_days(), cells).to_ical()
    response = Response(body, content_type="text/calendar; charset=utf-8")
    response.set_etag(hashlib.sha256(body).hexdigest()[:24])
    response.headers["Cache-Control"] = REVALIDATED
    response.headers["X-Release"] = current_release().id
    response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response.make_conditional(request)
    return response


def _days() -> tuple[Day, ...]:
    """The plan of the latest release: an older one's is out of date."""
    return read_schedule(record_of(latest_release()), chronicle().steps(), today())


def _heads() -> tuple[str, ...]:
    return _("Planned for"), _("What is planned"), _("Period"), _("Published")


def _row(day: Day, cells: Reader) -> list[Any]:
    planned = day.planned
    return [
        {"text": format_date(planned.date, cells.language), "sort": planned.date},
        _title(day, cells),
        {"text": format_period(planned.period, cells.language), "sort": planned.period},
        {
            "text": format_date(day.release.day, cells.language),
            "href": notes_url(day.release.id),
            "note": _lateness(day),
        }
        if day.release
        else {"text": _lateness(day)},
    ]


def _title(day: Day, cells: Reader) -> str:
    topic = day.planned.topic
    title = day.planned.title[cells.language]
    return f"{title} ({cells.catalogue.label('topic', topic, cells.language)})" if topic else title


def _lateness(day: Day) -> str:
    """How the plan was kept, in words."""
    if day.late is None:
        return _("late: not published yet") if day.overdue else _("not published yet")
    if day.late == 0:
        return _("on time")
    return ngettext("%(num)d day late", "%(num)d days late", day.late)


def _unplanned(done: list[Day], cells: Reader) -> list[dict[str, str]]:
    """The releases that no planned day was for: the first ones, corrections, changes of the portal."""
    planned = {day.release.id for day in done if day.release}
    return [
        {"day": format_date(step.day, cells.language), "id": step.id, "href": notes_url(step.id)}
        for step in chronicle().steps()
        if step.id not in planned and step.listed.published
    ]


def _calendar(days: tuple[Day, ...], cells: Reader) -> Calendar:
    made = Calendar()
    made.add("prodid", "-//Ashyq Qalqan//Release calendar//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    title = _("Release calendar")
    made.add("x-wr-calname", f"Ашық қалқан: {title}")
    used: Counter[str] = Counter()
    for day in days:
        name = f"{day.planned.period}-{day.planned.topic or 'release'}"
        used[name] += 1
        made.add_component(_event(day, f"{name}-{used[name]}", cells))
    return made


def _event(day: Day, name: str, cells: Reader) -> Event:
    """A whole day that takes nobody's time. Its UID stays when the day is moved."""
    first = date.fromisoformat(day.planned.date)
    event, language = Event(), {"LANGUAGE": cells.language}
    event.add("uid", f"{name}@{authority()}")
    event["DTSTAMP"] = vDDDTypes(datetime.fromisoformat(_stamp()))
    event.add("dtstart", first)
    event.add("dtend", first + timedelta(days=1))
    event.add("summary", _title(day, cells), parameters=language)
    event.add("description", _described(day, cells), parameters=language)
    event.add("url", url_for("pages.calendar", _external=True))
    event.add("transp", "TRANSPARENT")
    return event


def _described(day: Day, cells: Reader) -> str:
    period = format_period(day.planned.period, cells.language)
    what, when = _("Period"), _("Published")
    return f"{what}: {period}\n{when}: {_published(day, cells)}"


def _published(day: Day, cells: Reader) -> str:
    if day.release is None:
        return _lateness(day)
    return f"{format_date(day.release.day, cells.language)} ({_lateness(day)})"


def _stamp() -> str:
    """When the newest release was published: the plan says what it said then."""
    steps = chronicle().steps()
    return steps[0].instant if steps else f"{current_release().data_through}T00:00:00Z"
