"""`/api/v1/codelists`: the code lists and their codes."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from marshmallow import Schema, fields

from portal.api.answers import json_answer
from portal.api.arguments import PinArguments
from portal.api.blueprint import route
from portal.api.describe import Released, Text, address, integer, many, says, string, strings, trilingual
from portal.api.faults import absent
from portal.api.pinning import pin
from portal.catalogue import Code


class CodelistSummary(Schema):
    """A code list in a list."""

    name = string("Name.")
    title = trilingual("Title.")
    count = integer("Number of codes.")
    url = address("The code list.")


class Codelists(Released):
    """The code lists of a release."""

    count = integer("How many there are.")
    codelists = many(CodelistSummary, "All of them.")


class CodeAnswer(Schema):
    """A code. The fields that need not be there are those of regions."""

    code = string("Code.")
    label = trilingual("Label.")
    parent = string("The code that it is a part of.", null=True)
    aliases = strings("Other names that people use.")
    kato = fields.String(allow_none=True, metadata=says("KATO classifier."))
    valid_from = fields.String(allow_none=True, metadata=says("First day, of a region younger than the others."))
    split_from = fields.String(allow_none=True, metadata=says("The region it was part of before."))
    tile = fields.List(fields.Integer(), allow_none=True, metadata=says("Row and column on the tile map."))
    short = fields.Nested(Text, allow_none=True, metadata=says("Label for a tile."))


class CodelistAnswer(Released):
    """A code list."""

    name = string("Name.")
    title = trilingual("Title.")
    used_by = strings("Datasets with a column of these codes.")
    codes = many(CodeAnswer, "In order.")


@route("/codelists", Codelists, PinArguments, tag="Code lists")
def codelists(arguments: dict[str, Any]) -> Response:
    """All code lists."""
    pinned = pin(arguments)
    release = pinned.release
    listed = [
        {
            "name": each.name,
            "title": each.title,
            "count": len(each.codes),
            "url": url_for(".codelist", name=each.name, release=arguments.get("release"), _external=True),
        }
        for each in release.catalogue.codelists.values()
    ]
    document = {"release": release.id, "count": len(listed), "codelists": listed}
    return json_answer(document, release, fixed=pinned.fixed)


@route("/codelists/<name>", CodelistAnswer, PinArguments, tag="Code lists")
def codelist(arguments: dict[str, Any], name: str) -> Response:
    """One code list with its codes."""
    pinned = pin(arguments)
    release = pinned.release
    found = release.catalogue.codelists.get(name)
    if found is None:
        raise absent("Code list", name, release, "/api/v1/codelists")
    users = [
        each.slug
        for each in release.catalogue.datasets.values()
        if any(column.codelist == name for column in each.columns)
    ]
    document = {
        "release": release.id,
        "name": name,
        "title": found.title,
        "used_by": users,
        "codes": [_code(code, regions=name == "region") for code in found.codes.values()],
    }
    return json_answer(document, release, fixed=pinned.fixed)


def _code(code: Code, *, regions: bool) -> dict[str, Any]:
    said = {"code": code.code, "label": code.label, "parent": code.parent, "aliases": list(code.aliases)}
    if not regions:
        return said
    return said | {
        "kato": code.kato,
        "valid_from": code.valid_from,
        "split_from": code.split_from,
        "tile": None if code.tile is None else list(code.tile),
        "short": code.short,
    }
