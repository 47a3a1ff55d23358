"""`/api/v1/releases`: the record of releases, and what each of them is."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields

from portal.api.answers import json_answer
from portal.api.blueprint import route
from portal.api.describe import Released, address, boolean, integer, many, says, string, strings
from portal.api.diff import CountAnswer, count_document
from portal.api.pinning import get_release
from portal.changes import change_counts
from portal.current import current_release, latest_release, store
from portal.release import Release
from portal.store import Listed


class ReleaseSummary(Schema):
    """A release in a list."""

    id = string("Its id: the date of its newest source and a digest of its content.")
    current = boolean("Whether it is the one that is answered from where none is named.")
    sequence = integer("Its place in the chain, from 1; null if it was built before there was one.", null=True)
    published = string("When it was published, in UTC; null if it is not signed.", null=True)
    previous = string("The release before it in the chain; null for the first.", null=True)
    data_through = string("The date of its newest source; empty if its manifest cannot be believed.")
    synthetic = boolean("Whether it has simulated figures.")
    state = string(
        "Whether it can be asked. Of a retired one only the manifest is left, of one of another format the files.",
        enum=["whole", "retired", "other_schema", "damaged"],
    )
    url = address("The release.")


class Releases(Released):
    """The releases of the store; `release` is the current one."""

    count = integer("How many there are.")
    releases = many(ReleaseSummary, "Newest first, by their place in the chain.")


class ReleaseFile(Schema):
    """A file of the release."""

    path = string("Its path in the release's folder.")
    bytes = integer("Size.")
    sha256 = string("SHA-256 of its bytes, in hexadecimal.")
    url = address("Where it can be had, for ever.")


class Predecessor(Schema):
    """The release before one in the chain."""

    id = string("Its id.")
    sha256 = string("SHA-256 of its manifest, in hexadecimal.")


class ReleaseAnswer(Released):
    """A release."""

    sequence = integer("Its place in the chain, from 1; null if it was built before there was one.", null=True)
    published = string("When it was published, in UTC; null if it is not signed.", null=True)
    redacted = string("When figures were last withdrawn from it, in UTC; null if none were.", null=True)
    key = string("The id of the key that signed it; null if it is not signed.", null=True)
    previous = fields.Nested(
        Predecessor, required=True, allow_none=True, metadata=says("The release before it; null for the first.")
    )
    extracts = strings("The Registry's extracts behind it, in the order in which they correct one another.")

    data_through = string("The date of the newest source.", format="date")
    synthetic = boolean("Whether any dataset descends from a simulated extract.")
    schema_version = string("The version of the release's own format.")
    code_version = string("A digest of the code that made it.")
    dataset_count = integer("Number of datasets.")
    datasets = address("Its datasets.")
    changes = many(CountAnswer, "How many figures are not as they were in the release before it.")
    notes = address("What is new in it, in words and by dataset.")
    files = many(ReleaseFile, "Its files, as the manifest lists them.")


@route("/releases", Releases, tag="Releases", kept=False)
def releases(_arguments: dict[str, Any]) -> Response:
    """All releases of the store."""
    chain, latest = store().chain(), latest_release().id
    listed = [_listed(each, before, latest) for each, before in zip(chain, [*chain[1:], None], strict=True)]
    document = {"release": current_release().id, "count": len(listed), "releases": listed}
    return json_answer(document, current_release(), state=repr((latest, chain)))


def _listed(listed: Listed, before: Listed | None, latest: str) -> dict[str, Any]:
    names = ("id", "sequence", "published", "data_through", "synthetic", "state")
    return {name: getattr(listed, name) for name in names} | {
        "current": listed.id == latest,
        "previous": before.id if before and listed.sequence is not None else None,
        "url": url_for(".release", release_id=listed.id, _external=True),
    }


@route("/releases/<release_id>", ReleaseAnswer, tag="Releases", kept=False)
def release(_arguments: dict[str, Any], release_id: str) -> Response:
    """One release with its files and their hashes."""
    found = get_release(release_id)
    catalogue = found.catalogue
    document = {
        "release": found.id,
        "sequence": found.sequence,
        "published": found.published,
        "redacted": found.seal.redacted if found.seal else None,
        "key": found.seal.key if found.seal else None,
        "previous": found.manifest.get("previous"),
        "extracts": found.manifest.get("extracts", []),
        "data_through": found.data_through,
        "synthetic": found.synthetic,
        "schema_version": catalogue.release["schema_version"],
        "code_version": catalogue.release["code_version"],
        "dataset_count": len(catalogue.datasets),
        "datasets": url_for(".datasets", release=found.id, _external=True),
        "changes": [count_document(each) for each in change_counts().of_release(found)],
        "notes": url_for(".release_notes", release_id=found.id, _external=True),
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
