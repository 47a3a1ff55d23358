"""Reads `dataset.yaml` into a Declaration. Unknown keys, missing languages and wrong values are errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from datasets.codelist import NAME_PATTERN
from datasets.declaration import Chart, Column, Declaration, Gap, Identity, Note, Ratio, RowSum, Source
from datasets.document import ORIGINS
from datasets.language import LanguageMapField
from datasets.yamlfile import load_yaml

COLUMN_TYPES = ("code", "period", "integer", "decimal", "text")
ADDITIVITIES = ("additive", "additive_except_time", "not_additive")
GAP_CLASSES = ("rounding", "source_error", "different_bases", "incomplete")
CHECK_KINDS = ("total", "identity", "row_sum", "ratio")
NOTE_KINDS = ("contradiction", "extraction", "break", "definition", "misprint")
CHART_KINDS = ("bar", "stacked_bar", "line", "tile_map")
WINDOWS = ("month", "previous", "through", "all")
#: The SELECT of a Registry dataset, beside its dataset.yaml.
TRANSFORM_FILE = "transform.sql"


def _name(**kwargs: Any) -> fields.String:
    return fields.String(validate=validate.Regexp(NAME_PATTERN), **kwargs)


def _one_of(choices: tuple[str, ...], **kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(choices), **kwargs)


class _Frozen(Schema):
    """A schema that makes `MAKES`, with lists frozen to tuples and maps of codes to tuples of pairs."""

    MAKES: type

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.MAKES(**{key: _freeze(key, value) for key, value in data.items()})


def _freeze(key: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return tuple(sorted(value.items())) if key in ("where", "reads") else value


class ColumnSchema(_Frozen):
    """One column."""

    MAKES = Column
    name = _name(required=True)
    role = _one_of(("dimension", "measure"), required=True)
    type = _one_of(COLUMN_TYPES, required=True)
    title = LanguageMapField(required=True)
    description = LanguageMapField()
    codelist = _name()
    unit = _name()
    unit_column = _name()
    additivity = _one_of(ADDITIVITIES)
    precision = _one_of(("exact", "rounded"))

    @pre_load
    def _default_precision(self, data: Any, **_: Any) -> Any:
        if isinstance(data, dict) and (data.get("role"), data.get("type")) == ("measure", "decimal"):
            return {"precision": "rounded", **data}
        return data

    @validates_schema
    def _fits(self, data: dict[str, Any], **_: Any) -> None:
        if (data["type"] == "code") != ("codelist" in data):
            raise ValidationError("a column of type 'code', and no other, names its codelist.", "codelist")
        measure = data["role"] == "measure"
        if measure and data["type"] not in ("integer", "decimal"):
            raise ValidationError("a measure is an integer or a decimal.", "type")
        if measure and ("unit" in data) == ("unit_column" in data):
            raise ValidationError("a measure has either a unit or a unit_column.", "unit")
        if measure and "additivity" not in data:
            raise ValidationError(f"a measure says how it may be summed: {', '.join(ADDITIVITIES)}.", "additivity")
        if not measure and {"unit", "unit_column", "additivity", "precision"} & set(data):
            raise ValidationError("a dimension has no unit, unit_column, additivity or precision.", "unit")
        if not measure and data["type"] == "decimal":
            raise ValidationError("a dimension is a code, a period, an integer or a text.", "type")


class SourceSchema(_Frozen):
    """Where the figures stand."""

    MAKES = Source
    document = _name(required=True)
    place = LanguageMapField(required=True)
    lines = fields.String(required=True, validate=validate.Regexp(r"^[0-9]+-[0-9]+(, ?[0-9]+-[0-9]+)*\Z"))


class IdentitySchema(_Frozen):
    """A line and its parts."""

    MAKES = Identity
    dimension = _name(required=True)
    total = fields.String(required=True)
    plus = fields.List(fields.String(), required=True)
    minus = fields.List(fields.String())
    measures = fields.List(_name())


class RowSumSchema(_Frozen):
    """A measure and its parts in the same row."""

    MAKES = RowSum
    measure = _name(required=True)
    plus = fields.List(_name(), required=True)
    minus = fields.List(_name())


class RatioSchema(_Frozen):
    """A printed rate or share."""

    MAKES = Ratio
    measure = _name(required=True)
    numerator = _name(required=True)
    denominator = _name(required=True)
    scale = fields.Integer()
    over = fields.List(_name())
    decimals = fields.Integer(validate=validate.Range(0, 6))


class GapSchema(_Frozen):
    """The explanation of a gap."""

    MAKES = Gap
    kind = _one_of(CHECK_KINDS, required=True)
    classification = _one_of(GAP_CLASSES, required=True, data_key="class")
    note = LanguageMapField(required=True)
    measures = fields.List(_name())
    where = fields.Dict(keys=_name(), values=fields.String())


class NoteSchema(_Frozen):
    """What a reader must know."""

    MAKES = Note
    kind = _one_of(NOTE_KINDS, required=True)
    text = LanguageMapField(required=True)
    columns = fields.List(_name())
    where = fields.Dict(keys=_name(), values=fields.String())


class ChartSchema(_Frozen):
    """A chart."""

    MAKES = Chart
    kind = _one_of(CHART_KINDS, required=True)
    title = LanguageMapField(required=True)
    category = _name(required=True)
    measures = fields.List(_name(), required=True, validate=validate.Length(min=1))
    series = _name()
    where = fields.Dict(keys=_name(), values=fields.String())
    sort = _one_of(("code", "value"))


class DeclarationSchema(Schema):
    """`dataset.yaml`."""

    slug = _name(required=True)
    topic = _name(required=True)
    origin = _one_of(ORIGINS, required=True)
    title = LanguageMapField(required=True)
    summary = LanguageMapField(required=True)
    description = LanguageMapField(required=True)
    method = LanguageMapField(required=True)
    verification = LanguageMapField(required=True)
    source = fields.Nested(SourceSchema)
    reads = fields.Dict(keys=_name(), values=_one_of(WINDOWS))
    grain = fields.List(_name(), required=True, validate=validate.Length(min=1))
    columns = fields.List(fields.Nested(ColumnSchema), required=True, validate=validate.Length(min=1))
    cadence = _name(required=True)
    licence = _name(required=True)
    policy = _name(required=True)
    identities = fields.List(fields.Nested(IdentitySchema), load_default=list)
    row_sums = fields.List(fields.Nested(RowSumSchema), load_default=list)
    ratios = fields.List(fields.Nested(RatioSchema), load_default=list)
    gaps = fields.List(fields.Nested(GapSchema), load_default=list)
    notes = fields.List(fields.Nested(NoteSchema), load_default=list)
    charts = fields.List(fields.Nested(ChartSchema), load_default=list)
    region_sentence = LanguageMapField()
    headline = fields.List(_name(), load_default=list)


def load_declaration(path: Path, root: Path) -> Declaration:
    """Read one `dataset.yaml`; raises FaultError that names the file (relative to `root`), the key and the remedy."""
    data = load_yaml(path, DeclarationSchema(), root)
    transform = path.with_name(TRANSFORM_FILE)
    text = transform.read_text(encoding="utf-8") if transform.is_file() else ""
    return Declaration(path=path, transform=text, **{key: _freeze(key, value) for key, value in data.items()})
