"""What validation hands to the engines: the Registry's tables month by month, clean and in the contract's shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

#: How the id of a simulated extract ends: its first and its last month.
_MONTHS = re.compile(r"(-[0-9]{4}-[0-9]{2}){2}$")


@dataclass(frozen=True)
class Part:
    """One month of a table (`period` is YYYY-MM), or a whole register (`period` is empty).

    `files` are Parquet files in the contract's shape, without a bad row; none when the Registry is a database. `sha256`
    is the digest of what was delivered and of the rows left out: two parts with the same digest hold the same rows.
    """

    table: str
    period: str
    files: tuple[Path, ...]
    sha256: str
    rows: int


@dataclass(frozen=True)
class Registry:
    """Validated extracts, ready to be aggregated. `months` are those that the extracts cover, in order, YYYY-MM.

    `dsn` is the address of the database when the Registry was not delivered as files; `rejected` then names, by table,
    the row references (ctid) that validation has refused. `corrects` has the tables and
    months that an extract says it corrects.
    """

    extracts: tuple[str, ...]
    as_of: str
    synthetic: bool
    months: tuple[str, ...]
    parts: tuple[Part, ...]
    dsn: str = ""
    rejected: tuple[tuple[str, tuple[str, ...]], ...] = ()
    corrects: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def series(self) -> str:
        """What the extracts are one after another of."""
        return series_of(self.extracts, synthetic=self.synthetic)


def series_of(extracts: Iterable[str], *, synthetic: bool) -> str:
    """What `extracts` are one after another of: the Registry, or one simulated world (its id less the months)."""
    if not synthetic:
        return "registry"
    return "+".join(sorted({_MONTHS.sub("", each) for each in extracts}))
