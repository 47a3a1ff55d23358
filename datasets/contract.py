"""The release's catalogue: table and column names, cell statuses and marks, shared by the writer (etl) and the reader (portal).

A release is one SQLite file and its bulk files. Every dataset is a table named by its slug; a measure `m` has a sibling
column `m_status`. Every code list is a table `code_<name>`. Everything else about a release is in the `meta_*` tables below.
Language maps become one column a language: `title_kk`, `title_ru`, `title_en`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SCHEMA_VERSION = "4"
LANGUAGES = ("kk", "ru", "en")
#: Each language in its own words, as the language switch shows it.
LANGUAGE_NAMES = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
DATABASE_FILE = "release.db"
MANIFEST_FILE = "manifest.json"
#: What an attack on the release has found, and the proofs of it.
AUDIT_FILE = "audit.json"
CERTIFICATES_FILE = "certificates.json.gz"
#: What was withdrawn after the release was published; a release from which nothing was withdrawn has none.
REDACTIONS_FILE = "redactions.json"
DATA_FOLDER = "data"
#: The publisher's signature of the manifest, as the program minisign writes it. A release without one is not published.
SIGNATURE_FILE = f"{MANIFEST_FILE}.minisig"
#: In the place of the files of a release that was retired: when and why. Its manifest and signature stay.
RETIRED_FILE = "retired.json"
#: Beside the releases: the id of the current one; the public keys; when the pointer went back; releases under embargo.
POINTER_FILE = "CURRENT"
TRUST_FILE = "trust.json"
ROLLBACKS_FILE = "rollbacks.json"
PREVIEWS_FOLDER = ".previews"


class Status(StrEnum):
    """What a cell is. Only `ok` and `zero` carry a number; the others carry null."""

    OK = "ok"
    ZERO = "zero"
    SUPPRESSED = "suppressed"
    NOT_COLLECTED = "not_collected"
    NOT_APPLICABLE = "not_applicable"
    WITHDRAWN = "withdrawn"


class Flag(StrEnum):
    """What a reader must know about a row that has a number. A row may have several, joined by a space."""

    BREAK = "break"
    PROVISIONAL = "provisional"
    REVISED = "revised"
    ROUNDED = "rounded"
    UNATTRIBUTED = "unattributed"


class Change(StrEnum):
    """What became of a figure between a release and the one before it. Hidden and shown tell of its status only."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    HIDDEN = "hidden"
    SHOWN = "shown"


class Reason(StrEnum):
    """Why a figure is not what it was in the release before."""

    NEW_DATA = "new_data"
    LATE_DATA = "late_data"
    SOURCE_CORRECTION = "source_correction"
    OUR_ERROR = "our_error"
    REDACTION = "redaction"
    RECLASSIFICATION = "reclassification"
    METHOD_CHANGE = "method_change"
    PROTECTION_CHANGE = "protection_change"


#: Visible marks, after the UK Government Statistical Service's symbols ("Using symbols and shorthand in data tables").
STATUS_MARKS = {
    Status.SUPPRESSED: "[c]",
    Status.NOT_COLLECTED: "[x]",
    Status.NOT_APPLICABLE: "[z]",
    Status.WITHDRAWN: "[w]",
}
FLAG_MARKS = {
    Flag.BREAK: "[b]",
    Flag.PROVISIONAL: "[p]",
    Flag.REVISED: "[r]",
    Flag.ROUNDED: "[~]",
    Flag.UNATTRIBUTED: "[u]",
}

ROW_FLAGS = "flags"
#: A column that every row of a dataset has whose figures are simulated, in every table and file: it says SYNTHETIC.
ROW_ORIGIN = "origin"
SYNTHETIC = "synthetic"

#: Names of files and of ready queries beside the datasets: no dataset may take them.
RESERVED_SLUGS = frozenset(
    {
        "audit",
        "certificates",
        "redactions",
        "reconciliation",
        "manifest",
        "release",
        "datasets",
        "differences",
        "provenance",
        "search",
    }
)
#: Endings by which files of one dataset are told apart: a slug with one could take another dataset's file name.
FILE_ENDINGS = (*(f"_{language}" for language in LANGUAGES), "_excel", "_totals")
#: Beginnings of the names of a release's own tables.
RESERVED_PREFIXES = ("meta_", "code_", "sqlite_")
#: Arguments of the API and of the pages, and what SQLite means by itself: a column of such a name could not be asked for.
RESERVED_COLUMNS = frozenset(
    {"sort", "select", "limit", "cursor", "release", "labels", "format", "order", "page", "lang", "slug"}
    | {"endpoint", "rowid", "oid", "dataset", "measure", "chart", ROW_FLAGS, ROW_ORIGIN}
)
#: The code list of regions: its codes have the further columns REGION_COLUMNS.
REGION_CODELIST = "region"
#: The code list of clinics: each has a page. Its codes come with an extract of the Registry; without one it is empty.
ORGANISATION_CODELIST = "organisation"
#: Every dataset says when: a dimension of this name and of the type `period`.
PERIOD = "period"
#: Stands in a totals row, and in the place of a check, for each dimension that is summed over.
SUMMED = "*"


def status_column(measure: str) -> str:
    """The name of the column that holds the status of `measure`."""
    return f"{measure}_status"


def totals_table(slug: str) -> str:
    """The name of the table with the totals of a protected dataset: its columns, `*` where a dimension is summed over."""
    return f"{slug}_totals"


def code_table(codelist: str) -> str:
    """The name of the release table that holds a code list."""
    return f"code_{codelist}"


