"""The arguments of requests, strictly: what is not described, repeated or not as described is refused with its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy

from datasets.contract import LANGUAGES
from portal.api.faults import invalid, shown
from portal.api.pinning import CURSOR_PATTERN, RELEASE_PATTERN

DEFAULT_LIMIT = 100
MOST_ROWS = 1000
FORMATS = ("json", "csv")
_NAME = "[a-z][a-z0-9_]*"


class StrictParser(FlaskParser):
    """Reads the query string; a parameter that has one value must not be there twice, lest two readers take two of them."""

    #: None leaves it to the schema, and marshmallow's own choice is to refuse what it does not know.
    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": None}  # noqa: RUF012 - as in webargs

    def load_querystring(self, req: Request, schema: Schema) -> MultiDictProxy:
        """The arguments as webargs reads them; raises ApiError on a repetition."""
        single = [field.data_key or name for name, field in schema.fields.items() if not isinstance(field, fields.List)]
        repeated = [name for name in single if len(req.args.getlist(name)) > 1]
        if repeated:
            raise invalid(f"{', '.join(repeated)}: given more than once.", "Give it once.")
        return super().load_querystring(req, schema)

    def handle_error(
        self,
        error: ValidationError,
        req: Request,
        schema: Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """All that is wrong, in one message."""
        wrong = {str(name): _flat(texts) for name, texts in _by_name(error).items()}
        known = [field.data_key or name for name, field in schema.fields.items()]
        message = " ".join(f"{shown(name)}: {texts}" for name, texts in list(wrong.items())[:10])
        unknown = set(wrong) - set(known)
        remedy = f"Known here: {', '.join(known) or 'no parameter at all'}." if unknown else "See /api/v1/openapi.json."
        raise invalid(message, remedy) from None


def _by_name(error: ValidationError) -> dict[Any, Any]:
    messages = error.messages
    found = messages.get("query") if isinstance(messages, dict) else None
    return found if isinstance(found, dict) else {"query": messages}


def _flat(texts: Any) -> str:
    if isinstance(texts, dict):
        return " ".join(_flat(each) for each in texts.values())
    return " ".join(texts)


class WholeNumber(fields.Integer):
    """A number in plain digits: Python itself would also take `1_0`, ` 10` and digits of other scripts."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,9}", value):
            raise self.make_error("invalid")
        return super()._validated(value)


def _described(text: str, **more: Any) -> dict[str, Any]:
    return {"description": text, **more}


class NoArguments(Schema):
    """For what has no arguments."""


class PinArguments(Schema):
    """What can be asked of any part of the catalogue."""

    release = fields.String(
        validate=validate.Regexp(RELEASE_PATTERN, error="not the id of a release."),
        metadata=_described("Answer from this release instead of the current one; such an answer never changes."),
    )


class PagedArguments(Schema):
    """What can be asked of lists with pages, whatever they are of."""

    limit = WholeNumber(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(1, MOST_ROWS),
        metadata=_described("Rows of one page."),
    )
    cursor = fields.String(
        validate=validate.Regexp(CURSOR_PATTERN, error="not a cursor; take it from the link `next`."),
        metadata=_described("From the link `next` of the page before. Opaque; stays with the release it began with."),
    )
    format = fields.String(
        validate=validate.OneOf(FORMATS),
        metadata=_described("Wins over the header `Accept`; without both the answer is JSON."),
    )


class PageArguments(PinArguments, PagedArguments):
    """What can be asked of lists with pages that are part of a release."""


class DatasetsArguments(PinArguments):
    """What can be asked of the list of datasets."""

    topic = fields.List(fields.String(), metadata=_described("Only these topics; repeatable."))
    origin = fields.List(fields.String(), metadata=_described("Only of this origin; repeatable."))
    q = fields.String(
        validate=validate.Length(1, 200),
        metadata=_described(
            "Words in Kazakh, Russian or English, best match first. A part of a word is enough; "
            "words shorter than three letters are not looked for."
        ),
    )


class ObservationsArguments(PageArguments):
    """What can be asked of a dataset's rows, besides its dimensions."""

    class Meta:
        # All other names are dimensions, or are refused once the dataset is known.
        unknown = EXCLUDE

    sort = fields.String(
        validate=validate.Regexp(f"^-?{_NAME}$", error="not the name of a column."),
        metadata=_described(
            "A column; `-` before it for descending. Codes are in the order of their code list, nulls last."
        ),
    )
    select = fields.String(
        validate=validate.Regexp(f"^{_NAME}(,{_NAME})*$", error="not names of columns with commas between them."),
        metadata=_described(
            "Columns, separated by commas. A figure always brings its status, its unit column and the row's flags along."
        ),
    )
    labels = fields.String(
        validate=validate.OneOf(LANGUAGES),
        metadata=_described(
            "Adds the label of each code in this language, in a column `<column>_<language>` behind it."
        ),
    )


class ReconciliationArguments(PageArguments):
    """What can be asked of the reconciliation."""

    dataset = fields.List(fields.String(), metadata=_described("Only checks of these datasets; repeatable."))
    class_ = fields.List(
        fields.String(), data_key="class", metadata=_described("Only these classes of gap; repeatable.")
    )
    kind = fields.List(fields.String(), metadata=_described("Only these kinds of check; repeatable."))


#: Names that mean something else in a query string than a dimension: no dataset can have a dimension of such a name.
RESERVED = frozenset(ObservationsArguments().fields)
