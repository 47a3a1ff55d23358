"""The bad rows of a part, while they are being found: a table in DuckDB, kept as Parquet, never with a value.

A line says which file of the part (`piece`), which row of it, which column (empty: the row) and the short reason. A row may
have several lines.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from etl.registry.validation.rules import literal

_SHAPE = 'piece INTEGER, row BIGINT, "column" VARCHAR, reason VARCHAR'


class Lines:
    """The table of bad rows of one part. `known` are lists found before, whose rows count as bad from the start."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, known: tuple[Path, ...] = ()) -> None:
        self.connection = connection
        self.empty = True
        connection.execute(f"CREATE OR REPLACE TEMP TABLE lines ({_SHAPE})")
        for path in known:
            connection.execute(f"INSERT INTO lines SELECT * FROM read_parquet({literal(str(path))})")
            self.empty = False

    def add(self, column: str, reason: str, places: str) -> int:
        """Add the rows that the SQL `places` selects (piece, row); returns how many."""
        inserted = f"INSERT INTO lines SELECT piece, row, {literal(column)}, {literal(reason)} FROM ({places})"
        row = self.connection.execute(inserted).fetchone()
        count = int(row[0]) if row else 0
        self.empty = self.empty and not count
        return count

    def good(self, rows: str) -> str:
        """SQL for those of `rows` that have no line."""
        if self.empty:
            return rows
        return f"(SELECT r.* FROM {rows} AS r ANTI JOIN lines AS l ON l.piece = r.piece AND l.row = r.row)"

    def keep(self, path: Path, reasons: tuple[str, ...] = ()) -> None:
        """Write the lines (of these reasons only, if any are named) to `path`, in order."""
        only = f"WHERE reason IN ({', '.join(map(literal, reasons))})" if reasons else ""
        aside = path.with_suffix(".part")
        ordered = f'SELECT * FROM lines {only} ORDER BY piece, row, "column", reason'
        self.connection.execute(f"COPY ({ordered}) TO {literal(str(aside))} (FORMAT parquet)")
        aside.rename(path)

    def rows(self) -> int:
        """How many rows are bad."""
        row = self.connection.execute("SELECT count(*) FROM (SELECT DISTINCT piece, row FROM lines)").fetchone()
        return int(row[0]) if row else 0

    def pieces(self) -> set[int]:
        """The files that have bad rows."""
        return {piece for (piece,) in self.connection.execute("SELECT DISTINCT piece FROM lines").fetchall()}

    def digest(self) -> str:
        """One digest of which rows are bad; empty if none is."""
        if self.empty:
            return ""
        places = self.connection.execute("SELECT DISTINCT piece, row FROM lines ORDER BY piece, row").fetchnumpy()
        digest = hashlib.sha256()
        for column in places.values():
            digest.update(column.tobytes())
        return digest.hexdigest()
