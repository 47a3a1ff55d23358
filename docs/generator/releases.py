"""The release format, from `datasets/contract.py`."""

from __future__ import annotations

from collections.abc import Iterator

from datasets import contract
from datasets.library import Library
from generator.text import NOTICE, Meanings, table


def release(meanings: Meanings, library: Library) -> str:
    """Folder, files, tables, columns, statuses, flags."""
    languages = contract.LANGUAGES
    statuses, flags = library.codelists["status"].by_code, library.codelists["flag"].by_code
    parts = [
        NOTICE,
        "# Release format\n",
        f"Schema version {contract.SCHEMA_VERSION}. A release is one folder below the releases folder. Its name is the "
        f"release id. `{contract.POINTER_FILE}` beside it holds the id of the current release.\n",
        "## Files\n",
        table(
            ("file", "what it holds"), ((f"`{name}`", meanings.of("files", name)) for name in _release_files(languages))
        ),
        f"## Keys of `{contract.MANIFEST_FILE}`\n",
        table(("key", "meaning"), ((f"`{name}`", meanings.of("manifest", name)) for name in MANIFEST_KEYS)),
        "## The table of a dataset\n",
        "Its name is the dataset's slug; its primary key is the grain; its columns are the declared ones in their order. "
        f"Behind each measure `m` stands `{contract.status_column('m')}`. The last column is `{contract.ROW_FLAGS}`: "
        "the row's flags, joined by a space, or an empty text. CSV, JSON and Parquet files have the same columns; CSV and "
        "Parquet have the labels of each code behind it (`region_kk`, `region_ru`, `region_en`). Totals that the source "
        "states are not rows: they are in `meta_reconciliation`.\n",
        "## The table of a protected dataset's totals\n",
        f"A dataset whose `protection_json` is not null has a second table, `{contract.totals_table('<slug>')}`, with the same "
        "columns: the sums over every subset of its dimensions, computed before anything was hidden. A dimension that is "
        f"summed over holds `{contract.SUMMED}`; in `period` that is all months of the dataset in this release. A measure that "
        "may not be summed there is `not_applicable`. A row that is missing, here or in the dataset's own table, is a row of "
        "noughts. Sums of rows of which some are hidden are not the sums of the dataset: read them here.\n",
        "### Statuses\n",
        "A cell has one status. Only `ok` and `zero` carry a number; the others carry null, and the mark for people.\n",
        table(
            ("status", "mark", "kk", "ru", "en"),
            (
                (f"`{s}`", contract.STATUS_MARKS.get(s, ""), *(statuses[s].label[lang] for lang in languages))
                for s in contract.Status
            ),
        ),
        "### Flags\n",
        table(
            ("flag", "mark", "kk", "ru", "en"),
            ((f"`{f}`", contract.FLAG_MARKS[f], *(flags[f].label[lang] for lang in languages)) for f in contract.Flag),
        ),
        "## Catalogue tables\n",
        "`{kk,ru,en}` stands for three columns, one a language. A column that ends in `_json` holds JSON text.\n",
    ]
    for name, columns in contract.META_TABLES.items():
        parts.append(f"### `{name}`\n\n{meanings.of('tables', name)}\n\n{_columns(meanings, name, columns)}")
    code_columns = contract.CODE_COLUMNS | contract.REGION_COLUMNS
    parts.append(f"### `code_<name>`\n\n{meanings.of('tables', 'code')}\n\n{_columns(meanings, 'code', code_columns)}")
    search = dict.fromkeys(("kind", "ref", "title", "body"), str)
    parts.append(
        f"### `{contract.SEARCH_TABLE}`\n\n{meanings.of('tables', contract.SEARCH_TABLE)}\n\n"
        + _columns(meanings, contract.SEARCH_TABLE, search)
    )
    return "\n".join(parts)


MANIFEST_KEYS = (
    "id",
    "schema_version",
    "code_version",
    "data_through",
    "extracts",
    "synthetic",
    "sequence",
    "previous",
    "files",
    "redactions",
)


def _release_files(languages: tuple[str, ...]) -> Iterator[str]:
    yield from (contract.DATABASE_FILE, contract.MANIFEST_FILE, contract.SIGNATURE_FILE)
    yield from (contract.AUDIT_FILE, contract.CERTIFICATES_FILE, contract.REDACTIONS_FILE)
    wild = "{" + ",".join(languages) + "}"
    for kind in contract.BULK_FORMATS:
        yield f"{contract.DATA_FOLDER}/{kind.file_name('<slug>', wild if kind.localised else None)}"
    yield from (f"{contract.DATA_FOLDER}/reconciliation.{suffix}" for suffix in ("csv", "json"))


def _columns(meanings: Meanings, name: str, columns: dict[str, type]) -> str:
    kinds = {str: "text", int: "integer", float: "real"}
    rows = []
    for column, kind in columns.items():
        base, _, language = column.rpartition("_")
        if language in contract.LANGUAGES and column != "sort_kk":
            if language == contract.LANGUAGES[0]:
                rows.append((f"`{base}_{{{','.join(contract.LANGUAGES)}}}`", kinds[kind], meanings.of(name, base)))
        else:
            rows.append((f"`{column}`", kinds[kind], meanings.of(name, column)))
    return table(("column", "type", "meaning"), rows)
