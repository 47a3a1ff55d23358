"""`/api/v1/reconciliation`: every check of a stated figure against ours, in pages, as JSON or CSV."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from datasets.contract import LANGUAGES
from portal.api.answers import add_page_headers, csv_answer, json_answer, next_url, wants_csv
from portal.api.arguments import ReconciliationArguments
from portal.api.blueprint import route
from portal.api.datasets import check_values
from portal.api.describe import Page, integer, many, mapping, number, string, trilingual
from portal.api.pinning import digest_question, pin
from portal.release import Release

CSV_TEXT = (
    "The checks as CSV after RFC 4180; `where` as JSON text, the note as `note_kk`, `note_ru`, `note_en`; "
    "nothing where a value is null."
)
#: Parameter -> the code list of its values. Datasets are no code list.
_CODELISTS = {"class": "gap_class", "kind": "check_kind"}
_PLAIN = ("dataset", "kind", "measure", "unit", "stated", "computed", "gap", "tolerance", "addends", "class")


class CheckAnswer(Schema):
    """A check of a stated figure."""

    dataset = string("The dataset.")
    origin = string("Code list `origin`.")
    kind = string("Code list `check_kind`: a total, an identity, a sum across a row, a ratio.")
    measure = string("The measure.")
    unit = string("Code list `unit`.", null=True)
    where = mapping("Where the figure stands, by dimension; `*` where the dimension is summed over.")
    stated = number("What the source says.")
    computed = number("What its other figures give; null if a figure that is needed is not given.", null=True)
    gap = number("Stated less computed.", null=True)
    tolerance = number("What the rounding of the printed figures can explain.")
    addends = integer("How many figures were added up.")
    class_ = fields.String(
        required=True, data_key="class", metadata={"description": "Kind of gap: code list `gap_class`."}
    )
    note = trilingual("What is known of the gap.", null=True)


class Reconciliation(Page):
    """A page of checks."""

    checks = many(CheckAnswer, "In the order of datasets.")


@route("/reconciliation", Reconciliation, ReconciliationArguments, tag="Reconciliation", csv_text=CSV_TEXT)
def reconciliation(arguments: dict[str, Any]) -> Response:
    """The checks of stated figures, all or those asked for."""
    pinned = pin(arguments)
    release = pinned.release
    where = _filters(arguments, release)
    question = digest_question(sorted(where.items()))
    offset = pinned.offset(question)
    rows, count = _rows(release, where, arguments["limit"], offset)
    end = offset + len(rows)
    following = next_url(pinned.following(end, question) if rows and end < count else None)
    if wants_csv():
        names = ["origin", *_PLAIN, "where", *(f"note_{language}" for language in LANGUAGES)]
        table = [row | {"where": row["where_json"]} for row in rows]
        response = csv_answer(names, table, pinned, "reconciliation.csv")
    else:
        checks = [_check(row) for row in rows]
        answer = {"release": release.id, "count": count, "next": following, "checks": checks}
        response = json_answer(answer, release, fixed=pinned.fixed)
    return add_page_headers(response, count, following)


def _filters(arguments: dict[str, Any], release: Release) -> dict[str, list[str]]:
    asked = {"dataset": arguments.get("dataset"), "class": arguments.get("class_"), "kind": arguments.get("kind")}
    where = {name: sorted(set(values)) for name, values in asked.items() if values}
    catalogue = release.catalogue
    for name, values in where.items():
        if name == "dataset":
            check_values(name, values, catalogue.datasets, "/api/v1/datasets")
        else:
            listing = f"/api/v1/codelists/{_CODELISTS[name]}"
            check_values(name, values, catalogue.codelists[_CODELISTS[name]].codes, listing)
    return where


def _rows(release: Release, where: dict[str, list[str]], limit: int, offset: int) -> tuple[list[dict[str, Any]], int]:
    parts = [f"r.[{name}] IN ({', '.join('?' for _ in values)})" for name, values in where.items()]
    bound = tuple(value for values in where.values() for value in values)
    condition = f" WHERE {' AND '.join(parts)}" if parts else ""
    # The names are the three of `_filters`; values are bound.
    source = f"FROM meta_reconciliation r JOIN meta_dataset d ON d.slug = r.dataset{condition}"
    page = f"SELECT r.* {source} ORDER BY d.position, r.position LIMIT ? OFFSET ?"
    count = f"SELECT count(*) AS n {source}"
    return release.rows(page, (*bound, limit, offset)), int(release.rows(count, bound)[0]["n"])


def _check(row: dict[str, Any]) -> dict[str, Any]:
    note = {language: row[f"note_{language}"] for language in LANGUAGES}
    return {
        "dataset": row["dataset"],
        "origin": row["origin"],
        **{name: row[name] for name in _PLAIN[1:]},
        "where": json.loads(row["where_json"]),
        "note": note if note["kk"] else None,
    }
