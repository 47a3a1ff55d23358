"""A release as its writers knew it, read from its own file: enough to write its tables and files again, cell for cell."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from datasets.codelist import Code, Codelist
from datasets.contract import DATABASE_FILE, LANGUAGES, PERIOD, SCHEMA_VERSION, SUMMED, code_table, totals_table
from datasets.declaration import Column, Declaration, Identity, Note, Ratio, RowSum, Source
from datasets.document import Document, Policy
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap
from datasets.library import Library
from datasets.link import Link, Side
from datasets.protection import Part, ProtectedGroup, PublicMeasures
from etl.aggregate import Aggregated
from etl.disclosure.protected import SEAL, Disclosed, Protected
from etl.publish.content import Content, Record
from etl.reconcile import Check
from etl.table import Table

#: A row's values of the dimensions as text, in the declared order; `*` where a totals row is summed over one.
Keys = tuple[str, ...]
#: What ties figures. One of another kind would be missing from the system, and what it gives away from the plan.
_KINDS = frozenset({"row_sum", "identity", "part", "same", "ratio"})
_REMEDY = "Build it anew, or restore it from a backup."


@dataclass(frozen=True)
class Told:
    """An announcement, as far as it gives names."""

    kind: str
    dataset: str | None
    subject: str | None
    replacement: str | None


@dataclass(frozen=True)
class Published:
    """A release below the releases folder. `links` tie its datasets; `vintages` are by dataset, measure and keys."""

    folder: Path
    content: Content
    links: tuple[Link, ...]
    vintages: dict[tuple[str, str, Keys], int]
    reconciliation: list[Record]
    redactions: list[Record]
    announcements: tuple[Told, ...] = ()

    @property
    def id(self) -> str:
        """The release's id."""
        return self.content.id

    def dataset(self, slug: str) -> Protected | None:
        """The dataset of this name, if the release has it."""
        return next((each for each in self.content.datasets if each.slug == slug), None)

    def records(self, slug: str) -> Iterator[tuple[Keys, Record]]:
        """The rows of a dataset and after them its totals, by their keys."""
        dimensions = [column.name for column in self.declaration(slug).dimensions]
        for record in (*self.content.tables[slug], *self.content.totals.get(slug, ())):
            yield tuple(str(record[name]) for name in dimensions), record

    def declaration(self, slug: str) -> Declaration:
        """What the release says of a dataset."""
        dataset = self.dataset(slug)
        assert dataset is not None
        return dataset.declaration

    def spelled(self, slug: str, keys: Keys) -> Keys:
        """The keys with the first and the last month in the place of `*`, as the figure is named in every release."""
        place = [column.name for column in self.declaration(slug).dimensions].index(PERIOD)
        if keys[place] != SUMMED:
            return keys
        periods = [str(record[PERIOD]) for record in self.content.tables[slug]]
        return (*keys[:place], f"{min(periods)}/{max(periods)}", *keys[place + 1 :])


def read_release(folder: Path) -> Published:
    """Read the release in `folder`; raises FaultError if it is damaged or of another schema version."""
    try:
        with closing(_connect(folder / DATABASE_FILE)) as connection:
            connection.row_factory = sqlite3.Row
            return _Reader(connection, folder).published()
    except (sqlite3.Error, LookupError, TypeError, ValueError) as error:
        message = f"cannot be read ({type(error).__name__}: {error})."
        raise FaultError([Fault(folder.name, DATABASE_FILE, message, _REMEDY)]) from None


def _connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(file.resolve()))}?mode=ro", uri=True)


