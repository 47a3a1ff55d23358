"""Honest queries: each is answered, and rightly: the expected value is computed here without SQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sql_release import BIG_ROWS, MONTHS, REGIONS, RELEASE_ID, amount

from portal.sql.exchange import SqlRequest
from portal.sql.pool import SqlPool

CELLS = [amount(r, m) for r in range(20) for m in range(24)]
KNOWN = [cell for cell in CELLS if cell is not None]
PEOPLE = [n % 1_000 for n in range(BIG_ROWS)]


def rows(pool: SqlPool, database: Path, sql: str, **parameters: str) -> list[list[Any]]:
    query = urlencode({"sql": sql, **parameters})
    answer = pool.ask(SqlRequest(database, RELEASE_ID, "/release.json", query, "test"))
    result: list[list[Any]] = json.loads(answer.body)["rows"]
    return result


HONEST: list[tuple[str, Any]] = [
    ("select 1 as one", [[1]]),
    ("select count(*) from paid_by_region", [[480]]),
    ("select sum(amount_kzt) from paid_by_region", [[sum(KNOWN)]]),
    ("select total(amount_kzt), avg(amount_kzt) from paid_by_region", [[float(sum(KNOWN)), sum(KNOWN) / len(KNOWN)]]),
    ("select amount_kzt_status, count(*) from paid_by_region group by 1 order by 1", None),
    ("select count(*) from paid_by_region where amount_kzt_status = 'suppressed'", [[CELLS.count(None)]]),
    (
        "select r.label_en, sum(p.amount_kzt) from paid_by_region p join code_region r on r.code = p.region "
        "group by r.code order by r.position limit 1",
        [["Region 10", sum(amount(0, m) or 0 for m in range(24))]],
    ),
    ("select max(period), min(period) from paid_by_region", [[MONTHS[-1], MONTHS[0]]]),
    ("select distinct substr(period, 1, 4) as year from paid_by_region order by 1", [["2025"], ["2026"]]),
    ("select count(distinct region) from services", [[20]]),
    ("select sum(people) from services", [[sum(PEOPLE)]]),
    ("select count(*) from services where people between 10 and 19", [[sum(10 <= p <= 19 for p in PEOPLE)]]),
    ("select kind, count(*) as n from services group by kind order by n desc, kind limit 1", None),
    (
        "with totals as (select region, sum(people) as n from services group by region) select count(*) from totals",
        [[20]],
    ),
    ("with t as (select 1 as a) select count(*) from t", [[1]]),
    (
        "select region, rank() over (order by sum(amount_kzt) desc) from paid_by_region group by region limit 1",
        [[REGIONS[19], 1]],
    ),
    (
        "select amount_kzt - lag(amount_kzt) over (order by period) from paid_by_region "
        "where region = 'KZ-11' and period in ('2025-01', '2025-02') order by period",
        [[None], [1]],
    ),
    ("with recursive n(i) as (select 1 union all select i + 1 from n where i < 500) select sum(i) from n", [[125_250]]),
    ("select json_extract(grain_json, '$[0]') from meta_dataset limit 1", [["region"]]),
    ("select value from meta_dataset, json_each(grain_json) where slug = 'services'", [["region"], ["period"]]),
    ("select printf('%.1f', 2.25), round(2.345, 2), format('%05d', 42)", [["2.3", 2.35, "00042"]]),
    ("select upper(code) from code_region where label_ru like '%егион 1%' limit 1", [["KZ-10"]]),
    ("select coalesce(null, 'x'), ifnull(null, 1), nullif(1, 1), iif(1, 'a', 'b')", [["x", 1, None, "a"]]),
    ("select ref from meta_search where meta_search match 'services' order by rank", [["services"]]),
    (
        "select highlight(meta_search, 2, '[', ']') from meta_search where meta_search match 'төленді'",
        [["Paid by region [төленді] выплачено"]],
    ),
    ("select count(*) from meta_search", [[22]]),
    ("select ref from meta_search where rowid = 1", [["paid_by_region"]]),
    ("select bm25(meta_search) < 0 from meta_search where meta_search match 'serv*'", [[1]]),
    (
        "select a.ref from meta_search a join code_region r on r.code = a.ref where a.meta_search match '\"Region 12\"'",
        [["KZ-12"]],
    ),
    ("select name from sqlite_master where type = 'table' and name = 'services'", [["services"]]),
    ("select name from pragma_table_info('services') where cid = 3", [["people"]]),
    ("explain query plan select * from services where people = 1", None),
    ("select group_concat(code, ', ') from (select code from code_unit order by code)", [["kzt, person"]]),
    ("select date('2026-10-01', '+1 month'), strftime('%Y', '2026-10-01')", [["2026-11-01", "2026"]]),
    ("select * from services order by random() limit 3", None),
    (
        "select a.region, a.amount_kzt from paid_by_region a left join acts_by_region b using (region, period) limit 2",
        None,
    ),
    ("-- a note\nselect 2 as two", [[2]]),
    ("select stated, computed, gap from meta_reconciliation where gap <> 0", [[5.0, 6.0, 1.0]]),
    (" union all ".join(f"select {n}" for n in range(20)), [[n] for n in range(20)]),
]


@pytest.mark.parametrize(("sql", "expected"), HONEST)
def test_honest(pool: SqlPool, database: Path, sql: str, expected: list[list[Any]] | None) -> None:
    answer = rows(pool, database, sql)
    assert answer
    if expected is not None:
        assert answer == expected


def test_parameters(pool: SqlPool, database: Path) -> None:
    sql = "select count(*) from services where people = :people and region = :region"
    expected = sum(n % 1_000 == 10 and REGIONS[n % 20] == "KZ-20" for n in range(BIG_ROWS))
    assert rows(pool, database, sql, people="10", region="KZ-20") == [[expected]]
    assert expected


def test_truncation_is_told(pool: SqlPool, database: Path) -> None:
    answer = pool.ask(SqlRequest(database, RELEASE_ID, "/release.json", "sql=select+*+from+services", "test"))
    told = json.loads(answer.body)
    assert (told["truncated"], len(told["rows"])) == (True, 1_000)


def test_honest_queries_do_not_cost_a_worker(pool: SqlPool, database: Path) -> None:
    before = set(pool.pids())
    rows(pool, database, "select count(*) from services")
    assert set(pool.pids()) == before
