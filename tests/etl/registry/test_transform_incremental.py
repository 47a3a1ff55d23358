"""Only the months that an extract touches are computed again, and the result is that of a build from nothing."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from datasets.codelist import Codelist
from datasets.declaration import Declaration
from datasets.library import BUNDLED, Library
from etl.extract import RawTable
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.engine.engine import Row
from etl.registry.parts import Part, Registry
from etl.registry.results import Results
from etl.registry.transform import run_transform
from tests.etl.registry.declared import declared
from tests.etl.registry.sample_registry import MONTHS, sample

BY_MONTH = "SELECT period, count(DISTINCT policy_id) AS n FROM service GROUP BY period"
JOINED = (
    "SELECT region, service.period, count(*) AS n FROM service JOIN organisation"
    " ON organisation.organisation_id = service.organisation_id GROUP BY region, service.period"
)
STOCK = "SELECT calendar.period, count(policy_id) AS n FROM calendar CROSS JOIN policy GROUP BY calendar.period"
AGED = (
    "SELECT calendar.period, count(policy_id) AS n FROM policy CROSS JOIN calendar"
    " WHERE issued_on < calendar.as_of GROUP BY calendar.period"
)
WHOLE = "SELECT period, count(*) AS n FROM act GROUP BY period"
REGISTER = "SELECT region, count(*) AS n FROM organisation GROUP BY region"


class Counting(DuckDBEngine):
    """Writes down the months that it is asked for."""

    def __init__(self, registry: Registry) -> None:
        super().__init__(registry, memory="1GB", threads=2)
        self.asked: list[str | None] = []

    def rows(self, sql: str, month: str | None, windows: Mapping[str, str]) -> list[Row]:
        self.asked.append(month)
        return super().rows(sql, month, windows)


class Builds:
    """Builds over changing registries, with one store of results."""

    def __init__(self, folder: Path, codelists: dict[str, Codelist]) -> None:
        self.folder, self.codelists = folder, codelists
        self.library = Library(BUNDLED, {}, codelists, {}, {})
        self.versions = 0

    def registry(self, seeds: dict[tuple[str, str], int] | None = None) -> Registry:
        self.versions += 1
        return sample(self.folder / f"extract-{self.versions}", self.codelists, seeds)

    def build(self, declaration: Declaration, registry: Registry, store: str = "results") -> list[str | None]:
        """The months that were computed; fails if a build from nothing gives another table."""
        table, asked = self._run(declaration, registry, store)
        whole, _ = self._run(declaration, registry, f"fresh-{self.versions}-{store}-{len(list(self.folder.iterdir()))}")
        assert table == whole
        return asked

    def _run(self, declaration: Declaration, registry: Registry, store: str) -> tuple[RawTable, list[str | None]]:
        with Counting(registry) as engine:
            results = Results(self.folder / store)
            return run_transform(declaration, registry, engine, results, self.library), engine.asked


@pytest.fixture
def builds(tmp_path: Path, codelists: dict[str, Codelist]) -> Builds:
    return Builds(tmp_path, codelists)


def by_month(sql: str, reads: dict[str, str] | None = None, dimensions: tuple[str, ...] = ("period",)) -> Declaration:
    return declared(sql, dimensions, ("n",), reads=reads)


def test_nothing_changed(builds: Builds) -> None:
    declaration = by_month(BY_MONTH)
    assert builds.build(declaration, builds.registry()) == list(MONTHS)
    assert builds.build(declaration, builds.registry()) == []


def test_a_corrected_month(builds: Builds) -> None:
    declaration = by_month(BY_MONTH)
    builds.build(declaration, builds.registry())
    assert builds.build(declaration, builds.registry({("service", "2026-04"): 1})) == ["2026-04"]
    assert builds.build(declaration, builds.registry()) == []


def test_a_month_of_a_table_that_is_not_read(builds: Builds) -> None:
    declaration = by_month(BY_MONTH)
    builds.build(declaration, builds.registry())
    assert builds.build(declaration, builds.registry({("policy", "2026-04"): 1, ("organisation", ""): 1})) == []


def test_a_further_month(builds: Builds) -> None:
    declaration = by_month(BY_MONTH)
    whole = builds.registry()
    first = replace(whole, months=MONTHS[:2], parts=tuple(each for each in whole.parts if each.period != MONTHS[2]))
    assert builds.build(declaration, first) == list(MONTHS[:2])
    assert builds.build(declaration, whole) == [MONTHS[2]]


def test_months_that_see_the_corrected_one(builds: Builds) -> None:
    through, previous = by_month(STOCK, {"policy": "through"}), by_month(STOCK, {"policy": "previous"})
    builds.build(through, builds.registry(), "through")
    builds.build(previous, builds.registry(), "previous")
    changed = builds.registry({("policy", "2026-03"): 1})
    assert builds.build(through, changed, "through") == ["2026-03", "2026-04", "2026-05"]
    assert builds.build(previous, changed, "previous") == ["2026-03", "2026-04"]


def test_a_table_read_whole(builds: Builds) -> None:
    declaration = by_month(WHOLE, {"act": "all"})
    assert builds.build(declaration, builds.registry()) == [None]
    assert builds.build(declaration, builds.registry({("act", "2026-03"): 1})) == [None]
    assert builds.build(declaration, builds.registry({("act", "2026-03"): 1})) == []


def test_a_register_counts_by_the_columns_that_are_read(builds: Builds) -> None:
    declaration = by_month(JOINED, dimensions=("region", "period"))
    registry = builds.registry()
    builds.build(declaration, registry)
    assert builds.build(declaration, with_register(registry, "name_ru", builds.folder)) == []
    assert builds.build(declaration, with_register(registry, "region", builds.folder)) == list(MONTHS)


def test_a_register_alone(builds: Builds) -> None:
    declaration = declared(REGISTER, ("region",), ("n",))
    registry = builds.registry()
    assert builds.build(declaration, registry) == [None]
    assert builds.build(declaration, with_register(registry, "licence_status", builds.folder)) == []
    fewer = with_register(registry, "", builds.folder)
    assert builds.build(declaration, fewer) == [None]


def with_register(registry: Registry, column: str, folder: Path) -> Registry:
    """The registry with its clinics' `column` turned upside down, or with one clinic fewer."""
    (part,) = (each for each in registry.parts if each.table == "organisation")
    rows = pq.read_table(part.files[0])
    if column:
        rows = rows.set_column(rows.schema.get_field_index(column), column, rows[column].combine_chunks()[::-1])
    else:
        rows = rows.slice(1)
    path = folder / f"organisation-{column}.parquet"
    pq.write_table(rows, path)
    changed = Part("organisation", "", (path,), f"digest of {column}", rows.num_rows)
    return replace(registry, parts=tuple(changed if each == part else each for each in registry.parts))


