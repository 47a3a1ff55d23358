"""Quarantine files: which rows were left out and why, for whoever has to correct them; and the thresholds of the contract.

A line names file, row, column and reason, never a value.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from datasets.fault import Fault
from etl.registry.contract import Table
from etl.registry.validation.report import Notice

HEADER = ("file", "row", "column", "reason", "meaning")

#: File (or table of a database), row (0-based; ctid in a database), column (empty: the row), short reason.
Line = tuple[str, int | str, str, str]


def write_quarantine(path: Path, lines: Iterable[Line], words: Mapping[tuple[str, str], str]) -> None:
    """Write the quarantine file of a table: `words` says in plain words what a (column, reason) means."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.part")
    with aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows((*line, words[line[2], line[3]]) for line in lines)
    aside.rename(path)


def judge(table: Table, extract: str, rows: int, bad: int, quarantine: str) -> Fault | Notice | None:
    """What a share of bad rows means under the table's thresholds; nothing below both. `quarantine` is where they stand."""
    share = 100 * bad / rows if rows else 0.0
    found = f"{bad:,} of {rows:,} rows ({share:.2f} %) are bad"
    if bad and share >= table.refuse:
        message = f"{found}; from {table.refuse} % on the extract is refused."
        return Fault(
            extract, table.name, message, f"Correct the rows listed in the store, {quarantine}, and deliver again."
        )
    if bad and share >= table.warn:
        return Notice("quarantined", table.name, "", f"{found} and left out; the store lists them in {quarantine}.")
    return None