@dataclass(frozen=True)
class _Reader:
    connection: sqlite3.Connection
    folder: Path

    def published(self) -> Published:
        (meta,) = self._rows("meta_release")
        if meta["schema_version"] != SCHEMA_VERSION:
            message = f"has schema version {meta['schema_version']}, not {SCHEMA_VERSION}."
            raise FaultError([Fault(self.folder.name, "schema_version", message, "Redact it with its own version.")])
        unknown = {each["kind"] for each in self._rows("meta_relation")} - _KINDS
        if unknown:
            raise ValueError(f"the relation '{min(unknown)}' is of no known kind")
        codelists = {each["name"]: self._codelist(each) for each in self._rows("meta_codelist")}
        relations = [(each["kind"], json.loads(each["spec_json"]), each) for each in self._rows("meta_relation")]
        found = [self._dataset(each, relations) for each in self._rows("meta_dataset")]
        library = Library(
            self.folder,
            {protected.slug: protected.declaration for _, protected in found},
            codelists,
            {document.code: document for document, _ in found},
            {protected.policy.code: protected.policy for _, protected in found},
        )
        content = Content(
            id=meta["id"],
            code_version=meta["code_version"],
            data_through=meta["data_through"],
            extracts=tuple(json.loads(meta["extracts_json"])),
            synthetic=bool(meta["synthetic"]),
            library=library,
            disclosed=Disclosed(tuple(protected for _, protected in found)),
            tables={protected.slug: self._rows(protected.slug) for _, protected in found},
            totals={each.slug: self._rows(totals_table(each.slug)) for _, each in found if each.protection},
        )
        return Published(
            folder=self.folder,
            content=content,
            links=tuple(_link(spec, row) for kind, spec, row in relations if kind == "same"),
            vintages={
                (row["dataset"], row["measure"], tuple(map(str, json.loads(row["keys_json"])))): row["vintage"]
                for row in self._rows("meta_revision")
            },
            reconciliation=self._rows("meta_reconciliation"),
            redactions=self._rows("meta_redaction"),
            announcements=tuple(
                Told(row["kind"], row["dataset"], row["subject"], row["replacement"])
                for row in self._rows("meta_announcement")
            ),
        )

    def _rows(self, table: str) -> list[Record]:
        # The names are the contract's and the catalogue's.
        return [dict(row) for row in self.connection.execute(f"SELECT * FROM [{table}] ORDER BY rowid")]  # noqa: S608

    def _codelist(self, meta: Record) -> Codelist:
        codes = tuple(
            Code(row["code"], _texts(row, "label"), row["parent"], tuple(json.loads(row["aliases_json"])))
            for row in self._rows(code_table(meta["name"]))
        )
        return Codelist(meta["name"], _texts(meta, "title"), codes, self.folder)

    def _dataset(self, meta: Record, relations: list[tuple[str, dict[str, Any], Record]]) -> tuple[Document, Protected]:
        slug = meta["slug"]
        columns = [row for row in self._rows("meta_column") if row["dataset"] == slug]
        own = [(kind, spec) for kind, spec, _ in relations if spec.get("dataset") == slug]
        rules = json.loads(meta["protection_json"]) if meta["protection_json"] else None
        declaration = Declaration(
            slug=slug,
            topic=meta["topic"],
            origin=meta["origin"],
            title=_texts(meta, "title"),
            summary=_texts(meta, "summary"),
            description=_texts(meta, "description"),
            method=_texts(meta, "method"),
            verification=_texts(meta, "verification"),
            grain=tuple(json.loads(meta["grain_json"])),
            columns=tuple(_column(row) for row in columns),
            cadence=meta["cadence"],
            licence=meta["licence"],
            policy=meta["policy"],
            path=self.folder,
            source=Source(meta["source_document"], _texts(meta, "source_place"), ""),
            identities=tuple(Identity(**_terms(spec)) for kind, spec in own if kind == "identity"),
            row_sums=tuple(RowSum(**_terms(spec)) for kind, spec in own if kind == "row_sum"),
            ratios=tuple(Ratio(**each) for each in json.loads(meta["ratios_json"])),
            notes=tuple(
                Note(row["kind"], _texts(row, "text")) for row in self._rows("meta_note") if row["dataset"] == slug
            ),
            protect=tuple(ProtectedGroup(tuple(each["measures"]), each["persons"]) for each in rules["groups"])
            if rules
            else (),
            public=(PublicMeasures(tuple(rules["public"]), {}),) if rules else (),
            parts=tuple(Part(spec["part"], spec["whole"], spec.get("persons")) for kind, spec in own if kind == "part"),
        )
        document = Document(
            meta["source_document"],
            meta["source_file"],
            meta["source_date"],
            meta["source_language"],
            _texts(meta, "source_title"),
            _texts(meta, "source_publisher"),
        )
        checks = [row for row in self._rows("meta_reconciliation") if row["dataset"] == slug]
        dataset = Aggregated(
            declaration=declaration,
            table=Table(()),
            totals=Table(()),
            checks=tuple(_check(row, declaration) for row in checks),
            region_set=meta["region_set"],
            decimals={row["name"]: (row["decimals_min"], row["decimals_max"]) for row in columns},
            inputs=(),
        )
        policy = Policy(meta["policy"], {}, _texts(meta, "policy_reason"), {}, (meta["origin"],))
        # What a release shows has been through disclosure control when the release was built.
        return document, Protected(dataset, policy, SEAL, rules)


def _texts(row: Record, name: str) -> LanguageMap:
    return {language: row[f"{name}_{language}"] for language in LANGUAGES}


def _column(row: Record) -> Column:
    described = _texts(row, "description") if row["description_en"] is not None else None
    fields = ("name", "role", "type", "codelist", "unit", "unit_column", "additivity")
    return Column(**{name: row[name] for name in fields}, title=_texts(row, "title"), description=described)


def _terms(spec: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(said) if isinstance(said, list) else said for name, said in spec.items() if name != "dataset"}


def _check(row: Record, declaration: Declaration) -> Check:
    where = json.loads(row["where_json"])
    return Check(
        kind=row["kind"],
        measure=row["measure"],
        where={column.name: where[column.name] for column in declaration.dimensions if column.name in where},
        stated=Decimal(repr(row["stated"])),
        computed=None if row["computed"] is None else Decimal(repr(row["computed"])),
        tolerance=Decimal(repr(row["tolerance"])),
        addends=row["addends"],
        classification=row["class"],
        note=_texts(row, "note") if row["note_en"] is not None else None,
    )


def _link(spec: dict[str, Any], row: Record) -> Link:
    sides = [Side(spec[side]["dataset"], spec[side]["measure"], spec[side]["where"]) for side in ("left", "right")]
    return Link(sides[0], sides[1], tuple(spec["by"]), _texts(row, "title"))
