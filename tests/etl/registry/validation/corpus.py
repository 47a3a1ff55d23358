"""How a case of the corpus is judged: its stated outcome, nothing lost, and no value of a person written anywhere."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from datasets.codelist import discover_codelists
from datasets.fault import FaultError
from datasets.library import BUNDLED, Library
from etl.registry.parts import Registry
from etl.registry.validation import validate_extracts
from etl.registry.validation.report import Report
from tests.etl.registry.validation.draft import Draft, draft

#: What must be found nowhere. The IIN has a valid check digit and belongs to nobody: the day is the 31st of February.
IIN = "850231300121"
IIN_OF_THE_2000S = "050231500127"
NAME = "Канарейкина"
PHONE = "7015550199"
ACCOUNT = "KZ86125KZT5004100100"
PSEUDONYM = 4_000_000_000_777_777_777
CANARIES = (IIN, IIN_OF_THE_2000S, NAME, PHONE, ACCOUNT, str(PSEUDONYM), "850231 300121", "850231-300121")

LIBRARY = Library(BUNDLED, {}, discover_codelists(BUNDLED), {}, {})

Spoil = Callable[[Draft], None]


@dataclass(frozen=True)
class Accepted:
    """Every row is clean; a notice of this kind is given, if one is named."""

    notice: str = ""


@dataclass(frozen=True)
class Quarantined:
    """So many rows are left out, for these reasons (`table.column reason`), and the rest is clean."""

    rows: int
    reasons: tuple[str, ...]
    notice: str = ""


@dataclass(frozen=True)
class Refused:
    """The extract is refused, by faults in which these texts stand."""

    texts: tuple[str, ...]


Outcome = Accepted | Quarantined | Refused


def quarantined(rows: int, *reasons: str, notice: str = "") -> Quarantined:
    return Quarantined(rows, reasons, notice)


def refused(*texts: str) -> Refused:
    return Refused(texts)


def validate(store: Path, *folders: Path) -> tuple[Registry, Report]:
    return validate_extracts([str(folder) for folder in folders], store, LIBRARY, memory="1GB")


def judge(spoil: Spoil, outcome: Outcome, tmp_path: Path, warm: Path) -> None:
    """Spoil a clean extract and validate it, with a store that knows the clean parts already."""
    spoiled = draft()
    spoil(spoiled)
    folder = tmp_path / "extract"
    folder.mkdir()
    spoiled.write(folder)
    store = tmp_path / "store"
    shutil.copytree(warm, store)
    judge_extracts(outcome, store, folder)


def judge_extracts(outcome: Outcome, store: Path, *folders: Path) -> Report | None:
    """Validate and judge; returns the report, if the extracts were not refused."""
    try:
        registry, report = validate(store, *folders)
    except FaultError as error:
        assert_no_canary(store, str(error))
        assert isinstance(outcome, Refused), str(error)
        for text in outcome.texts:
            assert text in str(error), str(error)
        assert all(fault.remedy for fault in error.faults)
        return None
    assert not isinstance(outcome, Refused), report.to_text()
    assert_no_canary(store, report.to_text())
    assert_nothing_lost(registry, report, store)
    if isinstance(outcome, Quarantined):
        found = {f"{part.table}.{column} {reason}" for part in report.parts for column, reason, _ in part.reasons}
        assert (report.quarantined, found) == (outcome.rows, set(outcome.reasons)), (
            f"{report.quarantined}: {sorted(found)}"
        )
    else:
        assert not report.quarantined, report.to_text()
    kinds = {notice.kind for notice in report.notices}
    assert outcome.notice in kinds if outcome.notice else not kinds - {"quarantined"}, report.to_text()
    return report


def assert_nothing_lost(registry: Registry, report: Report, store: Path) -> None:
    """Rows in = rows in the engines' files + rows in the quarantine files."""
    listed: Counter[tuple[str, str]] = Counter()
    for path in (store / "quarantine").rglob("*.csv"):
        with path.open(newline="") as file:
            places = {(line["file"], line["row"]) for line in csv.DictReader(file)}
        listed[path.parent.name, path.stem] += len(places)
    left_out: Counter[tuple[str, str]] = Counter()
    parts = {(part.table, part.period): part for part in registry.parts}
    assert len(parts) == len(report.parts)
    for each in report.parts:
        assert each.rows == each.clean + each.quarantined
        part = parts[each.table, each.period]
        assert part.rows == each.clean == sum(pq.read_metadata(path).num_rows for path in part.files)
        left_out[each.extract, each.table] += each.quarantined
    assert +left_out == +listed


def assert_no_canary(store: Path, text: str) -> None:
    """Neither in what is shown nor in what is written, cleaned rows excepted."""
    texts = [text]
    for path in store.rglob("*"):
        if path.is_file() and "clean" not in path.relative_to(store).parts:
            texts.append(path.read_bytes().decode("utf-8", "replace"))
    for canary in CANARIES:
        assert not any(canary in each for each in texts), f"a canary was written: {canary[:3]}…"
