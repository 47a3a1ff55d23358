"""Schemas that read YAML into frozen values, and the fields that many of them share."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from datasets.codelist import NAME_PATTERN


def name_field(**kwargs: Any) -> fields.String:
    """A name: of a column, a dataset, a code list."""
    return fields.String(validate=validate.Regexp(NAME_PATTERN), **kwargs)


def one_of(choices: tuple[str, ...], **kwargs: Any) -> fields.String:
    """One of a few words."""
    return fields.String(validate=validate.OneOf(choices), **kwargs)


def freeze(key: str, value: Any) -> Any:
    """A list as a tuple; the map of the key `where` or `reads` as a tuple of sorted pairs."""
    if isinstance(value, list):
        return tuple(value)
    return tuple(sorted(value.items())) if key in ("where", "reads") else value


class FrozenSchema(Schema):
    """A schema that makes `MAKES`, with lists frozen to tuples and maps of codes to tuples of pairs."""

    MAKES: type

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.MAKES(**{key: freeze(key, value) for key, value in data.items()})
