"""The store: what validation keeps between runs. It may be deleted at any time; then everything is validated anew.

Cleaned files and the lists of bad rows are named by the digest of what they were made from. Cleaned files hold pseudonyms,
so only their owner may read the store.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from etl.registry.validation.rules import literal

_FOLDERS = ("clean", "verdicts", "lines", "quarantine", "reports", "scratch")


class Store:
    """A folder with cleaned files (`clean`), verdicts, bad rows (`lines`), quarantine files and reports."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        for name in _FOLDERS:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other validations out; the system frees the store of a process that dies. Scratch files are removed."""
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._clear()
            try:
                yield
            finally:
                self._clear()

    def connect(self, memory: str, folders: tuple[Path, ...] = ()) -> duckdb.DuckDBPyConnection:
        """A DuckDB that uses at most `memory`, spills into the store, and reads no file but those of `folders` and the store."""
        connection = duckdb.connect(config={"memory_limit": memory, "temp_directory": str(self.scratch / "spill")})
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET enable_progress_bar = false")
        # Rows are judged by their values, not by what the file says of them in its statistics.
        connection.execute("SET disabled_optimizers = 'statistics_propagation'")
        allowed = ", ".join(literal(str(each.resolve())) for each in (self.root, *folders))
        connection.execute(f"SET allowed_directories = [{allowed}]")
        connection.execute("SET enable_external_access = false")
        return connection

    @property
    def scratch(self) -> Path:
        """Files of one run."""
        return self.root / "scratch"

    def clean(self, digest: str) -> Path:
        """The cleaned file made from what `digest` stands for."""
        return self.root / "clean" / f"{digest}.parquet"

    def lines(self, digest: str) -> Path:
        """The list of bad rows of what `digest` stands for."""
        return self.root / "lines" / f"{digest}.parquet"

    def quarantine(self, extract: str, table: str) -> Path:
        """The quarantine file of a table of an extract."""
        return self.root / "quarantine" / extract / f"{table}.csv"

    def report(self, extract: str) -> Path:
        """The report of the run whose newest extract is `extract`."""
        return self.root / "reports" / f"{extract}.json"

    def verdict(self, digest: str) -> Any:
        """What was found out about `digest` before; none if nothing, or if what was written cannot be read."""
        try:
            return json.loads((self.root / "verdicts" / f"{digest}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def keep_verdict(self, digest: str, verdict: Any) -> None:
        """Remember what was found out about `digest`."""
        write_whole(self.root / "verdicts" / f"{digest}.json", json.dumps(verdict))

    def _clear(self) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()


def write_whole(path: Path, text: str) -> None:
    """Write a file that appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.part")
    aside.write_text(text, encoding="utf-8")
    aside.rename(path)
