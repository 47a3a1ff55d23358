"""Extract: reads a dataset's files as they are, every value as text, with the hash of what was read."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError

DATA_FILE = "data.csv"
TOTALS_FILE = "totals.csv"


@dataclass(frozen=True)
class RawTable:
    """A CSV file as read: `file` relative to the datasets folder, `rows` as (line number, values)."""

    file: str
    sha256: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Extracted:
    """The raw tables of one dataset: its rows, and the totals that the source states (none if it states none)."""

    declaration: Declaration
    data: RawTable
    totals: RawTable | None


def extract(declaration: Declaration) -> Extracted:
    """Read the dataset's `data.csv` and `totals.csv`; raises FaultError when a file cannot be read."""
    totals = declaration.folder / TOTALS_FILE
    return Extracted(
        declaration=declaration,
        data=read_table(declaration.folder / DATA_FILE),
        totals=read_table(totals) if totals.exists() else None,
    )


def read_table(path: Path) -> RawTable:
    """Read one UTF-8, comma-separated file with a header; raises FaultError if it is absent, empty or not UTF-8."""
    shown = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise FaultError([Fault(shown, "file", "does not exist.", f"Add {path.name} to the dataset's folder.")])
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except OSError as error:
        raise FaultError(
            [Fault(shown, "file", f"cannot be read: {error.strerror}.", "Let the build read it.")]
        ) from None
    except UnicodeDecodeError as error:
        raise FaultError([Fault(shown, f"byte {error.start}", "is not UTF-8.", "Save the file as UTF-8.")]) from None
    if text.startswith("\ufeff"):
        raise FaultError([Fault(shown, "byte 0", "begins with a byte order mark.", "Save it as UTF-8 without BOM.")])
    if "\0" in text:
        raise FaultError([Fault(shown, "file", "holds a NUL character.", "Save the file as plain text.")])
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, tuple(values)) for values in reader]
    except csv.Error as error:
        raise FaultError([Fault(shown, f"line {reader.line_num}", f"{error}.", "Correct the quotes.")]) from None
    if len(rows) < 2:
        raise FaultError([Fault(shown, "file", "holds no rows.", "Write a header line and at least one row.")])
    return RawTable(shown, hashlib.sha256(content).hexdigest(), rows[0][1], tuple(rows[1:]))
