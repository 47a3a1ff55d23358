"""`/api/v1/datasets/{slug}/observations`: the rows of a dataset, filtered, sorted, in pages, as JSON or CSV."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from portal.api.answers import add_page_headers, csv_answer, json_answer, next_url, wants_csv
from portal.api.arguments import ObservationsArguments
from portal.api.blueprint import route
from portal.api.columns import MADE, AnswerColumn, answer_columns, describe_column, dress_rows
from portal.api.faults import absent, invalid
from portal.api.filters import read_filters
from portal.api.pinning import Pin, digest_question, pin
from portal.api.schemas import Observations
from portal.catalogue import Dataset
from portal.query import Query, QueryError
from portal.release import Release

CSV_TEXT = "The rows as CSV after RFC 4180: the names of the columns, then the rows; nothing where a value is null."


@route("/datasets/<slug>/observations", Observations, ObservationsArguments, tag="Datasets", csv_text=CSV_TEXT)
def observations(arguments: dict[str, Any], slug: str) -> Response:
    """The rows of a dataset.

    Every dimension of the dataset is a filter: a query parameter of its name, repeatable.
    """
    pinned = pin(arguments)
    dataset = pinned.release.catalogue.datasets.get(slug)
    if dataset is None:
        raise absent("Dataset", slug, pinned.release, "/api/v1/datasets")
    where, sort = read_filters(request.args, dataset, pinned.release), arguments.get("sort", "")
    question = digest_question(slug, sorted((name, sorted(set(values))) for name, values in where.items()), sort)
    try:
        columns = answer_columns(dataset, arguments.get("select"), arguments.get("labels"))
        query = Query(
            dataset,
            where=where,
            sort=sort,
            columns=[column.name for column in columns if column.role not in MADE],
            limit=arguments["limit"],
            offset=pinned.offset(question),
        )
    except QueryError as error:
        raise invalid(error.message, error.remedy) from None
    return _answer(pinned, query, question, columns, arguments.get("labels"))


def _answer(
    pinned: Pin, query: Query, question: str, columns: tuple[AnswerColumn, ...], language: str | None
) -> Response:
    release, dataset = pinned.release, query.dataset
    count = query.count(release)
    rows = dress_rows(query.rows(release), columns, dataset, release.catalogue, language)
    end = query.offset + len(rows)
    following = next_url(pinned.following(end, question) if end < count and rows else None)
    if wants_csv():
        response = csv_answer([column.name for column in columns], rows, pinned, f"{dataset.slug}.csv")
    else:
        document = observations_document(release, dataset, columns, rows)
        response = json_answer(document | {"count": count, "next": following}, release, fixed=pinned.fixed)
    response.headers["X-Origin"] = dataset.origin
    response.headers["X-Synthetic"] = "true" if dataset.synthetic else "false"
    return add_page_headers(response, count, following)


def observations_document(
    release: Release, dataset: Dataset, columns: tuple[AnswerColumn, ...], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """The answer in JSON, as of a question that has these rows and no others."""
    return {
        "release": release.id,
        "dataset": dataset.slug,
        "origin": dataset.origin,
        "synthetic": dataset.synthetic,
        "count": len(rows),
        "next": None,
        "columns": [describe_column(column, release.catalogue) for column in columns],
        "rows": rows,
    }
