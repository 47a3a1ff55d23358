"""The simulated release: what is hidden in it is in no file of it, and nothing else was changed."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE, DATABASE_FILE, SUMMED, Status, status_column, totals_table
from datasets.declaration import Declaration
from datasets.library import Library
from datasets.protection import ProtectedGroup
from etl.audit.command import read_certificate
from etl.audit.report import gather, report_on
from etl.disclosure.cube import Cube, Keys, make_cube
from etl.pipeline import Aggregation, bound, prepare
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.parts import Registry
from etl.registry.results import Results
from portal.release import Release

Rows = dict[Keys, dict[str, object]]
#: What may stand in the place of a number: nothing, or a mark.
NO_NUMBER = {None, "", "[c]", "[z]", "[x]"}


@pytest.fixture(scope="module")
def folder(release: Release) -> Path:
    return release.database.parent


@pytest.fixture(scope="module")
def truth(library: Library, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cube]:
    """The true figures, rows and sums, of every dataset whose policy has rules."""
    with DuckDBEngine(registry) as engine:
        aggregation = Aggregation(registry, engine, Results(tmp_path_factory.mktemp("truth")))
        own = bound(library, aggregation)
        guarded = [each for each in own.declarations.values() if each.rules(own.policies[each.policy])]
        return {each.slug: make_cube(prepare(each, own, aggregation)) for each in guarded}


@pytest.fixture(scope="module")
def tables(folder: Path, truth: dict[str, Cube]) -> dict[str, Rows]:
    """The rows and totals rows in release.db, by dataset and keys."""
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            slug: {
                _keys(dict(row), cube.declaration): dict(row)
                for table in (slug, totals_table(slug))
                for row in connection.execute(f"SELECT * FROM [{table}]")
            }
            for slug, cube in truth.items()
        }


def _keys(row: dict[str, object], declaration: Declaration) -> Keys:
    return tuple(str(row[each.name]) for each in declaration.dimensions)


def test_every_dataset_with_rules_has_its_totals(folder: Path, truth: dict[str, Cube], tables: dict[str, Rows]) -> None:
    assert len(truth) >= 11
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as connection:
        stated = connection.execute("SELECT slug FROM meta_dataset WHERE protection_json IS NOT NULL").fetchall()
    assert {slug for (slug,) in stated} == truth.keys()
    for slug, cube in truth.items():
        there = {tuple(key == SUMMED for key in keys) for keys in tables[slug]}
        summed = {tuple(key == SUMMED for key in keys) for keys, found in cube.figures.items() if found}
        measured = {name for group in cube.declaration.protect for name in group.measures}
        expected = {
            tuple(key == SUMMED for key in keys) for keys, found in cube.figures.items() if measured & found.keys()
        }
        assert expected <= there <= summed


def test_every_number_is_the_true_one_and_every_sum_is_there(truth: dict[str, Cube], tables: dict[str, Rows]) -> None:
    for slug, cube in truth.items():
        computed = cube.declaration.computed
        names = [each.name for each in cube.declaration.measures if each.name not in computed]
        for keys, row in tables[slug].items():
            for name in names:
                expected = cube.figures[keys].get(name)
                if expected is None:
                    assert row[status_column(name)] == Status.NOT_APPLICABLE and row[name] is None
                elif row[status_column(name)] == Status.SUPPRESSED:
                    assert expected != 0 and row[name] is None
                else:
                    assert row[name] == expected


def test_rows_of_which_nothing_is_hidden_sum_to_their_totals(truth: dict[str, Cube], tables: dict[str, Rows]) -> None:
    """From the release alone, over one dimension after the other."""
    checked = 0
    for slug, cube in truth.items():
        rows = tables[slug]
        for (margin, _), parts in cube.parts.items():
            for name in {each for group in cube.declaration.protect for each in group.measures}:
                figures = [rows[keys][name] for keys in parts if keys in rows]
                if margin in rows and rows[margin][name] is not None and None not in figures:
                    assert sum(figures) == rows[margin][name]  # type: ignore[arg-type]
                    checked += 1
    assert checked > 1000


def _small(cube: Cube) -> Iterator[tuple[ProtectedGroup, Keys]]:
    """Groups of figures that are about one to four persons, by the true rows."""
    for group in cube.declaration.protect:
        if group.persons:
            yield from ((group, keys) for keys, least in cube.least.items() if 0 < least[group.persons] < 5)


def test_what_is_about_fewer_than_five_persons_is_hidden(truth: dict[str, Cube], tables: dict[str, Rows]) -> None:
    found = 0
    for slug, cube in truth.items():
        for group, keys in _small(cube):
            for name in group.measures:
                if cube.figures[keys].get(name):
                    row = tables[slug][keys]
                    assert (row[status_column(name)], row[name]) == (Status.SUPPRESSED, None)
                    found += 1
    assert found > 100, "the simulated release has small figures"


@pytest.fixture(scope="module")
def hidden(tables: dict[str, Rows], truth: dict[str, Cube]) -> dict[str, set[tuple[str, Keys]]]:
    """The hidden figures by dataset: measure and keys."""
    return {
        slug: {
            (each.name, keys)
            for keys, row in tables[slug].items()
            for each in cube.declaration.measures
            if row[status_column(each.name)] == Status.SUPPRESSED
        }
        for slug, cube in truth.items()
    }


def _files(folder: Path, declaration: Declaration) -> Iterator[tuple[str, Rows]]:
    """The rows of every file that the dataset is published in, by keys; a file without codes has none."""
    data, slug = folder / "data", declaration.slug
    for name in (f"{slug}.csv", f"{slug}_totals.csv"):
        with (data / name).open(encoding="utf-8-sig", newline="") as file:
            yield name, {_keys(row, declaration): row for row in csv.DictReader(file)}
    parquet = pyarrow.parquet.read_table(data / f"{slug}.parquet").to_pylist()
    yield "parquet", {_keys(row, declaration): row for row in parquet}
    said = json.loads((data / f"{slug}.json").read_text(encoding="utf-8"))
    for key in ("rows", "totals"):
        yield f"json {key}", {_keys(row, declaration): row for row in said[key]}


def test_no_file_has_a_number_for_a_hidden_figure(
    folder: Path, truth: dict[str, Cube], hidden: dict[str, set[tuple[str, Keys]]]
) -> None:
    for slug, cube in truth.items():
        assert hidden[slug], f"{slug} hides nothing, so that this says nothing"
        for file, rows in _files(folder, cube.declaration):
            there = [(name, keys) for name, keys in hidden[slug] if keys in rows]
            assert [each for each in there if rows[each[1]][each[0]] not in NO_NUMBER] == [], file
            shown = sum(value not in NO_NUMBER for row in rows.values() for value in row.values())
            assert shown > len(rows) > 0, f"{slug}: {file} was not read"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_no_workbook_or_excel_file_has_a_number_for_a_hidden_figure(
    language: str, folder: Path, truth: dict[str, Cube], hidden: dict[str, set[tuple[str, Keys]]]
) -> None:
    for slug in truth if language == "en" else ("drug_issues", "consent_funnel"):
        declaration = truth[slug].declaration
        found: set[Keys] = set()
        for lines in _spreadsheets(folder / "data", slug, language):
            rows = _titled(lines, declaration, language)
            there = [(name, keys) for name, keys in hidden[slug] if keys in rows]
            assert [each for each in there if rows[each[1]][each[0]] not in NO_NUMBER] == []
            found |= rows.keys()
        assert found >= {keys for _, keys in hidden[slug]}


def _spreadsheets(data: Path, slug: str, language: str) -> Iterator[list[tuple[object, ...]]]:
    """The lines of the file for Excel, and of the workbook's first and last sheet: rows, and totals."""
    with (data / f"{slug}_{language}_excel.csv").open(encoding="utf-8-sig", newline="") as file:
        yield [tuple(line) for line in csv.reader(file, delimiter=";")]
    book = openpyxl.load_workbook(data / f"{slug}_{language}.xlsx", read_only=True)
    for sheet in (book.worksheets[0], book.worksheets[-1]):
        yield list(sheet.iter_rows(values_only=True))
    book.close()


