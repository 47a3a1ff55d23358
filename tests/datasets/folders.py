"""Writes small libraries to a folder: the bundled code lists and one dataset of one's own."""

import shutil
from pathlib import Path

import yaml

from datasets.library import BUNDLED

TEXT = {"kk": "Мәтін", "ru": "Текст", "en": "Text"}

MINIMAL = {
    "slug": "beds",
    "topic": "coverage",
    "origin": "official",
    "title": TEXT,
    "summary": TEXT,
    "description": TEXT,
    "method": TEXT,
    "verification": TEXT,
    "source": {"document": "pilot_deck_2026", "place": TEXT, "lines": "1-2"},
    "grain": ["region", "period"],
    "columns": [
        {"name": "region", "role": "dimension", "type": "code", "codelist": "region", "title": TEXT},
        {"name": "period", "role": "dimension", "type": "period", "title": TEXT},
        {
            "name": "beds",
            "role": "measure",
            "type": "integer",
            "unit": "count",
            "additivity": "additive",
            "title": {"kk": "Төсектер", "ru": "Койки", "en": "Beds"},
        },
    ],
    "cadence": "one_off",
    "licence": "source_attribution",
    "policy": "official_as_printed",
}

ROWS = "region,period,beds\nKZ-71,2026,10\nKZ-75,2026,[x]\nKZ-79,2026,[z]\nKZ-39,2026,0\n"


def write_library(folder: Path, declaration: dict = MINIMAL, rows: str = ROWS, totals: str | None = None) -> Path:
    """A datasets folder with the bundled code lists and the dataset `declaration`; returns the folder."""
    for name in ("_codelists", "_policies"):
        shutil.copytree(BUNDLED / name, folder / name)
    shutil.copy(BUNDLED / "_documents.yaml", folder)
    add_dataset(folder, declaration, rows, totals)
    return folder


def add_dataset(folder: Path, declaration: dict, rows: str, totals: str | None = None) -> None:
    """Add one dataset's folder, as an author does."""
    own = folder / declaration["slug"]
    own.mkdir()
    (own / "dataset.yaml").write_text(yaml.safe_dump(declaration, allow_unicode=True), encoding="utf-8")
    (own / "data.csv").write_text(rows, encoding="utf-8")
    if totals is not None:
        (own / "totals.csv").write_text(totals, encoding="utf-8")
