"""`/api/v1/corrections`: the log of corrections, automatic entries, withdrawals and rollbacks, as JSON or CSV."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from datasets.contract import LANGUAGES
from portal.api.answers import csv_answer, json_answer, wants_csv
from portal.api.arguments import FORMATS
from portal.api.blueprint import route
from portal.api.describe import Released, integer, many, number, says, string, strings, trilingual
from portal.api.faults import ApiError, shown
from portal.api.pinning import Pin
from portal.chronicle import chronicle
from portal.corrections import LogEntry, about, read_log
from portal.current import current_release, store
from portal.renamed import every_name

CSV_TEXT = (
    "The entries as CSV after RFC 4180; names with blanks between them, the text as `text_kk`, `text_ru`, `text_en`, "
    "the withdrawn figures as a JSON list."
)
_LISTS = ("datasets", "releases", "goes_with")


class CorrectionsArguments(Schema):
    """What can be asked of the log."""

    dataset = fields.String(metadata=says("Only entries about this dataset."))
    format = fields.String(
        validate=validate.OneOf(FORMATS),
        metadata=says("Wins over the header `Accept`; without both the answer is JSON."),
    )


class WithdrawnFigure(Schema):
    """A figure that was withdrawn; its value is nowhere."""

    dataset = string("The dataset.")
    measure = string("The measure.")
    keys = strings("The values of the dimensions in their order; `*` where one is summed over.")
    cause = string("`asked`: it was to be withdrawn. `to_protect`: it would give away one that was.")


class CorrectionAnswer(Schema):
    """An entry of the log."""

    id = string("Its id, which stays.")
    kind = string(
        "`correction`: an error; `automatic`: figures that a release put right with no correction that says so; "
        "`redaction`: figures withdrawn; `rollback`: a release taken back."
    )
    date = string("When it was established.", format="date")
    text = trilingual("What was wrong, or why.")
    datasets = strings("The datasets; none for a rollback.")
    measure = string("The measure; null if all, or not one.", null=True)
    reason = string("Code list `change_reason`.", null=True)
    found_by = string("Code list `found_by`.", null=True)
    figures = integer("How many figures changed, or were withdrawn; null as long as no release has it.", null=True)
    largest_change = number(
        "By which share of what it was the figure moved that moved most; null if none was shown.", null=True
    )
    releases = strings(
        "Correction: the first release that has it. Automatic: the one that changed the figures. "
        "Redaction: those it was made in. Rollback: the one served since."
    )
    before = string("The release before it; of a rollback the one that was taken back.", null=True)
    goes_with = strings("Automatic: the corrections of the same release and reason; else none.")
    withdrawn = many(WithdrawnFigure, "Redaction: the figures that were withdrawn; else none.")


class Corrections(Released):
    """The log."""

    count = integer("How many entries there are.")
    corrections = many(CorrectionAnswer, "Newest first.")


@route("/corrections", Corrections, CorrectionsArguments, tag="Record", csv_text=CSV_TEXT, kept=False)
def corrections(arguments: dict[str, Any]) -> Response:
    """The log of corrections, withdrawals and rollbacks, of all releases that are kept."""
    release = current_release()
    entries = read_log(release, chronicle().steps(), store())
    if "dataset" in arguments:
        _check(arguments["dataset"], entries)
        entries = about(entries, arguments["dataset"], every_name())
    said = [_entry(entry) for entry in entries]
    if wants_csv():
        names = [
            *(name for name in CorrectionAnswer().fields if name != "text"),
            *(f"text_{each}" for each in LANGUAGES),
        ]
        return csv_answer(
            names, [_row(each) for each in said], Pin(release, fixed=False), "corrections.csv", state=repr(entries)
        )
    document = {"release": release.id, "count": len(said), "corrections": said}
    return json_answer(document, release, state=repr(entries))


def _check(slug: str, entries: list[LogEntry]) -> None:
    """Answer 404 for a dataset that no release of the chain has or had."""
    known = current_release().catalogue.datasets.keys() | {each for entry in entries for each in entry.datasets}
    if slug not in known and not any(slug in step.titles for step in chronicle().steps()):
        message = f"dataset: no release has a dataset '{shown(slug)}'."
        raise ApiError(404, "not_found", message, "See /api/v1/datasets for what there is.")


def _entry(entry: LogEntry) -> dict[str, Any]:
    plain = {name: getattr(entry, name) for name in ("id", "kind", "date", "text", "measure", "reason", "found_by")}
    share = entry.largest.share if entry.largest else None
    return plain | {
        "datasets": list(entry.datasets),
        "figures": entry.figures,
        "largest_change": None if share is None else round(share, 6),
        "releases": list(entry.releases),
        "before": entry.before,
        "goes_with": list(entry.goes_with),
        "withdrawn": [
            {"dataset": each.dataset, "measure": each.measure, "keys": list(each.keys), "cause": each.cause}
            for each in entry.withdrawn
        ],
    }


def _row(said: dict[str, Any]) -> dict[str, Any]:
    texts = {f"text_{language}": said["text"][language] for language in LANGUAGES}
    withdrawn = json.dumps(said["withdrawn"], ensure_ascii=False) if said["withdrawn"] else ""
    return said | {name: " ".join(said[name]) for name in _LISTS} | texts | {"withdrawn": withdrawn}
