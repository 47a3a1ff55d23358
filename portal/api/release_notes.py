"""`/api/v1/releases/{id}/notes`: what a release has that the one before it had not, in words and by dataset."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields

from datasets.contract import LANGUAGES, Reason
from portal.api.answers import json_answer
from portal.api.blueprint import route
from portal.api.describe import Released, address, boolean, integer, many, says, string, strings, trilingual
from portal.api.diff import CountAnswer, DifferenceAnswer, count_document, difference_document
from portal.api.faults import ApiError
from portal.api.pinning import get_release
from portal.cells import Reader
from portal.changes import change_counts
from portal.current import store
from portal.diff import BusyError, diffs
from portal.i18n import speaking
from portal.pages.release_words import note_sentences
from portal.release_notes import ReleaseNotes, write_notes


class NewPeriods(Schema):
    """Periods that a dataset had no figure of before."""

    dataset = string("The dataset.")
    periods = strings("ISO 8601, in order.")


class RenamedDataset(Schema):
    """A dataset with another name."""

    before = string("Its name in the release before.")
    after = string("Its name in this release.")


class HiddenFigures(Schema):
    """How much of a protected dataset is hidden."""

    dataset = string("The dataset.")
    figures = integer("Figures that are hidden to protect persons, ratios included.")
    totals = integer("How many of them are published sums.")


class CorrectionNote(Schema):
    """An error that this release is the first to know of."""

    correction = string("Its id in /api/v1/corrections.")
    date = string("When it was established.", format="date")
    dataset = string("The dataset.")
    reason = string("Code list `change_reason`.", enum=list(Reason))
    text = trilingual("What was wrong.")


class AnnouncementNote(Schema):
    """A change of names, columns or format that this release is the first to tell of."""

    announcement = string("Its id in /api/v1/announcements.")
    effective = string("From when it holds.", format="date")
    kind = string("Code list `announcement_kind`.")
    text = trilingual("What changes.")


class ReleaseNotesAnswer(Released):
    """The notes of a release."""

    sequence = fields.Integer(required=True, allow_none=True, metadata=says("Its place in the chain, from 1."))
    published = string("When it was published, in UTC; null if it is not signed.", null=True)
    previous = string("The release before it in the chain; null for the first.", null=True)
    synthetic = boolean("Whether it has simulated figures.")
    text = trilingual("The notes in a few sentences.")
    counts = many(CountAnswer, "How many figures are not as they were.")
    new_datasets = strings("Datasets that the release before had not.")
    removed_datasets = strings("Datasets that only the release before had.")
    renamed_datasets = many(RenamedDataset, "Datasets that have another name.")
    new_periods = many(NewPeriods, "New periods of datasets that both have.")
    largest = many(DifferenceAnswer, "Of each dataset at most three material changes, those that moved most.")
    corrections = many(CorrectionNote, "Errors that are corrected.")
    announcements = many(AnnouncementNote, "What is announced with it.")
    withdrawn = integer("Figures that were withdrawn from it after its publication; /api/v1/protection lists them.")
    hidden = many(HiddenFigures, "What stays hidden.")
    diff = address("All differences from the release before it; null if there is none that can be read.", null=True)


@route("/releases/<release_id>/notes", ReleaseNotesAnswer, tag="Releases", kept=False)
def release_notes(_arguments: dict[str, Any], release_id: str) -> Response:
    """What is new in a release, and why."""
    release = get_release(release_id)
    try:
        notes = write_notes(release, store(), diffs(), change_counts())
    except BusyError:
        raise ApiError(503, "busy", "Too many releases are being compared.", "Ask again in a minute.") from None
    return json_answer(notes_document(notes), release, state=notes.diff.state if notes.diff else repr(notes.before))


def notes_document(notes: ReleaseNotes) -> dict[str, Any]:
    """The notes as the API says them."""
    release, before = notes.release, notes.before
    changes = [each for members in notes.largest.values() for each in members]
    return {
        "release": release.id,
        "sequence": release.sequence,
        "published": release.published,
        "previous": before.id if before else None,
        "synthetic": release.synthetic,
        "text": {language: _text(notes, language) for language in LANGUAGES},
        "counts": [count_document(each) for each in notes.counts],
        "new_datasets": [each.slug for each in notes.new_datasets],
        "removed_datasets": [each.slug for each in notes.gone_datasets],
        "renamed_datasets": [{"before": old.slug, "after": new.slug} for old, new in notes.renamed_datasets],
        "new_periods": [{"dataset": slug, "periods": list(periods)} for slug, periods in notes.periods.items()],
        "largest": [difference_document(notes.diff, each) for each in changes] if notes.diff else [],
        "corrections": [
            {
                "correction": each.id,
                "date": each.date,
                "dataset": each.dataset,
                "reason": each.reason,
                "text": each.text,
            }
            for each in notes.corrections
        ],
        "announcements": [
            {"announcement": each.id, "effective": each.effective, "kind": each.kind, "text": each.text}
            for each in notes.announcements
        ],
        "withdrawn": len(notes.redactions),
        "hidden": [
            {"dataset": slug, "figures": each.figures, "totals": each.totals} for slug, each in notes.hidden.items()
        ],
        "diff": url_for(".diff", **{"from": before.id, "to": release.id}, _external=True)
        if notes.diff and before
        else None,
    }


def _text(notes: ReleaseNotes, language: str) -> str:
    with speaking(language):
        return " ".join(note_sentences(notes, Reader(notes.release.catalogue, language)))