def _titled(lines: list[tuple[object, ...]], declaration: Declaration, language: str) -> Rows:
    """The rows of a table whose columns have titles: `<title>, <unit>`, and of a code `<title> (...)` and its label."""
    header = [str(title) for title in lines[0]]
    places = {
        each.name: next(at for at, title in enumerate(header) if title.startswith(each.title[language]))
        for each in (*declaration.dimensions, *declaration.measures)
    }
    for each in declaration.measures:
        (places[each.name],) = (at for at, title in enumerate(header) if title.startswith(f"{each.title[language]}, "))
    rows = [{name: line[place] for name, place in places.items()} for line in lines[1:]]
    return {_keys(row, declaration): row for row in rows}


def test_withheld_columns_are_no_columns_of_any_table(folder: Path, truth: dict[str, Cube]) -> None:
    names = {each.name for cube in truth.values() for each in cube.declaration.withheld}
    assert names
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as connection:
        listed = {name for (name,) in connection.execute("SELECT name FROM meta_column")}
        for slug, cube in truth.items():
            own = {each.name for each in cube.declaration.withheld}
            for table in (slug, totals_table(slug)):
                columns = {row[1] for row in connection.execute(f"PRAGMA table_info([{table}])")}
                assert columns and own.isdisjoint(columns)
    assert (names - {"patients"}).isdisjoint(listed)


def test_the_audit_passed_and_is_proved_by_the_database_alone(folder: Path, tmp_path: Path) -> None:
    alone = tmp_path / DATABASE_FILE
    alone.write_bytes((folder / DATABASE_FILE).read_bytes())
    report = report_on(*gather(alone), certificate=read_certificate(folder / CERTIFICATES_FILE))
    assert report.passed
    assert report.to_json() == (folder / AUDIT_FILE).read_text(encoding="utf-8")
