"""What the store saves: only what changed is validated again, and the outcome is the same as without it."""

import json
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from datasets.fault import FaultError
from etl.registry.validation import scan, validate_extracts
from etl.registry.validation.links import Linker
from etl.registry.validation.store import Store
from tests.etl.registry.validation.corpus import LIBRARY, validate
from tests.etl.registry.validation.draft import MONTHS, Draft, draft
from tests.etl.registry.validation.test_several_extracts import correction, of_month


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Which parts were scanned, and which were compared with others."""
    done: dict[str, list[str]] = {"scanned": [], "linked": []}
    scanned, linked = scan.Scanner._scan, Linker.check

    def scan_and_note(self: Any, delivery: Any, *rest: Any) -> Any:
        done["scanned"].append(delivery.name)
        return scanned(self, delivery, *rest)

    def link_and_note(self: Any, own: str, delivery: Any, *rest: Any) -> Any:
        done["linked"].append(delivery.name)
        return linked(self, own, delivery, *rest)

    monkeypatch.setattr(scan.Scanner, "_scan", scan_and_note)
    monkeypatch.setattr(Linker, "check", link_and_note)
    return done


def forget(work: dict[str, list[str]]) -> None:
    for names in work.values():
        names.clear()


def written(made: Draft, folder: Path) -> Path:
    folder.mkdir()
    return made.write(folder)


def spoiled(draft: Draft) -> Draft:
    draft.rows["organisation", ""][4]["region"] = "KZ-99"
    draft.deliver("account_event", MONTHS[0], ".csv", draft.csv("account_event", MONTHS[0]))
    return draft


def test_the_second_time_nothing_is_read(tmp_path: Path, work: dict[str, list[str]]) -> None:
    folder = written(spoiled(draft()), tmp_path / "a")
    first = validate(tmp_path / "store", folder)
    assert len(work["scanned"]) == len(work["linked"]) == len(first[0].parts)
    forget(work)
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "store/clean").iterdir()}
    assert validate(tmp_path / "store", folder) == first
    assert work == {"scanned": [], "linked": []}
    assert files == {path: path.stat().st_mtime_ns for path in (tmp_path / "store/clean").iterdir()}
    shutil.rmtree(tmp_path / "store")
    assert validate(tmp_path / "store", folder) == first


def test_a_further_month_leaves_the_others_alone(tmp_path: Path, work: dict[str, list[str]]) -> None:
    march = written(of_month(MONTHS[0], "march", "2026-04-01T00:00:00Z"), tmp_path / "march")
    april = written(of_month(MONTHS[1], "april"), tmp_path / "april")
    validate(tmp_path / "store", march)
    forget(work)
    validate(tmp_path / "store", march, april)
    assert {name.split()[-1] for name in work["scanned"]} == {MONTHS[1]}
    assert {name.split()[-1] for name in work["linked"]} == {MONTHS[1]}


def test_a_correction_has_what_refers_to_it_compared_again(tmp_path: Path, work: dict[str, list[str]]) -> None:
    whole = written(draft(), tmp_path / "whole")
    validate(tmp_path / "store", whole)
    forget(work)
    corrected = correction("policy")
    corrected.rows["policy", MONTHS[0]].pop()
    corrected = written(corrected, tmp_path / "corrected")
    outcome = validate(tmp_path / "store", whole, corrected)
    assert work["scanned"] == ["policy 2026-03"]
    assert set(work["linked"]) == {
        f"{name} {month}" for name in ("policy", "account_event", "service", "drug_issue") for month in MONTHS
    }
    assert validate(tmp_path / "fresh", whole, corrected)[1] == outcome[1]


@pytest.mark.parametrize("folder", ["clean", "verdicts", "lines", "digests.json"])
def test_a_store_that_lost_something(folder: str, tmp_path: Path) -> None:
    delivered = written(spoiled(draft()), tmp_path / "a")
    outcome = validate(tmp_path / "store", delivered)
    lost = tmp_path / "store" / folder
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    assert validate(tmp_path / "store", delivered) == outcome


def test_verdicts_that_were_cut_short_are_made_anew(tmp_path: Path) -> None:
    delivered = written(spoiled(draft()), tmp_path / "a")
    outcome = validate(tmp_path / "store", delivered)
    for path in (tmp_path / "store/verdicts").iterdir():
        path.write_text(path.read_text()[:-3])
    assert validate(tmp_path / "store", delivered) == outcome


def test_a_changed_file_is_noticed_though_its_digest_was_remembered(tmp_path: Path) -> None:
    delivered = written(draft(), tmp_path / "a")
    validate(tmp_path / "store", delivered)
    content = bytearray((delivered / "site.parquet").read_bytes())
    content[40] ^= 1
    (delivered / "site.parquet").write_bytes(content)
    with pytest.raises(FaultError, match="its SHA-256 differs"):
        validate(tmp_path / "store", delivered)


def test_another_code_list_has_everything_judged_again(tmp_path: Path) -> None:
    delivered = written(draft(), tmp_path / "a")
    validate(tmp_path / "store", delivered)
    factors = LIBRARY.codelists["stop_factor"]
    fewer = replace(factors, codes=tuple(code for code in factors.codes if code.code != "tax_debt"))
    library = replace(LIBRARY, codelists={**LIBRARY.codelists, "stop_factor": fewer})
    with pytest.raises(FaultError, match=r"block: 300 of 300 rows \(100.00 %\) are bad"):
        validate_extracts([str(delivered)], tmp_path / "store", library)


def test_only_the_owner_reads_the_store_and_nothing_is_left_in_scratch(tmp_path: Path) -> None:
    delivered = written(spoiled(draft()), tmp_path / "a")
    validate(tmp_path / "store", delivered)
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    assert not list((tmp_path / "store/scratch").iterdir())
    assert not list((tmp_path / "store").rglob("*.part"))


def test_the_report_is_kept(tmp_path: Path) -> None:
    _, report = validate(tmp_path / "store", written(spoiled(draft()), tmp_path / "a"))
    kept = json.loads((tmp_path / "store/reports/extract-a.json").read_text())
    assert kept == json.loads(report.to_json())
    assert kept["contract"] == "1"
    assert "600 rows =" in report.to_text()
    assert f"{report.quarantined}" != "0"


def test_duckdb_reads_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    store = Store(tmp_path / "store")
    with store.connect("100MB") as connection, pytest.raises(duckdb.PermissionException):
        connection.execute(f"SELECT * FROM '{tmp_path}/secret.csv'")


def test_it_spills_to_disk_when_memory_is_short(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    with store.held(), store.connect("64MB") as connection:
        query = "SELECT count(*) FROM (SELECT i % 3000000 FROM range(4000000) AS t(i) GROUP BY 1 HAVING count(*) > 1)"
        assert connection.execute(query).fetchall() == [(1_000_000,)]


def test_progress_names_every_part(tmp_path: Path) -> None:
    steps: list[str] = []
    note: Callable[[str], None] = steps.append
    registry, _ = validate_extracts([str(written(draft(), tmp_path / "a"))], tmp_path / "store", LIBRARY, note)
    assert {f"{part.table} {part.period}".strip() for part in registry.parts} <= set(steps)


def test_too_little_memory_is_said(tmp_path: Path) -> None:
    folder = written(draft(), tmp_path / "a")
    with pytest.raises(FaultError, match="needs more memory, or more room"):
        validate_extracts([str(folder)], tmp_path / "store", LIBRARY, memory="2MB")
