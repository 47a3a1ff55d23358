"""`/api/v1/openapi.json`: the description in OpenAPI 3.1, completed with the names and examples of the current release."""

from __future__ import annotations

import copy
from typing import Any, cast

from flask import Response, current_app, request

from portal.api.answers import json_answer
from portal.api.arguments import NoArguments
from portal.api.blueprint import PREFIX, route
from portal.api.columns import MADE, answer_columns, dress_rows
from portal.api.observations import observations_document
from portal.catalogue import Dataset
from portal.current import current_release
from portal.error_shape import error_body
from portal.query import Query
from portal.release import Release

OBSERVATIONS = f"{PREFIX}/datasets/{{slug}}/observations"
HISTORY = f"{PREFIX}/datasets/{{slug}}/history"
_DIMENSIONS = (
    "Any dimension of the dataset as a parameter of its own name, repeatable for several values: `?region=KZ-71&region=KZ-75`. "
    "Which dimensions a dataset has, and which code list has their values, is in /api/v1/datasets/{slug}. A name that the "
    "dataset does not have, or a value that is not in the code list, is refused with 422 and the names that there are."
)
_KEYS = (
    "Each dimension that names a row of the dataset (its `grain`), as a parameter of its own name, once: "
    "`?measure=beds&region=KZ-71&period=2026`. `*` stands for a sum over the dimension, where sums are published."
)

Document = dict[str, Any]


@route("/openapi.json", None, NoArguments, tag="Overview")
def openapi(_arguments: dict[str, Any]) -> Response:
    """This description."""
    release = current_release()
    described = copy.deepcopy(current_app.extensions["api_description"].to_dict())
    described["servers"] = [{"url": f"{request.script_root}/"}]
    return json_answer(complete(cast(Document, described), release), release)


def complete(document: Document, release: Release) -> Document:
    """The description with what only a release knows: the values that parameters can have, and examples that work."""
    example = _example(release)
    columns = answer_columns(example, None, None)
    rows = Query(example, columns=[each.name for each in columns if each.role not in MADE], limit=1).rows(release)
    rows = dress_rows(rows, columns, example, release.catalogue, None)
    for path, item in document["paths"].items():
        operation = item["get"]
        for parameter in [*item.get("parameters", []), *operation.get("parameters", [])]:
            _complete_parameter(parameter, release, example)
        if path == OBSERVATIONS:
            first = {example.dimensions[0].name: str(rows[0][example.dimensions[0].name])}
            operation.setdefault("parameters", []).append(_dimensions(release, _DIMENSIONS, first))
            operation["responses"]["200"]["headers"] |= _ORIGIN_HEADERS
            answer = operation["responses"]["200"]["content"]["application/json"]
            answer["example"] = observations_document(release, example, columns, rows)
        if path == HISTORY:
            keys = {name: str(rows[0][name]) for name in example.grain}
            operation["parameters"].append(_dimensions(release, _KEYS, keys))
            operation["responses"]["200"]["headers"] |= _ORIGIN_HEADERS
    for response in document["components"]["responses"].values():
        response["content"]["application/json"]["example"] = _ERROR
    document["tags"] = [{"name": name, "description": text} for name, text in _TAGS.items()]
    return document


def _example(release: Release) -> Dataset:
    datasets = release.catalogue.datasets.values()
    return next((each for each in datasets if each.region_column), next(iter(datasets)))


def _complete_parameter(parameter: Document, release: Release, example: Dataset) -> None:
    name, catalogue = parameter["name"], release.catalogue
    examples = {
        "slug": example.slug,
        "release_id": release.id,
        "release": release.id,
        "to": release.id,
        "name": "region",
        "q": "денсаулық",
        "measure": example.measures[0].name,
        "sort": f"-{example.measures[0].name}",
        "select": f"{example.dimensions[0].name},{example.measures[0].name}",
    }
    values = {
        "topic": list(catalogue.codelists["topic"].codes),
        "origin": list(catalogue.codelists["origin"].codes),
        "class": list(catalogue.codelists["gap_class"].codes),
        "kind": list(catalogue.codelists["check_kind"].codes),
        "dataset": list(catalogue.datasets),
    }
    if name in examples:
        parameter["example"] = examples[name]
    items = parameter["schema"].get("items")
    # A list that says itself what can be in it is let be.
    if items is not None and name in values and "enum" not in items:
        items["enum"] = values[name]
    if items is not None and "enum" in items:
        parameter["schema"]["minItems"] = 1
    if parameter["in"] == "path":
        parameter["description"] = _PATHS[name]


_TAGS = {
    "Overview": "Where everything is, and this description.",
    "Datasets": "What is published, and the figures themselves.",
    "Code lists": "Codes with their labels in Kazakh, Russian and English.",
    "Releases": "States of the whole portal, which never change.",
    "Record": "What was wrong, what changes, and what those say whom figures are about.",
    "Reconciliation": "Every figure that a source states beside what its other figures give.",
}
_ORIGIN_HEADERS = {
    "X-Origin": {"description": "Code list `origin`.", "schema": {"type": "string"}},
    "X-Synthetic": {"description": "Whether the figures are simulated.", "schema": {"enum": ["true", "false"]}},
}
_ERROR = error_body(
    404, "not_found", "Dataset 'contract' is not in this release.", "See /api/v1/datasets for what there is."
)
_PATHS = {
    "slug": "A dataset, by the name that /api/v1/datasets lists.",
    "name": "A code list, by the name that /api/v1/codelists lists.",
    "release_id": "A release, by the id that /api/v1/releases lists.",
}


def _dimensions(release: Release, text: str, example: dict[str, str]) -> Document:
    names = sorted({column.name for each in release.catalogue.datasets.values() for column in each.dimensions})
    return {
        "name": "dimensions",
        "in": "query",
        "description": text,
        "style": "form",
        "explode": True,
        "schema": {
            "type": "object",
            "propertyNames": {"enum": names},
            "additionalProperties": {"type": "string"},
        },
        "example": example,
    }
