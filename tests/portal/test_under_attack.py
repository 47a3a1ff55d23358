"""The whole portal under hostile SQL: attacks end in time with a clear error, honest queries are right, pages do not notice."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from portal.sql.limits import Limits

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT / "tests" / "sql"))

from attack import ATTACKS, Target, attack, probed, served  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.alone]
#: From the portal's promise: a page asked ten times a second beside four attackers.
PAGE_P95 = 0.250
SECONDS = 4.0
ROUNDS = 3
NAMED = ("endless recursion", "half a gigabyte", "search in megabytes")

HONEST = {
    "sum": ("SELECT sum(amount_kzt) AS n FROM contracts_by_region", 2_624_576_666_686),
    "join with labels": (
        "SELECT count(*) AS n FROM contracts_by_region JOIN code_region ON code = region WHERE label_kk LIKE '%облысы'",
        17,
    ),
    "join of two datasets": (
        "SELECT count(*) AS n FROM contracts_by_region JOIN insured_by_region USING (region, period)",
        20,
    ),
    "full text": ("SELECT count(*) > 0 AS n FROM meta_search WHERE meta_search MATCH 'костанай'", 1),
    "reconciliation": (
        "SELECT gap AS n FROM meta_reconciliation WHERE dataset = 'contracts_by_region' AND measure = 'amount_kzt'"
        " AND kind = 'total'",
        -1,
    ),
    "window": (
        "SELECT region AS n FROM (SELECT region, rank() OVER (ORDER BY amount_kzt DESC) AS place FROM contracts_by_region)"
        " WHERE place = 2",
        "KZ-71",
    ),
}


@pytest.fixture(scope="module")
def target(releases_dir: Path) -> Iterator[Target]:
    command = [sys.executable, str(PROJECT / "tests" / "serve_portal.py"), str(releases_dir)]
    with served(command, "/en/datasets/contracts_by_region") as target:
        probed(target, lambda: time.sleep(1))
        yield target


def _ask(target: Target, sql: str, address: str = "127.0.0.1") -> tuple[int, object]:
    status, body = target.get(f"/data/release.json?_shape=array&sql={quote_plus(sql)}", address)
    return status, json.loads(body)


@pytest.mark.parametrize("name", HONEST)
def test_honest_query(target: Target, name: str) -> None:
    sql, expected = HONEST[name]
    assert _ask(target, sql) == (200, [{"n": expected}])


def test_facets_of_a_table(target: Target) -> None:
    status, body = target.get("/data/release/suppliers_by_region.json?_facet=period&_size=1")
    assert status == 200
    assert {each["value"] for each in json.loads(body)["facet_results"]["period"]["results"]} == {"2021", "2022"}


@pytest.mark.parametrize("name", NAMED)
def test_page_does_not_notice_an_attack(target: Target, name: str) -> None:
    limits = Limits()
    deadline = limits.wait_seconds + limits.kill_seconds + 0.5

    def attacked() -> None:
        hits = attack(target, ATTACKS[name], SECONDS)
        codes = {code for _, code, _ in hits.answers}
        assert {status for status, _, _ in hits.answers} <= {400, 503}
        assert codes <= {"query_time", "query_memory", "answer_too_large", "not_allowed", "busy"}
        assert codes != {"busy"}
        assert hits.slowest < deadline

    best = float("inf")
    for _ in range(ROUNDS):
        probe = probed(target, attacked)
        assert not probe.failures
        best = min(best, probe.p95)
        if best < PAGE_P95:
            break
    assert best < PAGE_P95


def test_honest_queries_work_after_the_attacks(target: Target) -> None:
    for sql, expected in HONEST.values():
        assert _ask(target, sql) == (200, [{"n": expected}])