@dataclass(frozen=True)
class BulkFormat:
    """One kind of file that datasets are published in. `localised` ones exist once a language, `totals` if it has totals."""

    name: str
    suffix: str
    media_type: str
    localised: bool = False
    totals: bool = False

    def file_name(self, slug: str, language: str | None = None) -> str:
        """File name below the release's data folder, e.g. `contracts.csv`, `contracts_kk.xlsx`."""
        return f"{slug}_{language}{self.suffix}" if self.localised else f"{slug}{self.suffix}"

    def files(self, slug: str) -> tuple[tuple[str | None, str], ...]:
        """A dataset's files of this kind: language (none if it has none) and file name."""
        languages = LANGUAGES if self.localised else (None,)
        return tuple((language, self.file_name(slug, language)) for language in languages)


BULK_FORMATS = (
    BulkFormat("xlsx", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", localised=True),
    BulkFormat("csv", ".csv", "text/csv; charset=utf-8"),
    BulkFormat("excel_csv", "_excel.csv", "text/csv; charset=utf-8", localised=True),
    BulkFormat("json", ".json", "application/json"),
    BulkFormat("parquet", ".parquet", "application/vnd.apache.parquet"),
    BulkFormat("totals_csv", "_totals.csv", "text/csv; charset=utf-8", totals=True),
)


def bulk_formats(*, totals: bool) -> tuple[BulkFormat, ...]:
    """The kinds of files of a dataset that has, or has not, a table of totals."""
    return tuple(kind for kind in BULK_FORMATS if totals or not kind.totals)


def localised(name: str) -> dict[str, type]:
    """Columns of a language map."""
    return {f"{name}_{language}": str for language in LANGUAGES}


#: Column name -> Python type of every catalogue table. A column ending in `_json` holds JSON text.
META_TABLES: dict[str, dict[str, type]] = {
    "meta_release": {
        "id": str,
        "schema_version": str,
        "code_version": str,
        "data_through": str,
        "synthetic": int,
        "extracts_json": str,
        "previous": str,
    },
    "meta_dataset": {
        "slug": str,
        "position": int,
        "topic": str,
        "origin": str,
        **localised("title"),
        **localised("summary"),
        **localised("description"),
        **localised("method"),
        **localised("verification"),
        "source_document": str,
        "source_file": str,
        "source_date": str,
        "source_language": str,
        **localised("source_title"),
        **localised("source_publisher"),
        **localised("source_place"),
        "grain_json": str,
        "headline_json": str,
        "ratios_json": str,
        "transform_sql": str,
        "reads_json": str,
        "cadence": str,
        "licence": str,
        "policy": str,
        **localised("policy_reason"),
        "protection_json": str,
        **localised("region_sentence"),
        "region_set": str,
        "period_from": str,
        "period_to": str,
        "row_count": int,
    },
    "meta_column": {
        "dataset": str,
        "position": int,
        "name": str,
        "role": str,
        "type": str,
        "codelist": str,
        "unit": str,
        "unit_column": str,
        "decimals_min": int,
        "decimals_max": int,
        "additivity": str,
        **localised("title"),
        **localised("description"),
    },
    "meta_codelist": {"name": str, "rows": int, **localised("title")},
    "meta_note": {
        "dataset": str,
        "position": int,
        "kind": str,
        "columns_json": str,
        "where_json": str,
        **localised("text"),
    },
    "meta_chart": {
        "dataset": str,
        "position": int,
        "kind": str,
        "spec_json": str,
        **localised("title"),
    },
    "meta_relation": {"position": int, "kind": str, "spec_json": str, **localised("title")},
    "meta_revision": {"dataset": str, "measure": str, "keys_json": str, "vintage": int},
    "meta_redaction": {
        "position": int,
        "redaction": str,
        "date": str,
        "dataset": str,
        "measure": str,
        "keys_json": str,
        "cause": str,
        **localised("reason"),
    },
    "meta_change": {
        "position": int,
        "dataset": str,
        "measure": str,
        "keys_json": str,
        "kind": str,
        "reason": str,
        "material": int,
        "correction": str,
    },
    "meta_correction": {
        "position": int,
        "correction": str,
        "date": str,
        "dataset": str,
        "measure": str,
        "where_json": str,
        "reason": str,
        "found_by": str,
        **localised("text"),
    },
    "meta_announcement": {
        "position": int,
        "announcement": str,
        "date": str,
        "effective": str,
        "kind": str,
        "dataset": str,
        "subject": str,
        "replacement": str,
        **localised("text"),
    },
    "meta_calendar": {"position": int, "date": str, "period": str, "topic": str, **localised("title")},
    "meta_reply": {
        "position": int,
        "reply": str,
        "organisation": str,
        "stop_factor": str,
        "period": str,
        "received": str,
        "disputed": int,
        "resolved": str,
        "outcome": str,
        **localised("text"),
    },
    "meta_reconciliation": {
        "dataset": str,
        "origin": str,
        "position": int,
        "kind": str,
        "measure": str,
        "unit": str,
        "where_json": str,
        "stated": float,
        "computed": float,
        "gap": float,
        "tolerance": float,
        "addends": int,
        "class": str,
        **localised("note"),
    },
    "meta_provenance": {
        "dataset": str,
        "position": int,
        "stage": str,
        "input": str,
        "sha256": str,
        "rows_in": int,
        "rows_out": int,
    },
}

#: Full-text index over the catalogue: one row a dataset or region that a reader may look for.
SEARCH_TABLE = "meta_search"

CODE_COLUMNS: dict[str, type] = {
    "code": str,
    "position": int,
    **localised("label"),
    "parent": str,
    "aliases_json": str,
    "sort_kk": str,
}
REGION_COLUMNS: dict[str, type] = {
    "kato": str,
    "valid_from": str,
    "split_from": str,
    "tile_row": int,
    "tile_column": int,
    **localised("short"),
}
