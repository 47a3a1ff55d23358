"""DuckDB: the default engine, inside this process. Memory is bounded; what does not fit is spilled to disk."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from etl.registry.contract import Table
from etl.registry.engine.engine import MOST_ROWS, Engine, Value
from etl.registry.engine.files import Files
from etl.registry.parts import Part, Registry


class DuckDBEngine(Engine):
    """Reads the Parquet files of a Registry.

    `memory` is DuckDB's limit (such as "4GB"), `threads` the number of processors to use (0: all), `spill` the folder
    below which spilled data are kept while the engine is open; they hold pseudonyms, so only the owner can read them.
    """

    def __init__(self, registry: Registry, memory: str = "4GB", threads: int = 0, spill: Path | None = None) -> None:
        super().__init__(registry)
        self._files = Files(registry, self._view)
        self._spill = tempfile.TemporaryDirectory(prefix="registry-spill-", dir=spill)
        self._connection = duckdb.connect(config={"memory_limit": memory, "temp_directory": self._spill.name})
        if threads:
            self._connection.execute(f"SET threads = {threads}")
        self._lock()

    def _lock(self) -> None:
        """Leave the connection nothing but the Registry's files, whatever it is asked."""
        paths = [_quoted(path) for part in self.registry.parts for path in part.files]
        for setting in (
            "preserve_insertion_order = false",
            # DuckDB draws a bar of its own for each SELECT, in logs too.
            "enable_progress_bar = false",
            "TimeZone = 'UTC'",
            "autoinstall_known_extensions = false",
            f"allowed_paths = [{', '.join(paths)}]",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._connection.execute(f"SET {setting}")

    def close(self) -> None:
        """Close the connection and remove what was spilled."""
        self._connection.close()
        self._spill.cleanup()

    def _relation(self, table: Table, months: tuple[str, ...]) -> exp.Query:
        return self._files.relation(table, months)

    def _run(self, query: exp.Query) -> Sequence[Sequence[Value]]:
        return self._connection.execute(query.sql("duckdb")).fetchmany(MOST_ROWS + 1)

    def _view(self, part: Part) -> str:
        name = f"part_{part.table}_{part.period}".replace("-", "_")
        files = ", ".join(map(_quoted, part.files))
        self._connection.execute(f"CREATE TEMP VIEW {name} AS FROM read_parquet([{files}])")
        return name


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
