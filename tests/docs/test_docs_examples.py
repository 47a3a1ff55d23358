"""Every example marked `run` works: against a served release, in the order of its page, in an empty folder."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from pages import ROOT, Example, examples, markdown_files, name

WRITTEN = "http://127.0.0.1:8000"
PAGES = [path for path in markdown_files() if any(each.run for each in examples(path.read_text(encoding="utf-8")))]


@pytest.fixture(scope="module")
def address(releases_dir: Path) -> Iterator[str]:
    """The portal, started as the operator starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port), "RELEASES_DIR": str(releases_dir)}
    server = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=settings, stdout=subprocess.PIPE)
    assert b"http" in server.stdout.readline()
    _wait_for(port)
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.communicate()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the portal does not listen")


def test_there_are_examples_of_each_kind() -> None:
    kinds = {each.language for path in PAGES for each in examples(path.read_text(encoding="utf-8")) if each.run}
    assert kinds == {"sh", "sql", "python"}


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=name)
def test_examples_run(path: Path, address: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "datasets", tmp_path / "datasets")
    for example in examples(path.read_text(encoding="utf-8")):
        if example.run:
            _RUNNERS[example.language](example, address, tmp_path)


def _run_sql(example: Example, address: str, folder: Path) -> None:
    """As a visitor: within the limits of visitor SQL."""
    query = urlencode({"sql": example.text, "_shape": "array"})
    try:
        rows = json.load(urlopen(f"{address}/data/release.json?{query}"))
    except HTTPError as error:
        pytest.fail(f"{example.text}\n{error.read().decode()}")
    assert rows, f"finds nothing:\n{example.text}"


def _run_python(example: Example, address: str, folder: Path) -> None:
    _run([sys.executable, "-c", example.text.replace(WRITTEN, address)], example, folder)


def _run_sh(example: Example, address: str, folder: Path) -> None:
    text = example.text.replace(WRITTEN, address).replace(".venv/bin/python", sys.executable)
    # `--fail`: an error of the portal is an error of the example.
    _run(["bash", "-euo", "pipefail", "-c", text.replace("curl -s", "curl --fail -s")], example, folder)


def _run(command: list[str], example: Example, folder: Path) -> None:
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{example.text}\n{done.stdout}\n{done.stderr}"
    assert done.stdout.strip(), f"says nothing:\n{example.text}"


_RUNNERS = {"sql": _run_sql, "python": _run_python, "sh": _run_sh}