def test_the_day_of_the_extract_counts_where_it_is_read(builds: Builds) -> None:
    registry = builds.registry()
    later = replace(registry, as_of="2026-06-10T19:00:00Z")
    stock, aged = by_month(STOCK, {"policy": "through"}), by_month(AGED, {"policy": "through"})
    for declaration in (stock, aged):
        builds.build(declaration, registry)
    assert builds.build(stock, later) == []
    assert builds.build(aged, later) == list(MONTHS)


def test_another_select_or_window(builds: Builds) -> None:
    registry = builds.registry()
    builds.build(by_month(BY_MONTH), registry)
    spaced = BY_MONTH.replace(" FROM", "\n  -- of persons\n FROM")
    assert builds.build(by_month(spaced), registry) == []
    assert builds.build(by_month(BY_MONTH.replace("DISTINCT ", "")), registry) == list(MONTHS)
    builds.build(by_month(STOCK, {"policy": "month"}), registry)
    # The first month is the same under both windows.
    assert builds.build(by_month(STOCK, {"policy": "through"}), registry) == list(MONTHS[1:])


def test_a_damaged_result_is_computed_again(builds: Builds) -> None:
    declaration, registry = by_month(BY_MONTH), builds.registry()
    builds.build(declaration, registry)
    kept = sorted((builds.folder / "results").iterdir())
    assert len(kept) == 3 and not (builds.folder / "results").stat().st_mode & 0o077
    kept[0].write_text('[["2026-', encoding="utf-8")
    kept[1].unlink()
    assert len(builds.build(declaration, registry)) == 2


def test_the_engine_is_no_part_of_the_key(builds: Builds) -> None:
    """Results of one engine serve another: the keys hang on rows and SELECT alone."""
    registry = builds.registry()
    builds.build(by_month(BY_MONTH), registry)

    class Never(Counting):
        def rows(self, sql: str, month: str | None, windows: Mapping[str, str]) -> list[Row]:
            raise AssertionError

    with Never(registry) as engine:
        results = Results(builds.folder / "results")
        assert run_transform(by_month(BY_MONTH), registry, engine, results, builds.library).rows
