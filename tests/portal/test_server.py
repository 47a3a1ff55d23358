"""`app.py`: starts in front of what it cannot have with one clear line, and believes the operator's proxy alone."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

ROOT = Path(__file__).parents[2]


def _start(releases: Path, **settings: str) -> subprocess.Popen[str]:
    environment = os.environ | {"RELEASES_DIR": str(releases)} | settings
    command = [sys.executable, "app.py"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)


@contextmanager
def _running(releases: Path, **settings: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with _start(releases, PORT=str(port), **settings) as server:
        assert server.stdout is not None
        try:
            assert f"http://127.0.0.1:{port}/" in server.stdout.readline()
            yield f"http://127.0.0.1:{port}", server
        finally:
            server.terminate()


@pytest.mark.parametrize("port", ["", "x", "-1", "0", "65536", "99999", "80.5", "٨٠٠٠"])
def test_invalid_port(releases_dir: Path, port: str) -> None:
    with _start(releases_dir, PORT=port) as server:
        _out, said = server.communicate(timeout=60)
    assert server.returncode == 1
    assert said == f"PORT is '{port}': give a number from 1 to 65535.\n"


def test_taken_port(releases_dir: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        _start(releases_dir, PORT=str(taken.getsockname()[1])) as server,
    ):
        _out, said = server.communicate(timeout=60)
    assert server.returncode == 1
    assert said.startswith("Cannot listen on 127.0.0.1, port ")
    assert said.count("\n") == 1


def test_no_release(tmp_path: Path) -> None:
    with _start(tmp_path, PORT="1") as server:
        _out, said = server.communicate(timeout=60)
    assert server.returncode == 1
    assert "make build" in said.splitlines()[-1]
    assert "Traceback" not in said


def test_pages_are_served_without_sql(releases_dir: Path, tmp_path: Path) -> None:
    # Python runs this module first: the workers are then to be started in a folder that is not there.
    (tmp_path / "sitecustomize.py").write_text("from portal.sql import nursery\nnursery.ROOT = '/nonexistent'\n")
    with _running(releases_dir, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}") as (address, server):
        with urlopen(f"{address}/en/") as page:
            assert page.status == 200
        with pytest.raises(HTTPError, match="503"):
            urlopen(f"{address}/data/release")
        server.terminate()
        _out, said = server.communicate()
    assert "SQL cannot be asked for now" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(("proxy", "scheme"), [("127.0.0.1", "https"), ("127.0.0.2", "http"), ("", "http")])
def test_only_the_trusted_proxy_is_believed(releases_dir: Path, proxy: str, scheme: str) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    with _running(releases_dir, TRUSTED_PROXY=proxy) as (address, _server):
        text = urlopen(Request(f"{address}/downloads/latest/", headers=forwarded)).read().decode()
    assert f'"{scheme}://127.0.0.1' in text
    assert "evil.example" not in text
