"""All files of a release, written into an empty folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from datasets.contract import DATA_FOLDER, DATABASE_FILE, BulkFormat, bulk_formats
from etl.disclosure import Protected
from etl.publish.catalogue import catalogue
from etl.publish.content import Content
from etl.publish.database import write_database
from etl.publish.parquet import write_parquet
from etl.publish.reconciliation import write_reconciliation
from etl.publish.text_files import write_csv, write_excel_csv, write_json
from etl.publish.workbook import write_workbook


def write_files(content: Content, folder: Path, progress: Callable[[str], None]) -> None:
    """Write the database and the bulk files of all datasets; audit and manifest come later."""
    data = folder / DATA_FOLDER
    data.mkdir()
    progress(DATABASE_FILE)
    tables = catalogue(content)
    write_database(content, tables, folder / DATABASE_FILE)
    for protected in content.datasets:
        progress(protected.dataset.declaration.slug)
        for kind in bulk_formats(totals=bool(protected.protection)):
            for language, name in kind.files(protected.dataset.declaration.slug):
                write_bulk(content, protected, kind, data / name, language)
    write_reconciliation(content.id, tables["meta_reconciliation"], data)


def write_bulk(content: Content, protected: Protected, kind: BulkFormat, path: Path, language: str | None) -> None:
    """Write one file of a dataset at `path`, which must not be there under another name too."""
    declaration = protected.dataset.declaration
    if kind.name == "xlsx":
        write_workbook(content, protected, path, language or "")
    elif kind.name == "excel_csv":
        write_excel_csv(content, declaration, path, language or "")
    elif kind.name == "json":
        write_json(content, protected, path)
    elif kind.name == "parquet":
        write_parquet(content, declaration, path)
    else:
        write_csv(content, declaration, (content.totals if kind.totals else content.tables)[declaration.slug], path)
