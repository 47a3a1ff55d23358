"""Datasette's metadata, derived from the release's catalogue: titles, sources, units, facets, ready queries.

Datasette's own `units` key is not used: it rewrites figures (2,624,576,666,685 becomes "2.624577 TKZT") and parses
filter values as quantities. A column's unit stands in its description instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets.contract import (
    META_TABLES,
    ROW_FLAGS,
    ROW_ORIGIN,
    SEARCH_TABLE,
    SUMMED,
    SYNTHETIC,
    code_table,
    status_column,
    totals_table,
)
from portal.sql.catalogue import Catalogue, Row
from portal.sql.exchange import DATABASE_NAME
from portal.sql.queries import queries_of, title_of

#: Columns with more values than this are offered as a facet, but not shown unasked.
FACET_VALUES = 30
#: As are columns with fewer rows a value than this: their counts would say next to nothing.
FACET_ROWS = 2
FACETS_SHOWN = 3
#: Above this many rows an unasked sort of the whole table would make its first page slow.
SORTED_ROWS = 50_000
OTHER_TOPIC = "Datasets"
SYNTHETIC_NOTE = "SYNTHETIC DATA: made by a simulator to show the portal; these are not real figures. "
PARTLY_NOTE = "Some tables hold SYNTHETIC DATA, made by a simulator: each says so in its title. "
#: Said of the table of a protected dataset, and of its totals.
HIDDEN_NOTE = (
    "Some figures are hidden to protect persons: they are null, with the status suppressed. SUM leaves them out, so do not add "
    "rows up: {totals} has the published sums. "
)
TOTALS_NOTE = (
    "The published sums of {slug}: a dimension that is summed over holds {summed}. They are of the true figures, so they stay "
    "right where rows are hidden. A sum that is not here is nought. "
)
CATALOGUE_TITLES = {
    "meta_release": "Catalogue: this release",
    "meta_dataset": "Catalogue: datasets",
    "meta_column": "Catalogue: columns, units and roles",
    "meta_codelist": "Catalogue: code lists",
    "meta_note": "Catalogue: notes on the data",
    "meta_chart": "Catalogue: charts",
    "meta_relation": "Catalogue: what ties figures of protected datasets together",
    "meta_redaction": "Catalogue: figures that were withdrawn after publication",
    "meta_revision": "Catalogue: figures that an earlier release had otherwise",
    "meta_change": "Catalogue: what is not as it was in the release before, and why",
    "meta_correction": "Catalogue: errors found in published figures",
    "meta_announcement": "Catalogue: announced changes of names, columns and format",
    "meta_calendar": "Catalogue: when figures are to be published",
    "meta_reply": "Catalogue: replies of medical organisations to blocks",
    "meta_reconciliation": "Catalogue: stated totals against sums of the parts",
    "meta_provenance": "Catalogue: how each dataset was made",
    SEARCH_TABLE: "Catalogue: search index",
}


def datasette_metadata(database: Path) -> dict[str, Any]:
    """Metadata of a release file, in Datasette's form. Raises sqlite3.Error when the file is no release."""
    return metadata_of(Catalogue.read(database))


def metadata_of(catalogue: Catalogue) -> dict[str, Any]:
    """Metadata of a catalogue that has been read."""
    origins = {row["origin"] for row in catalogue.datasets}
    synthetic = (SYNTHETIC_NOTE if origins == {SYNTHETIC} else PARTLY_NOTE) if SYNTHETIC in origins else ""
    through = catalogue.release.get("data_through") or "the date of the release"
    return {
        "title": "Ashyq Qalqan: data and SQL",
        "databases": {
            DATABASE_NAME: {
                "title": "Ashyq Qalqan: data and SQL",
                "description": f"{synthetic}Every published table, as of {through}, release {catalogue.release['id']}. "
                "A cell without a number says why in the column ending in _status.",
                "groups": _groups(catalogue),
                "tables": {**_catalogue_tables(catalogue), **_code_tables(catalogue), **_dataset_tables(catalogue)},
                "queries": queries_of(catalogue),
            }
        },
    }


