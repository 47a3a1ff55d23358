"""A simulated extract obeys the contract and the rules of the pilot."""

from pathlib import Path

import duckdb
import pytest

from datasets.library import Library
from etl.registry.contract import TABLES
from etl.registry.manifest import read_manifest
from etl.registry.validation import validate_extracts
from tests.etl.simulator.definitions import FORBIDDEN

TWELVE_DIGITS = "(^|[^0-9])[0-9]{12}([^0-9]|$)"


def test_validation_finds_no_bad_row(extract: Path, library: Library, tmp_path: Path) -> None:
    _, report = validate_extracts([str(extract)], tmp_path, library)
    assert {part.table for part in report.parts} == set(TABLES)
    assert sum(part.quarantined for part in report.parts) == 0
    assert {notice.kind for notice in report.notices} <= {"no_rows"}


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_rule_of_the_pilot_holds(rule: str, registry: duckdb.DuckDBPyConnection) -> None:
    assert registry.execute(f"SELECT count(*) {FORBIDDEN[rule]}").fetchone() == (0,)


def test_manifest_says_that_it_is_simulated(extract: Path) -> None:
    manifest = read_manifest(extract)
    assert manifest.synthetic
    assert manifest.as_of == "2026-08-31T19:00:00Z"
    assert len(manifest.periods) == 6


def test_no_twelve_digits_anywhere(registry: duckdb.DuckDBPyConnection) -> None:
    for table in TABLES.values():
        for column in table.columns:
            found = f'SELECT count(*) FROM {table.name} t WHERE regexp_matches(CAST(t."{column.name}" AS TEXT), ?)'
            assert registry.execute(found, [TWELVE_DIGITS]).fetchone() == (0,), column.name


def test_nothing_is_known_that_happens_later(registry: duckdb.DuckDBPyConnection) -> None:
    """Only stays of the planted pairs across months end after the as-of day."""
    for table in TABLES.values():
        for column in table.columns:
            if column.type in ("date", "instant") and (table.name, column.name) != ("service", "ended_at"):
                found = registry.execute(f"SELECT max(t.\"{column.name}\") < DATE '2026-09-01' FROM {table.name} t")
                assert found.fetchone() == (True,), (table.name, column.name)
    late = registry.execute("SELECT count(*) FROM service WHERE ended_on >= DATE '2026-09-01'").fetchone()
    assert late is not None
    assert late[0] <= 2


def test_world_is_alive(registry: duckdb.DuckDBPyConnection) -> None:
    """Every code of the short lists occurs; Mondays are busier than Sundays; confirmation grows month by month."""
    for table, column, codes in (
        ("account_event", "kind", 6),
        ("payment", "status", 3),
        ("registry_order", "kind", 5),
        ("digital_tenge_operation", "kind", 7),
        ("digital_tenge_operation", "scenario", 4),
        ("consent_request", "answer", 3),
        ("inspection", "outcome", 3),
        ("service", "channel", 5),
        ("service", "verification", 3),
        ("policy", "payer_category", 6),
        ("policy", "status", 3),
        ("organisation", "kind", 7),
        ("block", "factor", 3),
    ):
        found = registry.execute(f"SELECT count(DISTINCT {column}) FROM {table}").fetchone()
        assert found == (codes,), (table, column)
    days = dict(registry.execute("SELECT isodow(started_on), count(*) FROM service GROUP BY 1").fetchall())
    assert days[1] > 3 * days[7]
    by_month = "SELECT sum(verified_volume) / sum(volume) FROM act GROUP BY period ORDER BY period"
    shares = [share for (share,) in registry.execute(by_month).fetchall()]
    assert shares == sorted(shares)
    assert 0.5 < shares[0] < 0.66
    assert shares[-1] > 0.7


def test_few_acts_lie_below_the_threshold(registry: duckdb.DuckDBPyConnection) -> None:
    """An eighth of March's acts or less, then a few; clinics are blocked accordingly."""
    below = "SELECT avg(CAST(2 * verified_volume < volume AS INT)) FROM act GROUP BY period ORDER BY period"
    march, *later = (share for (share,) in registry.execute(below).fetchall())
    assert 0.09 < march < 0.15
    assert all(0.02 < share < 0.06 for share in later)
    blocks = registry.execute("SELECT count(*) FROM block").fetchone() or (0,)
    assert 300 <= blocks[0] <= 480


def test_some_care_is_rarely_confirmed(registry: duckdb.DuckDBPyConnection) -> None:
    shares = dict(registry.execute("SELECT kind_of_care, count(channel) / count(*) FROM service GROUP BY 1").fetchall())
    assert all(0.4 < shares[kind] / shares["primary_care"] < 0.8 for kind in ("emergency", "pathology", "blood"))


def test_tariffs_by_kind_are_like_the_official_ones(registry: duckdb.DuckDBPyConnection) -> None:
    sums = dict(registry.execute("SELECT kind_of_care, sum(tariff_kzt) FROM service GROUP BY 1").fetchall())
    assert 0.04 < sums["rural_care"] / sum(sums.values()) < 0.1
    assert sums.get("treatment_abroad", 0) < 0.01 * sum(sums.values())


def test_only_breaches_have_a_protocol(registry: duckdb.DuckDBPyConnection) -> None:
    found = "SELECT outcome, count(*), count(protocol_on), count(finding) FROM inspection GROUP BY 1"
    cases = {outcome: counts for outcome, *counts in registry.execute(found).fetchall()}
    assert cases["none"][1:] == [0, cases["none"][0]]
    assert all(cases[outcome][0] == cases[outcome][1] == cases[outcome][2] for outcome in ("cured", "terminated"))


def test_two_banks_are_slow(registry: duckdb.DuckDBPyConnection) -> None:
    late = """SELECT bank, avg(CAST(coalesce(answered_at > requested_at + INTERVAL 2 DAY, true) AS INT)) AS share
        FROM bank_request WHERE bank <= 'BANK-08' GROUP BY 1 ORDER BY share DESC LIMIT 2"""
    assert {bank for bank, _ in registry.execute(late).fetchall()} == {"BANK-04", "BANK-08"}
    days = registry.execute("SELECT max(day(requested_on)) FROM consent_request").fetchone() or (0,)
    assert days[0] >= 30


def test_persons_are_distributed_as_the_insured(registry: duckdb.DuckDBPyConnection, library: Library) -> None:
    """The first insured of each region are the published number, scaled."""
    rows = (library.root / "insured_by_region/data.csv").read_text().splitlines()[1:]
    wanted = {line.split(",")[0]: float(line.split(",")[2]) for line in rows}
    counted = """SELECT coalesce(region_of_attachment, 'none'), count(*) FROM policy GROUP BY 1"""
    for region, found in registry.execute(counted).fetchall():
        assert found == pytest.approx(wanted[region], rel=0.06)
