"""Stated figures beside computed ones: classes, tolerances, explanations."""

import copy
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.contract import Status
from datasets.declaration import Column
from datasets.fault import FaultError
from datasets.library import load_library
from etl.pipeline import prepare
from etl.reconcile import Check, _sum
from etl.table import Cell
from tests.datasets.folders import MINIMAL, TEXT, write_library

HEADER = "region,period,beds\n"


def _checks(folder: Path, rows: str, totals: str | None, **changes: object) -> tuple[Check, ...]:
    declaration = {**copy.deepcopy(MINIMAL), **changes}
    library = load_library(write_library(folder, declaration, HEADER + rows, totals and HEADER + totals))
    return prepare(library.declarations["beds"], library).checks


def _gap(**changes: object) -> dict:
    return {"kind": "total", "class": "source_error", "note": TEXT, **changes}


def test_agreeing_total_is_a_match(tmp_path: Path) -> None:
    (check,) = _checks(tmp_path, "KZ-71,2026,3\nKZ-75,2026,4\n", "*,2026,7\n")
    assert (check.classification, check.stated, check.computed, check.addends) == ("match", 7, 7, 2)


def test_one_tenge_must_be_explained(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="a gap of 1 that rounding does not explain"):
        _checks(tmp_path, "KZ-71,2026,3\nKZ-75,2026,4\n", "*,2026,8\n")


def test_explained_gap_keeps_both_figures(tmp_path: Path) -> None:
    (check,) = _checks(tmp_path, "KZ-71,2026,3\nKZ-75,2026,4\n", "*,2026,8\n", gaps=[_gap()])
    assert (check.classification, check.stated, check.computed, check.gap) == ("source_error", 8, 7, 1)
    assert check.note == TEXT


def test_explanation_without_a_gap_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="explains no gap"):
        _checks(tmp_path, "KZ-71,2026,3\n", "*,2026,3\n", gaps=[_gap()])


def test_explanation_of_another_place_does_not_count(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="rounding does not explain"):
        _checks(tmp_path, "KZ-71,2026,3\n", "*,2026,4\n", gaps=[_gap(where={"period": "2025"})])


def test_missing_addend_leaves_the_sum_open(tmp_path: Path) -> None:
    (check,) = _checks(tmp_path, "KZ-71,2026,3\nKZ-75,2026,[x]\n", "*,2026,8\n")
    assert (check.classification, check.computed) == ("incomplete", None)


def test_cell_that_cannot_exist_adds_nothing(tmp_path: Path) -> None:
    (check,) = _checks(tmp_path, "KZ-71,2026,3\nKZ-75,2026,[z]\n", "*,2026,3\n")
    assert (check.classification, check.addends) == ("match", 1)


def test_code_with_a_parent_in_the_table_is_counted_once(tmp_path: Path) -> None:
    (check,) = _checks(tmp_path, "KZ,2026,7\nKZ-71,2026,3\nKZ-75,2026,4\n", "*,2026,7\n")
    assert (check.classification, check.addends) == ("match", 1)


def test_parent_of_another_period_does_not_hide_the_parts(tmp_path: Path) -> None:
    rows = "KZ-71,2025,4\nKZ-75,2025,6\nKZ,2026,20\nKZ-71,2026,9\nKZ-75,2026,11\n"
    checks = _checks(tmp_path, rows, "*,2025,10\n*,2026,20\n")
    assert [(check.computed, check.classification) for check in checks] == [(10, "match"), (20, "match")]


def test_stock_is_not_summed_over_time(tmp_path: Path) -> None:
    columns = copy.deepcopy(MINIMAL["columns"])
    columns[2]["additivity"] = "additive_except_time"
    (check,) = _checks(tmp_path, "KZ-71,2025,3\nKZ-71,2026,4\n", "KZ-71,*,7\n", columns=columns)
    assert (check.classification, check.computed) == ("not_summed", None)


def test_identity_inside_a_dimension(tmp_path: Path) -> None:
    identity = {"dimension": "region", "total": "KZ", "plus": ["KZ-71", "KZ-75"], "minus": ["KZ-79"]}
    rows = "KZ,2026,5\nKZ-71,2026,3\nKZ-75,2026,4\nKZ-79,2026,2\n"
    (check,) = _checks(tmp_path, rows, None, identities=[identity])
    assert (check.kind, check.computed, check.classification) == ("identity", 5, "match")


def _share(share: str) -> dict:
    columns = copy.deepcopy(MINIMAL["columns"])
    columns.append(
        {**columns[2], "name": "share", "unit": "percent", "additivity": "not_additive", "precision": "rounded"}
    )
    ratio = {"measure": "share", "numerator": "beds", "denominator": "beds", "over": ["region"]}
    return {
        "declaration": {**copy.deepcopy(MINIMAL), "columns": columns, "ratios": [ratio]},
        "rows": f"region,period,beds,share\nKZ-71,2026,1,{share}\nKZ-75,2026,2,67\n",
        "totals": "region,period,beds,share\n*,2026,3,[x]\n",
    }


def test_printed_share_is_checked_against_its_base(tmp_path: Path) -> None:
    library = load_library(write_library(tmp_path, **_share("33")))
    ratios = [check for check in prepare(library.declarations["beds"], library).checks if check.kind == "ratio"]
    assert [check.classification for check in ratios] == ["rounding", "rounding"]
    assert ratios[0].computed == Decimal("33.33")


def test_wrong_printed_share_is_found(tmp_path: Path) -> None:
    library = load_library(write_library(tmp_path, **_share("34")))
    with pytest.raises(FaultError, match="ratio of share"):
        prepare(library.declarations["beds"], library)


@given(st.lists(st.decimals(min_value=0, max_value=10**6, places=4), min_size=2, max_size=30))
def test_rounding_alone_never_needs_an_explanation(values: list[Decimal]) -> None:
    """Whatever the true figures are, printing them and their total with one decimal leaves a gap within the tolerance."""
    column = Column("beds", "measure", "decimal", TEXT, precision="rounded")
    printed = [(column, Cell(value.quantize(Decimal("0.1")), Status.OK)) for value in values]
    total = Cell(sum(values, Decimal(0)).quantize(Decimal("0.1")), Status.OK)
    result = _sum(printed)
    assert result.value is not None
    assert abs(total.value - result.value) <= result.tolerance + total.half_unit
