"""Words to describe answers with. Schemas describe here; they dump nothing, as walking every row would cost the most time."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from datasets.contract import LANGUAGES

Text = Schema.from_dict({language: fields.String(required=True) for language in LANGUAGES}, name="Text")


def says(text: str, **more: Any) -> dict[str, Any]:
    """The metadata of a described field."""
    return {"description": text, **more}


def string(text: str, *, null: bool = False, **more: Any) -> fields.String:
    """A string that is always there."""
    return fields.String(required=True, allow_none=null, metadata=says(text, **more))


def integer(text: str, *, null: bool = False) -> fields.Integer:
    """A whole number that is always there."""
    return fields.Integer(required=True, allow_none=null, metadata=says(text))


def number(text: str, *, null: bool = False) -> fields.Float:
    """A number that is always there."""
    return fields.Float(required=True, allow_none=null, metadata=says(text))


def boolean(text: str) -> fields.Boolean:
    """A truth value that is always there."""
    return fields.Boolean(required=True, metadata=says(text))


def strings(text: str) -> fields.List[Any]:
    """A list of strings that is always there."""
    return fields.List(fields.String(), required=True, metadata=says(text))


def mapping(text: str) -> fields.Dict:
    """A map of strings that is always there."""
    return fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata=says(text))


def trilingual(text: str, *, null: bool = False) -> fields.Nested:
    """A text in three languages that is always there."""
    return fields.Nested(Text, required=True, allow_none=null, metadata=says(text))


def many(schema: type[Schema], text: str) -> fields.List[Any]:
    """A list of objects that is always there."""
    return fields.List(fields.Nested(schema), required=True, metadata=says(text))


def one(schema: type[Schema], text: str) -> fields.Nested:
    """An object that is always there."""
    return fields.Nested(schema, required=True, metadata=says(text))


def address(text: str, *, null: bool = False) -> fields.String:
    """An absolute address."""
    return string(text, null=null, format="uri")


class Error(Schema):
    """What went wrong and what to do."""

    status = integer("The HTTP status.")
    code = string("For programs; does not change with the wording.")
    message = string("What is wrong, and where.")
    remedy = string("What to do.")


class ErrorAnswer(Schema):
    """The shape of every error below /api/."""

    error = one(Error, "The error.")


class Released(Schema):
    """Part of a release."""

    release = string("The release of the answer.")


def record(text: str) -> fields.Dict:
    """An object of plain values by column."""
    value = fields.Raw(metadata={"type": ["string", "number", "null"]})
    return fields.Dict(keys=fields.String(), values=value, metadata=says(text))


class Page(Released):
    """A page of rows."""

    count = integer("Rows on all pages together.")
    next = address("The next page, of the same release; null on the last.", null=True)
