"""The catalogue: the rows of the `meta_*` and `code_*` tables and of the search index."""

from __future__ import annotations

import json
from collections.abc import Iterator

from datasets.codelist import Codelist
from datasets.contract import ORGANISATION_CODELIST, PERIOD, REGION_CODELIST, SCHEMA_VERSION
from datasets.declaration import Ratio
from datasets.language import kazakh_sort_key
from etl.publish.content import Content, Record, language_columns
from etl.publish.public_record import changes, record_tables


def catalogue(content: Content) -> dict[str, list[Record]]:
    """The rows of every `meta_*` table, by table name."""
    datasets, columns = list(_datasets(content)), list(_columns(content))
    return {
        "meta_release": [
            {
                "id": content.id,
                "schema_version": SCHEMA_VERSION,
                "code_version": content.code_version,
                "data_through": content.data_through,
                "synthetic": int(content.synthetic),
                "extracts_json": _json(list(content.extracts)),
                "previous": content.previous.id if content.previous else None,
            }
        ],
        "meta_dataset": datasets,
        "meta_column": columns,
        "meta_codelist": [
            {"name": each.name, "rows": len(each.codes), **language_columns("title", each.title)}
            for each in content.library.codelists.values()
        ],
        "meta_note": list(_notes(content)),
        "meta_chart": list(_charts(content)),
        "meta_relation": [
            {
                "position": position,
                "kind": each.kind,
                "spec_json": _json(each.spec),
                **language_columns("title", each.title),
            }
            for position, each in enumerate(content.disclosed.relations)
        ],
        "meta_revision": [
            {"dataset": each.dataset, "measure": each.measure, "keys_json": _json(each.keys), "vintage": each.vintage}
            for each in content.disclosed.revisions
        ],
        "meta_redaction": [],
        "meta_change": list(changes(content, datasets, columns)),
        **record_tables(content.library.record),
        "meta_reconciliation": list(_reconciliation(content)),
        "meta_provenance": list(_provenance(content)),
    }


def code_rows(codelist: Codelist) -> Iterator[Record]:
    """The rows of a `code_<name>` table."""
    for position, code in enumerate(codelist.codes):
        record: Record = {
            "code": code.code,
            "position": position,
            **language_columns("label", code.label),
            "parent": code.parent,
            "aliases_json": _json(list(code.aliases)),
            "sort_kk": kazakh_sort_key(code.label["kk"]),
        }
        if codelist.name == REGION_CODELIST:
            record |= {
                "kato": code.kato,
                "valid_from": code.valid_from,
                "split_from": code.split_from,
                "tile_row": code.tile[0] if code.tile else None,
                "tile_column": code.tile[1] if code.tile else None,
                **language_columns("short", code.short),
            }
        yield record


def _datasets(content: Content) -> Iterator[Record]:
    for position, protected in enumerate(content.datasets):
        dataset, policy = protected.dataset, protected.policy
        declaration = dataset.declaration
        document = content.library.documents[declaration.cited.document]
        first, last = _span([row.keys[PERIOD] for row in dataset.table.rows])
        yield {
            "slug": declaration.slug,
            "position": position,
            "topic": declaration.topic,
            "origin": declaration.origin,
            **language_columns("title", declaration.title),
            **language_columns("summary", declaration.summary),
            **language_columns("description", declaration.description),
            **language_columns("method", declaration.method),
            **language_columns("verification", declaration.verification),
            "source_document": document.code,
            "source_file": document.file,
            "source_date": document.date,
            "source_language": document.language,
            **language_columns("source_title", document.title),
            **language_columns("source_publisher", document.publisher),
            **language_columns("source_place", declaration.cited.place),
            "grain_json": _json(list(declaration.grain)),
            "headline_json": _json(list(declaration.headline)),
            "ratios_json": _json([_ratio(each) for each in declaration.computed.values()]),
            "transform_sql": declaration.transform or None,
            "reads_json": _json(dict(declaration.reads)),
            "cadence": declaration.cadence,
            "licence": declaration.licence,
            "policy": policy.code,
            **language_columns("policy_reason", policy.reason),
            "protection_json": _json(protected.protection) if protected.protection else None,
            **language_columns("region_sentence", declaration.region_sentence),
            "region_set": dataset.region_set,
            "period_from": first,
            "period_to": last,
            "row_count": len(dataset.table.rows),
        }


def _ratio(ratio: Ratio) -> Record:
    return {
        "measure": ratio.measure,
        "numerator": ratio.numerator,
        "denominator": ratio.denominator,
        "scale": ratio.scale,
        "decimals": ratio.decimals,
    }


