"""The double entry: the figures of the numbered tables, transcribed twice, are the same in the release.

`double_entry/*.csv` is the second transcription, made from the documents without sight of the datasets;
`double_entry/mapping.yaml` says where each of its figures stands.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

FOLDER = Path(__file__).parent / "double_entry"
MAPPING: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "mapping.yaml").read_text(encoding="utf-8"))
SUMMED = "*"


class Place(NamedTuple):
    """Where a figure stands in a dataset. `code` is `*` for a stated total."""

    code: str
    period: str
    measure: str


class Published(NamedTuple):
    """A figure of the release with its unit."""

    value: Decimal
    unit: str


class Check(NamedTuple):
    """A row of `meta_reconciliation`."""

    stated: Decimal
    unit: str
    computed: Decimal | None
    gap: Decimal | None
    classification: str


@dataclass(frozen=True)
class Line:
    """One printed figure as transcribed the second time, `period` filled in where the table prints none."""

    row: str
    column: str
    period: str
    value: Decimal


@dataclass(frozen=True)
class Sheet:
    """One transcribed table with its mapping."""

    name: str
    lines: tuple[Line, ...]
    mapping: dict[str, Any]

    @property
    def dataset(self) -> str:
        return self.mapping["dataset"]

    @property
    def totals(self) -> dict[str, list[str] | str]:
        return self.mapping.get("totals", {})

    @property
    def rows(self) -> dict[str, str]:
        return self.mapping.get("rows", {})

    def is_row(self, line: Line) -> bool:
        return line.row not in self.totals or line.row in self.rows

    def place(self, line: Line) -> Place:
        return Place(self.rows.get(line.row, line.row), line.period, self.mapping["columns"][line.column][0])

    def unit(self, line: Line) -> str:
        return (
            self.mapping.get("unit_of", {}).get(line.column, {}).get(line.row, self.mapping["columns"][line.column][1])
        )

    def published_lines(self) -> dict[Place, Published]:
        """The cells that the dataset must have."""
        return {self.place(each): Published(each.value, self.unit(each)) for each in self.lines if self.is_row(each)}

    def total_lines(self) -> dict[Place, Line]:
        """The totals that the source states."""
        return {self.place(each)._replace(code=SUMMED): each for each in self.lines if each.row in self.totals}

    def sum_of(self, line: Line, parts: list[str] | str) -> Decimal:
        """The sum of `parts` in the line's column and period; `all` is every row that is no total."""
        return sum(
            (
                each.value
                for each in self.lines
                if (each.column, each.period) == (line.column, line.period)
                and (each.row not in self.totals if parts == "all" else each.row in parts)
            ),
            Decimal(0),
        )


def read_lines(name: str, mapping: dict[str, Any]) -> Iterator[Line]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        for each in csv.DictReader(file):
            periods = [each["period"]] if each["period"] else mapping["repeated"][each["column"]]
            for period in periods:
                yield Line(each["row"], each["column"], period, Decimal(each["value"]))


SHEETS = [Sheet(name, tuple(read_lines(name, mapping)), mapping) for name, mapping in MAPPING.items()]
WHOLE_DATASETS = [sheet for sheet in SHEETS if not sheet.mapping.get("partial")]
every_sheet = pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
every_whole_dataset = pytest.mark.parametrize("sheet", WHOLE_DATASETS, ids=lambda sheet: sheet.name)


