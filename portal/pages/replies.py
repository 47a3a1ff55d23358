"""What a clinic replied to a block, beside the block: that it did, whether it disputes it, how that ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from datasets.contract import PERIOD
from portal.catalogue import Dataset
from portal.cells import Reader, Record, shown_columns
from portal.current import current_release
from portal.numbers import format_date, format_period
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
    language, label = cells.language, cells.catalogue.label
    settled = format_date(reply.resolved, language) if reply.resolved else ""
    outcome = label("reply_outcome", reply.outcome, language) if reply.outcome else ""
    open_text = _("not yet") if reply.disputed and not reply.resolved else ""
    return {
        "id": _anchor(reply),
        "title": f"{label(STOP_FACTOR_CODELIST, reply.stop_factor, language)}, {format_period(reply.period, language)}",
        "state": (_("Settled") if reply.resolved else _("Disputed")) if reply.disputed else "",
        "text": reply.text[language],
        "facts": [
            {"key": _("Reply received on"), "value": format_date(reply.received, language)},
            {"key": _("Disputed by the clinic"), "value": _("yes") if reply.disputed else _("no")},
            {"key": _("Settled on"), "value": settled or open_text},
            {"key": _("Outcome"), "value": outcome},
        ],
    }
