"""Whether the checks of the sums that a release publishes are true of its own tables, and withdrawn figures are accounted for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from datasets.contract import REDACTIONS_FILE, SUMMED, Status, code_table, status_column, totals_table
from datasets.strict_json import load_strict
from etl.verify.complaint import Complaints
from etl.verify.files import check_files
from etl.verify.opened import Dataset, Opened, Record


def check_totals(release: Opened) -> Complaints:
    """The files beside the tables; each published check of a sum computed anew from the rows; what was withdrawn."""
    yield from check_files(release)
    rows = {slug: release.rows(slug) for slug in release.datasets}
    parents = _parents(release)
    for number, check in enumerate(release.rows("meta_reconciliation"), start=1):
        dataset = release.datasets[check["dataset"]]
        said = _check_sum(check, dataset, rows[dataset.slug], parents)
        yield from (f"meta_reconciliation, row {number}, on {dataset.slug}: {each}" for each in said)
    yield from _check_withdrawn(release)


def _check_sum(
    check: Record, dataset: Dataset, rows: list[Record], parents: dict[str, dict[str, str | None]]
) -> Complaints:
    stated, computed, gap = (None if check[name] is None else Decimal(repr(check[name])) for name in _SIDES)
    where = {name: str(value) for name, value in json.loads(check["where_json"]).items()}
    if stated is None:
        return
    if (computed is None) != (gap is None):
        yield "has a gap without a computed figure, or the other way round"
    elif computed is not None and gap is not None:
        if abs(stated - computed - gap) > abs(stated) * _DOUBLE + _DOUBLE:
            yield "has a gap that is not its stated less its computed figure"
        elif check["class"] == "match" and gap:
            yield "is classed as a match, and has a gap"
    if SUMMED not in where.values():
        shown = [row for row in rows if all(str(row[name]) == key for name, key in where.items())]
        if len(shown) != 1 or shown[0][check["measure"]] is None or Decimal(repr(shown[0][check["measure"]])) != stated:
            yield "states another figure than the table"
    elif check["kind"] == "total" and computed is not None:
        parts = [row for row in rows if _falls_under(row, where, dataset, rows, parents)]
        found = [
            row[check["measure"]] for row in parts if row[status_column(check["measure"])] != Status.NOT_APPLICABLE
        ]
        if None in found or abs(sum(Decimal(repr(each)) for each in found) - computed) > abs(computed) * _DOUBLE:
            yield "has a computed figure that is not the sum of the rows"


_SIDES = ("stated", "computed", "gap")
#: How far the doubles of the table may be from the decimals of the source, relatively.
_DOUBLE = Decimal("1e-9")


def _falls_under(
    row: Record,
    where: dict[str, str],
    dataset: Dataset,
    rows: Iterable[Record],
    parents: dict[str, dict[str, str | None]],
) -> bool:
    """Whether a row is a part of the total; a code whose parent has a row beside it is counted in the parent."""
    for column in dataset.dimensions:
        wanted = where.get(column.name, SUMMED)
        if wanted != SUMMED:
            if str(row[column.name]) != wanted:
                return False
        elif column.codelist is not None:
            parent = parents[column.codelist].get(row[column.name])
            keys = {each.name: row[each.name] for each in dataset.dimensions} | {column.name: parent}
            if parent is not None and any(all(other[name] == key for name, key in keys.items()) for other in rows):
                return False
    return True


def _parents(release: Opened) -> dict[str, dict[str, str | None]]:
    names = (row["name"] for row in release.rows("meta_codelist"))
    return {name: {row["code"]: row["parent"] for row in release.rows(code_table(name))} for name in names}


def _check_withdrawn(release: Opened) -> Complaints:
    """Each cell marked as withdrawn is listed with its reason, each one listed is marked, and the public list is there."""
    listed = {(row["dataset"], row["measure"], row["keys_json"]) for row in release.rows("meta_redaction")}
    listed = {(slug, measure, tuple(map(str, json.loads(keys)))) for slug, measure, keys in listed}
    marked = set()
    for dataset in release.datasets.values():
        for table in (dataset.slug, *([totals_table(dataset.slug)] if dataset.protected else [])):
            for row in release.rows(table):
                keys = tuple(str(row[each.name]) for each in dataset.dimensions)
                marked |= {
                    (dataset.slug, measure.name, keys)
                    for measure in dataset.measures
                    if row[status_column(measure.name)] == Status.WITHDRAWN
                }
    for slug, measure, keys in sorted(marked ^ listed):
        where = ", ".join(keys)
        if (slug, measure, keys) in marked:
            yield f"{slug}: {measure} at {where} is marked as withdrawn, and meta_redaction does not say why"
        elif SUMMED not in keys:
            yield f"{slug}: {measure} at {where} is listed in meta_redaction, and not marked as withdrawn"
    if "redactions" in release.manifest:
        if load_strict((release.folder / REDACTIONS_FILE).read_bytes())["release"] != release.manifest["id"]:
            yield f"{REDACTIONS_FILE} is of another release"
    elif listed:
        yield f"meta_redaction has figures, and there is no {REDACTIONS_FILE}"
