"""Sums over the dimensions that nobody asks for: exact, with ratios made anew, and none where a part is missing."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from datasets.library import load_library
from etl.pipeline import build
from portal.catalogue import Dataset, Ratio
from portal.release import Release
from portal.store import ReleaseStore
from portal.sums import Sums
from tests.datasets.folders import MINIMAL, TEXT, write_library
from tests.portal.registry import MONTHS, visits_rows

VISITS = list(visits_rows())


def _visits(release: Release) -> Dataset:
    return release.catalogue.datasets["visits"]


def _expected(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    visits, verified = sum(row[3] for row in rows), sum(row[4] for row in rows)
    share = (Decimal(100) * verified / visits).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return {"visits": visits, "verified": verified, "verified_share": float(share)}


def test_over_everything_but_the_region(registry_release: Release) -> None:
    rows = Sums(_visits(registry_release), ("region",), {"period": [MONTHS[-1]]}).rows(registry_release)
    assert [row["region"] for row in rows] == list(dict.fromkeys(row[0] for row in VISITS if row[1] == MONTHS[-1]))
    for row in rows:
        parts = [each for each in VISITS if (each[0], each[1]) == (row["region"], MONTHS[-1])]
        assert row.items() >= _expected(parts).items()
        assert row["open_cases"] == sum(each[5] for each in parts)


def test_what_stands_at_a_time_is_not_added_up_over_time(registry_release: Release) -> None:
    (row,) = Sums(_visits(registry_release), ()).rows(registry_release)
    assert row.items() >= _expected(VISITS).items()
    assert (row["open_cases"], row["open_cases_status"]) == (None, "not_applicable")
    for each in Sums(_visits(registry_release), ("period",)).rows(registry_release):
        assert each["open_cases"] == sum(row[5] for row in VISITS if row[1] == each["period"])


def test_group_of_one_row_is_that_row(registry_release: Release) -> None:
    dataset = _visits(registry_release)
    rows = Sums(dataset, ("region", "period", "ownership")).rows(registry_release)
    stored = registry_release.rows("SELECT * FROM visits ORDER BY rowid")
    assert [row.items() <= whole.items() for row, whole in zip(rows, stored, strict=True)] == [True] * len(VISITS)


def test_no_row_is_no_sum_and_can_be_said_to_be_nought(registry_release: Release) -> None:
    sums = Sums(_visits(registry_release), ("region",), {"region": ["KZ-10"], "period": [MONTHS[-1]]})
    assert sums.rows(registry_release) == []
    nothing = sums.nothing(region="KZ-10")
    assert (nothing["region"], nothing["visits"], nothing["visits_status"]) == ("KZ-10", 0, "zero")
    assert (nothing["verified_share"], nothing["verified_share_status"]) == (None, "not_applicable")


@pytest.mark.parametrize(
    ("part", "whole", "decimals", "value"), [(1, 8, 2, 12.5), (1, 16, 1, 6.3), (1, 400, 1, 0.3), (0, 3, 1, 0.0)]
)
def test_ratio_is_rounded_half_up(
    registry_release: Release, part: int, whole: int, decimals: int, value: float
) -> None:
    dataset = replace(_visits(registry_release))
    dataset.__dict__["ratios"] = (Ratio("verified_share", "verified", "visits", 100, decimals),)
    found = Sums(dataset, ()).nothing() | {"verified": part, "visits": whole}
    figures = {f"sum of {each.name}": found[each.name] for each in dataset.measures}
    gravities = {f"gravity of {each.name}": 0 for each in dataset.measures}
    counts = {"count of rows": 2, "count of periods": 1, "flags": None}
    assert Sums(dataset, ())._record(figures | gravities | counts)["verified_share"] == value


KINDS = MINIMAL | {
    "slug": "beds",
    "grain": ["region", "kind_of_care", "period"],
    "columns": [
        MINIMAL["columns"][0],
        {"name": "kind_of_care", "role": "dimension", "type": "code", "codelist": "kind_of_care", "title": TEXT},
        *MINIMAL["columns"][1:],
        {**MINIMAL["columns"][2], "name": "places", "type": "decimal"},
    ],
}


@pytest.fixture
def kinds(tmp_path: Path) -> Release:
    """Beds by kind of care, of which one is a part of another, with cells of every status."""
    figures = {
        "KZ-71,distributed": "10,0.1",
        "KZ-71,emergency": "4,0.1",
        "KZ-39,emergency": "4,0.1",
        "KZ-39,inpatient": "5,0.2",
        "KZ-75,emergency": "4,0.1",
        "KZ-75,inpatient": "[x],[z]",
        "KZ-79,emergency": "[z],[z]",
        "KZ-79,inpatient": "[z],0",
    }
    lines = [f"{keys},2026,{cells}\n" for keys, cells in figures.items()]
    folder = write_library(tmp_path / "kinds", KINDS, "region,kind_of_care,period,beds,places\n" + "".join(lines))
    build(load_library(folder), tmp_path / "releases")
    return ReleaseStore(tmp_path / "releases").current()


def test_part_is_not_counted_beside_its_parent(kinds: Release) -> None:
    rows = {row["region"]: row for row in Sums(kinds.catalogue.datasets["beds"], ("region",)).rows(kinds)}
    assert (rows["KZ-71"]["beds"], rows["KZ-71"]["places"]) == (10, 0.1)
    assert (rows["KZ-39"]["beds"], rows["KZ-39"]["places"]) == (9, 0.3)


def test_missing_part_leaves_no_sum(kinds: Release) -> None:
    rows = {row["region"]: row for row in Sums(kinds.catalogue.datasets["beds"], ("region",)).rows(kinds)}
    assert (rows["KZ-75"]["beds"], rows["KZ-75"]["beds_status"]) == (None, "not_collected")
    assert (rows["KZ-75"]["places"], rows["KZ-75"]["places_status"]) == (0.1, "ok")
    assert (rows["KZ-79"]["beds"], rows["KZ-79"]["beds_status"]) == (None, "not_applicable")
    assert (rows["KZ-79"]["places"], rows["KZ-79"]["places_status"]) == (0, "zero")
