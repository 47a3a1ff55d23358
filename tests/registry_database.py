"""A private PostgreSQL server from Debian's package, for tests: its own folder, a socket in it, no network.

`with database_server() as server: dsn = server.fresh()` gives the address of a new empty database.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

OWNER = "registry"
SECONDS_TO_START = 60
#: Letters in Kazakh order, as a replica in Kazakhstan may have them, and not in the byte order of other engines.
INITDB = ("--no-sync", "-A", "trust", "-E", "UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=kk")
#: Tests may lose their data; a server that never waits for the disk is several times as fast.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "timezone": "Asia/Almaty",
}


@dataclass
class DatabaseServer:
    """A running server. Its sockets and data are in `folder`; the process is `pid`."""

    folder: Path
    pid: int
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def dsn(self, database: str = "postgres") -> str:
        """The address of a database, as libpq, psycopg and `--extract` take it."""
        return f"postgresql://{OWNER}@/{database}?host={self.folder}"

    def fresh(self) -> str:
        """Create an empty database; returns its address."""
        name = f"registry_{next(self._numbers)}"
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.dsn(name)


@contextmanager
def database_server() -> Iterator[DatabaseServer]:
    """Start a server, stop it by its process id at the end and remove its folder."""
    # The path of a socket has at most 107 bytes: pytest's own folders can be too deep.
    folder = Path(tempfile.mkdtemp(prefix="registry-", dir="/tmp"))
    identity = _identity(folder)
    try:
        data, log = folder / "data", folder / "log"
        initdb = [_program("initdb"), *INITDB, "-U", OWNER, "-D", str(data)]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **identity)
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [_program("postgres"), "-D", str(data), "-k", str(folder), *settings]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, **identity)
        try:
            server = DatabaseServer(folder, process.pid)
            _wait(server, process, log)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait()
    finally:
        shutil.rmtree(folder)


def _program(name: str) -> str:
    """The path of one of PostgreSQL's programs; Debian keeps them out of PATH, by version."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4].split(".")[0]))
    program = str(found[-1]) if found else shutil.which(name)
    assert program, f"{name} is missing: run tests/system-packages.sh"
    return program


def _identity(folder: Path) -> dict[str, Any]:
    """As whom the server runs: PostgreSQL refuses root, so root starts it as the package's user and gives it `folder`."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, "postgres", "postgres")
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def _wait(server: DatabaseServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            psycopg.connect(server.dsn()).close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
