"""The official documents that figures come from, and the disclosure policies that datasets name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from datasets.codelist import NAME_PATTERN
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap, LanguageMapField
from datasets.period import validate_day
from datasets.protection import Rules
from datasets.protection_schema import RulesSchema
from datasets.yamlfile import load_yaml

#: Where figures come from: a document, the Registry, or a simulated extract of it.
ORIGINS = ("official", "registry", "synthetic")


@dataclass(frozen=True)
class Document:
    """An official document, cited by the name of its file."""

    code: str
    file: str
    date: str
    language: str
    title: LanguageMap
    publisher: LanguageMap


@dataclass(frozen=True)
class Policy:
    """A disclosure policy for figures of the `origins`.

    Without `rules` nothing is hidden. `reason` says why the figures are protected so, or why they are public; `basis` is
    the source in law.
    """

    code: str
    title: LanguageMap
    reason: LanguageMap
    basis: LanguageMap
    origins: tuple[str, ...]
    rules: Rules | None = None


class DocumentSchema(Schema):
    """One entry of `_documents.yaml`."""

    code = fields.String(required=True, validate=validate.Regexp(NAME_PATTERN))
    file = fields.String(required=True)
    date = fields.String(required=True, validate=validate_day)
    language = fields.String(required=True, validate=validate.OneOf(["kk", "ru", "en"]))
    title = LanguageMapField(required=True)
    publisher = LanguageMapField(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Document:
        return Document(**data)


class DocumentsSchema(Schema):
    """`_documents.yaml`."""

    documents = fields.List(fields.Nested(DocumentSchema), required=True)


class PolicySchema(Schema):
    """`_policies/<code>.yaml`."""

    code = fields.String(required=True, validate=validate.Regexp(NAME_PATTERN))
    title = LanguageMapField(required=True)
    reason = LanguageMapField()
    public_because = LanguageMapField()
    basis = LanguageMapField(required=True)
    origins = fields.List(fields.String(validate=validate.OneOf(ORIGINS)), required=True)
    rules = fields.Nested(RulesSchema)

    @validates_schema
    def _either(self, data: dict[str, Any], **_: Any) -> None:
        if {"rules", "reason", "public_because"} & set(data) not in ({"rules", "reason"}, {"public_because"}):
            raise ValidationError("a policy has rules and their reason, or public_because and neither.", "rules")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Policy:
        reason = data.pop("public_because", None) or data.pop("reason")
        return Policy(reason=reason, **{**data, "origins": tuple(data["origins"])})


def load_documents(root: Path) -> dict[str, Document]:
    """The documents of `_documents.yaml` below the datasets folder `root`, by code; raises FaultError."""
    loaded = load_yaml(root / "_documents.yaml", DocumentsSchema(), root)["documents"]
    documents = {document.code: document for document in loaded}
    if len(documents) != len(loaded):
        raise FaultError([Fault("_documents.yaml", "documents", "a code is there twice.", "Give each its own code.")])
    return documents


def load_policies(root: Path) -> dict[str, Policy]:
    """The policies of `_policies/*.yaml` below the datasets folder `root`, by code; raises FaultError."""
    faults: list[Fault] = []
    policies: dict[str, Policy] = {}
    for path in sorted(root.glob("_policies/*.yaml")):
        try:
            policy = load_yaml(path, PolicySchema(), root)
        except FaultError as error:
            faults.extend(error.faults)
            continue
        if policy.code != path.stem:
            shown = str(path.relative_to(root))
            faults.append(Fault(shown, "code", f"'{policy.code}' is not the file's name.", "Give both the same name."))
        policies[policy.code] = policy
    if faults:
        raise FaultError(faults)
    return policies
