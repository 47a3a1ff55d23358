"""The store of results: what a SELECT gave for a month, by the digest of everything that it depends on.

So a build computes anew only the months that an extract touches, and gives what a build from nothing would give.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from etl.registry.contract import TABLES, VERSION
from etl.registry.engine.columns import CALENDAR, day_of
from etl.registry.engine.engine import Row
from etl.registry.engine.select import Select
from etl.registry.engine.view import months_read
from etl.registry.parts import Part, Registry

#: Counts up when the same SELECT over the same rows comes to mean something else.
MEANING = "1"


class Results:
    """Results below `folder`, which is made when needed. They are not yet safe to publish: only the owner can read them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._registers: dict[tuple[str, tuple[str, ...]], str] = {}

    def find(self, key: str) -> list[Row] | None:
        """The rows kept under `key`; none if there are none, or if the file is damaged."""
        try:
            rows = json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return [tuple(row) for row in rows]

    def keep(self, key: str, rows: Iterable[Row]) -> None:
        """Keep rows of texts and whole numbers under `key`."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(list(rows), file, ensure_ascii=False, separators=(",", ":"))
        Path(name).replace(self._path(key))

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def key(self, select: Select, registry: Registry, month: str | None, windows: Mapping[str, str]) -> str:
        """The digest of all that the rows of a SELECT for `month` depend on; the engine is no part of it."""
        parts = {(part.table, part.period): part for part in registry.parts}
        depends: dict[str, Any] = {
            "meaning": [MEANING, VERSION],
            "select": select.text,
            "month": month,
            "monthly": {
                table: [
                    [each, parts[table, each].sha256 if (table, each) in parts else ""]
                    for each in months_read(windows.get(table, "month"), month, registry.months)
                ]
                for table in select.monthly
            },
            "registers": {
                table: self._register(parts.get((table, "")), select.reads[table]) for table in select.registers
            },
        }
        if CALENDAR in select.reads:
            depends["calendar"] = [month] if month else list(registry.months)
            depends["as_of"] = registry.as_of if "as_of" in select.reads[CALENDAR] else ""
        return hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()

    def _register(self, part: Part | None, read: frozenset[str]) -> str:
        """The digest of the columns that are read: a register comes whole each month, and most of it stays as it was."""
        if part is None or not part.files:
            return part.sha256 if part else ""
        table = TABLES[part.table]
        names = tuple(each.name for each in table.columns if read & {each.name, day_of(each)})
        known = (part.sha256, names)
        if known not in self._registers:
            columns = [pq.read_table(path, columns=list(names)) for path in part.files]
            rows = sorted(repr(tuple(row.values())) for each in columns for row in each.to_pylist())
            self._registers[known] = hashlib.sha256("\n".join([str(part.rows), *rows]).encode()).hexdigest()
        return self._registers[known]
