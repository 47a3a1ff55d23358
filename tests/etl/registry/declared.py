"""Declarations of datasets that are none, for tests: a SELECT with what it should give."""

from __future__ import annotations

from pathlib import Path

from datasets.declaration import Column, Declaration, Ratio

_TEXTS = dict.fromkeys(("kk", "ru", "en"), "-")
_CODELISTS = {"region": "region", "kind_of_care": "kind_of_care", "funding": "package"}


def declared(
    sql: str,
    dimensions: tuple[str, ...],
    measures: tuple[str, ...],
    ratios: tuple[Ratio, ...] = (),
    reads: dict[str, str] | None = None,
) -> Declaration:
    """A declaration whose grain is all its dimensions; each ratio is a measure after the others."""
    columns = [_dimension(name) for name in dimensions]
    columns += [Column(name, "measure", "integer", _TEXTS, unit="count", additivity="additive") for name in measures]
    columns += [Column(each.measure, "measure", "decimal", _TEXTS, unit="percent") for each in ratios]
    return Declaration(
        slug="sample",
        topic="contracts",
        origin="registry",
        title=_TEXTS,
        summary=_TEXTS,
        description=_TEXTS,
        method=_TEXTS,
        verification=_TEXTS,
        grain=dimensions,
        columns=tuple(columns),
        cadence="monthly",
        licence="source_attribution",
        policy="public_control",
        path=Path("sample/dataset.yaml"),
        transform=sql,
        reads=tuple(sorted((reads or {}).items())),
        ratios=ratios,
    )


def _dimension(name: str) -> Column:
    if name == "period":
        return Column(name, "dimension", "period", _TEXTS)
    if name in _CODELISTS:
        return Column(name, "dimension", "code", _TEXTS, codelist=_CODELISTS[name])
    return Column(name, "dimension", "integer" if name.endswith("_id") else "text", _TEXTS)
