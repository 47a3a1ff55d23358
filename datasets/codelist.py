"""Code lists: every code once, with its label in three languages. Found by scanning, never registered."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap, LanguageMapField
from datasets.period import validate_day
from datasets.yamlfile import load_yaml

CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*\Z"
NAME_PATTERN = r"^[a-z][a-z0-9_]*\Z"


@dataclass(frozen=True)
class Code:
    """One code. `parent` is a code of the same list that it is a part of; the last six fields are for regions only."""

    code: str
    label: LanguageMap
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    kato: str | None = None
    valid_from: str | None = None
    split_from: str | None = None
    tile: tuple[int, int] | None = None
    short: LanguageMap | None = None


@dataclass(frozen=True)
class Codelist:
    """A named, ordered list of codes. A list with a `register` has no codes of its own: they come with each extract."""

    name: str
    title: LanguageMap
    codes: tuple[Code, ...]
    path: Path = field(compare=False)
    register: str = ""

    @cached_property
    def by_code(self) -> dict[str, Code]:
        """Code -> its entry, in the list's order."""
        return {entry.code: entry for entry in self.codes}


class CodeSchema(Schema):
    """One entry of a code list file."""

    code = fields.String(required=True, validate=validate.Regexp(CODE_PATTERN))
    label = LanguageMapField(required=True)
    parent = fields.String(load_default=None)
    aliases = fields.List(fields.String(), load_default=list)
    kato = fields.String(load_default=None, validate=validate.Regexp(r"^[0-9]{9}\Z"))
    valid_from = fields.String(load_default=None, validate=validate_day)
    split_from = fields.String(load_default=None)
    tile = fields.Tuple((fields.Integer(), fields.Integer()), load_default=None)
    short = LanguageMapField(load_default=None)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Code:
        return Code(**{**data, "aliases": tuple(data["aliases"])})


class CodelistSchema(Schema):
    """A code list file."""

    name = fields.String(required=True, validate=validate.Regexp(NAME_PATTERN))
    title = LanguageMapField(required=True)
    codes = fields.List(fields.Nested(CodeSchema), validate=validate.Length(min=1))
    register = fields.String(validate=validate.Regexp(NAME_PATTERN))

    @validates_schema
    def _either(self, data: dict[str, Any], **_: Any) -> None:
        if ("codes" in data) == ("register" in data):
            raise ValidationError("a code list has either codes or the register that they come from.", "codes")


def load_codelist(path: Path, root: Path) -> Codelist:
    """Read one code list; raises FaultError for unknown keys, missing languages, repeated codes or unknown parents."""
    data = load_yaml(path, CodelistSchema(), root)
    codes, register = tuple(data.get("codes", ())), data.get("register", "")
    codelist = Codelist(name=data["name"], title=data["title"], codes=codes, path=path, register=register)
    shown = str(path.relative_to(root))
    faults = []
    if path.stem != codelist.name:
        faults.append(Fault(shown, "name", f"'{codelist.name}' is not the file's name.", "Give both the same name."))
    seen: set[str] = set()
    for position, entry in enumerate(codelist.codes):
        place = f"codes[{position}]"
        if entry.code in seen:
            faults.append(Fault(shown, place, f"code '{entry.code}' is there twice.", "Remove one of them."))
        seen.add(entry.code)
        for link in (entry.parent, entry.split_from):
            if link is not None and link not in codelist.by_code:
                faults.append(Fault(shown, place, f"'{link}' is not a code of this list.", "Add it or correct it."))
        if not faults and _is_its_own_ancestor(entry, codelist):
            faults.append(Fault(shown, place, f"'{entry.code}' is a part of itself.", "Correct its parents."))
    if faults:
        raise FaultError(faults)
    return codelist


def _is_its_own_ancestor(entry: Code, codelist: Codelist) -> bool:
    parent, steps = entry.parent, 0
    while parent is not None and parent in codelist.by_code and steps < len(codelist.codes):
        if parent == entry.code:
            return True
        parent, steps = codelist.by_code[parent].parent, steps + 1
    return False


def discover_codelists(root: Path) -> dict[str, Codelist]:
    """All code lists below the datasets folder `root`: `_codelists/*.yaml` and `<slug>/codelists/*.yaml`, by name."""
    paths = sorted(root.glob("_codelists/*.yaml")) + sorted(root.glob("*/codelists/*.yaml"))
    codelists: dict[str, Codelist] = {}
    faults: list[Fault] = []
    for path in paths:
        try:
            codelist = load_codelist(path, root)
        except FaultError as error:
            faults.extend(error.faults)
            continue
        if codelist.name in codelists:
            shown = str(path.relative_to(root))
            other = codelists[codelist.name].path.relative_to(root)
            faults.append(Fault(shown, "name", f"'{codelist.name}' is already in {other}.", "Use that one or rename."))
        codelists[codelist.name] = codelist
    if faults:
        raise FaultError(faults)
    return codelists