def _groups(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Tables of datasets by topic, in the catalogue's order. What has no known topic comes last."""
    topics = [*catalogue.topics.items(), (None, OTHER_TOPIC)]
    shown = [row for row in catalogue.datasets if row["slug"] in catalogue.tables]
    groups = []
    for code, title in topics:
        slugs = [row["slug"] for row in shown if (row["topic"] if row["topic"] in catalogue.topics else None) == code]
        if slugs:
            names = [name for slug in slugs for name in (slug, totals_table(slug)) if name in catalogue.tables]
            groups.append({"id": f"topic-{code or 'other'}", "title": title, "tables": names})
    return groups


def _dataset_tables(catalogue: Catalogue) -> dict[str, Any]:
    tables = {}
    for row in catalogue.datasets:
        slug = row["slug"]
        if slug in catalogue.tables:
            tables[slug] = _dataset(catalogue, row)
        if totals_table(slug) in catalogue.tables:
            tables[totals_table(slug)] = _totals(catalogue, row)
    return tables


def _totals(catalogue: Catalogue, row: Row) -> dict[str, Any]:
    """The table of a protected dataset's sums."""
    name, columns = totals_table(row["slug"]), catalogue.columns.get(row["slug"], [])
    dimensions = [column["name"] for column in columns if column["role"] == "dimension"]
    made_up = SYNTHETIC_NOTE if row["origin"] == SYNTHETIC else ""
    return {
        "title": f"{title_of(row)}: sums",
        "description": made_up + TOTALS_NOTE.format(slug=row["slug"], summed=SUMMED),
        "source": _source(row),
        "license": catalogue.licences.get(row["licence"], row["licence"]),
        "columns": _column_texts(catalogue, columns, catalogue.tables[name]),
        "facetable": dimensions,
    }


def _dataset(catalogue: Catalogue, row: Row) -> dict[str, Any]:
    made_up = row["origin"] == SYNTHETIC
    columns = catalogue.columns.get(row["slug"], [])
    dimensions = [column for column in columns if column["role"] == "dimension"]
    table = {
        "title": title_of(row),
        "titles": {language: row[f"title_{language}"] for language in ("kk", "ru")},
        "description": (SYNTHETIC_NOTE if made_up else "")
        + (HIDDEN_NOTE.format(totals=totals_table(row["slug"])) if row["protection_json"] else "")
        + (row["description_en"] or row["summary_en"] or ""),
        "source": _source(row),
        "license": catalogue.licences.get(row["licence"], row["licence"]),
        "columns": _column_texts(catalogue, columns, catalogue.tables[row["slug"]]),
        "facetable": [column["name"] for column in dimensions],
        "facets": _facets_shown(catalogue, dimensions),
        **_sort(dimensions, row["row_count"]),
    }
    return {key: value for key, value in table.items() if value}


def _source(row: Row) -> str:
    parts = (row["source_publisher_en"], row["source_title_en"], row["source_place_en"], row["source_date"])
    return ", ".join(part for part in parts if part)


def _facets_shown(catalogue: Catalogue, dimensions: list[Row]) -> list[str]:
    told = [column for column in dimensions if column["codelist"] and _informs(catalogue, column)]
    return [column["name"] for column in told][:FACETS_SHOWN]


def _informs(catalogue: Catalogue, column: Row) -> bool:
    table = column["dataset"]
    values = catalogue.distinct[table][column["name"]]
    return 1 < values <= FACET_VALUES and catalogue.counts[table] >= values * FACET_ROWS


def _sort(dimensions: list[Row], rows: int | None) -> dict[str, str]:
    periods = [column["name"] for column in dimensions if column["type"] == "period"]
    return {"sort_desc": periods[0]} if periods and (rows or 0) <= SORTED_ROWS else {}


def _column_texts(catalogue: Catalogue, columns: list[Row], present: list[str]) -> dict[str, str]:
    texts = {}
    for column in columns:
        texts[column["name"]] = _column_text(catalogue, column)
        texts[status_column(column["name"])] = f"Why {column['name']} has no number, or ok."
    texts[ROW_FLAGS] = "Marks of the row: break, provisional, revised, rounded, unattributed."
    texts[ROW_ORIGIN] = "Says in every row that its figures are simulated."
    return {name: texts[name] for name in present if name in texts}


def _column_text(catalogue: Catalogue, column: Row) -> str:
    unit = catalogue.units.get(column["unit"], column["unit"]) if column["unit"] else None
    names = f"{column['title_en']} · {column['title_ru']} · {column['title_kk']}"
    unit_text = f"Unit: {unit}." if unit else f"Unit: see {column['unit_column']}." if column["unit_column"] else ""
    codes = f"Codes: {code_table(column['codelist'])}." if column["codelist"] else ""
    return " ".join(part for part in (f"{names}.", column["description_en"], unit_text, codes) if part)


def _code_tables(catalogue: Catalogue) -> dict[str, Any]:
    return {
        code_table(row["name"]): {
            "title": f"Codes: {row['title_en']}",
            "titles": {language: row[f"title_{language}"] for language in ("kk", "ru")},
            "label_column": "label_en",
            "sort": "position",
            "size": 100,
        }
        for row in catalogue.codelists
        if code_table(row["name"]) in catalogue.tables
    }


def _catalogue_tables(catalogue: Catalogue) -> dict[str, Any]:
    titles = {name: title for name, title in CATALOGUE_TITLES.items() if name in catalogue.tables}
    tables: dict[str, Any] = {name: {"title": title} for name, title in titles.items()}
    for name, table in tables.items():
        if "position" in META_TABLES.get(name, {}):
            table["sort"] = "position"
    tables.get(SEARCH_TABLE, {})["hidden"] = True
    return tables