def _span(periods: list[str]) -> tuple[str, str]:
    """The earliest start and the latest end of ISO periods; a whole year ends after each of its days."""
    starts = [period.split("/")[0] for period in periods]
    ends = [period.split("/")[-1] for period in periods]
    return min(starts), max(ends, key=lambda end: end.ljust(len("2022-12-31"), "~"))


def _columns(content: Content) -> Iterator[Record]:
    for protected in content.datasets:
        dataset = protected.dataset
        for position, column in enumerate(dataset.declaration.columns):
            fewest, most = dataset.decimals.get(column.name, (None, None))
            yield {
                "dataset": dataset.declaration.slug,
                "position": position,
                "name": column.name,
                "role": column.role,
                "type": column.type,
                "codelist": column.codelist,
                "unit": column.unit,
                "unit_column": column.unit_column,
                "decimals_min": fewest,
                "decimals_max": most,
                "additivity": column.additivity,
                **language_columns("title", column.title),
                **language_columns("description", column.description),
            }


def _notes(content: Content) -> Iterator[Record]:
    for protected in content.datasets:
        declaration = protected.dataset.declaration
        for position, note in enumerate(declaration.notes):
            yield {
                "dataset": declaration.slug,
                "position": position,
                "kind": note.kind,
                "columns_json": _json(list(note.columns)),
                "where_json": _json(dict(note.where)),
                **language_columns("text", note.text),
            }


def _charts(content: Content) -> Iterator[Record]:
    for protected in content.datasets:
        declaration = protected.dataset.declaration
        for position, chart in enumerate(declaration.charts):
            spec = {
                "category": chart.category,
                "measures": list(chart.measures),
                "series": chart.series,
                "where": dict(chart.where),
                "sort": chart.sort,
            }
            yield {
                "dataset": declaration.slug,
                "position": position,
                "kind": chart.kind,
                "spec_json": _json(spec),
                **language_columns("title", chart.title),
            }


def _reconciliation(content: Content) -> Iterator[Record]:
    for protected in content.datasets:
        declaration = protected.dataset.declaration
        for position, check in enumerate(protected.dataset.checks):
            yield {
                "dataset": declaration.slug,
                "origin": declaration.origin,
                "position": position,
                "kind": check.kind,
                "measure": check.measure,
                "unit": declaration.by_name[check.measure].unit
                or check.where.get(declaration.by_name[check.measure].unit_column or ""),
                "where_json": _json(check.where),
                "stated": float(check.stated),
                "computed": None if check.computed is None else float(check.computed),
                "gap": None if check.gap is None else float(check.gap),
                "tolerance": float(check.tolerance),
                "addends": check.addends,
                "class": check.classification,
                **language_columns("note", check.note),
            }


def _provenance(content: Content) -> Iterator[Record]:
    for protected in content.datasets:
        dataset = protected.dataset
        for position, table in enumerate(dataset.inputs):
            yield {
                "dataset": dataset.declaration.slug,
                "position": position,
                "stage": "extract",
                "input": table.file,
                "sha256": table.sha256,
                "rows_in": len(table.rows),
                "rows_out": len(dataset.table.rows) if position == 0 else len(dataset.totals.rows),
            }


def search_rows(content: Content) -> Iterator[Record]:
    """The rows of the search index: `kind` (region, clinic, dataset), `ref` (code or slug), the texts to be found by."""
    regions = content.library.codelists[REGION_CODELIST]
    for code in regions.codes:
        if code.tile is not None:
            yield {"kind": "region", "ref": code.code, "title": _fold(*code.label.values(), *code.aliases), "body": ""}
    for code in content.library.codelists[ORGANISATION_CODELIST].codes:
        yield {"kind": "clinic", "ref": code.code, "title": _fold(*code.label.values()), "body": ""}
    for protected in content.datasets:
        declaration = protected.dataset.declaration
        texts = [declaration.description, declaration.method, declaration.cited.place]
        texts += [column.title for column in declaration.columns]
        words = [word for text in texts for word in text.values()]
        for column in declaration.dimensions:
            if column.codelist not in (None, ORGANISATION_CODELIST):
                used = {row.keys[column.name] for row in protected.dataset.table.rows}
                for code in content.library.codelists[column.codelist].codes:
                    if code.code in used:
                        words += [*code.label.values(), *code.aliases]
        title = _fold(declaration.slug, *declaration.title.values(), *declaration.summary.values())
        yield {"kind": "dataset", "ref": declaration.slug, "title": title, "body": _fold(*words)}


def _fold(*texts: str) -> str:
    """Lower case with ё as е, as queries are folded: SQLite folds ASCII only."""
    return " \n".join(dict.fromkeys(texts)).lower().replace("ё", "е")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
