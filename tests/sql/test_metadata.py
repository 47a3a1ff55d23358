from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from portal.sql.metadata import datasette_metadata


def test_derived_from_the_catalogue(database: Path) -> None:
    release = datasette_metadata(database)["databases"]["release"]
    paid = release["tables"]["paid_by_region"]
    assert paid["title"] == "Paid by region"
    assert paid["titles"] == {"kk": "Paid by region қазақша", "ru": "Paid by region по-русски"}
    assert paid["source"] == "The Fund, Report 2026, 2026-10-01"
    assert paid["license"] == "source_attribution"
    assert paid["facets"] == ["region"]
    assert paid["facetable"] == ["region", "period"]
    assert paid["sort_desc"] == "period"
    assert "Unit: tenge." in paid["columns"]["amount_kzt"]
    assert "amount_kzt_status" in paid["columns"]
    assert release["tables"]["code_region"]["label_column"] == "label_en"
    assert release["tables"]["meta_search"]["hidden"] is True


def test_tables_are_grouped_by_topic(database: Path, tmp_path: Path) -> None:
    everything = ["paid_by_region", "acts_by_region", "services"]
    assert datasette_metadata(database)["databases"]["release"]["groups"] == [
        {"id": "topic-other", "title": "Datasets", "tables": everything}
    ]
    changed = _changed(
        database,
        tmp_path,
        "create table code_topic (code text primary key, position integer, label_en text)",
        "insert into code_topic values ('care', 1, 'Care'), ('money', 0, 'Money'), ('empty', 2, 'Empty')",
        "update meta_dataset set topic = 'care' where slug = 'services'",
        "update meta_dataset set topic = 'money' where slug = 'paid_by_region'",
    )
    groups = datasette_metadata(changed)["databases"]["release"]["groups"]
    assert [(group["title"], group["tables"]) for group in groups] == [
        ("Money", ["paid_by_region"]),
        ("Care", ["services"]),
        ("Datasets", ["acts_by_region"]),
    ]


def test_a_facet_with_one_row_a_value_is_not_shown(database: Path, tmp_path: Path) -> None:
    changed = _changed(database, tmp_path, "delete from paid_by_region where period <> '2025-01'")
    paid = datasette_metadata(changed)["databases"]["release"]["tables"]["paid_by_region"]
    assert "facets" not in paid
    assert paid["facetable"] == ["region", "period"]


def _changed(database: Path, folder: Path, *statements: str) -> Path:
    copy = Path(shutil.copy(database, folder / "changed.db"))
    with contextlib.closing(sqlite3.connect(copy)) as conn, conn:
        for statement in statements:
            conn.execute(statement)
    return copy


def test_a_large_table_is_not_sorted_unasked(database: Path) -> None:
    assert "sort_desc" not in datasette_metadata(database)["databases"]["release"]["tables"]["services"]


def test_synthetic_is_marked(database: Path) -> None:
    release = datasette_metadata(database)["databases"]["release"]
    acts = release["tables"]["acts_by_region"]
    assert acts["title"].endswith("(synthetic data)") and acts["description"].startswith("SYNTHETIC DATA")
    assert release["description"].startswith("Some tables hold SYNTHETIC DATA")
    assert release["queries"]["acts_by_region_with_labels"]["title"].startswith("Acts by region (synthetic data)")
    assert "synthetic" not in release["queries"]["paid_by_region_with_labels"]["title"]


def test_every_ready_query_runs(database: Path) -> None:
    queries = datasette_metadata(database)["databases"]["release"]["queries"]
    assert {"search", "datasets", "differences", "paid_by_region_with_labels"} <= set(queries)
    conn = sqlite3.connect(database)
    conn.create_function("escape_fts", 1, str)
    for query in queries.values():
        conn.execute(query["sql"], {"words": "region", "dataset": "services"}).fetchall()
    conn.close()


def test_no_release_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        datasette_metadata(tmp_path / "none.db")


def test_a_protected_table_warns_of_sums_and_leads_to_its_totals(database: Path, tmp_path: Path) -> None:
    changed = _changed(
        database,
        tmp_path,
        "update meta_dataset set protection_json = '{}' where slug = 'paid_by_region'",
        "create table paid_by_region_totals as select * from paid_by_region where false",
    )
    release = datasette_metadata(changed)["databases"]["release"]
    assert release["groups"][0]["tables"][:2] == ["paid_by_region", "paid_by_region_totals"]
    described = release["tables"]["paid_by_region"]["description"]
    assert "SUM leaves them out" in described
    assert "paid_by_region_totals" in described
    totals = release["tables"]["paid_by_region_totals"]
    assert "published sums of paid_by_region" in totals["description"]
    assert "amount_kzt_status" in totals["columns"]
    assert "SUM" not in release["tables"]["services"]["description"]
