"""The life of workers: killed, replaced, recycled, switched to another release, never orphaned."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from sql_release import RELEASE_ID, build

from portal.sql.exchange import SqlRequest, version_of
from portal.sql.faults import SqlError
from portal.sql.limits import Limits
from portal.sql.pool import SqlPool

ROOT = Path(__file__).resolve().parents[2]
ENDLESS = "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t"
ONE_OPCODE = "select printf('%.*c', 999999999, 'x')"


def asked(database: Path, sql: str, client: str = "test", release_id: str = RELEASE_ID) -> SqlRequest:
    return SqlRequest(database, release_id, "/release.json", f"_shape=array&sql={quote_plus(sql)}", client)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] not in "ZX"
    except FileNotFoundError:
        return False


def soon(condition: Callable[[], bool]) -> bool:
    for _ in range(400):
        if condition():
            return True
        time.sleep(0.005)
    return False


@pytest.fixture
def make() -> Iterator[Callable[..., SqlPool]]:
    pools: list[SqlPool] = []

    def made(**limits: float) -> SqlPool:
        pools.append(SqlPool(replace(Limits(), **limits)))  # type: ignore[arg-type]
        return pools[-1]

    yield made
    for pool in pools:
        pool.close()


def code_of(pool: SqlPool, request: SqlRequest) -> str:
    with pytest.raises(SqlError) as caught:
        pool.ask(request)
    return caught.value.code


def test_one_opcode_is_killed_and_replaced(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make(workers=1)
    pool.warm(database, RELEASE_ID)
    before = pool.pids()
    assert code_of(pool, asked(database, ONE_OPCODE)) == "query_time"
    after = pool.pids()
    assert len(after) == 1 and after != before
    assert not any(alive(pid) for pid in before)
    assert json.loads(pool.ask(asked(database, "select 7 as a")).body) == [{"a": 7}]
    assert pool.pids() == after


def test_endless_query_is_stopped_without_a_kill(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make(workers=1, sql_seconds=0.2)
    pool.warm(database, RELEASE_ID)
    before = pool.pids()
    assert code_of(pool, asked(database, ENDLESS)) == "query_time"
    assert pool.pids() == before


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSEGV])
def test_death_of_a_worker_is_an_error_and_a_new_worker(
    make: Callable[..., SqlPool], database: Path, sign: signal.Signals
) -> None:
    pool = make(workers=1)
    pool.warm(database, RELEASE_ID)
    timer = threading.Timer(0.1, os.kill, (pool.pids()[0], sign))
    timer.start()
    assert code_of(pool, asked(database, ENDLESS)) == "query_memory"
    timer.join()
    assert pool.ask(asked(database, "select 1")).status == 200


def test_death_of_an_idle_worker(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make(workers=1)
    pool.warm(database, RELEASE_ID)
    os.kill(pool.pids()[0], signal.SIGKILL)
    assert code_of(pool, asked(database, "select 1")) == "query_memory"
    assert pool.ask(asked(database, "select 1")).status == 200


def test_hung_worker_is_killed(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make(workers=1, kill_seconds=0.3)
    pool.warm(database, RELEASE_ID)
    pid = pool.pids()[0]
    os.kill(pid, signal.SIGSTOP)
    assert code_of(pool, asked(database, "select 1")) == "query_time"
    assert not alive(pid)


def test_death_of_the_nursery_ends_its_workers_and_is_survived(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make()
    pool.warm(database, RELEASE_ID)
    before = pool.pids()
    nursery = pool._nurseries[version_of(database, RELEASE_ID)]
    os.kill(nursery.pid, signal.SIGKILL)
    assert soon(lambda: not any(alive(pid) for pid in before))
    assert pool.ask(asked(database, "select 1")).status == 200


def test_queue_is_full(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make(workers=1, waiting=1, wait_seconds=0.1, sql_seconds=0.8)
    pool.warm(database, RELEASE_ID)
    codes: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: codes.append(code_of(pool, asked(database, ENDLESS, f"client {n}"))))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["busy", "busy", "busy", "query_time"]


def test_memory_limit(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make(workers=1, growth_bytes=64_000_000, answer_bytes=1_000_000_000)
    pool.warm(database, RELEASE_ID)
    sql = "select printf('%.*c', 900000, 'a') || people from services limit 900"
    assert code_of(pool, asked(database, sql)) == "query_memory"
    assert pool.ask(asked(database, "select 1")).status == 200


def test_heap_limit(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make(workers=1, heap_bytes=8_000_000)
    pool.warm(database, RELEASE_ID)
    sql = "select group_concat(x, '') from (select kind || printf('%.*c', 4000, people) as x from services order by x)"
    assert code_of(pool, asked(database, sql)) == "query_memory"


def test_byte_limit_in_every_format(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make(workers=1, answer_bytes=30_000)
    query = "sql=" + quote_plus("select kind, region, period, kind || region || period from services limit 900")
    for path in ("/release", "/release.json", "/release.csv"):
        assert code_of(pool, SqlRequest(database, RELEASE_ID, path, query, "test")) == "answer_too_large"
    assert code_of(pool, SqlRequest(database, RELEASE_ID, "/release/services.csv", "_stream=on", "test")) == (
        "answer_too_large"
    )


def test_stream_past_its_time_is_an_error_not_half_a_file(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make(workers=1, kill_seconds=0.3)
    pool.warm(database, RELEASE_ID)
    request = SqlRequest(database, RELEASE_ID, "/release/services.csv", "_stream=on", "test")
    assert code_of(pool, request) == "query_time"


def test_recycled_after_so_many_requests(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make(workers=1, recycle_requests=3)
    pool.warm(database, RELEASE_ID)
    seen = set()
    for _ in range(6):
        seen.update(pool.pids())
        pool.ask(asked(database, "select 1"))
    assert len(seen) == 2


def test_another_release_is_answered_from_its_own_file(
    make: Callable[..., SqlPool], database: Path, tmp_path: Path
) -> None:
    pool = make()
    pool.warm(database, RELEASE_ID)
    other = build(tmp_path / "release.db", "other")
    for release, file in (("other", other), (RELEASE_ID, database), ("other", other)):
        answer = pool.ask(asked(file, "select id from meta_release", release_id=release))
        assert json.loads(answer.body) == [{"id": release}]
    assert len(pool.pids()) <= pool.limits.workers


def test_only_two_releases_are_kept(make: Callable[..., SqlPool], tmp_path: Path) -> None:
    pool = make()
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        file = build(tmp_path / name / "release.db", name)
        pool.ask(asked(file, "select 1", release_id=name))
    assert [name.split()[0] for name in pool._nurseries] == ["two", "three"]


def test_figures_that_were_withdrawn_are_gone_at_once(make: Callable[..., SqlPool], tmp_path: Path) -> None:
    pool, file = make(), build(tmp_path / "release.db")
    question = "select count(*) as n from paid_by_region where amount_kzt is not null"
    (before,) = json.loads(pool.ask(asked(file, question)).body)
    other = build(tmp_path / "other.db")
    with contextlib.closing(sqlite3.connect(other)) as conn, conn:
        conn.execute(
            "update paid_by_region set amount_kzt = null, amount_kzt_status = 'withdrawn' where region = 'KZ-10'"
        )
    other.replace(file)
    (after,) = json.loads(pool.ask(asked(file, question)).body)
    assert 0 < after["n"] < before["n"]


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_no_release_is_unavailable(make: Callable[..., SqlPool], tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "release.db"
    if content is not None:
        file.write_bytes(content)
    assert code_of(make(), asked(file, "select 1")) == "sql_unavailable"


def test_close_ends_every_process(make: Callable[..., SqlPool], database: Path) -> None:
    pool = make()
    pool.warm(database, RELEASE_ID)
    pids = [*pool.pids(), pool._nurseries[version_of(database, RELEASE_ID)].pid]
    assert all(alive(pid) for pid in pids)
    pool.close()
    assert soon(lambda: not any(alive(pid) for pid in pids))
    assert code_of(pool, asked(database, "select 1")) == "sql_unavailable"


ORPHANS = """
import sys
from pathlib import Path
from portal.sql.pool import SqlPool
pool = SqlPool()
pool.warm(Path(sys.argv[1]), "r")
print(*pool.pids(), *(nursery.pid for nursery in pool._nurseries.values()), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_orphans(database: Path, sign: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANS, str(database)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        pids = [int(word) for word in process.stdout.readline().split()]
        assert len(pids) == 3 and all(alive(pid) for pid in pids)
        process.send_signal(sign)
        process.wait(10)
    assert soon(lambda: not any(alive(pid) for pid in pids))


def test_worker_is_confined(pool: SqlPool, database: Path) -> None:
    pool.ask(asked(database, "select 1"))
    pid = pool.pids()[0]
    limits = Path(f"/proc/{pid}/limits").read_text()
    by_name = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()[1:]}
    assert by_name["Max file size"] == ["0", "0"]
    assert by_name["Max core file size"] == ["0", "0"]
    assert int(by_name["Max address space"][0]) < 1_000_000_000
    assert os.getpriority(os.PRIO_PROCESS, pid) >= 10
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert {item.split(b"=")[0] for item in environment.split(b"\0") if item} <= {
        b"PYTHONPATH",
        b"LC_ALL",
        b"TZ",
        b"LD_LIBRARY_PATH",
    }
    assert {str(Path(f"/proc/{pid}/fd/{number}").readlink()) for number in (0, 1, 2)} == {"/dev/null"}


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_portal_does_not_load_datasette() -> None:
    assert not {"datasette", "portal.sql.face"} & modules_after("import portal.sql.blueprint, portal.sql.pool")


def test_a_worker_does_not_load_the_portal() -> None:
    loaded = modules_after("import portal.sql.cradle, portal.sql.face")
    assert not {name for name in loaded if name.split(".")[0] in {"flask", "etl", "werkzeug"}}
    assert {name for name in loaded if name.startswith("portal.") and not name.startswith("portal.sql")} == set()
