"""What the API says of a dataset: in a list, and in full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flask import url_for

from datasets.contract import DATA_FOLDER, LANGUAGES
from portal.api.announcements import announced
from portal.api.columns import describe
from portal.api.protection import protection_document
from portal.catalogue import Catalogue, Column, Dataset
from portal.release import Release
from portal.renamed import names_of

_TEXTS = ("description", "method", "verification")


def summary(dataset: Dataset, asked_release: str | None) -> dict[str, Any]:
    """A dataset in a list; its links keep to the release that was asked for."""
    return {
        "slug": dataset.slug,
        "topic": dataset.topic,
        "origin": dataset.origin,
        "synthetic": dataset.synthetic,
        "title": dataset.title,
        "summary": dataset.summary,
        "dimensions": [column.name for column in dataset.dimensions],
        "measures": [column.name for column in dataset.measures],
        "row_count": dataset.about["row_count"],
        "period_from": dataset.about["period_from"],
        "period_to": dataset.about["period_to"],
        "url": url_for(".dataset", slug=dataset.slug, release=asked_release, _external=True),
        "observations": url_for(".observations", slug=dataset.slug, release=asked_release, _external=True),
    }


def document(release: Release, dataset: Dataset, asked_release: str | None) -> dict[str, Any]:
    """Everything that the release says of a dataset."""
    about, catalogue = dataset.about, release.catalogue
    names = names_of(release)
    checks = url_for(".reconciliation", dataset=dataset.slug, release=asked_release, _external=True)
    return {
        "release": release.id,
        **summary(dataset, asked_release),
        **{name: dataset.text(name) for name in _TEXTS},
        "source": _source(dataset),
        "grain": list(dataset.grain),
        "headline": json.loads(about["headline_json"]),
        "cadence": about["cadence"],
        "licence": {"code": about["licence"], "label": catalogue.codelists["licence"].codes[about["licence"]].label},
        "policy": {"code": about["policy"], "reason": dataset.text("policy_reason")},
        "protection": protection_document(release, dataset),
        "region_set": about["region_set"] or None,
        "region_sentence": dataset.text("region_sentence") if about["region_sentence_kk"] else None,
        "transform": dataset.transform or None,
        "reads": json.loads(about["reads_json"]),
        "ratios": [asdict(each) for each in dataset.ratios],
        "columns": [_column(column, catalogue) for column in dataset.columns],
        "notes": list(_notes(release, dataset)),
        "charts": [{"kind": chart.kind, "title": chart.title, **chart.spec} for chart in dataset.charts],
        "inputs": [_input(each) for each in dataset.inputs],
        "files": list(_files(release, dataset)),
        "reconciliation": checks,
        "notices": announced(names, names.notices(dataset.slug)),
    }


def _source(dataset: Dataset) -> dict[str, Any]:
    said = {name: dataset.about[f"source_{name}"] for name in ("document", "file", "date", "language")}
    return said | {name: dataset.text(f"source_{name}") for name in ("title", "publisher", "place")}


def _column(column: Column, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "name": column.name,
        "role": column.role,
        **describe(column, catalogue),
        "decimals": list(column.decimals),
        "additivity": column.additivity,
        "description": column.description,
    }


def _notes(release: Release, dataset: Dataset) -> Iterator[dict[str, Any]]:
    for row in release.rows("SELECT * FROM meta_note WHERE dataset = ? ORDER BY position", (dataset.slug,)):
        yield {
            "kind": row["kind"],
            "columns": json.loads(row["columns_json"]),
            "where": json.loads(row["where_json"]),
            "text": {language: row[f"text_{language}"] for language in LANGUAGES},
        }


def _input(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("stage", "input", "sha256", "rows_in", "rows_out")}


def _files(release: Release, dataset: Dataset) -> Iterator[dict[str, Any]]:
    for kind in dataset.kinds:
        for language, name in kind.files(dataset.slug):
            entry = release.files[f"{DATA_FOLDER}/{name}"]
            yield {
                "format": kind.name,
                "language": language,
                "media_type": kind.media_type,
                "bytes": entry["bytes"],
                "sha256": entry["sha256"],
                "latest": url_for("downloads.latest", name=name, _external=True),
                "pinned": url_for("downloads.pinned", release_id=release.id, name=name, _external=True),
            }
