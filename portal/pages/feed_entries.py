"""The entries of feeds: one a release, a correction or an announcement, in the reader's language, with whole links."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from datasets.contract import SYNTHETIC, Reason
from portal.cells import Reader
from portal.chronicle import Step
from portal.corrections import LogEntry
from portal.numbers import format_date
from portal.pages.chain_links import diff_url, notes_url, pinned_page
from portal.pages.corrections import entry_view, kind_text
from portal.pages.move_words import count_text, move_line, reasons_text, share_text
from portal.record import Announcement
from portal.tally import EVERYTHING, Subject, Tally

#: Who mints the ids (RFC 4151). They must stay when the host changes, so they are not made of it: an operator sets
#: FEED_AUTHORITY to a domain of theirs once, before the first reader subscribes.
AUTHORITY = "ashyq-qalqan.invalid"
_SINCE = "2026"
#: As many datasets are named in a summary; the page that it leads to has them all.
_MOST_NAMED = 5
#: Kinds of entries of the log that are told when the release came that made them.
_OF_A_RELEASE = ("correction", "automatic")


@dataclass(frozen=True)
class FeedEntry:
    """An entry: `updated` is an instant in UTC, `link` leads to what it tells of, `pinned` to the state that it is of.

    `categories` are codes of reasons with their labels.
    """

    id: str
    title: str
    updated: str
    summary: str
    link: str
    pinned: str = ""
    categories: tuple[tuple[str, str], ...] = ()


def authority() -> str:
    """Who mints ids."""
    return os.environ.get("FEED_AUTHORITY") or AUTHORITY


def tag(*parts: str) -> str:
    """An id that nothing else has and that never changes."""
    return f"tag:{authority()},{_SINCE}:{'/'.join(part for part in parts if part)}"


def release_entries(steps: Iterable[Step], cells: Reader) -> Iterator[FeedEntry]:
    """One entry a release, also one of which only the manifest is left."""
    for step in steps:
        tally = step.material.get(EVERYTHING)
        yield FeedEntry(
            id=tag("release", step.id, cells.language),
            title=mark_title(_("Release %(id)s", id=step.id), step.listed.synthetic, cells),
            updated=step.instant,
            summary=_release_summary(step, tally, cells),
            link=notes_url(step.id, absolute=True),
            pinned=pinned_page(step.id, "") if step.listed.state == "whole" else "",
            categories=_categories(tally, cells),
        )


def subject_entries(
    steps: Iterable[Step], subject: Subject, path: str, cells: Reader, former: Iterable[str] = ()
) -> Iterator[FeedEntry]:
    """One entry a release that changed something material of the subject, be it under one of its `former` names.

    `path` is the page about it, below the language.
    """
    known = (subject, *(Subject(subject.kind, code) for code in former))
    for step in steps:
        tally = next((step.material[each] for each in known if each in step.material), None)
        if tally is None:
            continue
        only = tally.datasets[0] if len(tally.datasets) == 1 else None
        link = (
            diff_url(step.previous, step.id, only, absolute=True)
            if step.previous
            else notes_url(step.id, absolute=True)
        )
        simulated = any(_is_simulated(slug, step, cells) for slug in tally.datasets)
        release = _("Release %(id)s: material changes", id=step.id)
        yield FeedEntry(
            id=tag("release", step.id, subject.kind, subject.code, cells.language),
            title=mark_title(f"{release}: {count_text(tally.figures)}", simulated, cells),
            updated=step.instant,
            summary=_tally_summary(tally, step, cells),
            link=link,
            pinned=pinned_page(step.id, path),
            categories=_categories(tally, cells),
        )


def correction_entries(entries: Iterable[LogEntry], steps: Iterable[Step], cells: Reader) -> Iterator[FeedEntry]:
    """One entry of the log each, of the moment when it was put right."""
    instants = {step.id: step.instant for step in steps}
    for entry in entries:
        view = entry_view(entry, cells)
        facts = [f"{fact['key']}: {fact['value']}" for fact in view["facts"] if not fact.get("way")]
        made = instants.get(entry.releases[0]) if entry.releases and entry.kind in _OF_A_RELEASE else None
        reason = entry.reason or Reason.REDACTION
        simulated = any(is_simulated(slug, cells) for slug in entry.datasets)
        yield FeedEntry(
            id=tag("correction", entry.id, cells.language),
            title=mark_title(f"{view['date']}: {kind_text(entry)}", simulated, cells),
            updated=made or f"{entry.date}T00:00:00Z",
            summary=" ".join([view["text"], *map(end_sentence, facts)]),
            link=url_for("pages.corrections", _anchor=entry.id, _external=True),
            categories=((reason, _reason(reason, cells)),) if entry.reason else (),
        )


def announcement_entries(announcements: Iterable[Announcement], cells: Reader) -> Iterator[FeedEntry]:
    """One entry an announcement."""
    for each in announcements:
        kind = cells.catalogue.label("announcement_kind", each.kind, cells.language)
        names = f" {each.subject} → {each.replacement}." if each.subject and each.replacement else ""
        day = _("Takes effect: %(day)s", day=format_date(each.effective, cells.language))
        yield FeedEntry(
            id=tag("announcement", each.id, cells.language),
            title=kind,
            updated=f"{each.date}T00:00:00Z",
            summary=f"{end_sentence(day)}{names} {each.text[cells.language]}",
            link=url_for("pages.announcements", _anchor=each.id, _external=True),
            categories=((each.kind, kind),),
        )


def _release_summary(step: Step, tally: Tally | None, cells: Reader) -> str:
    through = end_sentence(_("Data until %(day)s", day=format_date(step.listed.data_through, cells.language)))
    states = {
        "retired": _("Its files are not kept any more; its manifest is."),
        "other_schema": _("It is of an older format: its files can be had, its pages cannot be shown."),
        "damaged": _("It is damaged and is not served."),
    }
    if step.listed.state in states:
        return f"{through} {states[step.listed.state]}"
    # Texts within an f-string are not found by the extractor of texts.
    if step.previous is None:
        said = _("The first release.")
    elif tally is None:
        said = _("No material change.")
    else:
        said = _tally_summary(tally, step, cells)
    return f"{through} {said}"


def _tally_summary(tally: Tally, step: Step, cells: Reader) -> str:
    """Changes by reason, where they are, and the figure that moved most."""
    titles = [
        step.titles[slug][cells.language] if slug in step.titles else slug for slug in tally.datasets[:_MOST_NAMED]
    ]
    if len(tally.datasets) > _MOST_NAMED:
        titles.append("…")
    parts = [
        _("Material changes: %(reasons)s.", reasons=reasons_text(tally, cells)),
        _("Datasets: %(titles)s.", titles="; ".join(titles)),
    ]
    if tally.largest is not None:
        line, share = move_line(tally.largest, cells), share_text(tally.largest, cells)
        parts.append(_("Largest change: %(line)s (%(share)s).", line=line, share=share))
    return " ".join(parts)


def end_sentence(text: str) -> str:
    """The text with its full stop; a Russian date ends with one of its own."""
    return text if text.endswith(".") else f"{text}."


def _categories(tally: Tally | None, cells: Reader) -> tuple[tuple[str, str], ...]:
    return tuple((reason, _reason(reason, cells)) for reason in tally.reasons) if tally else ()


def _reason(reason: str, cells: Reader) -> str:
    return cells.catalogue.label("change_reason", reason, cells.language)


def mark_title(title: str, simulated: bool, cells: Reader) -> str:
    """A title, with a mark if it tells of simulated figures."""
    return f"[{cells.catalogue.label('origin', SYNTHETIC, cells.language)}] {title}" if simulated else title


def is_simulated(slug: str, cells: Reader) -> bool:
    """Whether the figures of a dataset of the release that is shown are simulated."""
    dataset = cells.catalogue.datasets.get(slug)
    return dataset is not None and dataset.synthetic


def _is_simulated(slug: str, step: Step, cells: Reader) -> bool:
    """Whether the figures are simulated; of a dataset that is no more, whether any of its release are."""
    return is_simulated(slug, cells) if slug in cells.catalogue.datasets else step.listed.synthetic
