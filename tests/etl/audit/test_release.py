"""Releases are read as their readers have them; what is none, is damaged or is of another schema is refused."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from datasets.contract import Status
from datasets.fault import FaultError
from etl.audit.release import open_release
from tests.etl.audit.releases import Dataset, write_release

ROWS = {("A", "x"): {"persons": 3}, ("A", "y"): {"persons": 20}, ("B", "y"): {"persons": 9}}
VISITS = Dataset("visits", ROWS, hidden=[("persons", ("A", "x"))])


def _change(folder: Path, statement: str) -> Path:
    with closing(sqlite3.connect(folder / "release.db")) as connection:
        connection.execute(statement)
        connection.commit()
    return folder


def test_rows_and_totals_are_figures_by_keys(tmp_path: Path) -> None:
    (table,) = open_release(write_release(tmp_path, VISITS)).protected
    assert table.dimensions == ("region", "kind")
    assert table.figures["persons"] == {
        ("A", "x"): Status.SUPPRESSED,
        ("A", "y"): 20,
        ("B", "y"): 9,
        ("*", "x"): 3,
        ("*", "y"): 29,
        ("A", "*"): 23,
        ("B", "*"): 9,
        ("*", "*"): 32,
    }


def test_file_downloaded_alone_reads_like_its_folder(tmp_path: Path) -> None:
    folder = write_release(tmp_path, VISITS)
    assert open_release(folder / "release.db") == open_release(folder)


def test_release_is_not_changed_by_reading(tmp_path: Path) -> None:
    folder = write_release(tmp_path, VISITS)
    before = (folder / "release.db").read_bytes()
    open_release(folder)
    assert [each.name for each in folder.iterdir()] == ["release.db"]
    assert (folder / "release.db").read_bytes() == before


def test_rules_are_those_that_the_release_states(tmp_path: Path) -> None:
    dataset = Dataset("visits", ROWS, rules={"minimum": 7, "upper": None, "public": ["beds"], "noise": {"most": 2}})
    (table,) = open_release(write_release(tmp_path, dataset)).protected
    rules = table.protection
    assert rules is not None
    assert (rules.minimum, rules.values, rules.upper, rules.public, rules.noise) == (7, 2, None, ("beds",), 2)
    assert rules.group_of["persons"].persons == "persons"


def test_totals_over_months_are_named_by_the_months(tmp_path: Path) -> None:
    rows = {("A", "2026-02"): {"persons": 3}, ("A", "2026-05"): {"persons": 4}}
    revised = [("visits", "persons", ("A", "*"), 1), ("visits", "persons", ("*", "2026-02/2026-05"), 2)]
    dataset = Dataset("visits", rows, dimensions=("region", "period"))
    (table,) = open_release(write_release(tmp_path, dataset, revisions=revised)).protected
    assert table.spelled(("A", "*")) == ("A", "2026-02/2026-05")
    assert table.spelled(("*", "2026-02")) == ("*", "2026-02")
    assert table.vintage("persons", ("A", "2026-02/2026-05")) == 1
    assert table.vintage("persons", ("A", "2026-02")) == 0


def test_number_left_beside_the_mark_is_read(tmp_path: Path) -> None:
    folder = _change(write_release(tmp_path, VISITS), "UPDATE visits SET persons = 3 WHERE region = 'A' AND kind = 'x'")
    (table,) = open_release(folder).protected
    assert table.figures["persons"]["A", "x"] is Status.SUPPRESSED
    assert [int(number) for number, _ in table.slips.values()] == [3]


def test_dataset_without_rules_is_read_only_where_it_is_tied(tmp_path: Path) -> None:
    plain = Dataset("beds", ROWS, protected=False)
    side = {"dataset": "beds", "measure": "persons", "where": {}}
    tie = ("same", {"left": side, "right": {"dataset": "visits", "measure": "persons", "where": {}}, "by": ["kind"]})
    assert list(open_release(write_release(tmp_path / "a", VISITS, plain)).tables) == ["visits"]
    release = open_release(write_release(tmp_path / "b", VISITS, plain, relations=[tie]))
    assert list(release.tables) == ["visits", "beds"]
    assert len(release.protected) == 1


def test_totals_of_what_may_not_be_summed_may_be_left_out(tmp_path: Path) -> None:
    rows = {("A", "2026-02"): {"persons": 3}, ("B", "2026-03"): {"persons": 4}}
    additivity = {"persons": "additive_except_time"}
    folder = write_release(tmp_path, Dataset("visits", rows, dimensions=("region", "period"), additivity=additivity))
    (table,) = open_release(_change(folder, "DELETE FROM visits_totals WHERE period = '*'")).protected
    assert [keys for keys in table.keys if "*" in keys] == [("*", "2026-02"), ("*", "2026-03")]


def test_place_without_a_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="has no release"):
        open_release(tmp_path)


def test_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "release.db").write_text("no database at all, though long enough to have a header", encoding="ascii")
    with pytest.raises(FaultError, match="cannot be read as a release"):
        open_release(tmp_path)


def test_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "release.db")) as connection:
        connection.execute("CREATE TABLE notes (text)")
        connection.commit()
    with pytest.raises(FaultError, match="says nothing of a release"):
        open_release(tmp_path)


def test_release_of_another_schema_is_refused(tmp_path: Path) -> None:
    folder = _change(write_release(tmp_path, VISITS), "UPDATE meta_release SET schema_version = '2'")
    with pytest.raises(FaultError, match="has schema version 2; this auditor reads version"):
        open_release(folder)


def test_cut_off_file_is_refused(tmp_path: Path) -> None:
    file = write_release(tmp_path, VISITS) / "release.db"
    file.write_bytes(file.read_bytes()[:-8192])
    with pytest.raises(FaultError, match="cannot be read as a release"):
        open_release(file)


def test_file_that_the_manifest_does_not_list_is_refused(tmp_path: Path) -> None:
    folder = write_release(tmp_path, VISITS)
    digest = hashlib.sha256((folder / "release.db").read_bytes()).hexdigest()
    manifest = {"files": [{"path": "release.db", "sha256": digest}]}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    open_release(folder)
    _change(folder, "UPDATE visits SET persons = 21 WHERE persons = 20")
    with pytest.raises(FaultError, match="is not the file that the manifest lists"):
        open_release(folder)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("DROP TABLE visits_totals", "visits_totals is missing"),
        ("DELETE FROM visits_totals WHERE region = '*' AND kind = '*'", "visits has no totals over region, kind"),
        ("UPDATE visits SET persons = NULL WHERE persons = 20", "does not hold what the status says"),
        ("UPDATE visits SET persons_status = 'zero' WHERE persons = 20", "does not hold what the status says"),
        ("UPDATE visits SET persons_status = 'secret' WHERE persons = 20", "'secret' is not a valid"),
        ("UPDATE meta_column SET type = 'decimal' WHERE name = 'persons'", "not in whole numbers"),
        ("UPDATE meta_dataset SET protection_json = '{}'", "policy"),
        ("INSERT INTO visits SELECT * FROM visits WHERE kind = 'x'", "two rows"),
        ("INSERT INTO meta_relation (kind, spec_json) VALUES ('likeness', '{}')", "likeness"),
        ("INSERT INTO meta_relation (kind, spec_json) VALUES ('part', '{\"dataset\": \"nowhere\"}')", "nowhere"),
    ],
)
def test_damage_is_refused(damage: str, message: str, tmp_path: Path) -> None:
    folder = _change(write_release(tmp_path, VISITS), damage)
    with pytest.raises(FaultError, match=message):
        open_release(folder)
