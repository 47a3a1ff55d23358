"""Figures that two datasets share under different names: whoever reads one reads the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from datasets.codelist import Codelist
from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError
from datasets.frozen import FrozenSchema, name_field
from datasets.language import LanguageMap, LanguageMapField
from datasets.yamlfile import load_yaml

LINKS_FILE = "_links.yaml"


@dataclass(frozen=True)
class Side:
    """A measure of a dataset, summed over all dimensions but those of the link's `by`; `where` fixes some at a code."""

    dataset: str
    measure: str
    where: Mapping[str, str]


@dataclass(frozen=True)
class Link:
    """For each combination of the dimensions `by`, `left` and `right` are the same figure; a missing row is nought.

    A link that is not `certain` follows from how the Registry is kept and not from the two SELECTs: it is used where it
    holds in all combinations of an extract.
    """

    left: Side
    right: Side
    by: tuple[str, ...]
    title: LanguageMap
    certain: bool = True


class SideSchema(Schema):
    """One of two names of a figure."""

    dataset = name_field(required=True)
    measure = name_field(required=True)
    where = fields.Dict(keys=name_field(), values=fields.String(), load_default=dict)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Side:
        return Side(**data)


class LinkSchema(FrozenSchema):
    """One entry of `_links.yaml`."""

    MAKES = Link
    left = fields.Nested(SideSchema, required=True)
    right = fields.Nested(SideSchema, required=True)
    by = fields.List(name_field(), required=True, validate=validate.Length(min=1))
    title = LanguageMapField(required=True)
    certain = fields.Boolean()


class LinksSchema(Schema):
    """`_links.yaml`."""

    links = fields.List(fields.Nested(LinkSchema), required=True)


def load_links(
    root: Path, declarations: Mapping[str, Declaration], codelists: Mapping[str, Codelist]
) -> tuple[Link, ...]:
    """The links of `_links.yaml` below the datasets folder `root`, if it is there; raises FaultError."""
    if not (root / LINKS_FILE).is_file():
        return ()
    links: list[Link] = load_yaml(root / LINKS_FILE, LinksSchema(), root)["links"]
    faults = [
        Fault(LINKS_FILE, f"links[{position}].{place}", message, remedy)
        for position, link in enumerate(links)
        for place, message, remedy in _wrong(link, declarations, codelists)
    ]
    if faults:
        raise FaultError(faults)
    return tuple(links)


def _wrong(
    link: Link, declarations: Mapping[str, Declaration], codelists: Mapping[str, Codelist]
) -> Iterator[tuple[str, str, str]]:
    if link.left == link.right:
        yield "right", "is the left side again.", "Name the other figure."
    for place, side in (("left", link.left), ("right", link.right)):
        declaration = declarations.get(side.dataset)
        if declaration is None:
            yield f"{place}.dataset", f"'{side.dataset}' is not known.", "Correct its name."
            continue
        column = declaration.by_name.get(side.measure)
        if column is None or column.role != "measure" or column.additivity == "not_additive":
            yield f"{place}.measure", f"'{side.measure}' is no measure that may be summed.", "Name one that may."
        dimensions = {each.name: each for each in declaration.dimensions}
        for name in sorted({*link.by, *side.where} - set(dimensions)):
            yield place, f"'{name}' is not a dimension of '{side.dataset}'.", "Correct its name."
        for name in sorted(set(link.by) & set(side.where)):
            yield place, f"'{name}' is in 'by' and in 'where'.", "Keep one of them."
        for name, code in side.where.items():
            codelist = codelists.get(getattr(dimensions.get(name), "codelist", None) or "")
            if codelist is not None and code not in codelist.by_code:
                yield f"{place}.where", f"'{code}' is not a code of '{codelist.name}'.", "Correct it."
