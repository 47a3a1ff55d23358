"""Attack a running server through `/data/` while one innocent page is asked ten times a second.

The page is asked in an open loop: each question at its own time, whether or not the last was answered, and its latency
counted from that time; a closed loop would ask less often just when the server stalls.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_plus

ROOT = Path(__file__).resolve().parents[2]
COPIES = 4
MANY = tuple(f"127.0.0.{n + 2}" for n in range(COPIES))
RATE = 10

ATTACKS = {
    "endless recursion": "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
    "half a gigabyte": "select hex(zeroblob(500000000))",
    "search in megabytes": "select instr(printf('%.*c', 900000, 'a') || 'b', printf('%.*c', 450000, 'a') || 'c')",
    "one opcode without end": "select printf('%.*c', 999999999, 'x')",
    "rows of a megabyte": "select printf('%.*c', 900000, 'a') || people from services limit 900",
    "compiler bomb": "with c0 as (select 1 as x), "
    + ", ".join(f"c{n} as (select a.x from c{n - 1} a, c{n - 1} b)" for n in range(1, 23))
    + " select * from c22",
}


@dataclass
class Target:
    """A running server and its innocent page."""

    port: int
    pid: int
    page: str

    def get(self, path: str, address: str = "127.0.0.1") -> tuple[int, bytes]:
        """Status and body, asked from `address`. Raises OSError or http.client.HTTPException without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20, source_address=(address, 0))
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@dataclass
class Probe:
    """Latencies of the innocent page in seconds, and its failures."""

    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.latencies, n=20)[-1]


@dataclass
class Hits:
    """Answers to one attack: HTTP status, error code, seconds."""

    answers: list[tuple[int, str, float]] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        return max(seconds for _, _, seconds in self.answers)


@contextmanager
def served(command: list[str], page: str = "/page") -> Iterator[Target]:
    """Start a server that prints its port, and stop it. For the portal itself: its own command and one of its pages."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            yield Target(port, process.pid, page)
        finally:
            process.terminate()


def tiny_server(database: Path, release_id: str) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("tiny_server.py")), str(database), release_id]


def probed(target: Target, during: Callable[[], None]) -> Probe:
    """Ask the page ten times a second while `during` runs."""
    probe = Probe()
    stop = threading.Event()

    def once(due: float) -> None:
        try:
            status, _ = target.get(target.page)
            if status != 200:
                probe.failures.append(f"status {status}")
        except (OSError, http.client.HTTPException) as error:
            probe.failures.append(repr(error))
        probe.latencies.append(time.monotonic() - due)

    def loop() -> None:
        with ThreadPoolExecutor(64) as executor:
            due = time.monotonic()
            while not stop.is_set():
                executor.submit(once, due)
                due += 1 / RATE
                time.sleep(max(0.0, due - time.monotonic()))

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        during()
    finally:
        stop.set()
        thread.join()
    return probe


def attack(target: Target, sql: str, seconds: float, addresses: tuple[str, ...] = MANY) -> Hits:
    """Four copies at once, each asking again as soon as it is answered. From many addresses all workers are hit."""
    hits = Hits()
    end = time.monotonic() + seconds
    path = f"/data/release.json?sql={quote_plus(sql)}"

    def copy(address: str) -> None:
        while time.monotonic() < end:
            started = time.monotonic()
            status, body = target.get(path, address)
            code = json.loads(body).get("error", {}).get("code", "") if body.startswith(b'{"error"') else "answered"
            hits.answers.append((status, code, time.monotonic() - started))

    threads = [threading.Thread(target=copy, args=(addresses[n % len(addresses)],)) for n in range(COPIES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return hits
