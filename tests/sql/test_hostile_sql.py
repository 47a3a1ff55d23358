"""Hostile statements: each gets a clear error, quickly enough, and the portal's process is not harmed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sql_release import RELEASE_ID

from portal.sql.exchange import SqlRequest
from portal.sql.faults import SqlError
from portal.sql.pool import SqlPool


def bomb(steps: int) -> str:
    """CTEs that each use the one before twice: 2 ** steps tables while SQLite only compiles."""
    parts = ["c0 as (select 1 as x)"]
    parts += [f"c{n} as (select a.x from c{n - 1} a, c{n - 1} b)" for n in range(1, steps + 1)]
    return f"with {', '.join(parts)} select * from c{steps}"


LONG = "printf('%.*c', 900000, 'a')"
DIGITS = "with recursive d(n) as (select 1 union all select n+1 from d where n < 60000)"

FORBIDDEN = [
    "select * from sqlite_stmt",
    "select count(*) from sqlite_stmt",
    "select sql from SQLITE_STMT",
    'select * from "sqlite_stmt"',
    "select * from (select * from sqlite_stmt)",
    "select * from dbstat",
    "select count(*) from dbstat",
    "select * from main.dbstat",
    "select * from sqlite_dbpage",
    "select * from bytecode('select 1')",
    "select * from tables_used('select 1')",
    "select * from fts3tokenize('simple', 'a')",
    "select fts3_tokenizer('simple')",
    "select fts3_tokenizer('simple', x'4141414141414141')",
    "select fts5(null)",
    "select * from pragma_database_list",
    "select count(*) from pragma_database_list",
    "select * from pragma_function_list",
    "select file from pragma_database_list()",
    "select * from pragma_compile_options",
    "select * from pragma_module_list",
    "pragma database_list",
    "pragma query_only=0",
    "select load_extension('libm.so.6')",
    "select readfile('/etc/passwd')",
    "select writefile('/tmp/ashyq-attack.db', 'y')",
    "select edit('x')",
    "select sqlite_version()",
    "select sqlite_source_id()",
    "select sqlite_compileoption_get(1)",
    "select sqlite_log(1, 'x')",
    "select randomblob(10)",
    "select hex(randomblob(500000000))",
    "select zeroblob(10)",
    "select hex(zeroblob(500000000))",
    "select length(zeroblob(900000000))",
    "select changes(), total_changes(), last_insert_rowid()",
    "select * from meta_search_data",
    "select count(*) from meta_search_data",
    "select * from meta_search_content",
    "select * from meta_search_idx",
    "select * from meta_search_docsize",
    "select * from main.meta_search_config",
    "with t as (select * from meta_search_data) select count(*) from t",
    "select (select count(*) from meta_search_content)",
    "select 1 where exists (select 1 from meta_search_idx)",
    "select rtreecheck('main', 'x')",
    "select rtreenode(2, x'00')",
    "select optimize(meta_search) from meta_search",
    "select matchinfo(meta_search) from meta_search",
    "select * from sqlite_temp_master",
    "select * from sqlite_stat1",
]
WRITES = [
    "insert into services values (1,2,3,4)",
    "delete from services",
    "drop table services",
    "create table x (a)",
    "attach database '/tmp/ashyq-attack.db' as x",
    "vacuum into '/tmp/ashyq-attack.db'",
    "with t as (select 1) insert into services select 1,2,3,4",
    "with t as (select 1) delete from services",
    "select 1; select 2",
    "select 1; attach '/tmp/ashyq-attack.db' as y",
    "explain select load_extension('x')",
    "/* select */ delete from services",
    "--",
    "select",
    "select \x00 1",
    "select 'a' || \ud800",
    "select * from " + "(select * from " * 200 + "services" + ")" * 200,
    "select " + "+".join(["1"] * 2_000),
    " union ".join(["select 1"] * 60),
    "select " + ",".join(f"1 as c{n}" for n in range(400)),
    "select max(" + ",".join(["1"] * 50) + ")",
]
HEAVY = [
    f"select instr({LONG} || 'b', {LONG} || 'c'), instr({LONG}, 'b')",
    "select printf('%.*c', 999999999, 'x')",
    f"select replace({LONG}, 'a', 'bb')",
    "select trim(printf('%.*c', 900000, 'a'), printf('%.*c', 900000, 'b'))",
    f"{DIGITS} select json_patch(a, a) from (select json_group_object('k' || n, n) as a from d)",
    bomb(22),
    "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
    "with recursive t(s) as (select 'ab' union all select s || s from t) select max(length(s)) from t",
    "select count(*) from services a, services b where a.people < b.people",
    f"select {LONG}, {LONG}, {LONG}, n from (select people as n from services limit 900)",
    f"select {LONG} || people from services limit 900",
    f"select group_concat({LONG}) from services",
    f"select json_group_array({LONG}) from services",
    "select * from services a, services b order by a.people * b.people, a.kind || b.kind limit 1",
    "select a.kind from services a where a.kind like '%a%b%c%d%e%f%g%h%' or " + f"{LONG} like '%a%a%a%a%a%a%b'",
    f"select {LONG} glob '*a*a*a*a*a*b'",
    f"select printf('%s%s', {LONG}, {LONG})",
]


def ask(pool: SqlPool, database: Path, sql: str, **parameters: str) -> tuple[str, float]:
    """The code of the fault, or `answered`; and the seconds it took."""
    query = urlencode({"sql": sql, **parameters}, errors="surrogatepass")
    started = time.monotonic()
    try:
        pool.ask(SqlRequest(database, RELEASE_ID, "/release.json", query, "test"))
    except SqlError as fault:
        assert fault.message and fault.remedy
        assert "/release.db" not in fault.message and "Traceback" not in fault.message
        return fault.code, time.monotonic() - started
    return "answered", time.monotonic() - started


@pytest.mark.parametrize("sql", [*FORBIDDEN, *WRITES])
def test_forbidden(pool: SqlPool, database: Path, sql: str) -> None:
    code, _ = ask(pool, database, sql)
    assert code in {"not_allowed", "bad_query", "bad_request", "query_memory"}


def test_nothing_was_written() -> None:
    assert not Path("/tmp/ashyq-attack.db").exists()


@pytest.mark.slow
@pytest.mark.parametrize("sql", HEAVY)
def test_heavy(pool: SqlPool, database: Path, sql: str) -> None:
    code, seconds = ask(pool, database, sql)
    assert code in {"query_time", "query_memory", "answer_too_large"} or seconds < pool.limits.kill_seconds
    # The kill, and half a second for a loaded machine to notice it.
    assert seconds < pool.limits.kill_seconds + 0.5
    assert ask(pool, database, "select 1")[0] == "answered"


def test_tokenizer_pointer_as_a_parameter_does_not_kill_a_worker(pool: SqlPool, database: Path) -> None:
    ask(pool, database, "select 1")
    before = pool.pids()
    for _ in range(6):
        code, _ = ask(pool, database, "select fts3_tokenizer(:name, :pointer)", name="simple", pointer="41414141")
        assert code == "not_allowed"
    assert pool.pids() == before


def test_nothing_of_one_visitor_is_left_for_the_next(pool: SqlPool, database: Path) -> None:
    ask(pool, database, "select 'a secret of mine'")
    for sql in ("select sql from sqlite_stmt", "select * from temp.sqlite_master"):
        assert ask(pool, database, sql)[0] != "answered"


def test_portal_process_stays_as_it_is(pool: SqlPool, database: Path) -> None:
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    for _ in range(3):
        ask(pool, database, "select hex(replace(printf('%.*c', 900000, 'a'), 'a', 'bbbbbbbb'))")
    now = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    assert now - resident < 16_000_000
