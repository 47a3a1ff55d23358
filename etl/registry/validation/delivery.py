"""A part as it was delivered: the files of one table and month, before anything is known of their rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from etl.registry.contract import TABLES, Table
from etl.registry.manifest import Manifest


@dataclass(frozen=True)
class Piece:
    """A delivered file: `path` on disk, `shown` in reports (extract and path inside it), what the manifest says of it."""

    path: Path
    shown: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Delivery:
    """The files of one table and month (`period` empty: a register) in one extract, in the manifest's order."""

    table: Table
    period: str
    extract: str
    pieces: tuple[Piece, ...]

    @cached_property
    def digest(self) -> str:
        """The digest of the delivered bytes: the same digest, the same rows in the same order."""
        return combined([self.table.name, self.period, *(piece.sha256 for piece in self.pieces)])

    @property
    def name(self) -> str:
        """As reports call it: `service 2026-03`."""
        return f"{self.table.name} {self.period}".strip()


def deliveries(manifest: Manifest, folder: Path) -> tuple[Delivery, ...]:
    """The parts of an extract folder, in the order of the contract's tables, then of the months."""
    pieces: dict[tuple[str, str], list[Piece]] = {}
    for each in manifest.files:
        piece = Piece(folder / each.path, f"{manifest.extract}/{each.path}", each.rows, each.sha256)
        pieces.setdefault((each.table, each.period), []).append(piece)
    order = list(TABLES)
    return tuple(
        Delivery(TABLES[table], period, manifest.extract, tuple(pieces[table, period]))
        for table, period in sorted(pieces, key=lambda part: (order.index(part[0]), part[1]))
    )


def combined(texts: list[str]) -> str:
    """One digest of several texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
