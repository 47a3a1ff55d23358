"""The catalogue's rows of the public record, and of what has changed since the release before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from datasets.record import Record as PublicRecord
from etl.changes import Published, Side, Succession, change_rows, read_published, under_new_names
from etl.changes.published import described
from etl.publish.content import Content, Record, language_columns


def record_tables(record: PublicRecord) -> dict[str, list[Record]]:
    """The rows of the tables that hold corrections, announcements, the calendar and replies."""
    return {
        "meta_correction": [
            {
                "position": position,
                "correction": each.id,
                **_values(each, "date", "dataset", "measure", "reason", "found_by"),
                "where_json": json.dumps(dict(each.where), ensure_ascii=False, sort_keys=True),
                **language_columns("text", each.text),
            }
            for position, each in enumerate(record.corrections)
        ],
        "meta_announcement": [
            {
                "position": position,
                "announcement": each.id,
                **_values(each, "date", "effective", "kind", "dataset", "subject", "replacement"),
                **language_columns("text", each.text),
            }
            for position, each in enumerate(record.announcements)
        ],
        "meta_calendar": [
            {
                "position": position,
                **_values(each, "date", "period", "topic"),
                **language_columns("title", each.title),
            }
            for position, each in enumerate(record.calendar)
        ],
        "meta_reply": [
            {
                "position": position,
                "reply": each.id,
                **_values(each, "organisation", "stop_factor", "period", "received", "resolved", "outcome"),
                "disputed": int(each.disputed),
                **language_columns("text", each.text),
            }
            for position, each in enumerate(record.replies)
        ],
    }


def _values(entry: object, *names: str) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in names}


def changes(content: Content, datasets: list[Record], columns: list[Record]) -> Iterator[Record]:
    """The rows of `meta_change`; `datasets` and `columns` are the content's rows of `meta_dataset` and `meta_column`.

    There are none if there is no release before, or if it was retired or is of another schema.
    """
    before = read_published(content.previous.folder) if content.previous else None
    if before is not None:
        yield from change_rows(_succession(content, before, _side(content, datasets, columns)))


def _succession(content: Content, before: Published, after: Side) -> Succession:
    library = content.library
    newer = [extract for extract in content.extracts if extract not in before.extracts]
    succession = Succession(
        before=before.side,
        after=after,
        corrections=tuple(each for each in library.record.corrections if each.id not in before.corrections),
        restated=frozenset(part for extract in newer for part in library.corrects.get(extract, ())),
    )
    return under_new_names(succession, library.record.announcements)


def _side(content: Content, datasets: list[Record], columns: list[Record]) -> Side:
    own: dict[str, list[Record]] = {}
    for column in columns:
        own.setdefault(column["dataset"], []).append(column)
    return Side(
        datasets={
            said["slug"]: described(
                said, own[said["slug"]], [*content.tables[said["slug"]], *content.totals.get(said["slug"], ())]
            )
            for said in datasets
        },
        codes={
            name: {code.code: code.parent for code in each.codes}
            for name, each in content.library.codelists.items()
            if not each.register
        },
    )