class ReleaseFile:
    """The release as this test reads it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        self._connection = connection

    def cells(self, dataset: str, dimension: str) -> dict[Place, Published]:
        """Every cell with a number, zeros included."""
        measures = self._measures(dataset)
        return {
            Place(str(row[dimension]), row["period"], each["name"]): Published(
                decimal(row[each["name"]]), each["unit"] or row[each["unit_column"]]
            )
            for row in self._connection.execute(f"SELECT * FROM [{dataset}]")
            for each in measures
            if row[f"{each['name']}_status"] in ("ok", "zero")
        }

    def checks(self, dataset: str, dimension: str, kind: str) -> dict[Place, Check]:
        query = "SELECT * FROM meta_reconciliation WHERE dataset = ? AND kind = ?"
        found: dict[Place, Check] = {}
        for row in self._connection.execute(query, (dataset, kind)):
            where = json.loads(row["where_json"])
            found[Place(where[dimension], where["period"], row["measure"])] = Check(
                decimal(row["stated"]), row["unit"], optional(row["computed"]), optional(row["gap"]), row["class"]
            )
        return found

    def _measures(self, dataset: str) -> list[sqlite3.Row]:
        query = "SELECT name, unit, unit_column FROM meta_column WHERE dataset = ? AND role = 'measure'"
        return self._connection.execute(query, (dataset,)).fetchall()


def decimal(number: float) -> Decimal:
    return Decimal(str(number))


def optional(number: float | None) -> Decimal | None:
    return None if number is None else decimal(number)


@pytest.fixture(scope="module")
def release_file(release_database: Path) -> Iterator[ReleaseFile]:
    with closing(sqlite3.connect(f"{release_database.as_uri()}?mode=ro", uri=True)) as connection:
        yield ReleaseFile(connection)


#: The numbered tables of the report, the footnote of its second, and the figures of the presentation.
NUMBERED = {f"report_2022_table_{number:02}" for number in range(1, 11)} | {
    "report_2022_table_02_footnote",
    "presentation_2026_insured",
    "presentation_2026_contracts",
    "presentation_2026_organisations",
}


def test_every_numbered_table_is_transcribed_and_mapped() -> None:
    assert {path.stem for path in FOLDER.glob("*.csv")} == set(MAPPING) == NUMBERED


@every_sheet
def test_every_figure_has_a_place_of_its_own(sheet: Sheet) -> None:
    assert len({sheet.place(each) for each in sheet.lines}) == len(sheet.lines)


@every_sheet
def test_every_printed_figure_is_published(sheet: Sheet, release_file: ReleaseFile) -> None:
    published = release_file.cells(sheet.dataset, sheet.mapping["dimension"])
    wanted = sheet.published_lines()
    assert {place: published.get(place) for place in wanted} == wanted


@every_whole_dataset
def test_no_published_figure_is_invented(sheet: Sheet, release_file: ReleaseFile) -> None:
    published = release_file.cells(sheet.dataset, sheet.mapping["dimension"])
    printed = sheet.published_lines()
    assert {place for place in published if place not in printed} == set()


@every_whole_dataset
def test_every_stated_total_is_reconciled(sheet: Sheet, release_file: ReleaseFile) -> None:
    checks = release_file.checks(sheet.dataset, sheet.mapping["dimension"], "total")
    wanted = {place: total_check(sheet, line) for place, line in sheet.total_lines().items()}
    assert {place: check._replace(classification="") for place, check in checks.items()} == wanted


@every_whole_dataset
def test_rates_and_shares_are_not_summed(sheet: Sheet, release_file: ReleaseFile) -> None:
    checks = release_file.checks(sheet.dataset, sheet.mapping["dimension"], "total")
    unsummed = {sheet.mapping["columns"][column][0] for column in sheet.mapping.get("unsummed", [])}
    assert {place.measure for place, check in checks.items() if check.classification == "not_summed"} == unsummed


@every_whole_dataset
def test_every_subtotal_is_reconciled(sheet: Sheet, release_file: ReleaseFile) -> None:
    checks = release_file.checks(sheet.dataset, sheet.mapping["dimension"], "identity")
    subtotals = sheet.mapping.get("subtotals", {})
    wanted = {
        sheet.place(line): check_of(line, sheet.unit(line), sheet.sum_of(line, subtotals[line.row]))
        for line in sheet.lines
        if line.row in subtotals and line.column not in sheet.mapping.get("unsummed", [])
    }
    assert {place: check._replace(classification="") for place, check in checks.items()} == wanted


def total_check(sheet: Sheet, line: Line) -> Check:
    if line.column in sheet.mapping.get("unsummed", []):
        return check_of(line, sheet.unit(line), None)
    return check_of(line, sheet.unit(line), sheet.sum_of(line, sheet.totals[line.row]))


def check_of(line: Line, unit: str, computed: Decimal | None) -> Check:
    return Check(line.value, unit, computed, None if computed is None else line.value - computed, "")
