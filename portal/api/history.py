"""`/api/v1/datasets/{slug}/history`: one figure in every release, as JSON or CSV."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import EXCLUDE, Schema, fields, validate

from datasets.contract import ROW_FLAGS, SUMMED, Change, Reason, Status
from portal.api.answers import add_page_headers, csv_answer, json_answer, wants_csv
from portal.api.arguments import FORMATS, PinArguments
from portal.api.blueprint import route
from portal.api.describe import Released, boolean, integer, many, mapping, number, string
from portal.api.faults import ApiError, absent, invalid, shown
from portal.api.filters import check_filter
from portal.api.pinning import Pin, pin
from portal.catalogue import Dataset
from portal.figures import Place, find_place
from portal.history import Entry, Presence, histories, is_known
from portal.release import Release

CSV_TEXT = "The releases as CSV after RFC 4180, oldest first; nothing where a value is null."


class HistoryArguments(PinArguments):
    """What names a figure, besides the dimensions of its dataset."""

    class Meta:
        # All other names are dimensions, or are refused once the dataset is known.
        unknown = EXCLUDE

    measure = fields.String(
        required=True,
        validate=validate.Regexp("^[a-z][a-z0-9_]*$", error="not the name of a measure."),
        metadata={"description": "The measure."},
    )
    format = fields.String(
        validate=validate.OneOf(FORMATS),
        metadata={"description": "Wins over the header `Accept`; without both the answer is JSON."},
    )


class HistoryEntry(Schema):
    """A release and what it has of the figure."""

    release = string("The release.")
    published = string("When it was published, in UTC; null if it is not signed.", null=True)
    data_through = string("The date of its newest source; empty if its manifest cannot be read.")
    state = string("What it has: `figure`, or why it says nothing.", enum=list(Presence))
    value = number("The figure; null unless its status is `ok` or `zero`.", null=True)
    status = string("Code list `status`; null if the release has no such row.", null=True, enum=[*Status, None])
    flags = string("Codes of the code list `flag`, separated by blanks.")
    unit = string("Code list `unit`; null if there is none or the row has it.", null=True)
    change = string(
        "What became of it since the release before; null if nothing, or if the release does not say.",
        null=True,
        enum=[*Change, None],
    )
    reason = string("Why: code list `change_reason`; null where `change` is.", null=True, enum=[*Reason, None])
    correction = string("The correction that explains it.", null=True)


class History(Released):
    """A figure in all releases until the one that is asked for."""

    dataset = string("The dataset.")
    origin = string("Code list `origin`.")
    synthetic = boolean("Whether the figure descends from a simulated extract.")
    measure = string("The measure.")
    keys = mapping("The row, by dimension; `*` where one is summed over.")
    count = integer("Number of releases.")
    history = many(HistoryEntry, "Oldest first.")


@route("/datasets/<slug>/history", History, HistoryArguments, tag="Datasets", csv_text=CSV_TEXT, kept=False)
def history(arguments: dict[str, Any], slug: str) -> Response:
    """One figure in every release.

    Every dimension that names a row of the dataset is a parameter of its own name; `*` asks for a published sum.
    """
    pinned = pin(arguments)
    release = pinned.release
    dataset = release.catalogue.datasets.get(slug)
    if dataset is None:
        raise absent("Dataset", slug, release, "/api/v1/datasets")
    place = _place(dataset, arguments["measure"], release)
    entries = histories().of(place, release)
    if not is_known(entries):
        message = f"No release has this figure of {slug}."
        raise ApiError(404, "not_found", message, f"See /api/v1/datasets/{slug}/observations for what there is.")
    return _answer(pinned, place, [_entry(each, place) for each in entries])


def _place(dataset: Dataset, measure: str, release: Release) -> Place:
    """The figure that the request names; raises ApiError."""
    measures = [column.name for column in dataset.measures]
    if measure not in measures:
        raise invalid(f"measure: '{shown(measure)}' is no measure of {dataset.slug}.", f"Use: {', '.join(measures)}.")
    given = {name: values for name, values in request.args.lists() if name not in HistoryArguments().fields}
    wrong = [
        *(name for name in given if name not in dataset.grain),
        *(name for name in dataset.grain if name not in given),
    ]
    if wrong:
        message = f"{', '.join(map(shown, wrong[:10]))}: unknown or not given."
        raise invalid(message, f"Give each of these once: {', '.join(dataset.grain)}.")
    for name, values in given.items():
        if len(values) > 1:
            raise invalid(f"{name}: given more than once.", "Give it once.")
        if values != [SUMMED]:
            check_filter(dataset.by_name[name], values, release)
    place = find_place(dataset, {"measure": measure, **{name: values[0] for name, values in given.items()}})
    if place is None:
        raise invalid(f"'{SUMMED}': {dataset.slug} has no published sums.", "Name a row.")
    return place


def _entry(entry: Entry, place: Place) -> dict[str, Any]:
    listed, reading, noted = entry.listed, entry.reading, entry.noted
    return {
        "release": listed.id,
        "published": listed.published,
        "data_through": listed.data_through,
        "state": str(reading.presence),
        "value": entry.value(place),
        "status": entry.status(place),
        "flags": (reading.record or {}).get(ROW_FLAGS, ""),
        "unit": reading.unit,
        "change": noted.kind if noted else None,
        "reason": noted.reason if noted else None,
        "correction": noted.correction if noted else None,
    }


def _answer(pinned: Pin, place: Place, entries: list[dict[str, Any]]) -> Response:
    dataset, release = place.dataset, pinned.release
    state = repr(entries)
    if wants_csv():
        names = list(HistoryEntry().fields)
        response = csv_answer(names, entries, pinned, f"{dataset.slug}_{place.column.name}_history.csv", state=state)
    else:
        document = {
            "release": release.id,
            "dataset": dataset.slug,
            "origin": dataset.origin,
            "synthetic": dataset.synthetic,
            "measure": place.column.name,
            "keys": dict(place.keys),
            "count": len(entries),
            "history": entries,
        }
        response = json_answer(document, release, state=state)
    response.headers["X-Origin"] = dataset.origin
    response.headers["X-Synthetic"] = "true" if dataset.synthetic else "false"
    return add_page_headers(response, len(entries), None)
