"""What the engines get of a part: the delivered files if they are clean and in shape, else files written without the bad rows."""

from __future__ import annotations

from pathlib import Path

import duckdb

from etl.registry.parts import Part
from etl.registry.validation.delivery import Delivery, combined
from etl.registry.validation.lines import Lines
from etl.registry.validation.links import Cleaned, Links
from etl.registry.validation.rules import literal, quoted
from etl.registry.validation.scan import Verdict
from etl.registry.validation.sources import Sources
from etl.registry.validation.store import Store


class Cleaner:
    """Makes clean parts, remembering in the store what was written before."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, store: Store, sources: Sources) -> None:
        self.connection, self.store, self.sources = connection, store, sources

    def clean(self, delivery: Delivery, own: str, verdict: Verdict, links: Links) -> Cleaned:
        """The part without its bad rows, which are those kept under `own` and under the digest of `links`."""
        lines = Lines(self.connection, bad_rows(self.store, own, verdict, links))
        digest = combined([delivery.digest, lines.digest()])
        files = self._written(delivery, digest) or self._write(delivery, digest, lines)
        rows = verdict.rows - verdict.quarantined - links.quarantined
        part = Part(delivery.table.name, delivery.period, files, digest, rows)
        return Cleaned(part, verdict.least, verdict.most)

    def _written(self, delivery: Delivery, digest: str) -> tuple[Path, ...]:
        """The files of an earlier run, if all of them are there. A name is empty where the delivered file serves."""
        names = self.store.verdict(digest) or []
        files = [
            self.store.clean(name) if name else piece.path for name, piece in zip(names, delivery.pieces, strict=False)
        ]
        return tuple(files) if all(path.exists() for path in files) else ()

    def _write(self, delivery: Delivery, digest: str, lines: Lines) -> tuple[Path, ...]:
        source = self.sources.open(delivery)
        spoiled = lines.pieces()
        columns = ", ".join(quoted(column.name) for column in delivery.table.columns)
        names, files = [], []
        for number, piece in enumerate(delivery.pieces):
            serves = source.in_shape[number] and number not in spoiled
            names.append("" if serves else combined([digest, str(number)]))
            files.append(piece.path if serves else self.store.clean(names[-1]))
            if not serves:
                aside = files[-1].with_suffix(".part")
                rows = f"SELECT {columns} FROM {lines.good(source.sql)} WHERE piece = {number}"
                target = f"{literal(str(aside))} (FORMAT parquet, COMPRESSION zstd)"
                self.connection.execute(f"COPY ({rows}) TO {target}")
                aside.rename(files[-1])
        self.store.keep_verdict(digest, names)
        return tuple(files)


def bad_rows(store: Store, own: str, verdict: Verdict, links: Links) -> tuple[Path, ...]:
    """The lists of bad rows of a part."""
    found = [(own, verdict.quarantined), (links.digest, links.quarantined)]
    return tuple(store.lines(digest) for digest, rows in found if rows)
