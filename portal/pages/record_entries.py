"""Entries of feeds that tell of the record of a subject: figures of it that were withdrawn, replies to blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import url_for
from flask_babel import gettext as _

from datasets.contract import ORGANISATION_CODELIST, Reason
from portal.catalogue import Redaction
from portal.cells import Reader
from portal.chronicle import Step
from portal.corrections import read_redactions
from portal.numbers import format_date, format_period
from portal.pages.corrections import kind_text
from portal.pages.feed_entries import FeedEntry, end_sentence, is_simulated, mark_title, tag
from portal.pages.move_words import count_text
from portal.pages.replies import outcome_text
from portal.record import Reply
from portal.tally import STOP_FACTOR_CODELIST, Subject


def withdrawal_entries(
    steps: Iterable[Step], subject: Subject, cells: Reader, former: Iterable[str] = ()
) -> Iterator[FeedEntry]:
    """One entry a redaction that withdrew figures of the subject, of the day on which it did; with no figure's value."""
    slugs = {subject.code, *former}

    def concerns(step: Step, redaction: Redaction) -> bool:
        if subject.kind == "dataset":
            return redaction.dataset in slugs
        places = step.places.get(redaction.dataset, {})
        return any(redaction.keys[at] == subject.code for at, kind in places.items() if kind == subject.kind)

    reason = cells.catalogue.label("change_reason", Reason.REDACTION, cells.language)
    for entry in read_redactions(steps, concerns):
        simulated = any(is_simulated(slug, cells) for slug in entry.datasets)
        where = f"{_('Withdrawn from release')}: {', '.join(entry.releases)}"
        yield FeedEntry(
            id=tag("correction", entry.id, subject.kind, subject.code, cells.language),
            title=mark_title(f"{kind_text(entry)}: {count_text(entry.figures or 0)}", simulated, cells),
            updated=f"{entry.date}T00:00:00Z",
            summary=f"{end_sentence(entry.text[cells.language])} {end_sentence(where)}",
            link=url_for("pages.corrections", _anchor=entry.id, _external=True),
            categories=((Reason.REDACTION, reason),),
        )


def reply_entries(replies: Iterable[Reply], subject: Subject, cells: Reader) -> Iterator[FeedEntry]:
    """What a clinic replied, or what was replied to a stop-factor: when it was received, and when a dispute was settled."""
    for reply in replies:
        codes = {ORGANISATION_CODELIST: reply.organisation, STOP_FACTOR_CODELIST: reply.stop_factor}
        if codes.get(subject.kind) != subject.code:
            continue
        disputed = _("The clinic disputes the block.") if reply.disputed else ""
        said = f"{disputed} {reply.text[cells.language]}".strip()
        yield _reply_entry(reply, "received", _("Reply of the clinic"), reply.received, said, subject, cells)
        if reply.resolved:
            said = f"{_('Outcome of the dispute')}: {outcome_text(reply, cells)}"
            yield _reply_entry(reply, "settled", _("Dispute settled"), reply.resolved, said, subject, cells)


def _reply_entry(
    reply: Reply, event: str, what: str, day: str, said: str, subject: Subject, cells: Reader
) -> FeedEntry:
    language, label = cells.language, cells.catalogue.label
    clinic = label(ORGANISATION_CODELIST, reply.organisation, language)
    factor = label(STOP_FACTOR_CODELIST, reply.stop_factor, language)
    title = f"{what}: {clinic}; {factor}, {format_period(reply.period, language)}"
    register = cells.catalogue.register
    return FeedEntry(
        id=tag("reply", reply.id, event, subject.kind, subject.code, language),
        title=mark_title(title, register is not None and register.synthetic, cells),
        updated=f"{day}T00:00:00Z",
        summary=f"{format_date(day, language)}: {end_sentence(said)}",
        link=url_for("pages.clinic", code=reply.organisation, _anchor=f"reply-{reply.id}", _external=True),
    )
