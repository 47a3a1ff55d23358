"""Reads `dataset.yaml` into a Declaration. Unknown keys, missing languages and wrong values are errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from datasets.declaration import Chart, Column, Declaration, Gap, Identity, Note, Ratio, RowSum, Source
from datasets.document import ORIGINS
from datasets.frozen import FrozenSchema, freeze, name_field, one_of
from datasets.language import LanguageMapField
from datasets.protection import ProtectedGroup, PublicMeasures
from datasets.protection_schema import PartSchema, ProtectSchema, TightenSchema
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
#: The SELECT that says who contributes to its figures, beside it, where the policy has a rule about contributors.
CONTRIBUTIONS_FILE = "contributions.sql"


class ColumnSchema(FrozenSchema):
    """One column."""

    MAKES = Column
    name = name_field(required=True)
    role = one_of(("dimension", "measure"), required=True)
    type = one_of(COLUMN_TYPES, required=True)
    title = LanguageMapField(required=True)
    description = LanguageMapField()
    codelist = name_field()
    unit = name_field()
    unit_column = name_field()
    additivity = one_of(ADDITIVITIES)
    precision = one_of(("exact", "rounded"))

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


class WithheldSchema(Schema):
    """A whole number that the SELECT gives for disclosure control alone; it is never published."""

    name = name_field(required=True)
    title = LanguageMapField(required=True)
    additivity = one_of(ADDITIVITIES, required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Column:
        return Column(role="withheld", type="integer", **data)


class SourceSchema(FrozenSchema):
    """Where the figures stand."""

    MAKES = Source
    document = name_field(required=True)
    place = LanguageMapField(required=True)
    lines = fields.String(required=True, validate=validate.Regexp(r"^[0-9]+-[0-9]+(, ?[0-9]+-[0-9]+)*\Z"))


class IdentitySchema(FrozenSchema):
    """A line and its parts."""

    MAKES = Identity
    dimension = name_field(required=True)
    total = fields.String(required=True)
    plus = fields.List(fields.String(), required=True)
    minus = fields.List(fields.String())
    measures = fields.List(name_field())


class RowSumSchema(FrozenSchema):
    """A measure and its parts in the same row."""

    MAKES = RowSum
    measure = name_field(required=True)
    plus = fields.List(name_field(), required=True)
    minus = fields.List(name_field())


class RatioSchema(FrozenSchema):
    """A printed rate or share."""

    MAKES = Ratio
    measure = name_field(required=True)
    numerator = name_field(required=True)
    denominator = name_field(required=True)
    scale = fields.Integer()
    over = fields.List(name_field())
    decimals = fields.Integer(validate=validate.Range(0, 6))


class GapSchema(FrozenSchema):
    """The explanation of a gap."""

    MAKES = Gap
    kind = one_of(CHECK_KINDS, required=True)
    classification = one_of(GAP_CLASSES, required=True, data_key="class")
    note = LanguageMapField(required=True)
    measures = fields.List(name_field())
    where = fields.Dict(keys=name_field(), values=fields.String())


class NoteSchema(FrozenSchema):
    """What a reader must know."""

    MAKES = Note
    kind = one_of(NOTE_KINDS, required=True)
    text = LanguageMapField(required=True)
    columns = fields.List(name_field())
    where = fields.Dict(keys=name_field(), values=fields.String())


class ChartSchema(FrozenSchema):
    """A chart."""

    MAKES = Chart
    kind = one_of(CHART_KINDS, required=True)
    title = LanguageMapField(required=True)
    category = name_field(required=True)
    measures = fields.List(name_field(), required=True, validate=validate.Length(min=1))
    series = name_field()
    where = fields.Dict(keys=name_field(), values=fields.String())
    sort = one_of(("code", "value"))


class DeclarationSchema(Schema):
    """`dataset.yaml`."""

    slug = name_field(required=True)
    topic = name_field(required=True)
    origin = one_of(ORIGINS, required=True)
    title = LanguageMapField(required=True)
    summary = LanguageMapField(required=True)
    description = LanguageMapField(required=True)
    method = LanguageMapField(required=True)
    verification = LanguageMapField(required=True)
    source = fields.Nested(SourceSchema)
    reads = fields.Dict(keys=name_field(), values=one_of(WINDOWS))
    grain = fields.List(name_field(), required=True, validate=validate.Length(min=1))
    columns = fields.List(fields.Nested(ColumnSchema), required=True, validate=validate.Length(min=1))
    withheld = fields.List(fields.Nested(WithheldSchema), load_default=list)
    protect = fields.List(fields.Nested(ProtectSchema), load_default=list)
    tighten = fields.Nested(TightenSchema, load_default=())
    parts = fields.List(fields.Nested(PartSchema), load_default=list)
    cadence = name_field(required=True)
    licence = name_field(required=True)
    policy = name_field(required=True)
    identities = fields.List(fields.Nested(IdentitySchema), load_default=list)
    row_sums = fields.List(fields.Nested(RowSumSchema), load_default=list)
    ratios = fields.List(fields.Nested(RatioSchema), load_default=list)
    gaps = fields.List(fields.Nested(GapSchema), load_default=list)
    notes = fields.List(fields.Nested(NoteSchema), load_default=list)
    charts = fields.List(fields.Nested(ChartSchema), load_default=list)
    region_sentence = LanguageMapField()
    headline = fields.List(name_field(), load_default=list)


def load_declaration(path: Path, root: Path) -> Declaration:
    """Read one `dataset.yaml`; raises FaultError that names the file (relative to `root`), the key and the remedy."""
    data = load_yaml(path, DeclarationSchema(), root)
    entries = data.pop("protect")
    return Declaration(
        path=path,
        transform=_beside(path, TRANSFORM_FILE),
        contributions=_beside(path, CONTRIBUTIONS_FILE),
        protect=tuple(each for each in entries if isinstance(each, ProtectedGroup)),
        public=tuple(each for each in entries if isinstance(each, PublicMeasures)),
        **{key: freeze(key, value) for key, value in data.items()},
    )


def _beside(path: Path, name: str) -> str:
    file = path.with_name(name)
    return file.read_text(encoding="utf-8") if file.is_file() else ""
