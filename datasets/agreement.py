"""Agreement: whether a declaration fits the code lists, documents and policies, the release's own names, and itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from datasets.codelist import Codelist
from datasets.contract import (
    FILE_ENDINGS,
    LANGUAGES,
    PERIOD,
    REGION_CODELIST,
    RESERVED_COLUMNS,
    RESERVED_PREFIXES,
    RESERVED_SLUGS,
    SUMMED,
    SYNTHETIC,
)
from datasets.declaration import LATEST, Declaration
from datasets.document import Document, Policy
from datasets.fault import Fault
from datasets.protection_agreement import Complaint, wrong_protection
from datasets.schema import TRANSFORM_FILE


@dataclass(frozen=True)
class Vocabulary:
    """What a declaration may name."""

    codelists: dict[str, Codelist]
    documents: dict[str, Document]
    policies: dict[str, Policy]


def disagreements(declaration: Declaration, root: Path, vocabulary: Vocabulary) -> Iterator[Fault]:
    """A fault for each thing that `declaration` says and that is unknown, impossible or taken."""
    shown = str(declaration.path.relative_to(root))
    if declaration.folder.name != declaration.slug:
        yield Fault(shown, "slug", f"'{declaration.slug}' is not the folder's name.", "Give both the same name.")
    for place, message, remedy in (
        *_wrong_origin(declaration, vocabulary),
        *_unknown_names(declaration, vocabulary),
        *_wrong_columns(declaration, vocabulary),
        *_wrong_references(declaration, vocabulary),
        *_wrong_charts(declaration),
        *_wrong_checks(declaration),
        *_wrong_sentence(declaration),
        *_wrong_protection(declaration, vocabulary),
    ):
        yield Fault(shown, place, message, remedy)


def _wrong_origin(declaration: Declaration, vocabulary: Vocabulary) -> Iterator[Complaint]:
    if declaration.origin == SYNTHETIC:
        yield "origin", "'synthetic' is for the build to say, of a simulated extract.", "Write 'registry'."
    elif declaration.origin == "registry":
        if declaration.source is not None or declaration.gaps:
            yield (
                "source",
                "a Registry dataset has no document and no gaps of one.",
                f"Remove it; add {TRANSFORM_FILE}.",
            )
        if not declaration.transform.strip():
            yield "origin", f"a Registry dataset needs its SELECT in {TRANSFORM_FILE}.", "Write it."
    elif declaration.source is None:
        yield "source", "is missing.", "Name the document, the place and the lines that the figures are from."
    elif declaration.transform or declaration.reads or declaration.computed:
        yield (
            "origin",
            f"{TRANSFORM_FILE}, reads and decimals are for the Registry.",
            "Remove them, or write 'registry'.",
        )
    policy = vocabulary.policies.get(declaration.policy)
    if policy is not None and declaration.origin not in policy.origins:
        yield "policy", f"'{policy.code}' is not for {declaration.origin} figures.", "Choose another policy."


def _wrong_protection(declaration: Declaration, vocabulary: Vocabulary) -> Iterator[Complaint]:
    policy = vocabulary.policies.get(declaration.policy)
    if policy is not None:
        yield from wrong_protection(declaration, policy)


def _unknown_names(declaration: Declaration, vocabulary: Vocabulary) -> Iterator[Complaint]:
    if declaration.slug in RESERVED_SLUGS or declaration.slug.startswith(RESERVED_PREFIXES):
        yield "slug", f"'{declaration.slug}' is a name that releases use themselves.", "Choose another name."
    if declaration.slug.endswith(FILE_ENDINGS):
        yield "slug", f"'{declaration.slug}' ends as file names of other datasets do.", "Choose another ending."
    for place, value, known in (
        ("topic", declaration.topic, vocabulary.codelists["topic"].by_code),
        ("cadence", declaration.cadence, vocabulary.codelists["cadence"].by_code),
        ("licence", declaration.licence, vocabulary.codelists["licence"].by_code),
        ("policy", declaration.policy, vocabulary.policies),
        *((("source.document", declaration.source.document, vocabulary.documents),) if declaration.source else ()),
    ):
        if value not in known:
            yield place, f"'{value}' is not known.", f"Use one of: {', '.join(known)}."


def _wrong_columns(declaration: Declaration, vocabulary: Vocabulary) -> Iterator[Complaint]:
    units = vocabulary.codelists["unit"].by_code
    # Files have the labels of a coded column beside it: region, region_kk, region_ru, region_en.
    labels = {f"{each.name}_{language}" for each in declaration.columns if each.codelist for language in LANGUAGES}
    if len(declaration.by_name) != len(declaration.columns):
        yield "columns", "a name is there twice.", "Give each column its own name."
    for column in (*declaration.columns, *declaration.withheld):
        place = f"columns.{column.name}"
        if column.name in RESERVED_COLUMNS | labels or column.name.endswith("_status"):
            yield place, "is a name that release tables or the API use themselves.", "Choose another name."
        if column.codelist is not None and column.codelist not in vocabulary.codelists:
            yield f"{place}.codelist", f"'{column.codelist}' is not a code list.", "Add it or correct its name."
        if column.unit is not None and column.unit not in units:
            yield f"{place}.unit", f"'{column.unit}' is not a unit.", "Add it to _codelists/unit.yaml or correct it."
        if column.unit_column is not None:
            unit_column = declaration.by_name.get(column.unit_column)
            if unit_column is None or unit_column.codelist != "unit":
                yield f"{place}.unit_column", "is not a dimension with the code list 'unit'.", "Add that dimension."
    if not declaration.measures:
        yield "columns", "there is no measure.", "Add one: a dataset holds figures."
    period = declaration.by_name.get(PERIOD)
    if period is None or period.type != "period":
        yield "columns", f"there is no dimension '{PERIOD}' of the type 'period'.", "Add it: every figure has a time."
    if set(declaration.grain) - {column.name for column in declaration.dimensions}:
        yield "grain", "names a column that is not a dimension.", "List dimensions only."


def _wrong_references(declaration: Declaration, vocabulary: Vocabulary) -> Iterator[Complaint]:
    measures = {column.name for column in declaration.measures}
    for place, names in _measure_references(declaration):
        for name in sorted(set(names) - measures):
            yield place, f"'{name}' is not a measure of this dataset.", f"Use one of: {', '.join(sorted(measures))}."
    for place, pairs in _code_references(declaration):
        for name, code in pairs:
            column = declaration.by_name.get(name)
            if column is None or column.role != "dimension":
                yield place, f"'{name}' is not a dimension of this dataset.", "Correct its name."
            elif (name, code) == (PERIOD, LATEST):
                continue
            elif column.codelist in vocabulary.codelists and code not in vocabulary.codelists[column.codelist].by_code:
                yield place, f"'{code}' is not a code of '{column.codelist}'.", "Add the code or correct it."
    for place, names in _column_references(declaration):
        for name in names:
            if name not in declaration.by_name:
                yield place, f"'{name}' is not a column of this dataset.", "Correct its name."


def _wrong_charts(declaration: Declaration) -> Iterator[Complaint]:
    for position, chart in enumerate(declaration.charts):
        place = f"charts[{position}]"
        category = declaration.by_name.get(chart.category)
        if chart.series is not None and len(chart.measures) > 1:
            yield place, "has a series and several measures.", "Keep one measure, or leave the series out."
        if category is not None and chart.kind == "tile_map" and category.codelist != REGION_CODELIST:
            yield (
                place,
                f"'{chart.category}' has no regions to map.",
                f"Name a column of the code list '{REGION_CODELIST}'.",
            )
        if category is not None and chart.kind == "line" and category.type != "period":
            yield place, f"'{chart.category}' is no time to draw a line over.", "Name a period, or make it a bar chart."
        units = {column.unit for column in declaration.measures if column.name in chart.measures}
        if len(units) > 1:
            yield place, "its measures have different units.", "Draw a chart for each unit."


def _wrong_checks(declaration: Declaration) -> Iterator[Complaint]:
    for position, row_sum in enumerate(declaration.row_sums):
        if row_sum.measure in (*row_sum.plus, *row_sum.minus):
            yield f"row_sums[{position}]", f"'{row_sum.measure}' is summed from itself.", "Name its parts."
    for position, identity in enumerate(declaration.identities):
        if identity.total in (*identity.plus, *identity.minus):
            yield f"identities[{position}]", f"'{identity.total}' is summed from itself.", "Name its parts."
    for name in declaration.headline:
        column = declaration.by_name.get(name)
        if column is not None and column.unit is None:
            yield "headline", f"'{name}' has another unit in each row.", "Name a measure with one unit."


def _wrong_sentence(declaration: Declaration) -> Iterator[Complaint]:
    measures = {column.name for column in declaration.measures}
    for language, text in (declaration.region_sentence or {}).items():
        place = f"region_sentence.{language}"
        try:
            parts = list(Formatter().parse(text))
        except ValueError:
            yield place, "has a brace without its partner.", "Write {measure}, and no other brace."
            continue
        for _, name, form, conversion in parts:
            if name is not None and (name not in measures or form or conversion):
                yield place, f"'{{{name}}}' is not a measure of this dataset.", f"Use: {', '.join(sorted(measures))}."


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


def _column_references(declaration: Declaration) -> Iterator[tuple[str, tuple[str, ...]]]:
    for position, identity in enumerate(declaration.identities):
        yield f"identities[{position}].dimension", (identity.dimension,)
    for position, ratio in enumerate(declaration.ratios):
        yield f"ratios[{position}].over", ratio.over
    for position, note in enumerate(declaration.notes):
        yield f"notes[{position}].columns", note.columns
    for position, chart in enumerate(declaration.charts):
        yield f"charts[{position}]", tuple(filter(None, (chart.category, chart.series)))


def _code_references(declaration: Declaration) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    for position, identity in enumerate(declaration.identities):
        codes = (identity.total, *identity.plus, *identity.minus)
        yield f"identities[{position}]", tuple((identity.dimension, code) for code in codes)
    for position, gap in enumerate(declaration.gaps):
        yield f"gaps[{position}].where", tuple(pair for pair in gap.where if pair[1] != SUMMED)
    for position, note in enumerate(declaration.notes):
        yield f"notes[{position}].where", note.where
    for position, chart in enumerate(declaration.charts):
        yield f"charts[{position}].where", chart.where
