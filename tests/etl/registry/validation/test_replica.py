"""A Registry in a PostgreSQL database: the same rules give the same verdicts as on files, and nothing is written to it."""

import csv
import shutil
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest

from datasets.fault import FaultError
from etl.registry.contract import TABLES
from etl.registry.parts import Registry
from etl.registry.validation import Report, validate_extracts
from tests.etl.registry.validation.corpus import IIN, IIN_OF_THE_2000S, LIBRARY, Quarantined, assert_no_canary, validate
from tests.etl.registry.validation.draft import ROWS, Draft, draft
from tests.etl.registry.validation.replica import Replica, fill
from tests.etl.registry.validation.test_bad_rows import CASES
from tests.registry_database import DatabaseServer


def ask(dsn: str, store: Path) -> tuple[Registry, Report]:
    return validate_extracts([dsn], store, LIBRARY)


def verdicts(report: Report) -> list[tuple[object, ...]]:
    return [
        (part.table, part.period, part.rows, part.clean, part.quarantined, sorted(part.reasons))
        for part in report.parts
    ]


def test_a_clean_database(registry_server: DatabaseServer, tmp_path: Path) -> None:
    dsn = fill(registry_server.fresh(), draft())
    registry, report = ask(dsn, tmp_path / "store")
    assert (registry.dsn, registry.rejected, registry.months) == (dsn, (), ("2026-03", "2026-04"))
    assert not report.quarantined
    assert not report.notices
    assert all(not part.files and part.rows == ROWS for part in registry.parts)
    assert len({part.sha256 for part in registry.parts}) == len(registry.parts)
    again, _ = ask(dsn, tmp_path / "store")
    assert again == registry
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE service SET tariff_kzt = tariff_kzt + 1 WHERE service_id = 5")
        connection.execute("UPDATE service SET tariff_kzt = tariff_kzt - 1 WHERE service_id = 6")
    changed, _ = ask(dsn, tmp_path / "store")
    differing = {
        (one.table, one.period)
        for one, two in zip(registry.parts, changed.parts, strict=True)
        if one.sha256 != two.sha256
    }
    assert differing == {("service", "2026-03")}


def test_all_kinds_of_bad_rows_are_found_as_in_files(
    registry_server: DatabaseServer, tmp_path: Path, warm: Path
) -> None:
    """One spoiler of the corpus for each set of reasons, against the verdict on files."""
    replica = Replica(registry_server.fresh())
    cases = {outcome.reasons: name for name, (_, outcome) in CASES.items() if isinstance(outcome, Quarantined)}
    for number, (reasons, name) in enumerate(cases.items()):
        # In a database a row of another month is simply there: no file promised another.
        if any(reason.endswith(" month") for reason in reasons):
            continue
        spoil, _ = CASES[name]
        spoiled = draft()
        spoil(spoiled)
        folder, store = tmp_path / f"folder-{number}", tmp_path / f"store-{number}"
        folder.mkdir()
        shutil.copytree(warm, store)
        _, expected = validate(store, spoiled.write(folder))
        registry, report = ask(replica.deliver(spoiled), tmp_path / f"replica-{number}")
        assert verdicts(report) == verdicts(expected), name
        assert sum(len(places) for _, places in registry.rejected) == report.quarantined
        assert_no_canary(tmp_path / f"replica-{number}", report.to_text())


def test_bad_rows_are_named_by_their_place(registry_server: DatabaseServer, tmp_path: Path) -> None:
    dsn = fill(registry_server.fresh(), draft(), "UPDATE block SET factor = 'other' WHERE block_id = 7")
    registry, _report = ask(dsn, tmp_path / "store")
    with psycopg.connect(dsn) as connection:
        place = connection.execute("SELECT ctid::text FROM block WHERE block_id = 7").fetchone()
    assert place is not None
    assert registry.rejected == (("block", place),)
    with (tmp_path / "store/quarantine/extract-a/block.csv").open(newline="") as file:
        lines = list(csv.reader(file))[1:]
    assert lines == [["block", place[0], "factor", "code", "is not a code of the list stop_factor"]]
    assert [(part.table, part.rows) for part in registry.parts if part.rows != ROWS] == [("block", ROWS - 1)]


def test_rows_of_no_month_covered_are_left_out(registry_server: DatabaseServer, tmp_path: Path) -> None:
    moved = "UPDATE account_event SET at = at + INTERVAL '60 days' WHERE event_id IN (3, 4)"
    registry, report = ask(fill(registry_server.fresh(), draft(), moved), tmp_path / "store")
    assert [asdict(part) for part in report.parts if part.quarantined] == [
        {
            "table": "account_event", "period": "", "extract": "extract-a", "rows": 2, "clean": 0, "quarantined": 2,
            "reasons": (("at", "month", 2),),
        }
    ]  # fmt: skip
    assert all(part.period for part in registry.parts if not TABLES[part.table].register)


