"""The library: every declaration, code list, document and policy found below the datasets folder, checked together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from datasets.codelist import Codelist, discover_codelists
from datasets.contract import PERIOD, RESERVED_COLUMNS, RESERVED_PREFIXES, RESERVED_SLUGS
from datasets.declaration import Declaration
from datasets.document import Document, Policy, load_documents, load_policies
from datasets.fault import Fault, FaultError
from datasets.schema import load_declaration

#: The datasets folder of this checkout.
BUNDLED = Path(__file__).parent


@dataclass(frozen=True)
class Library:
    """What we publish. Mappings are keyed by slug, name or code."""

    root: Path
    declarations: dict[str, Declaration]
    codelists: dict[str, Codelist]
    documents: dict[str, Document]
    policies: dict[str, Policy]


def load_library(root: Path = BUNDLED) -> Library:
    """Discover and check everything below `root`; raises one FaultError with all the faults found."""
    codelists, documents, policies = discover_codelists(root), load_documents(root), load_policies(root)
    declarations: dict[str, Declaration] = {}
    faults: list[Fault] = []
    for path in sorted(root.glob("[!_.]*/dataset.yaml")):
        try:
            declaration = load_declaration(path, root)
        except FaultError as error:
            faults.extend(error.faults)
            continue
        declarations[declaration.slug] = declaration
    library = Library(root, declarations, codelists, documents, policies)
    for declaration in declarations.values():
        faults.extend(_check(declaration, library))
    if faults:
        raise FaultError(faults)
    order = list(codelists["topic"].by_code)
    ranked = sorted(declarations.values(), key=lambda each: (order.index(each.topic), each.slug))
    return Library(root, {each.slug: each for each in ranked}, codelists, documents, policies)


def _check(declaration: Declaration, library: Library) -> Iterator[Fault]:
    shown = str(declaration.path.relative_to(library.root))
    if declaration.folder.name != declaration.slug:
        yield Fault(shown, "slug", f"'{declaration.slug}' is not the folder's name.", "Give both the same name.")
    for place, message, remedy in (
        *_unknown_names(declaration, library),
        *_wrong_columns(declaration, library),
        *_wrong_references(declaration, library),
    ):
        yield Fault(shown, place, message, remedy)


Complaint = tuple[str, str, str]


def _unknown_names(declaration: Declaration, library: Library) -> Iterator[Complaint]:
    if declaration.slug in RESERVED_SLUGS or declaration.slug.startswith(RESERVED_PREFIXES):
        yield "slug", f"'{declaration.slug}' is a name that releases use themselves.", "Choose another name."
    for place, value, known in (
        ("topic", declaration.topic, library.codelists["topic"].by_code),
        ("cadence", declaration.cadence, library.codelists["cadence"].by_code),
        ("licence", declaration.licence, library.codelists["licence"].by_code),
        ("policy", declaration.policy, library.policies),
        ("source.document", declaration.source.document, library.documents),
    ):
        if value not in known:
            yield place, f"'{value}' is not known.", f"Use one of: {', '.join(known)}."


def _wrong_columns(declaration: Declaration, library: Library) -> Iterator[Complaint]:
    units = library.codelists["unit"].by_code
    if len(declaration.by_name) != len(declaration.columns):
        yield "columns", "a name is there twice.", "Give each column its own name."
    for column in declaration.columns:
        place = f"columns.{column.name}"
        if column.name in RESERVED_COLUMNS or column.name.endswith("_status"):
            yield place, "is a name that release tables or the API use themselves.", "Choose another name."
        if column.codelist is not None and column.codelist not in library.codelists:
            yield f"{place}.codelist", f"'{column.codelist}' is not a code list.", "Add it or correct its name."
        if column.unit is not None and column.unit not in units:
            yield f"{place}.unit", f"'{column.unit}' is not a unit.", "Add it to _codelists/unit.yaml or correct it."
        if column.unit_column is not None:
            unit_column = declaration.by_name.get(column.unit_column)
            if unit_column is None or unit_column.codelist != "unit":
                yield f"{place}.unit_column", "is not a dimension with the code list 'unit'.", "Add that dimension."
    period = declaration.by_name.get(PERIOD)
    if period is None or period.type != "period":
        yield "columns", f"there is no dimension '{PERIOD}' of the type 'period'.", "Add it: every figure has a time."
    if set(declaration.grain) - {column.name for column in declaration.dimensions}:
        yield "grain", "names a column that is not a dimension.", "List dimensions only."


def _wrong_references(declaration: Declaration, library: Library) -> Iterator[Complaint]:
    measures = {column.name for column in declaration.measures}
    for place, names in _measure_references(declaration):
        for name in sorted(set(names) - measures):
            yield place, f"'{name}' is not a measure of this dataset.", f"Use one of: {', '.join(sorted(measures))}."
    for place, pairs in _code_references(declaration):
        for name, code in pairs:
            column = declaration.by_name.get(name)
            if column is None:
                yield place, f"'{name}' is not a column of this dataset.", "Correct its name."
            elif column.codelist in library.codelists and code not in library.codelists[column.codelist].by_code:
                yield place, f"'{code}' is not a code of '{column.codelist}'.", "Add the code or correct it."
    for position, chart in enumerate(declaration.charts):
        for name in filter(None, (chart.category, chart.series)):
            if name not in declaration.by_name:
                yield f"charts[{position}]", f"'{name}' is not a column of this dataset.", "Correct its name."


def _measure_references(declaration: Declaration) -> Iterator[tuple[str, tuple[str, ...]]]:
    for position, identity in enumerate(declaration.identities):
        yield f"identities[{position}].measures", identity.measures
    for position, row_sum in enumerate(declaration.row_sums):
        yield f"row_sums[{position}]", (row_sum.measure, *row_sum.plus, *row_sum.minus)
    for position, ratio in enumerate(declaration.ratios):
        yield f"ratios[{position}]", (ratio.measure, ratio.numerator, ratio.denominator)
    for position, gap in enumerate(declaration.gaps):
        yield f"gaps[{position}].measures", gap.measures
    for position, chart in enumerate(declaration.charts):
        yield f"charts[{position}].measures", chart.measures
    yield "headline", declaration.headline
    for language, text in (declaration.region_sentence or {}).items():
        yield f"region_sentence.{language}", tuple(re.findall(r"\{(.*?)\}", text))


def _code_references(declaration: Declaration) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    for position, identity in enumerate(declaration.identities):
        codes = (identity.total, *identity.plus, *identity.minus)
        yield f"identities[{position}]", tuple((identity.dimension, code) for code in codes)
    for position, gap in enumerate(declaration.gaps):
        yield f"gaps[{position}].where", tuple(pair for pair in gap.where if pair[1] != "*")
    for position, note in enumerate(declaration.notes):
        yield f"notes[{position}].where", note.where
    for position, chart in enumerate(declaration.charts):
        yield f"charts[{position}].where", chart.where
