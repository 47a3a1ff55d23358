"""`/api/v1/datasets`: the datasets of a release, and each in full."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response

from portal.api.answers import json_answer
from portal.api.arguments import DatasetsArguments, PinArguments
from portal.api.blueprint import route
from portal.api.dataset_document import document, summary
from portal.api.faults import absent, invalid, shown
from portal.api.pinning import pin
from portal.api.schemas import DatasetAnswer, Datasets
from portal.catalogue import Dataset
from portal.release import Release
from portal.search import search


@route("/datasets", Datasets, DatasetsArguments, tag="Datasets")
def datasets(arguments: dict[str, Any]) -> Response:
    """The datasets, all or those asked for."""
    pinned = pin(arguments)
    release = pinned.release
    listed = [summary(each, arguments.get("release")) for each in _chosen(release, arguments)]
    answer = {"release": release.id, "count": len(listed), "datasets": listed}
    return json_answer(answer, release, fixed=pinned.fixed)


@route("/datasets/<slug>", DatasetAnswer, PinArguments, tag="Datasets")
def dataset(arguments: dict[str, Any], slug: str) -> Response:
    """Everything that the release says of one dataset."""
    pinned = pin(arguments)
    found = pinned.release.catalogue.datasets.get(slug)
    if found is None:
        raise absent("Dataset", slug, pinned.release, "/api/v1/datasets")
    answer = document(pinned.release, found, arguments.get("release"))
    return json_answer(answer, pinned.release, fixed=pinned.fixed)


def _chosen(release: Release, arguments: dict[str, Any]) -> list[Dataset]:
    known = release.catalogue.datasets
    chosen = list(known.values())
    if "q" in arguments:
        chosen = [known[slug] for slug in search(release, arguments["q"]).datasets]
    for name in ("topic", "origin"):
        if name in arguments:
            check_values(name, arguments[name], release.catalogue.codelists[name].codes, f"/api/v1/codelists/{name}")
            chosen = [each for each in chosen if getattr(each, name) in arguments[name]]
    return chosen


def check_values(name: str, values: list[str], known: Iterable[str], listing: str) -> None:
    """Refuse values of the parameter `name` that are not known; `listing` is the address of those that are."""
    wrong = sorted(set(values) - set(known))
    if wrong:
        listed = ", ".join(f"'{shown(each)}'" for each in wrong[:10])
        raise invalid(f"{name}: {listed} is not known.", f"See {listing}.")
