"""A spoiled extract has exactly the bad rows that it lists, each with one fault; without them it is as it was."""

import csv
from pathlib import Path

import pytest

from datasets.fault import FaultError
from datasets.library import Library
from etl.registry.contract import TABLES
from etl.registry.manifest import read_manifest
from etl.registry.validation import validate_extracts
from etl.simulator.damage import damages
from etl.simulator.simulate import simulate

MONTHS = ("2026-04", "2026-04")


def listed(folder: Path) -> set[tuple[str, int, str, str]]:
    with (folder / "ground_truth/spoiled.csv").open(encoding="utf-8", newline="") as file:
        return {(line["file"], int(line["row"]), line["column"], line["kind"]) for line in csv.DictReader(file)}


def quarantined(store: Path) -> set[tuple[str, int, str, str]]:
    found = set()
    for path in store.rglob("quarantine/**/*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                found.add((line["file"].split("/", 1)[1], int(line["row"]), line["column"], line["reason"]))
    return found


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_bad_rows_are_those_that_are_listed(form: str, library: Library, tmp_path: Path) -> None:
    before = tmp_path / "before"
    simulate(0.001, 4, ("2026-03", "2026-03"), str(before), processes=1, library=library)
    folder = tmp_path / "extract"
    simulate(0.001, 4, MONTHS, str(folder), form=form, spoil=True, processes=1, library=library)
    validate_extracts([str(before), str(folder)], tmp_path / "store", library)
    wanted = listed(folder)
    assert len({(file, row) for file, row, _, _ in wanted}) == len(wanted) > 100
    assert quarantined(tmp_path / "store") == wanted


def test_every_kind_of_damage_occurs(library: Library, tmp_path: Path) -> None:
    simulate(0.004, 4, MONTHS, str(tmp_path / "x"), form="csv", spoil=True, processes=1, library=library)
    rules = {rule.name for table in TABLES.values() for rule in table.rules}
    kinds = {"missing", "code", "range", "pattern", "control", "form", "values", "month", "repeated", "reference"}
    assert {kind for *_, kind in listed(tmp_path / "x")} >= kinds
    possible = {damage.kind for table in TABLES.values() for damage in damages(table, "csv")}
    assert possible == kinds | rules


def test_good_rows_stay_as_they_are(library: Library, tmp_path: Path) -> None:
    simulate(0.0005, 4, MONTHS, str(tmp_path / "good"), form="csv", processes=1, library=library)
    simulate(0.0005, 4, MONTHS, str(tmp_path / "bad"), form="csv", spoil=True, processes=1, library=library)
    for each in read_manifest(tmp_path / "good").files:
        good, bad = ((tmp_path / name / each.path).read_bytes() for name in ("good", "bad"))
        assert bad.startswith(good)


def test_an_iin_refuses_the_extract(library: Library, tmp_path: Path) -> None:
    simulate(0.0005, 4, MONTHS, str(tmp_path / "x"), spoil="iin", processes=1, library=library)
    assert "iin" in {kind for *_, kind in listed(tmp_path / "x")}
    with pytest.raises(FaultError, match="holds an IIN"):
        validate_extracts([str(tmp_path / "x")], tmp_path / "store", library)
