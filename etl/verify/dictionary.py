"""Whether everything in a release is said in words: each column, code and text in all three languages."""

from __future__ import annotations

from datasets.contract import LANGUAGES, SUMMED, code_table, totals_table
from etl.verify.complaint import Complaints
from etl.verify.opened import Dataset, Opened, quoted
from etl.verify.schema import language_columns

#: Texts that may be left out, then in every language: what is plain by its title, or was not asked for.
_OPTIONAL = {
    ("meta_dataset", "region_sentence"),
    ("meta_column", "description"),
    ("meta_relation", "title"),
    ("meta_reconciliation", "note"),
    ("code_region", "short"),
}
#: Of the code lists, the Kazakh alphabet's sort key is no text of a language.
_NO_TEXTS = {"sort"}


def check_dictionary(release: Opened) -> Complaints:
    """Every title, label, note and reason in Kazakh, Russian and English; every code that a table uses in its list."""
    for table, names in language_columns(release).items():
        for name in names:
            if name not in _NO_TEXTS:
                yield from _check_text(release, table, name)
    known = {row["name"] for row in release.rows("meta_codelist")}
    lists = {name: {row["code"] for row in release.rows(code_table(name))} for name in known}
    for dataset in release.datasets.values():
        yield from _check_codes(release, dataset, lists)


def _check_text(release: Opened, table: str, name: str) -> Complaints:
    for number, row in enumerate(release.rows(table), start=1):
        texts = [row[f"{name}_{language}"] for language in LANGUAGES]
        if (table, name) in _OPTIONAL and texts == [None] * len(LANGUAGES):
            continue
        for language, text in zip(LANGUAGES, texts, strict=True):
            if not isinstance(text, str) or not text.strip():
                yield f"{table}, row {number}: {name} is missing in {language}"


def _check_codes(release: Opened, dataset: Dataset, lists: dict[str, set[str]]) -> Complaints:
    for column in dataset.dimensions:
        if column.codelist is None:
            continue
        if column.codelist not in lists:
            yield f"{dataset.slug}: {column.name} is of the code list {column.codelist}, which is not there"
            continue
        for table in (dataset.slug, *([totals_table(dataset.slug)] if dataset.protected else [])):
            statement = f"SELECT DISTINCT {quoted(column.name)} FROM {quoted(table)}"  # noqa: S608
            used = {row[0] for row in release.database.execute(statement)}
            if used - lists[column.codelist] - ({SUMMED} if table != dataset.slug else set()):
                yield f"{table}: {column.name} has a code that is not in the code list {column.codelist}"
