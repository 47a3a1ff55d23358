"""What validation found, for the operator: rows in, clean and quarantined of every part, and what deserves a look.

A report holds counts and names of the contract, never a value of a row.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal[
    "repeated_delivery",
    "late_correction",
    "missing_months",
    "out_of_order",
    "quarantined",
    "no_rows",
    "total_not_compared",
]


@dataclass(frozen=True)
class PartReport:
    """A part: `rows` delivered = `clean` + `quarantined`. `reasons` are (column, reason, rows); a row may have several."""

    table: str
    period: str
    extract: str
    rows: int
    clean: int
    quarantined: int
    reasons: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True)
class Notice:
    """Something that does not stop the build: what kind, which table and month (empty: the whole), in words."""

    kind: Kind
    table: str
    period: str
    text: str


@dataclass(frozen=True)
class Report:
    """The outcome of a validation. `extracts` in the order of their as-of instants; `contract` is its version."""

    contract: str
    extracts: tuple[str, ...]
    as_of: str
    synthetic: bool
    months: tuple[str, ...]
    parts: tuple[PartReport, ...]
    notices: tuple[Notice, ...]

    @property
    def rows(self) -> int:
        """Rows delivered."""
        return sum(part.rows for part in self.parts)

    @property
    def quarantined(self) -> int:
        """Rows left out."""
        return sum(part.quarantined for part in self.parts)

    def to_json(self) -> str:
        """The report as a document."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    def to_text(self) -> str:
        """The report as lines to read: totals by table, then the notices."""
        mark = "simulated" if self.synthetic else "official"
        months = f"{self.months[0]} to {self.months[-1]}" if self.months else "no months"
        lines = [f"extract {', '.join(self.extracts)} ({mark}), as of {self.as_of}, {months}"]
        for table in dict.fromkeys(part.table for part in self.parts):
            parts = [part for part in self.parts if part.table == table]
            rows, clean, bad = (sum(getattr(part, name) for part in parts) for name in ("rows", "clean", "quarantined"))
            lines.append(f"  {table:<25} {rows:>15,} rows = {clean:>15,} clean + {bad:>9,} quarantined")
        lines += [f"  {' '.join(filter(None, (each.table, each.period, each.text)))}" for each in self.notices]
        return "\n".join(lines) + "\n"
