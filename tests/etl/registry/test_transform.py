"""From a SELECT to a table of text: order, ratios, and what is refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from datasets.codelist import Codelist
from datasets.declaration import Column, Ratio
from datasets.fault import FaultError
from datasets.library import BUNDLED, Library
from etl.extract import Extracted, RawTable
from etl.registry.engine import Engine
from etl.registry.engine.duckdb import DuckDBEngine
from etl.registry.engine.engine import Row
from etl.registry.parts import Registry
from etl.registry.results import Results
from etl.registry.transform import run_transform
from etl.validate import validate
from tests.etl.registry.declared import declared

SERVICES = "SELECT kind_of_care, period, count(*) AS services FROM service GROUP BY kind_of_care, period"


@pytest.fixture(scope="module")
def engine(sampled: Registry) -> Iterator[Engine]:
    with DuckDBEngine(sampled, memory="1GB", threads=2) as engine:
        yield engine


@pytest.fixture
def library(codelists: dict[str, Codelist]) -> Library:
    return Library(BUNDLED, {}, codelists, {}, {})


class Fixed(Engine):
    """An engine that gives the rows that it is told to, whatever is asked."""

    def __init__(self, registry: Registry, rows: list[Row]) -> None:
        super().__init__(registry)
        self.given = rows

    def rows(self, sql: str, month: str | None, windows: object) -> list[Row]:
        return self.given

    _relation = _run = close = None  # type: ignore[assignment]


@pytest.fixture
def of_rows(sampled: Registry, library: Library, tmp_path: Path):  # type: ignore[no-untyped-def]
    """What becomes of rows of (region, period or text, measures) that an engine gave."""

    def run(rows: list[Row], ratios: tuple[Ratio, ...] = (), months: tuple[str, ...] = ("2026-04",)) -> RawTable:
        names = tuple(f"m{place}" for place in range(len(rows[0]) - 2))
        columns = ", ".join(f"count(*) AS {name}" for name in names)
        sql = f"SELECT kind_of_care AS region, period, {columns} FROM service GROUP BY kind_of_care, period"
        declaration = declared(sql, ("region", "period"), names, ratios)
        registry = replace(sampled, months=months)
        return run_transform(declaration, registry, Fixed(registry, rows), Results(tmp_path), library)

    return run


def test_month_by_month(engine: Engine, sampled: Registry, library: Library, tmp_path: Path) -> None:
    declaration = declared(SERVICES, ("kind_of_care", "period"), ("services",))
    table = run_transform(declaration, sampled, engine, Results(tmp_path), library)
    assert table.header == ("kind_of_care", "period", "services")
    assert table.file == "sample/transform.sql"
    assert [line for line, _ in table.rows] == list(range(2, 2 + len(table.rows)))
    assert sum(int(services) for _, (_, _, services) in table.rows) == 180
    order = list(library.codelists["kind_of_care"].by_code)
    keys = [(order.index(kind), period) for _, (kind, period, _) in table.rows]
    assert keys == sorted(keys) and {period for _, period in keys} == set(sampled.months)


def test_once_for_all_months(engine: Engine, sampled: Registry, library: Library, tmp_path: Path) -> None:
    sql = "SELECT period, count(*) AS acts FROM act GROUP BY period"
    declaration = declared(sql, ("period",), ("acts",), reads={"act": "all"})
    table = run_transform(declaration, sampled, engine, Results(tmp_path), library)
    assert [values for _, values in table.rows] == [("2026-03", "60"), ("2026-04", "60"), ("2026-05", "60")]
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_withheld_comes_after_what_is_published(
    engine: Engine, sampled: Registry, library: Library, tmp_path: Path
) -> None:
    sql = SERVICES.replace(" FROM", ", count(DISTINCT policy_id) AS patients FROM")
    share = Ratio("share", "services", "services", decimals=0)
    declaration = replace(
        declared(sql, ("kind_of_care", "period"), ("services",), (share,)),
        path=BUNDLED / "sample" / "dataset.yaml",
        withheld=(Column("patients", "withheld", "integer", {}, additivity="not_additive"),),
    )
    table = run_transform(declaration, sampled, engine, Results(tmp_path), library)
    assert table.header == ("kind_of_care", "period", "services", "share", "patients")
    validated = validate(Extracted(declaration, table, None), library)
    for row, (_, values) in zip(validated.table.rows, table.rows, strict=True):
        assert list(row.cells) == ["services", "share", "patients"]
        assert row.cells["patients"].value == int(values[4])
        assert 0 < int(values[4]) <= int(values[2])


def test_a_refused_select_is_not_run(sampled: Registry, library: Library, tmp_path: Path) -> None:
    declaration = declared("SELECT max(policy_id) AS n FROM service", (), ("n",))
    with pytest.raises(FaultError, match="lets personal data out"):
        run_transform(declaration, sampled, Fixed(sampled, []), Results(tmp_path), library)


def test_order_of_codes_not_in_the_list(of_rows) -> None:  # type: ignore[no-untyped-def]
    table = of_rows([("ZZ", "2026-04", 1), ("KZ-79", "2026-04", 1), ("KZ-10", "2026-04", 1), ("AA", "2026-04", 1)])
    assert [values[0] for _, values in table.rows] == ["KZ-10", "KZ-79", "AA", "ZZ"]


def test_same_rows_in_any_order_are_the_same_table(of_rows) -> None:  # type: ignore[no-untyped-def]
    rows = [("KZ-10", "2026-04", 1), ("KZ-11", "2026-04", 2)]
    assert of_rows(rows) == of_rows(rows[::-1])


@pytest.mark.parametrize(
    ("numerator", "denominator", "scale", "decimals", "shown"),
    [
        (1, 8, 100, 1, "12.5"),
        (1, 8, 100, 0, "13"),
        (1, 16, 100, 2, "6.25"),
        (1, 16, 100, 1, "6.3"),
        (-1, 16, 100, 1, "-6.3"),
        (1, -16, 100, 1, "-6.3"),
        (-1, 3000, 100, 1, "0.0"),
        (2, 3, 1, 6, "0.666667"),
        (1, 1, 100, 2, "100.00"),
        (0, 5, 100, 1, "0.0"),
        (5, 0, 100, 1, "[z]"),
        (0, 0, 100, 1, "[z]"),
        (999_999_999_999_999, 1, 1, 0, "999999999999999"),
        # 4.49999999999999 and more: rounded once, not twice.
        (449_999_999_999_999, 10**15 - 1, 10, 0, "4"),
    ],
)
def test_ratio(of_rows, numerator: int, denominator: int, scale: int, decimals: int, shown: str) -> None:  # type: ignore[no-untyped-def]
    table = of_rows([("KZ-10", "2026-04", numerator, denominator)], (Ratio("share", "m0", "m1", scale, (), decimals),))
    assert table.header == ("region", "period", "m0", "m1", "share")
    assert table.rows[0][1][-1] == shown


UNFIT = {
    "a null measure": ([("KZ-10", "2026-04", None)], "2026-04, column m0: holds no value in 1 of 1 rows"),
    "a null code": ([(None, "2026-04", 1), ("KZ-10", "2026-04", 1)], "column region: holds no value in 1 of 2 rows"),
    "an empty code": ([("", "2026-04", 1)], "column region: holds no text"),
    "a number for a code": ([(5, "2026-04", 1)], "column region: holds no text"),
    "a fraction": ([("KZ-10", "2026-04", 0.5)], "column m0: holds no whole number"),
    "a text": ([("KZ-10", "2026-04", "1")], "column m0: holds no whole number"),
    "a condition": ([("KZ-10", "2026-04", True)], "column m0: holds no whole number"),
    "sixteen digits": ([("KZ-10", "2026-04", 10**15)], "column m0: holds a number of more than 15 digits"),
    "sixteen digits below nought": ([("KZ-10", "2026-04", -(10**15))], "more than 15 digits"),
    "another month": ([("KZ-10", "2026-03", 1)], "column period: holds another month"),
    "the same grain twice": (
        [("KZ-10", "2026-04", 1), ("KZ-10", "2026-04", 2)],
        "gives 1 rows of the same region, period",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_unfit_rows(of_rows, name: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    rows, message = UNFIT[name]
    with pytest.raises(FaultError) as caught:
        of_rows(rows)
    assert message in str(caught.value)
    assert name == "the same grain twice" or not list(tmp_path.iterdir())


def test_no_value_is_told(of_rows) -> None:  # type: ignore[no-untyped-def]
    """A SELECT that goes wrong may give anything, a pseudonym too."""
    with pytest.raises(FaultError) as caught:
        of_rows([("KZ-10", "2026-04", 4_000_000_000_000_000_001), ("900101300123", "secret", "secret")])
    assert not any(value in str(caught.value) for value in ("400000", "900101300123", "secret"))
