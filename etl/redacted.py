"""The private list of redactions: what was asked for, which figures went, and what their files were before.

Only the operator may read it: the digest of an old file lets anyone try out which withdrawn figure goes into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from datasets.contract import SUMMED, Status
from datasets.fault import Fault, FaultError
from datasets.language import LanguageMap
from datasets.library import Library
from datasets.renaming import renamed_columns, renamed_datasets
from etl.aggregate import Aggregated
from etl.store.durable import make_folder, write_durably
from etl.table import Cell, Row, Table

REDACTED_FILE = "redactions.json"

#: Dataset, measure, keys with the months of totals spelled out.
Name = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Redaction:
    """One request that was carried out, or is being (`done` is false).

    `series` is that of the ledger, empty for figures of documents. `gone` lists by release the figures withdrawn: dataset,
    measure, keys, and whether it was asked for. `before` has by release the digests of its old files, by path; `key` seals
    them where everybody may read.
    """

    id: str
    date: str
    series: str
    name: Name
    reason: LanguageMap
    gone: Mapping[str, Sequence[tuple[str, str, Sequence[str], bool]]]
    key: str
    before: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    done: bool = False


def redacted(store: Path, series: str = "") -> frozenset[Name]:
    """The figures that no release may show again: those asked for, of this series of extracts and of the documents.

    A figure of a document is among them under each name that a release had for it.
    """
    listed = [each for each in read_redactions(store) if each.series in ("", series)]
    return frozenset(name for each in listed for name in (each.name, *_other_names(each)))


def _other_names(redaction: Redaction) -> Iterator[Name]:
    if not redaction.series:
        for gone in redaction.gone.values():
            yield from ((dataset, measure, tuple(keys)) for dataset, measure, keys, asked in gone if asked)


def under_present_names(names: frozenset[Name], library: Library) -> frozenset[Name]:
    """The same figures, and each besides under the name that announcements have given its dataset or measure since."""
    said = library.record.announcements
    datasets, found = renamed_datasets(said), set(names)
    for slug, measure, keys in names:
        present = datasets.find(slug, library.declarations) or slug
        if present in library.declarations:
            columns = renamed_columns(said, {slug, present, *datasets.names})
            own = columns.find(measure, library.declarations[present].by_name) or measure
            found.add((present, own, keys))
    return frozenset(found)


def withhold(dataset: Aggregated, names: frozenset[Name]) -> Aggregated:
    """A dataset that no rule protects, without the figures `names` and the checks that would tell them."""
    declaration = dataset.declaration
    dimensions = [column.name for column in declaration.dimensions]
    own = [(measure, keys) for slug, measure, keys in names if slug == declaration.slug]
    if not own:
        return dataset

    def without(row: Row) -> Row:
        keys = tuple(row.keys[name] for name in dimensions)
        gone = {measure for measure, each in own if each == keys and row.cells[measure].value is not None}
        gone |= {
            ratio.measure for ratio in declaration.computed.values() if gone & {ratio.numerator, ratio.denominator}
        }
        return replace(row, cells=row.cells | dict.fromkeys(gone, Cell(None, Status.WITHDRAWN)))

    checks = tuple(
        check
        for check in dataset.checks
        if not any(tells(check.kind, check.measure, check.where, measure, dimensions, keys) for measure, keys in own)
    )
    return replace(dataset, table=Table(tuple(without(row) for row in dataset.table.rows)), checks=checks)


def tells(
    kind: str, checked: str, where: Mapping[str, str], measure: str, dimensions: Sequence[str], keys: Sequence[str]
) -> bool:
    """Whether a check of the measure `checked` is made with the figure at `keys`: it tells it, or the rest of a sum."""
    others = [name for name, key in zip(dimensions, keys, strict=True) if where.get(name, SUMMED) not in (SUMMED, key)]
    return not others or (kind == "identity" and checked == measure and len(others) == 1)


def read_redactions(store: Path) -> list[Redaction]:
    """The list in the work folder `store`, in order; raises FaultError if it is damaged."""
    path = store / REDACTED_FILE
    if not path.is_file():
        return []
    try:
        return [_read(said) for said in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, LookupError, TypeError) as error:
        message = f"is damaged ({type(error).__name__})."
        remedy = "Restore it from a backup: it says which figures must not be published again."
        raise FaultError([Fault(path.name, "list", message, remedy)]) from None


def write_redactions(store: Path, redactions: Sequence[Redaction]) -> None:
    """Write the list anew, in one step and for its owner alone; when this returns it is on the disk."""
    make_folder(store)
    text = json.dumps([asdict(each) for each in redactions], ensure_ascii=False, indent=1)
    write_durably(store / REDACTED_FILE, f"{text}\n".encode(), 0o600)


def _read(said: dict[str, Any]) -> Redaction:
    dataset, measure, keys = said.pop("name")
    return Redaction(name=(dataset, measure, tuple(keys)), **said)
