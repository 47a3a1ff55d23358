"""The extract contract: it agrees with itself and with the code lists, and no column can hold an IIN by right."""

import re

import pyarrow as pa
import pytest

from datasets.codelist import Codelist, discover_codelists
from datasets.library import BUNDLED
from etl.registry.contract import TABLES, Column, Table
from etl.registry.shape import arrow_schema, postgresql_tables

TWELVE_DIGITS = range(10**11, 10**12)
COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]


@pytest.fixture(scope="module")
def codelists() -> dict[str, Codelist]:
    return discover_codelists(BUNDLED)


def _named(pair: Table | Column) -> str:
    return pair.name


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=_named)
def test_no_number_of_twelve_digits_is_admitted(table: Table, column: Column) -> None:
    if column.type in ("id", "pseudonym", "integer"):
        admitted = range(column.least, column.most + 1)
        assert admitted.stop <= TWELVE_DIGITS.start or admitted.start >= TWELVE_DIGITS.stop
    if column.pattern:
        assert not re.fullmatch(column.pattern, "880101300128")


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=_named)
def test_a_column_is_told_by_its_name_and_type(table: Table, column: Column, codelists: dict[str, Codelist]) -> None:
    assert (column.type == "code") == bool(column.codelist)
    assert not column.codelist or column.codelist in codelists
    assert column.name.endswith("_kzt") == (column.unit == "kzt")
    assert (column.name == "at" or column.name.endswith("_at")) == (column.type == "instant")
    assert column.name.endswith("_on") == (column.type == "date")
    assert column.type != "pseudonym" or column.personal


@pytest.mark.parametrize("table", TABLES.values(), ids=_named)
def test_a_table_refers_to_what_stands_before_it(table: Table) -> None:
    before = list(TABLES)[: list(TABLES).index(table.name)]
    for column in table.columns:
        if column.references:
            assert column.references in before
            assert TABLES[column.references].key == (TABLES[column.references].columns[0].name,)
    assert {*table.key, *table.totals, *filter(None, [table.month_of])} <= set(table.by_name)
    assert all(table.by_name[name].required for name in table.key)
    assert 0 < table.warn < table.refuse < 100


def test_shapes_have_the_columns_of_the_contract() -> None:
    for table, statement in zip(TABLES.values(), postgresql_tables(), strict=True):
        schema = arrow_schema(table)
        assert schema.names == list(table.by_name)
        assert re.findall(r"[(,] ?([a-z_]+) ", statement) == list(table.by_name)
        for column in table.columns:
            assert schema.field(column.name).nullable is not column.required
            assert (column.type == "instant") == pa.types.is_timestamp(schema.field(column.name).type)
