"""What a dataset's SELECT gives over an extract, by DuckDB."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from datasets.declaration import Declaration
from etl.registry.engine.check import runs_by_month, selected
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.engine.select import read_select
from etl.registry.manifest import read_manifest
from etl.registry.parts import Part, Registry
from tests.datasets.registry.rows import Row


def registry_of(extract: Path) -> Registry:
    """The registry of an extract that needs no validation."""
    manifest = read_manifest(extract)
    files: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for each in manifest.files:
        files[each.table, each.period].append(extract / each.path)
    parts = tuple(Part(table, period, tuple(paths), "", 0) for (table, period), paths in files.items())
    return Registry((manifest.extract,), manifest.as_of, True, manifest.periods, parts)


def computed(declaration: Declaration, registry: Registry) -> list[Row]:
    """The rows as dicts, without the ratios: month by month, or at once if all that is read is whole."""
    windows = dict(declaration.reads)
    by_month = runs_by_month(read_select(declaration.transform), windows)
    names = selected(declaration)
    with DuckDBEngine(registry, memory="1GB", threads=1) as engine:
        months = registry.months if by_month else (None,)
        found = [row for month in months for row in engine.rows(declaration.transform, month, windows)]
    return [dict(zip(names, row, strict=True)) for row in found]
