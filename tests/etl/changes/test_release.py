"""What a release says of the one before it: built from files, one after another, read back from the database."""

import copy
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml

from datasets.contract import DATABASE_FILE, Change, Reason
from datasets.library import load_library
from etl.changes import read_published
from etl.pipeline import build
from etl.redaction.redact import redact
from etl.redaction.request import Request
from tests.datasets.folders import MINIMAL, ROWS, TEXT, add_dataset, write_library
from tests.etl.redactable import rows_of

MORE = "region,period,beds\nKZ-71,2026,12\nKZ-75,2026,[x]\nKZ-39,2026,0\nKZ-10,2026,3\nKZ-71,2027,1\n"
CORRECTION = {
    "id": "wrong-beds",
    "date": "2026-11-01",
    "dataset": "beds",
    "where": {"region": "KZ-71"},
    "reason": "source_correction",
    "found_by": "publisher",
    "text": TEXT,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_library(tmp_path / "datasets")


def _build(folder: Path, rows: str = ROWS, record: dict[str, Any] | None = None) -> Path:
    (folder / "beds" / "data.csv").write_text(rows, encoding="utf-8")
    for name, entries in (record or {}).items():
        (folder / "_record").mkdir(exist_ok=True)
        (folder / "_record" / f"{name}.yaml").write_text(yaml.safe_dump({name: entries}), encoding="utf-8")
    return build(load_library(folder), folder.parent / "releases")


def _changes(release: Path) -> list[tuple[Any, ...]]:
    names = ("dataset", "measure", "keys_json", "kind", "reason", "material", "correction")
    return [tuple(row[name] for name in names) for row in rows_of(release, "meta_change")]


def test_first_release_has_no_changes(folder: Path) -> None:
    release = _build(folder)
    assert _changes(release) == []
    assert rows_of(release, "meta_release")[0]["previous"] is None


def test_changes_since_the_release_before(folder: Path) -> None:
    first = _build(folder)
    second = _build(folder, MORE, {"corrections": [CORRECTION]})
    assert rows_of(second, "meta_release")[0]["previous"] == first.name
    assert _changes(second) == [
        ("beds", "beds", '["KZ-71", "2026"]', Change.CHANGED, Reason.SOURCE_CORRECTION, 1, "wrong-beds"),
        ("beds", "beds", '["KZ-10", "2026"]', Change.ADDED, Reason.OUR_ERROR, 1, None),
        ("beds", "beds", '["KZ-71", "2027"]', Change.ADDED, Reason.NEW_DATA, 1, None),
        ("beds", "beds", '["KZ-79", "2026"]', Change.REMOVED, Reason.OUR_ERROR, 1, None),
    ]
    third = _build(folder, MORE.replace("KZ-71,2026,12", "KZ-71,2026,13"), {"corrections": [CORRECTION]})
    assert _changes(third) == [("beds", "beds", '["KZ-71", "2026"]', Change.CHANGED, Reason.OUR_ERROR, 1, None)]


def test_new_dataset_and_change_of_codes(folder: Path) -> None:
    _build(folder)
    add_dataset(folder, MINIMAL | {"slug": "rooms"}, ROWS)
    regions = folder / "_codelists" / "region.yaml"
    said = yaml.safe_load(regions.read_text(encoding="utf-8"))
    (code,) = (each for each in said["codes"] if each["code"] == "KZ-71")
    code["parent"] = "KZ-75"
    regions.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    reasons = {tuple(row[:3]): row[4] for row in _changes(_build(folder, ROWS.replace("2026,10", "2026,11")))}
    assert reasons.pop(("beds", "beds", '["KZ-71", "2026"]')) == Reason.RECLASSIFICATION
    assert set(reasons.values()) == {Reason.NEW_DATA}
    assert {dataset for dataset, *_ in reasons} == {"rooms"}


def test_announced_names_are_followed(folder: Path) -> None:
    _build(folder)
    declared = copy.deepcopy(MINIMAL) | {"slug": "places"}
    declared["columns"][2]["name"] = "bunks"
    shutil.rmtree(folder / "beds")
    add_dataset(folder, declared, MORE.replace("beds", "bunks"))
    said = {"date": "2026-01-01", "effective": "2026-06-01", "text": TEXT}
    moved = {"id": "places", "kind": "dataset_renamed", "dataset": "beds", "subject": "beds", "replacement": "places"}
    named = {"id": "bunks", "kind": "column_renamed", "dataset": "beds", "subject": "beds", "replacement": "bunks"}
    (folder / "_record").mkdir()
    record = {"announcements": [moved | said, named | said]}
    (folder / "_record" / "announcements.yaml").write_text(yaml.safe_dump(record), encoding="utf-8")
    second = build(load_library(folder), folder.parent / "releases")
    assert [each[:5] for each in _changes(second)] == [
        ("places", "bunks", '["KZ-71", "2026"]', Change.CHANGED, Reason.OUR_ERROR),
        ("places", "bunks", '["KZ-10", "2026"]', Change.ADDED, Reason.OUR_ERROR),
        ("places", "bunks", '["KZ-71", "2027"]', Change.ADDED, Reason.NEW_DATA),
        ("places", "bunks", '["KZ-79", "2026"]', Change.REMOVED, Reason.OUR_ERROR),
    ]


def test_record_is_part_of_the_release(folder: Path) -> None:
    first = _build(folder)
    second = _build(folder, ROWS, {"corrections": [CORRECTION]})
    assert first.name != second.name
    assert _changes(second) == []
    (row,) = rows_of(second, "meta_correction")
    assert (row["correction"], row["measure"], json.loads(row["where_json"])) == (
        "wrong-beds",
        None,
        {"region": "KZ-71"},
    )
    assert row["text_kk"] == TEXT["kk"]


def test_id_does_not_depend_on_the_release_before(folder: Path, tmp_path: Path) -> None:
    _build(folder)
    second = _build(folder, MORE)
    alone = build(load_library(folder), tmp_path / "elsewhere")
    assert alone.name == second.name
    assert _changes(alone) == []
    assert len(_changes(second)) == 4


def test_same_release_again_keeps_its_changes(folder: Path) -> None:
    _build(folder)
    second = _build(folder, MORE)
    before = (second / DATABASE_FILE).read_bytes()
    assert _build(folder, MORE) == second
    assert (second / DATABASE_FILE).read_bytes() == before


def test_other_schema_and_lost_files_cannot_be_compared(folder: Path, tmp_path: Path) -> None:
    release = _build(folder)
    other = shutil.copytree(release, tmp_path / "other")
    assert read_published(other) is not None
    connection = sqlite3.connect(other / DATABASE_FILE)
    connection.execute("UPDATE meta_release SET schema_version = '3'")
    connection.commit()
    connection.close()
    assert read_published(other) is None
    (other / DATABASE_FILE).unlink()
    assert read_published(other) is None


def test_withdrawn_figure_takes_its_change_with_it(folder: Path) -> None:
    """How far a figure moved is of the figure: both releases have it no more, so between them it does not differ."""
    _build(folder)
    second = _build(folder, ROWS.replace("2026,10", "2026,12").replace("2026,[x]", "2026,4"))
    request = Request("beds", "beds", {"region": "KZ-71", "period": "2026"}, TEXT)
    redact(request, second.parent, folder.parent / "store", "2026-11-22")
    assert _changes(second) == [("beds", "beds", '["KZ-75", "2026"]', Change.CHANGED, Reason.OUR_ERROR, 1, None)]
    third = build(load_library(folder), second.parent, withdrawn=frozenset({("beds", "beds", ("KZ-71", "2026"))}))
    assert _changes(third) == []