@pytest.mark.parametrize(
    ("statement", "texts"),
    [
        ("DROP TABLE extract_manifest", ("extract_manifest: document: does not hold the manifest",)),
        ("DELETE FROM extract_manifest", ("does not hold the manifest",)),
        ("INSERT INTO extract_manifest SELECT * FROM extract_manifest", ("does not hold the manifest",)),
        ("UPDATE extract_manifest SET document = 'x'", ("extract_manifest: line 1: is not valid JSON",)),
        ("DROP TABLE drug_issue", ("database: drug_issue: is not a table",)),
        ("ALTER TABLE block RENAME TO b; CREATE VIEW block AS SELECT * FROM b", ("block: is not an ordinary table",)),
        ("ALTER TABLE block ADD COLUMN phone text", ("block: column phone: is not a column of the contract",)),
        ("ALTER TABLE block DROP COLUMN factor", ("block: column factor: is missing",)),
        ("ALTER TABLE block ALTER COLUMN block_id TYPE text", ("block: column block_id: is of type text, not bigint",)),
        ("ALTER TABLE act ALTER COLUMN signed_at TYPE timestamptz", ("is of type timestamp with time zone",)),
        (
            "UPDATE block SET withheld_kzt = withheld_kzt + 1 WHERE block_id = 1",
            ("block: its total of withheld_kzt is",),
        ),
        ("DELETE FROM advance WHERE advance_id = 1", ("advance: its total of amount_kzt is",)),
        (f"UPDATE service SET act_id = {IIN} WHERE service_id = 1", ("service: column act_id, row (", "holds an IIN")),
        (f"UPDATE inspection SET finding = 'ИИН {IIN[:6]} {IIN[6:]}' WHERE case_id = 9", ("column finding, row (",)),
        (f"UPDATE service SET service_code = 'X{IIN_OF_THE_2000S}'", ("service: column service_code", "holds an IIN")),
        (f"UPDATE site SET latitude = {IIN}.0 WHERE site_id = 2", ("site: column latitude", "holds an IIN")),
        ("UPDATE block SET factor = 'x'", ("block: 300 of 300 rows (100.00 %) are bad",)),
    ],
)
def test_databases_that_are_refused(
    statement: str, texts: tuple[str, ...], registry_server: DatabaseServer, tmp_path: Path
) -> None:
    with pytest.raises(FaultError) as caught:
        ask(fill(registry_server.fresh(), draft(), statement), tmp_path / "store")
    for text in texts:
        assert text in str(caught.value)
    assert_no_canary(tmp_path / "store", str(caught.value))


def test_files_in_a_manifest_of_a_database(registry_server: DatabaseServer, tmp_path: Path) -> None:
    spoiled: Draft = draft()
    spoiled.edit = lambda document: document["totals"].clear()
    with pytest.raises(FaultError, match=r"totals: contract.amount_kzt: is missing"):
        ask(fill(registry_server.fresh(), spoiled), tmp_path / "store")


def test_a_reader_without_the_right_to_write(registry_server: DatabaseServer, tmp_path: Path) -> None:
    """Validation needs SELECT and nothing else."""
    dsn = fill(
        registry_server.fresh(),
        draft(),
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    )
    _, report = ask(dsn.replace("registry@", "reader@"), tmp_path / "store")
    assert report.rows == sum(map(len, draft().rows.values()))


def test_no_database(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="OperationalError, no connection") as caught:
        ask("postgresql://reader:secret@/nowhere?host=/nonexistent", tmp_path / "store")
    assert "secret" not in str(caught.value)


def test_files_and_a_database_are_not_mixed(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="neither folders nor one database"):
        validate_extracts([str(tmp_path), "postgresql://x"], tmp_path / "store", LIBRARY)


@pytest.mark.parametrize("index", ["", "UNIQUE", "UNIQUE on half of the key"])
def test_keys_twice_with_and_without_an_index(index: str, registry_server: DatabaseServer, tmp_path: Path) -> None:
    """An index that keeps a key unique is believed, so that nothing is sorted; one over less than the key would say more."""
    made = draft()
    rows = made.rows["tax_debt", ""]
    if not index:
        rows[1].update(organisation_id=1, from_on=rows[0]["from_on"])
    keys = "organisation_id" if index.endswith("key") else "from_on, organisation_id"
    dsn = fill(
        registry_server.fresh(), made, f"CREATE {index.split(' ', maxsplit=1)[0]} INDEX one ON tax_debt ({keys})"
    )
    _, report = ask(dsn, tmp_path / "store")
    assert report.quarantined == (0 if index else 1)
