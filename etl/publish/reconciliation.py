"""Writes the reconciliation of all datasets as CSV and JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from datasets.contract import META_TABLES
from etl.publish.content import Record


def write_reconciliation(release: str, rows: Sequence[Record], folder: Path) -> None:
    """`reconciliation.csv` and `reconciliation.json`: the rows of `meta_reconciliation`."""
    with (folder / "reconciliation.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(META_TABLES["meta_reconciliation"]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
    said = {"release": release, "rows": rows}
    (folder / "reconciliation.json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
