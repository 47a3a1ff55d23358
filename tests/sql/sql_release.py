"""A small release file for the SQL face's tests: catalogue, code lists, two datasets, one large one, a search index."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from datasets.contract import CODE_COLUMNS, META_TABLES, SEARCH_TABLE

RELEASE_ID = "2026-11-01.1"
SQL_TYPES = {str: "text", int: "integer", float: "real"}
REGIONS = [f"KZ-{number}" for number in range(10, 30)]
MONTHS = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 13)]
BIG_ROWS = 200_000


def amount(region: int, month: int) -> int | None:
    """The published amount of one cell: a formula, so that tests can compute what a query must answer."""
    return None if (region + month) % 7 == 0 else 1_000 * region + month


def build(path: Path, release_id: str = RELEASE_ID) -> Path:
    """Write the file and return its path."""
    conn = sqlite3.connect(path)
    for table, columns in META_TABLES.items():
        conn.execute(
            f"create table {table} ({', '.join(f'{name} {SQL_TYPES[kind]}' for name, kind in columns.items())})"
        )
    _codes(conn)
    _datasets(conn)
    _meta(conn, release_id)
    _search(conn)
    conn.commit()
    conn.close()
    return path


def _codes(conn: sqlite3.Connection) -> None:
    for name, codes in {
        "region": [(code, f"Region {code[3:]}", f"Өңір {code[3:]}", f"Регион {code[3:]}") for code in REGIONS],
        "unit": [("kzt", "tenge", "теңге", "тенге"), ("person", "persons", "адам", "чел.")],
    }.items():
        columns = ", ".join(f"{column} {SQL_TYPES[kind]}" for column, kind in CODE_COLUMNS.items())
        conn.execute(f"create table code_{name} ({columns.replace('code text', 'code text primary key')})")
        for position, (code, en, kk, ru) in enumerate(codes):
            conn.execute(
                f"insert into code_{name} (code, position, label_en, label_kk, label_ru) values (?, ?, ?, ?, ?)",
                (code, position, en, kk, ru),
            )


def _datasets(conn: sqlite3.Connection) -> None:
    for table in ("paid_by_region", "acts_by_region"):
        conn.execute(
            f"create table {table} (region text references code_region(code), period text, amount_kzt integer, "
            "amount_kzt_status text, flags text)"
        )
        for place, region in enumerate(REGIONS):
            for number, month in enumerate(MONTHS):
                value = amount(place, number)
                status = "suppressed" if value is None else "zero" if value == 0 else "ok"
                conn.execute(f"insert into {table} values (?, ?, ?, ?, '')", (region, month, value, status))
    conn.execute(
        "create table services (region text references code_region(code), period text, kind text, people integer)"
    )
    conn.executemany(
        "insert into services values (?, ?, ?, ?)",
        ((REGIONS[n % 20], MONTHS[n // 20 % 24], f"kind {n % 417}", n % 1_000) for n in range(BIG_ROWS)),
    )


def _insert(conn: sqlite3.Connection, table: str, **values: object) -> None:
    marks = ", ".join("?" * len(values))
    conn.execute(f"insert into {table} ({', '.join(values)}) values ({marks})", list(values.values()))


def _meta(conn: sqlite3.Connection, release_id: str) -> None:
    _insert(conn, "meta_release", id=release_id, schema_version="1", data_through="2026-10", synthetic=1)
    titles = {"paid_by_region": "Paid by region", "acts_by_region": "Acts by region", "services": "Services"}
    for position, (slug, title) in enumerate(titles.items()):
        count = conn.execute(f"select count(*) from {slug}").fetchone()[0]
        _insert(
            conn,
            "meta_dataset",
            slug=slug,
            position=position,
            origin="synthetic" if slug == "acts_by_region" else "official",
            title_en=title,
            title_ru=f"{title} по-русски",
            title_kk=f"{title} қазақша",
            description_en=f"What {title} is.",
            source_publisher_en="The Fund",
            source_title_en="Report 2026",
            source_date="2026-10-01",
            licence="source_attribution",
            grain_json=json.dumps(["region", "period"]),
            row_count=count,
        )
        _columns(conn, slug)
    _insert(conn, "meta_codelist", name="region", rows=20, title_en="Regions", title_ru="Регионы", title_kk="Өңірлер")
    _insert(
        conn,
        "meta_reconciliation",
        dataset="paid_by_region",
        position=0,
        measure="amount_kzt",
        stated=5,
        computed=6,
        gap=1,
    )


def _columns(conn: sqlite3.Connection, slug: str) -> None:
    measure, unit = ("people", "person") if slug == "services" else ("amount_kzt", "kzt")
    columns = [("region", "dimension", "code", "region", None), ("period", "dimension", "period", None, None)]
    if slug == "services":
        columns.append(("kind", "dimension", "text", None, None))
    columns.append((measure, "measure", "integer", None, unit))
    for position, (name, role, kind, codelist, unit_of) in enumerate(columns):
        title = name.capitalize()
        _insert(
            conn,
            "meta_column",
            dataset=slug,
            position=position,
            name=name,
            role=role,
            type=kind,
            codelist=codelist,
            unit=unit_of,
            title_en=title,
            title_ru=title,
            title_kk=title,
        )


def _search(conn: sqlite3.Connection) -> None:
    conn.execute(
        f"create virtual table {SEARCH_TABLE} using fts5(kind, ref, text, tokenize='unicode61 remove_diacritics 2')"
    )
    rows = [
        ("dataset", "paid_by_region", "Paid by region төленді выплачено"),
        ("dataset", "services", "Services көрсетілген"),
    ]
    rows += [("region", code, f"Region {code[3:]} Өңір {code[3:]}") for code in REGIONS]
    conn.executemany(f"insert into {SEARCH_TABLE} values (?, ?, ?)", rows)
