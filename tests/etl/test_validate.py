"""Rows that are wrong are refused with file, line and column; nothing is published then."""

from pathlib import Path

import pytest

from datasets.contract import POINTER_FILE, Status
from datasets.fault import FaultError
from datasets.library import load_library
from etl.extract import extract, read_table
from etl.pipeline import build
from etl.validate import validate
from tests.datasets.folders import MINIMAL, ROWS, write_library

HEADER = "region,period,beds\n"
WRONG = {
    "unknown code": (HEADER + "KZ-99,2026,1\n", "line 2, column region", "not a code of 'region'"),
    "not a number": (HEADER + "KZ-71,2026,ten\n", "line 2, column beds", "not a whole number"),
    "decimal comma": (HEADER + 'KZ-71,2026,"1,5"\n', "line 2, column beds", "not a whole number"),
    "decimals in an integer": (HEADER + "KZ-71,2026,1.5\n", "line 2, column beds", "not a whole number"),
    "thousands separator": (HEADER + "KZ-71,2026,1 000\n", "line 2, column beds", "not a whole number"),
    "infinity": (HEADER + "KZ-71,2026,inf\n", "line 2, column beds", "not a whole number"),
    "empty cell": (HEADER + "KZ-71,2026,\n", "line 2, column beds", "is empty"),
    "empty code": (HEADER + ",2026,1\n", "line 2, column region", "not a code"),
    "not a period": (HEADER + "KZ-71,26,1\n", "line 2, column period", "not a period"),
    "day that is not": (HEADER + "KZ-71,2026-02-31,1\n", "line 2, column period", "not a period"),
    "period backwards": (HEADER + "KZ-71,2026/2020,1\n", "line 2, column period", "not a period"),
    "three periods": (HEADER + "KZ-71,2020/2021/2022,1\n", "line 2, column period", "not a period"),
    "Arabic digits": (HEADER + "KZ-71,2026,١٢\n", "line 2, column beds", "not a whole number"),
    "full-width digits": (HEADER + "KZ-71,2026,１２\n", "line 2, column beds", "not a whole number"),
    "leading zeros": (HEADER + "KZ-71,2026,007\n", "line 2, column beds", "not a whole number"),
    "plus sign": (HEADER + "KZ-71,2026,+5\n", "line 2, column beds", "not a whole number"),
    "exponent": (HEADER + "KZ-71,2026,1e5\n", "line 2, column beds", "not a whole number"),
    "wider than 64 bits": (HEADER + "KZ-71,2026,9223372036854775808\n", "line 2, column beds", "more digits"),
    "zero-width space in a code": (HEADER + "KZ-71\u200b,2026,1\n", "line 2, column region", "not a code"),
    "line end in a number": (HEADER + 'KZ-71,2026,"1\n"\n', "line 3, column beds", "not a whole number"),
    "wider than a double": (HEADER + "KZ-71,2026,9007199254740993\n", "line 2, column beds", "more digits"),
    "flags twice": ("region,period,beds,flags,flags\nKZ-71,2026,1,,\n", "line 1", "not the declared columns"),
    "negative nought": (HEADER + "KZ-71,2026,-0\n", "line 2, column beds", "not a whole number"),
    "NUL": (HEADER + "KZ-71,2026,1\0\n", "file", "NUL"),
    "month thirteen": (HEADER + "KZ-71,2026-13,1\n", "line 2, column period", "not a period"),
    "total in the rows": (HEADER + "*,2026,1\n", "line 2, column region", "not a code"),
    "same row twice": (HEADER + "KZ-71,2026,1\nKZ-71,2026,1\n", "line 3", "same region, period as line 2"),
    "too few values": (HEADER + "KZ-71,2026\n", "line 2", "has 2 values"),
    "too many values": (HEADER + "KZ-71,2026,1,2\n", "line 2", "has 4 values"),
    "columns swapped": ("period,region,beds\n2026,KZ-71,1\n", "line 1", "not the declared columns"),
    "unknown flag": ("region,period,beds,flags\nKZ-71,2026,1,odd\n", "line 2, column flags", "not a flag"),
    "no rows": (HEADER, "file", "holds no rows"),
    "byte order mark": ("\ufeff" + ROWS, "byte 0", "byte order mark"),
    "open quote": (HEADER + '"KZ-71,2026,1\n', "line", ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_row_names_file_line_and_column(name: str, tmp_path: Path) -> None:
    rows, place, message = WRONG[name]
    library = load_library(write_library(tmp_path / "datasets", rows=rows))
    with pytest.raises(FaultError) as caught:
        validate(extract(library.declarations["beds"]), library)
    fault = caught.value.faults[0]
    assert fault.file == "beds/data.csv"
    assert fault.place.startswith(place)
    assert message in fault.message
    assert fault.remedy


def test_wrong_encoding_is_named(tmp_path: Path) -> None:
    library = load_library(write_library(tmp_path / "datasets"))
    (tmp_path / "datasets/beds/data.csv").write_bytes("region,period,beds\nАбай,2026,1\n".encode("cp1251"))
    with pytest.raises(FaultError, match="not UTF-8"):
        extract(library.declarations["beds"])


def test_four_kinds_of_cell(tmp_path: Path) -> None:
    library = load_library(write_library(tmp_path / "datasets"))
    rows = validate(extract(library.declarations["beds"]), library).table.rows
    statuses = [row.cells["beds"].status for row in rows]
    assert statuses == [Status.OK, Status.NOT_COLLECTED, Status.NOT_APPLICABLE, Status.ZERO]


def test_faults_of_all_datasets_come_together_and_nothing_is_published(tmp_path: Path) -> None:
    from tests.datasets.folders import add_dataset

    folder = write_library(tmp_path / "datasets", rows=HEADER + "KZ-99,2026,1\n")
    add_dataset(folder, {**MINIMAL, "slug": "chairs"}, HEADER + "KZ-71,2026,ten\n")
    with pytest.raises(FaultError) as caught:
        build(load_library(folder), tmp_path / "releases")
    assert {fault.file for fault in caught.value.faults} == {"beds/data.csv", "chairs/data.csv"}
    assert not (tmp_path / "releases" / POINTER_FILE).exists()


def test_quoted_line_breaks_and_odd_separators_stay_in_their_cell(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text('a,b\r\n"one\ntwo","three\u2028four"\r\n', encoding="utf-8", newline="")
    assert read_table(path).rows[0][1] == ("one\ntwo", "three\u2028four")


def test_total_given_twice_is_refused(tmp_path: Path) -> None:
    library = load_library(write_library(tmp_path / "datasets", totals=HEADER + "*,2026,10\n*,2026,11\n"))
    with pytest.raises(FaultError, match="same region, period as line 2"):
        validate(extract(library.declarations["beds"]), library)


def test_chart_that_would_hide_a_row_is_refused(tmp_path: Path) -> None:
    chart = {"kind": "bar", "title": MINIMAL["title"], "category": "region", "measures": ["beds"]}
    rows = HEADER + "KZ-71,2025,1\nKZ-71,2026,2\n"
    library = load_library(write_library(tmp_path / "datasets", {**MINIMAL, "charts": [chart]}, rows))
    with pytest.raises(FaultError, match="several rows have the same category"):
        validate(extract(library.declarations["beds"]), library)
