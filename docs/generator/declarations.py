"""The keys of the YAML files below `datasets/`, from the marshmallow schemas."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from datasets import codelist, document, link, protection_schema, record_schema, schema
from datasets.language import LanguageMapField
from datasets.period import validate_day
from generator.text import NOTICE, Meanings, code_names, table

#: Heading, file, and the schemas that it is made of, outermost first.
DECLARED = (
    ("A dataset: `datasets/<slug>/dataset.yaml`", schema.DeclarationSchema),
    ("`columns`", schema.ColumnSchema),
    ("`source`", schema.SourceSchema),
    ("`identities`", schema.IdentitySchema),
    ("`row_sums`", schema.RowSumSchema),
    ("`ratios`", schema.RatioSchema),
    ("`gaps`", schema.GapSchema),
    ("`notes`", schema.NoteSchema),
    ("`charts`", schema.ChartSchema),
    ("`withheld`", schema.WithheldSchema),
    ("`protect`", protection_schema.ProtectSchema),
    ("`parts`", protection_schema.PartSchema),
    ("`tighten`", protection_schema.TightenSchema),
    (
        "A code list: `datasets/_codelists/<name>.yaml`, `datasets/<slug>/codelists/<name>.yaml`",
        codelist.CodelistSchema,
    ),
    ("`codes`", codelist.CodeSchema),
    ("The documents: `datasets/_documents.yaml`, key `documents`", document.DocumentSchema),
    ("A policy: `datasets/_policies/<code>.yaml`", document.PolicySchema),
    ("`rules`", protection_schema.RulesSchema),
    ("`persons`", protection_schema.PersonsSchema),
    ("`organisations`", protection_schema.OrganisationsSchema),
    ("`dominance`", protection_schema.DominanceSchema),
    ("`money`", protection_schema.MoneySchema),
    ("`noise`", protection_schema.NoiseSchema),
    ("`budget`", protection_schema.BudgetSchema),
    ("Figures that two datasets share: `datasets/_links.yaml`, key `links`", link.LinkSchema),
    ("`left`, `right`", link.SideSchema),
    ("Corrections: `datasets/_record/corrections.yaml`, key `corrections`", record_schema.CorrectionSchema),
    ("Announcements: `datasets/_record/announcements.yaml`, key `announcements`", record_schema.AnnouncementSchema),
    ("Days of publication: `datasets/_record/calendar.yaml`, key `calendar`", record_schema.PlannedDaySchema),
    ("Replies to blocks: `datasets/_record/replies.yaml`, key `replies`", record_schema.ReplySchema),
)


def declaration(meanings: Meanings) -> str:
    """The keys of all YAML files below `datasets/`."""
    parts = [
        NOTICE,
        "# Declaration keys\n",
        "An unknown key, a missing language and an unknown code are errors. Every scalar is a text "
        "([decision 0006](../decisions/0006-yaml-scalars-are-text.md)). How to use the keys: "
        "[add a dataset](../how-to/add-a-dataset.md).\n",
    ]
    for heading, kind in DECLARED:
        group = kind.__name__
        rows = [
            (f"`{key}`", "yes" if field.required else "no", _takes(field), meanings.of(group, key))
            for key, field in schema_keys(kind)
        ]
        parts.append(f"## {heading}\n\n{table(('key', 'required', 'takes', 'meaning'), rows)}")
    return "\n".join(parts)


def schema_keys(kind: type[Schema]) -> list[tuple[str, fields.Field[Any]]]:
    """The keys of a schema as they are written in YAML."""
    return [(field.data_key or name, field) for name, field in kind().fields.items()]


def _takes(field: fields.Field[Any]) -> str:
    match field:
        case LanguageMapField():
            said = "a text in each of `kk`, `ru`, `en`"
        case fields.List():
            said = f"a list: {_takes(field.inner)}"
        case fields.Nested():
            said = "keys of " + _heading(type(field.schema))
        case fields.Dict():
            said = "a map: column name to code"
        case fields.Tuple():
            said = "two whole numbers: row, column"
        case fields.Integer():
            said = "a whole number"
        case fields.Boolean():
            said = "`true` or `false`"
        case fields.Decimal():
            said = "a number"
        case _:
            said = _text(field)
    return said


def _heading(kind: type[Schema]) -> str:
    # What a dataset tightens has the keys of a rule, none of them required.
    name = next(heading for heading, declared in DECLARED if issubclass(declared, kind))
    anchor = name.replace("`", "").replace(",", "").replace(" ", "-")
    return f"[{name}](#{anchor})"


def _text(field: fields.Field[Any]) -> str:
    if validate_day in field.validators:
        return "a day: `2022-12-31`"
    for rule in field.validators:
        if isinstance(rule, validate.OneOf):
            return code_names(str(choice) for choice in rule.choices)
        if isinstance(rule, validate.Regexp):
            return _pattern(rule.regex.pattern)
    return "a text"


def _pattern(pattern: str) -> str:
    known = {
        codelist.NAME_PATTERN: "a name: small letters, digits, `_`",
        codelist.CODE_PATTERN: "a code: letters, digits, `_`, `.`, `-`",
        r"^[0-9]{9}\Z": "nine digits",
        record_schema.ID_PATTERN: "an id: small letters, digits, hyphens",
        record_schema.MONTH_PATTERN: "a month: `2026-03`",
    }
    return known.get(pattern, f"a text like `{pattern}`")
