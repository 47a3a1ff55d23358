"""What a clinic replied to a block, beside the block: that it did, whether it disputes it, how that ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from datasets.contract import ORGANISATION_CODELIST, PERIOD
from portal.catalogue import Dataset
from portal.cells import Reader, Record, shown_columns
from portal.current import current_release
from portal.numbers import format_date, format_period
from portal.query import Query
from portal.record import Reply, record_of
from portal.tally import STOP_FACTOR_CODELIST


def lists_blocks(dataset: Dataset) -> bool:
    """Whether its rows are about blocks of single clinics."""
    return bool(dataset.organisation_column and _factor_column(dataset))


def mark_replies(
    dataset: Dataset, records: Iterable[Record], rows: Iterable[list[Record]], hidden: tuple[str, ...] = ()
) -> None:
    """Note at the stop-factor of each block to which the clinic replied that it did, with the way to the reply."""
    name = _factor_column(dataset)
    if not lists_blocks(dataset) or name is None or name in hidden:
        return
    place = [column.name for column in shown_columns(dataset, hidden)].index(name)
    for record, row in zip(records, rows, strict=True):
        reply = _reply_to(dataset, record)
        if reply is not None:
            row[place] |= {"note": state_text(reply), "href": _address(reply)}


def clinic_replies(code: str, cells: Reader) -> list[dict[str, Any]]:
    """The replies of a clinic, the newest first, as its page shows them."""
    return [_view(reply, cells) for reply in record_of(current_release()).replies if reply.organisation == code]


def state_text(reply: Reply) -> str:
    """Where a reply stands, in words."""
    if not reply.disputed:
        return _("the clinic has replied")
    return _("disputed by the clinic; settled") if reply.resolved else _("disputed by the clinic")


def outcome_text(reply: Reply, cells: Reader) -> str:
    """How a dispute ended. That the block was right does not say that it is still in force."""
    if reply.outcome == "upheld":
        return _("decided that the block was right")
    return cells.catalogue.label("reply_outcome", reply.outcome, cells.language) if reply.outcome else ""


def disputed_blocks(cells: Reader) -> list[dict[str, str]]:
    """The blocks that clinics dispute, or did: the newest reply first, with the way to each."""
    replies = sorted(record_of(current_release()).replies, key=lambda each: each.received, reverse=True)
    label = cells.catalogue.label
    return [
        {
            "text": f"{label(ORGANISATION_CODELIST, reply.organisation, cells.language)}: {_title(reply, cells)}",
            "state": _state(reply),
            "href": _address(reply),
        }
        for reply in replies
        if reply.disputed
    ]


def _factor_column(dataset: Dataset) -> str | None:
    return next((column.name for column in dataset.dimensions if column.codelist == STOP_FACTOR_CODELIST), None)


def _reply_to(dataset: Dataset, record: Record) -> Reply | None:
    """The newest reply to the block of a row: of the same clinic, stop-factor and month."""
    organisation, factor = record[str(dataset.organisation_column)], record[str(_factor_column(dataset))]
    return next(
        (
            reply
            for reply in record_of(current_release()).replies
            if (reply.organisation, reply.stop_factor) == (organisation, factor)
            and str(record[PERIOD]).startswith(reply.period)
        ),
        None,
    )


def _address(reply: Reply) -> str:
    return url_for("pages.clinic", code=reply.organisation, _anchor=_anchor(reply))


def _anchor(reply: Reply) -> str:
    return f"reply-{reply.id}"


def _view(reply: Reply, cells: Reader) -> dict[str, Any]:
    language = cells.language
    settled = format_date(reply.resolved, language) if reply.resolved else ""
    open_text = _("not yet") if reply.disputed and not reply.resolved else ""
    return {
        "id": _anchor(reply),
        "title": _title(reply, cells),
        "state": _state(reply),
        "text": reply.text[language],
        "facts": [
            {"key": _("Reply received on"), "value": format_date(reply.received, language)},
            {"key": _("Disputed by the clinic"), "value": _("yes") if reply.disputed else _("no")},
            {"key": _("Settled on"), "value": settled or open_text},
            {"key": _("Outcome of the dispute"), "value": outcome_text(reply, cells)},
            *_block_facts(reply, cells),
        ],
    }


def _title(reply: Reply, cells: Reader) -> str:
    factor = cells.catalogue.label(STOP_FACTOR_CODELIST, reply.stop_factor, cells.language)
    return f"{factor}, {format_period(reply.period, cells.language)}"


def _state(reply: Reply) -> str:
    if not reply.disputed:
        return ""
    return _("Settled") if reply.resolved else _("Disputed")


def _block_facts(reply: Reply, cells: Reader) -> list[dict[str, str]]:
    """From when to when the block was in force, where the release says how many days it was and whether it is cured."""
    dataset = next((each for each in cells.catalogue.datasets.values() if lists_blocks(each)), None)
    if dataset is None or not {"days", "cured"} <= dataset.by_name.keys():
        return []
    where = {str(dataset.organisation_column): [reply.organisation], str(_factor_column(dataset)): [reply.stop_factor]}
    found = [each for each in Query(dataset, where=where).rows(current_release()) if _reply_to(dataset, each) == reply]
    return [fact for each in found for fact in _in_force(each, cells.language)]


def _in_force(block: Record, language: str) -> list[dict[str, str]]:
    """Its first day and the day of the cure; nothing if its period is no day or it has no such figures."""
    try:
        first = date.fromisoformat(str(block[PERIOD]))
    except ValueError:
        return []
    if block["days"] is None or block["cured"] is None:
        return []
    # The day of the cure is not among the days in force.
    key, days = (_("Breach cured on"), 0) if block["cured"] else (_("Not cured; in force at least until"), 1)
    last = first + timedelta(days=int(block["days"]) - days)
    return [
        {"key": _("Blocked since"), "value": format_date(first.isoformat(), language)},
        {"key": key, "value": format_date(last.isoformat(), language)},
    ]
