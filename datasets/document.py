"""The official documents that figures come from, and the disclosure policies that datasets name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from datasets.codelist import NAME_PATTERN
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap, LanguageMapField
from datasets.period import validate_day
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
    """A disclosure policy for figures of the `origins`. `protect` is empty where no rule is needed; `reason` says why."""

    code: str
    title: LanguageMap
    reason: LanguageMap
    origins: tuple[str, ...]
    protect: tuple[str, ...]


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
    reason = LanguageMapField(required=True)
    origins = fields.List(fields.String(validate=validate.OneOf(ORIGINS)), required=True)
    protect = fields.List(fields.String(), required=True, validate=validate.Length(max=0))

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Policy:
        return Policy(**{**data, "origins": tuple(data["origins"]), "protect": tuple(data["protect"])})


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
