"""A small release with a protected dataset, of which figures are hidden, beside one that nobody has to be protected in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from datasets.library import load_library
from etl.registry.binding import bind
from etl.registry.parts import Registry
from tests.datasets.folders import MINIMAL, TEXT, add_dataset, write_library
from tests.portal.registry import COMMON, MONTHS, PERIOD, code, csv_text, measure, names, publish_all, titles

#: Cases by region, ownership and month; a row of noughts is not there. Those below five are hidden, and others with them.
CASES = {
    ("KZ-71", "state"): (41, 38, 52),
    ("KZ-71", "private"): (12, 3, 9),
    ("KZ-75", "state"): (60, 55, 71),
    ("KZ-75", "private"): (8, 11, 2),
    ("KZ-79", "state"): (25, 0, 33),
    ("KZ-79", "private"): (17, 14, 19),
    ("KZ-10", "state"): (6, 7, 1),
    ("KZ-39", "state"): (31, 29, 36),
    ("KZ-39", "private"): (22, 26, 24),
}
DECLARED = COMMON | {
    "slug": "cases",
    "policy": "persons",
    "title": titles("Cases"),
    "grain": ["region", "period", "ownership"],
    "columns": [
        code("region"),
        PERIOD,
        code("ownership"),
        measure("cases", "case"),
        measure("amount_kzt", "kzt"),
        measure("open_cases", additivity="additive_except_time"),
        measure("mean_kzt", "kzt", "not_additive"),
    ],
    "ratios": [{"measure": "mean_kzt", "numerator": "amount_kzt", "denominator": "cases", "scale": 1, "decimals": 0}],
    "protect": [
        {"measures": ["cases", "amount_kzt"], "persons": "cases"},
        {"measures": ["open_cases"], "public": titles("Open cases are no persons.")},
    ],
    "charts": [
        {"kind": "line", "title": titles("By month"), "category": "period", "measures": ["cases"]},
        {
            "kind": "stacked_bar",
            "title": titles("Latest"),
            "category": "region",
            "series": "ownership",
            "measures": ["cases"],
            "where": {"period": "latest"},
        },
        {
            "kind": "tile_map",
            "title": titles("Map"),
            "category": "region",
            "measures": ["cases"],
            "where": {"period": "latest", "ownership": "private"},
        },
        {
            "kind": "bar",
            "title": titles("Private"),
            "category": "region",
            "measures": ["cases"],
            "where": {"period": "latest", "ownership": "private"},
        },
    ],
    "region_sentence": {
        "kk": "Жағдай саны — {cases}, сомасы {amount_kzt}.",
        "ru": "Случаев {cases} на {amount_kzt}.",
        "en": "There were {cases} cases for {amount_kzt}.",
    },
    "headline": ["cases"],
}


def true_rows() -> Iterable[tuple[Any, ...]]:
    """The rows before anything is hidden: keys, cases, amount, open cases, mean."""
    for (region, ownership), counts in CASES.items():
        for month, count in zip(MONTHS, counts, strict=True):
            if count:
                yield region, month, ownership, count, 1000 * count + 7, count // 2, round((1000 * count + 7) / count)


def true_sum(place: int, **keys: str) -> int:
    """The sum of a column (3 cases, 4 amount) over all true rows with these keys."""
    places = {"region": 0, "period": 1, "ownership": 2}
    return sum(row[place] for row in true_rows() if all(row[places[name]] == key for name, key in keys.items()))


def write_protected(folder: Path) -> Path:
    """The folder of releases below `folder` with that one release."""
    source = write_library(folder / "datasets", MINIMAL | {"title": TEXT})
    add_dataset(source, DECLARED, csv_text(DECLARED, true_rows()))
    (source / "cases" / "transform.sql").write_text("SELECT 1", encoding="utf-8")
    registry = Registry(("extract-1",), "2026-06-01T00:00:00Z", True, MONTHS, ())
    library = bind(load_library(source), registry, names, lambda _declaration: ("service",))
    return publish_all(library, folder / "releases")
