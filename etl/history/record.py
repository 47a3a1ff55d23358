"""The public record of each release of the demonstration history."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from datasets.record import Announcement, Correction, PlannedDay, Record, Reply
from etl.history import script, texts
from etl.history.script import Script
from etl.registry.months import following


def record_of(number: int, play: Script, block: tuple[str, str]) -> Record:
    """The record as of the release `number`; `block` is the organisation and the stop-factor that its reply is about."""
    return Record(
        corrections=tuple(_corrections(number, play)),
        announcements=tuple(_announcements(number, play)),
        calendar=tuple(_calendar(play)),
        replies=(_reply(number, play, block),) if number >= script.DISPUTE else (),
    )


def _corrections(number: int, play: Script) -> list[Correction]:
    found = []
    if number >= script.MENDING:
        found.append(
            Correction(
                id="demonstration-regional-briefings",
                date=play.day(script.MENDING, 10),
                dataset=script.MENDED,
                measure="value",
                where=tuple(script.MENDED_WHERE.items()),
                reason="our_error",
                found_by="reader",
                text=texts.OUR_ERROR,
            )
        )
    if number >= script.RIGHTING:
        found.append(
            Correction(
                id="demonstration-drug-amounts",
                date=play.day(script.RIGHTING, 5),
                dataset=script.RESTATED,
                measure=script.RESTATED_MEASURE,
                where=(("period", play.plan.wrong),),
                reason="source_correction",
                found_by="publisher",
                text=texts.SOURCE_CORRECTION,
            )
        )
    return found


def _announcements(number: int, play: Script) -> list[Announcement]:
    first = play.published(1)
    found = [Announcement("demonstration", first, first, "notice", texts.NOTICE)]
    if number >= script.RENAMING:
        dataset, old, new = script.RENAMED
        day = play.day(len(play.months) + 3, 1)
        found.append(
            Announcement(
                id="demonstration-new-column-name",
                date=play.published(script.RENAMING),
                effective=day,
                kind="column_renamed",
                text=texts.RENAMING,
                dataset=dataset,
                subject=old,
                replacement=new,
            )
        )
    return found


def _calendar(play: Script) -> list[PlannedDay]:
    """All releases of the history, and the three that would come next."""
    months = list(play.months)
    for _ in range(3):
        months.append(following(months[-1]))
    return [PlannedDay(play.published(place), month, texts.PLANNED) for place, month in enumerate(months, start=1)]


def _reply(number: int, play: Script, block: tuple[str, str]) -> Reply:
    organisation, factor = block
    settled = number >= script.SETTLEMENT
    return Reply(
        id="demonstration-reply",
        organisation=organisation,
        stop_factor=factor,
        period=play.months[script.DISPUTE - 1],
        received=play.day(script.DISPUTE, 12),
        disputed=True,
        text=texts.REPLY,
        resolved=play.day(script.SETTLEMENT, 8) if settled else None,
        outcome="upheld" if settled else None,
    )


def as_yaml(entries: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Entries as their file has them: without what they do not say."""
    said = ({name: value for name, value in asdict(each).items() if value not in (None, ())} for each in entries)
    return [{**each, **({"where": dict(each["where"])} if "where" in each else {})} for each in said]
