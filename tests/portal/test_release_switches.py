"""200 switches between two releases under steady load: no failed request, no answer of two releases, none of the past.

Every figure of a release tells which it is of, so that a page, a chart in it, a file or a row cannot be of another one than
its header says.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from datasets.contract import DATA_FOLDER
from tests.portal.signed import CURRENT, OLDER, bases_in, point_to

pytestmark = [pytest.mark.slow, pytest.mark.alone]
PROJECT = Path(__file__).parents[2]
SWITCHES = 200
#: Seconds that each reader rests after an answer, and that a release stays once it has been seen.
PAUSE, STAY = 0.05, 0.1
#: Seconds after which a switch that nobody has seen has failed.
PATIENCE = 30.0
ROWS = "/api/v1/datasets/beds/observations"


@dataclass(frozen=True)
class Answer:
    """What was answered to a request that was sent at `asked` and read to its end at `read`."""

    path: str
    status: int
    headers: dict[str, str]
    body: bytes
    asked: float
    read: float

    @property
    def release(self) -> str:
        return self.headers.get("x-release", "")


class Reader:
    """One visitor with a connection and an address of its own, which remembers ETags as a browser does."""

    def __init__(self, port: int, number: int) -> None:
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=30, source_address=(f"127.0.0.{10 + number}", 0)
        )
        self._known: dict[str, Answer] = {}
        self.answers: list[Answer] = []

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """Ask; a 304 is answered with what was remembered, as the header of the 304 names it."""
        known = self._known.get(path)
        if known and not headers:
            headers = {"If-None-Match": known.headers["etag"]}
        asked = time.monotonic()
        self._connection.request("GET", path, headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        said = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(path, response.status, said, body, asked, time.monotonic())
        if answer.status == 304 and known:
            answer = Answer(path, 200, known.headers | said, known.body, asked, answer.read)
        elif answer.status == 200 and "etag" in said:
            self._known[path] = answer
        self.answers.append(answer)
        return answer


@dataclass
class Run:
    """What all readers check while they read, and what went wrong."""

    files: dict[str, bytes]
    bases: dict[str, int]
    faults: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def check(self, answer: Answer, *expected: int) -> None:
        """Note an answer that failed, or whose figures are not those of the release in its header."""
        if answer.status not in (expected or (200,)):
            self.faults.append(f"{answer.path}: {answer.status} {answer.body[:200]!r}")
            return
        found = bases_in(answer.body.decode("utf-8", "replace"))
        if found != {self.bases.get(answer.release)}:
            self.faults.append(f"{answer.path}: figures {found} under {answer.release!r}")

    def expect(self, right: bool, said: str) -> None:
        if not right:
            self.faults.append(said)


def _read_pages(reader: Reader, run: Run) -> None:
    for path in ("/en/datasets/beds", "/kk/datasets/beds?sort=beds", "/ru/regions/KZ-71"):
        run.check(reader.get(path))


def _read_pages_anew(reader: Reader, run: Run) -> None:
    """Pages that are on no shelf: each is asked for with a filter that nobody else uses."""
    answer = reader.get(f"/en/datasets/beds?period={uuid.uuid4()}")
    run.check(answer)
    reader.answers[-1] = replace(answer, body=b"")


def _read_api(reader: Reader, run: Run) -> None:
    for path in (f"{ROWS}?limit=3", f"{ROWS}?format=csv", f"{ROWS}?region=KZ-79"):
        run.check(reader.get(path))


def _crawl_api(reader: Reader, run: Run) -> None:
    """All pages are of the release that the first one is of."""
    answer = reader.get(f"{ROWS}?limit=4")
    release = answer.release
    while following := json.loads(answer.body)["next"]:
        parts = urlsplit(following)
        answer = reader.get(f"{parts.path}?{parts.query}")
        run.check(answer)
        run.expect(answer.release == release, f"crawl: {answer.release} after {release}")
        reader.answers.remove(answer)


def _download(reader: Reader, run: Run) -> None:
    answer = reader.get("/downloads/latest/beds.csv")
    run.check(answer)
    run.expect(answer.body == run.files[answer.release], f"file: not that of {answer.release}")


def _download_in_parts(reader: Reader, run: Run) -> None:
    """What a broken download goes on with belongs to what it began with, or is all of the new file."""
    first = reader.get("/downloads/latest/beds.csv", Range="bytes=0-299")
    run.check(first, 206)
    time.sleep(PAUSE)
    second = reader.get("/downloads/latest/beds.csv", **{"Range": "bytes=300-", "If-Range": first.headers["etag"]})
    run.check(second, 200, 206)
    whole = second.body if second.status == 200 else first.body + second.body
    run.expect(whole == run.files[second.release], f"parts: {first.release} and {second.release}")


def _ask_sql(reader: Reader, run: Run) -> None:
    run.check(reader.get("/data/release/beds.csv?_stream=1"))
    run.check(reader.get("/data/release?sql=select+region,beds+from+beds"))


def _crawl_sql(reader: Reader, run: Run) -> None:
    """The next page is of the release that the page before was of."""
    answer = reader.get("/data/release/beds.json?_size=8")
    run.check(answer)
    release = answer.release
    while answer.status == 200 and (following := json.loads(answer.body)["next_url"]):
        answer = reader.get(following)
        run.check(answer)
        run.expect(answer.release == release, f"SQL: {answer.release} after {release}")
        reader.answers.remove(answer)


def _read_pinned(reader: Reader, run: Run) -> None:
    for release in run.bases:
        for path in (f"/at/{release}/en/datasets/beds", f"/at/{release}{ROWS}", f"/downloads/{release}/beds.csv"):
            answer = reader.get(path)
            run.check(answer)
            run.expect(answer.release == release, f"{path}: {answer.release}")
            reader.answers.remove(answer)


READERS = (
    _read_pages,
    _read_pages_anew,
    _read_pages_anew,
    _read_api,
    _crawl_api,
    _download,
    _download_in_parts,
    _ask_sql,
    _crawl_sql,
    _read_pinned,
)


@contextmanager
def _portal(releases: Path, desk: Path) -> Iterator[int]:
    command = [sys.executable, str(PROJECT / "tests" / "serve_portal.py"), str(releases)]
    environment = os.environ | {"DESK_DIR": str(desk)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT, env=environment) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def _work(read: Callable[[Reader, Run], None], reader: Reader, run: Run) -> None:
    try:
        while not run.over.is_set():
            read(reader, run)
            time.sleep(PAUSE)
    except Exception as error:
        run.faults.append(f"{read.__name__}: {error!r}")


def _switch(reader: Reader, releases: Path, ids: list[str], run: Run) -> list[tuple[float, float, str]]:
    """Move the pointer to and fro; of each switch when it was made, when it was first seen, and to which release it was."""
    switches = [(time.monotonic(), time.monotonic(), ids[-1])]
    for turn in range(SWITCHES):
        release, moved = ids[turn % 2], time.monotonic()
        point_to(release, releases)
        while reader.get("/downloads/latest/manifest.json").release != release:
            if time.monotonic() > moved + PATIENCE:
                run.faults.append(f"switch {turn}: not seen")
                return switches
            time.sleep(0.002)
        switches.append((moved, time.monotonic(), release))
        time.sleep(STAY)
    return switches


def _is_timely(answer: Answer, switches: list[tuple[float, float, str]]) -> bool:
    """Whether the release was, at some time between question and answer, pointed to and not yet followed by another."""
    ends = [seen for _moved, seen, _release in switches[1:]] + [float("inf")]
    return any(
        release == answer.release and moved <= answer.read and answer.asked <= end
        for (moved, _seen, release), end in zip(switches, ends, strict=True)
    )


def test_switches_under_load(signed_store: tuple[Path, str, str], releases: Path, tmp_path: Path) -> None:
    ids = list(signed_store[1:])
    files = {each: (releases / each / DATA_FOLDER / "beds.csv").read_bytes() for each in ids}
    run = Run(files, dict(zip(ids, (OLDER, CURRENT), strict=True)))
    with _portal(releases, tmp_path / "desk") as port:
        readers = [Reader(port, number) for number in range(len(READERS) + 1)]
        threads = [
            threading.Thread(target=_work, args=(read, reader, run))
            for read, reader in zip(READERS, readers[1:], strict=True)
        ]
        for thread in threads:
            thread.start()
        # Both releases have answered SQL before the count begins: starting workers takes as long as ten switches.
        for release in ids:
            point_to(release, releases)
            time.sleep(2)
        switches = _switch(readers[0], releases, ids, run)
        run.over.set()
        for thread in threads:
            thread.join()
        health = json.loads(readers[0].get("/health").body)
        for reader in readers:
            reader.close()
    answers = [answer for reader in readers[1:] for answer in reader.answers]
    assert not run.faults, run.faults[:5]
    assert len(switches) == SWITCHES + 1
    counted = [answer for answer in answers if answer.asked > switches[0][0]]
    assert not [(answer.path, answer.release) for answer in counted if not _is_timely(answer, switches)]
    bodies: dict[tuple[str, str], bytes] = {}
    for answer in counted:
        # Datasette's JSON says how long the query took.
        if answer.status == 200 and "etag" in answer.headers and not answer.path.startswith("/data/"):
            assert bodies.setdefault((answer.path, answer.headers["etag"]), answer.body) == answer.body
    assert {answer.release for answer in counted} == set(ids)
    assert len(counted) > 5 * SWITCHES
    assert health["status"] == "ok"
    print(f"{len(counted)} answers, {switches[-1][1] - switches[0][0]:.1f} s")
