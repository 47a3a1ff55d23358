"""`/api/v1/releases`: the releases that can be pinned."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import Schema

from portal.api.answers import json_answer
from portal.api.blueprint import route
from portal.api.describe import Released, address, boolean, integer, many, string
from portal.api.pinning import get_release
from portal.current import current_release, store
from portal.release import Release


class ReleaseSummary(Schema):
    """A release in a list."""

    id = string("Its id: the date of its newest source and a digest of its content.")
    current = boolean("Whether it is the one that is answered from where none is named.")
    url = address("The release.")


class Releases(Released):
    """The releases of the store; `release` is the current one."""

    count = integer("How many there are.")
    releases = many(ReleaseSummary, "Newest first.")


class ReleaseFile(Schema):
    """A file of the release."""

    path = string("Its path in the release's folder.")
    bytes = integer("Size.")
    sha256 = string("SHA-256 of its bytes, in hexadecimal.")
    url = address("Where it can be had, for ever.")


class ReleaseAnswer(Released):
    """A release."""

    data_through = string("The date of the newest source.", format="date")
    synthetic = boolean("Whether any dataset descends from a simulated extract.")
    schema_version = string("The version of the release's own format.")
    code_version = string("A digest of the code that made it.")
    dataset_count = integer("Number of datasets.")
    datasets = address("Its datasets.")
    files = many(ReleaseFile, "Its files, as the manifest lists them.")


@route("/releases", Releases, tag="Releases", kept=False)
def releases(_arguments: dict[str, Any]) -> Response:
    """All releases of the store."""
    current, ids = current_release(), store().ids()
    listed = [
        {"id": each, "current": each == current.id, "url": url_for(".release", release_id=each, _external=True)}
        for each in ids
    ]
    document = {"release": current.id, "count": len(listed), "releases": listed}
    return json_answer(document, current, state=" ".join(ids))


@route("/releases/<release_id>", ReleaseAnswer, tag="Releases")
def release(_arguments: dict[str, Any], release_id: str) -> Response:
    """One release with its files and their hashes."""
    found = get_release(release_id)
    catalogue = found.catalogue
    document = {
        "release": found.id,
        "data_through": found.data_through,
        "synthetic": found.synthetic,
        "schema_version": catalogue.release["schema_version"],
        "code_version": catalogue.release["code_version"],
        "dataset_count": len(catalogue.datasets),
        "datasets": url_for(".datasets", release=found.id, _external=True),
        "files": [_file(found, entry) for entry in found.files.values()],
    }
    return json_answer(document, found, fixed=True)


def _file(found: Release, entry: dict[str, Any]) -> dict[str, Any]:
    name = entry["path"].rsplit("/", 1)[-1]
    return {
        "path": entry["path"],
        "bytes": entry["bytes"],
        "sha256": entry["sha256"],
        "url": url_for("downloads.pinned", release_id=found.id, name=name, _external=True),
    }
