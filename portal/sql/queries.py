"""Ready queries, made from the catalogue: one with labels per dataset, and some on the release."""

from __future__ import annotations

from typing import Any

from datasets.contract import SEARCH_TABLE, SYNTHETIC, code_table
from portal.sql.catalogue import Catalogue, Row

#: Ending of the name of a dataset's own query; database.html lists these beside their tables.
LABELLED = "_with_labels"


def title_of(dataset: Row) -> str:
    """A dataset's English title; of a synthetic one it says so."""
    return f"{dataset['title_en']} (synthetic data)" if dataset["origin"] == SYNTHETIC else str(dataset["title_en"])


def queries_of(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """Query name -> Datasette's canned query (`sql`, `title`, `description`)."""
    queries: dict[str, dict[str, Any]] = {}
    if catalogue.search_columns:
        queries["search"] = _search(catalogue)
    for name, query in RELEASE_QUERIES.items():
        if query["table"] in catalogue.tables:
            queries[name] = {key: value for key, value in query.items() if key != "table"}
    for dataset in catalogue.datasets:
        if dataset["slug"] in catalogue.tables:
            queries.update(_dataset_queries(catalogue, dataset))
    return queries


RELEASE_QUERIES = {
    "datasets": {
        "table": "meta_dataset",
        "title": "All datasets with their sources",
        "sql": "select slug, title_en, origin, source_publisher_en, source_title_en, licence, period_from, period_to, "
        "row_count\nfrom meta_dataset\norder by position",
    },
    "differences": {
        "table": "meta_reconciliation",
        "title": "Where a stated total differs from the sum of its parts",
        "description": "Both figures are published; none is adjusted to fit.",
        "sql": "select dataset, measure, unit, stated, computed, gap, class, note_en\nfrom meta_reconciliation\n"
        "where gap <> 0\norder by dataset, position",
    },
    "provenance": {
        "table": "meta_provenance",
        "title": "How a dataset was made: inputs, checksums, row counts",
        "sql": "select dataset, stage, input, sha256, rows_in, rows_out\nfrom meta_provenance\n"
        "where :dataset in ('', dataset)\norder by dataset, position",
    },
}


def _search(catalogue: Catalogue) -> dict[str, Any]:
    columns = ", ".join(f'"{name}"' for name in catalogue.search_columns)
    return {
        "title": "Search the catalogue",
        "description": "Words in Kazakh, Russian or English.",
        # Without words the form is shown first: an empty phrase finds nothing, an empty text would be an error.
        "sql": f"select {columns}\nfrom {SEARCH_TABLE}\n"
        f"where {SEARCH_TABLE} match coalesce(nullif(escape_fts(:words), ''), '\"\"')\n"
        "order by rank\nlimit 50",
    }


def _dataset_queries(catalogue: Catalogue, dataset: Row) -> dict[str, dict[str, Any]]:
    slug, title = dataset["slug"], title_of(dataset)
    columns = catalogue.columns.get(slug, [])
    present = catalogue.tables[slug]
    coded = [column for column in columns if column["codelist"] and code_table(column["codelist"]) in catalogue.tables]
    if not coded:
        return {}
    return {
        f"{slug}{LABELLED}": {"title": f"{title}: with names instead of codes", "sql": _labelled(slug, present, coded)}
    }


def _labelled(slug: str, present: list[str], coded: list[Row]) -> str:
    numbered = {column["name"]: (f"c{place}", code_table(column["codelist"])) for place, column in enumerate(coded)}
    selected = [f'{numbered[name][0]}.label_en as "{name}"' if name in numbered else f'd."{name}"' for name in present]
    joins = [f'left join {table} as {alias} on {alias}.code = d."{name}"' for name, (alias, table) in numbered.items()]
    return f'select {", ".join(selected)}\nfrom "{slug}" as d\n' + "\n".join(joins) + "\nlimit 1000"
