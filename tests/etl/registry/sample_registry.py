"""A small Registry of random rows in the contract's shape, as Parquet files and in PostgreSQL.

It obeys no rule of the domain: it is there for what a rule-abiding world would not have, such as nulls wherever the
contract admits them, instants at the edges of local months, equal days and extreme numbers.
"""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.csv import WriteOptions, write_csv

from datasets.codelist import Codelist
from etl.registry.contract import LARGEST, SMALLEST_PSEUDONYM, TABLES, UTC_OFFSET_HOURS, Column, Table
from etl.registry.months import first_day, following
from etl.registry.parts import Part, Registry
from etl.registry.shape import arrow_schema, postgresql_tables

MONTHS = ("2026-03", "2026-04", "2026-05")
AS_OF = "2026-05-31T19:00:00Z"
#: Rows of each register, and of each month of a monthly table.
ROWS = 60
SHARE_OF_NULLS = 0.25

Value = object


def sample(
    folder: Path, codelists: Mapping[str, Codelist], seeds: Mapping[tuple[str, str], int] | None = None
) -> Registry:
    """Write the files below `folder`; `bank_request` has none in the middle month, and April's services are two files.

    `seeds` gives parts (table, month) other rows than usual.
    """
    parts = []
    for table in TABLES.values():
        for month in ("",) if table.register else MONTHS:
            if (table.name, month) == ("bank_request", "2026-04"):
                continue
            # Each part has a randomness of its own, so that changing one leaves the others alone.
            dice = random.Random(f"{(seeds or {}).get((table.name, month), 0)} {table.name} {month}")
            columns = _columns(table, month, codelists, dice)
            parts.append(_part(folder, table, month, pa.table(columns, schema=arrow_schema(table))))
    return Registry(("sample",), AS_OF, True, MONTHS, tuple(parts))


def _columns(
    table: Table, month: str, codelists: Mapping[str, Codelist], dice: random.Random
) -> dict[str, list[Value]]:
    return {
        each.name: [
            index + 1 + ROWS * (MONTHS.index(month) if month else 0)
            if (each.name,) == table.key and each.type == "id"
            else _value(each, month if each.name == table.month_of else "", codelists, dice)
            for index in range(ROWS)
        ]
        for each in table.columns
    }


def _value(column: Column, month: str, codelists: Mapping[str, Codelist], dice: random.Random) -> Value:
    if not column.required and dice.random() < SHARE_OF_NULLS:
        return None
    match column.type:
        case "id":
            whole = column.references in TABLES and TABLES[column.references].register
            return dice.randint(1, ROWS if whole else ROWS * len(MONTHS))
        case "pseudonym":
            return SMALLEST_PSEUDONYM + dice.randint(0, ROWS // 3)
        case "code":
            return dice.choice(list(codelists[column.codelist].by_code))
        case "text":
            return dice.choice(["SCR-CERVIX", "SCR-BREAST", "PC-001", "AB-1_2", "Ә ё", "b", "B"])
        case "integer":
            return dice.choice([column.least, 7, 100, min(column.most, LARGEST)])
        case "coordinate":
            return column.least + dice.random()
        case "boolean":
            return dice.random() < 0.5
        case "period":
            return month or dice.choice(MONTHS)
    return _moment(column, month or dice.choice(MONTHS), dice)


def _moment(column: Column, month: str, dice: random.Random) -> date | datetime:
    start, end = first_day(month), first_day(following(month))
    if column.type == "date":
        return dice.choice([start, end - timedelta(days=1), start + timedelta(days=dice.randint(0, 27))])
    local = datetime(start.year, start.month, 1)
    last = datetime(end.year, end.month, 1) - timedelta(seconds=1)
    moment = dice.choice([local, last, local + timedelta(seconds=dice.randint(0, 27 * 86400))])
    return moment - timedelta(hours=UTC_OFFSET_HOURS)


def _part(folder: Path, table: Table, month: str, rows: pa.Table) -> Part:
    pieces = [rows.slice(0, 10), rows.slice(10)] if (table.name, month) == ("service", "2026-04") else [rows]
    paths = []
    for number, piece in enumerate(pieces):
        path = folder / table.name / f"{month or 'all'}-{number}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(piece, path)
        paths.append(path)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    return Part(table.name, month, tuple(paths), digest, rows.num_rows)


def load(registry: Registry, dsn: str) -> Registry:
    """Copy the rows into an empty database, with one row more in each table that is named as rejected."""
    rejected = []
    with psycopg.connect(dsn) as connection:
        for statement in postgresql_tables():
            connection.execute(statement.encode())
        for part in registry.parts:
            rows = pa.concat_tables(pq.read_table(path) for path in part.files)
            _copy(connection, part.table, rows)
        for name in TABLES:
            twin = f"INSERT INTO {name} SELECT * FROM {name} LIMIT 1 RETURNING CAST(ctid AS text)"
            found = connection.execute(twin.encode()).fetchone()
            assert found is not None
            rejected.append((name, (found[0],)))
        connection.execute("ANALYZE")
    parts = tuple(Part(part.table, part.period, (), part.sha256, part.rows) for part in registry.parts)
    return Registry(registry.extracts, registry.as_of, True, registry.months, parts, dsn, tuple(rejected))


def _copy(connection: psycopg.Connection, name: str, rows: pa.Table) -> None:
    text = io.BytesIO()
    write_csv(rows, text, WriteOptions(include_header=False))
    with connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv)".encode()) as copy:
        copy.write(text.getvalue())
