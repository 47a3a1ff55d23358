"""A process that has everything imported and forks one for each run: starting Python anew would take a second a time.

`Warm` is the side of the tests, `serve` the other one. They speak JSON lines. A forked process waits until it is told to
go on, so that a tracer can be put on it first.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.etl.faults.operations import OPERATIONS, RELEASES, STORE, Operation, known, warm

PROJECT = Path(__file__).resolve().parents[3]
#: What a run has said, beside the store: never inside what is judged.
SAID = "said.txt"
#: Where a run may put temporary files.
TEMPORARY = "tmp"
#: A run that takes longer hangs.
PATIENCE = 120
HUNG = -1000


class Warm:
    """The warm process. `base` is a folder for what operations start from; `prefix` a command to start it by."""

    def __init__(self, base: Path, prefix: tuple[str, ...] = ()) -> None:
        self.base = base
        command = [*prefix, sys.executable, "-m", "tests.etl.faults.warm", str(base)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        self._ask({"prepare": None})

    @property
    def pid(self) -> int:
        """The process: its mounts are seen below /proc/<pid>/root."""
        return self._process.pid

    def prepare(self, name: str) -> None:
        """Make what the operation starts from, and import whatever it imports late."""
        self._ask({"prepare": name})

    def run_shell(self, command: str) -> None:
        """Run a command where this process is: in its mounts."""
        self._ask({"shell": command})

    @contextlib.contextmanager
    def started(self, operation: str, place: Path, *, file_size: int | None = None) -> Iterator[Run]:
        """A run of the operation in `place` that waits; `file_size` is the most bytes that a file may have."""
        pid = self._ask({"fork": operation, "place": str(place), "file_size": file_size})
        run = Run(pid, self)
        try:
            yield run
        finally:
            if run.status is None:
                os.kill(pid, signal.SIGKILL)
                run.finish()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tell(self, job: dict[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()

    def answer(self, patience: float | None = None) -> Any:
        """The next answer; None if there is none in `patience` seconds."""
        assert self._process.stdout
        if patience is not None and not select.select([self._process.stdout], [], [], patience)[0]:
            return None
        line = self._process.stdout.readline()
        assert line, "the warm process has died: see its standard error above"
        return json.loads(line)

    def _ask(self, job: dict[str, Any]) -> Any:
        self.tell(job)
        return self.answer()


class Run:
    """A forked process. `status` is its exit code, negative if a signal ended it."""

    def __init__(self, pid: int, warm: Warm) -> None:
        self.pid, self._warm, self.status = pid, warm, None
        self._gone_on = False

    def go(self) -> None:
        """Let it go on."""
        self._warm.tell({"go": True})
        self._gone_on = True

    def finish(self) -> int:
        """Let it come to its end; HUNG if it does not."""
        if not self._gone_on:
            self.go()
        status = self._warm.answer(PATIENCE)
        if status is None:
            self._kill()
            self._warm.answer()
            status = HUNG
        self.status = status
        return status

    def kill_after(self, seconds: float) -> int:
        """Let it go on for this long, then kill it; it may be at its end before."""
        self.go()
        self.status = self._warm.answer(seconds)
        if self.status is None:
            self._kill()
            return self.finish()
        return self.status

    def _kill(self) -> None:
        # It may have come to its end this very moment.
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def serve(base: Path) -> None:
    """Do one job a line until there are no more."""
    answer: Callable[[Any], object] = lambda said: print(json.dumps(said), flush=True)  # noqa: E731
    child, go = 0, -1
    for line in sys.stdin:
        job = json.loads(line)
        if "fork" in job:
            child, go = _forked(OPERATIONS[job["fork"]], base, Path(job["place"]), job["file_size"])
            answer(child)
        elif "go" in job:
            os.close(go)
            answer(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        elif "shell" in job:
            answer(subprocess.run(job["shell"], shell=True, check=True, stdout=subprocess.DEVNULL).returncode)
        else:
            if job["prepare"]:
                _prepare(OPERATIONS[job["prepare"]], base)
            answer(True)


def _prepare(operation: Operation, base: Path) -> None:
    """Make the operation's `before` and `after`, both in processes of their own: this one must have no threads."""
    warm(base)
    before = operation.before(base)
    if not before.exists():
        before.mkdir(parents=True)
        _in_child(lambda: _made(operation, base, before))
    after = operation.after(base)
    if not after.exists():
        after.parent.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", before, after], check=True)
        names = _in_child(lambda: _acted(operation, base, after))
        known(before)
        for name in names:
            with contextlib.suppress(ImportError):
                importlib.import_module(name)


def _made(operation: Operation, base: Path, place: Path) -> None:
    _settle(place)
    for name in (RELEASES, STORE):
        (place / name).mkdir()
    operation.prepare(base, place)


def _acted(operation: Operation, base: Path, place: Path) -> list[str]:
    """Do it; returns the modules that it has imported."""
    there = set(sys.modules)
    _settle(place)
    assert operation.act(base, place) == 0
    return sorted(set(sys.modules) - there)


def _in_child(work: Callable[[], Any]) -> Any:
    """What `work` returns, done in another process."""
    with tempfile.TemporaryFile("w+") as told:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                json.dump(work(), told)
                told.flush()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        told.seek(0)
        return json.load(told)


def _settle(place: Path) -> None:
    """Keep temporary files in the place, where they are judged."""
    temporary = place / TEMPORARY
    temporary.mkdir(exist_ok=True)
    os.environ["TMPDIR"] = os.environ["SQLITE_TMPDIR"] = tempfile.tempdir = str(temporary)


def _forked(operation: Operation, base: Path, place: Path, file_size: int | None) -> tuple[int, int]:
    """A process that waits and then does it in `place`; its pid, and what to close to let it go on."""
    wait, go = os.pipe()
    child = os.fork()
    if child:
        os.close(wait)
        return child, go
    os.close(go)
    code = 1
    try:
        said = os.open(place.parent / SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        _settle(place)
        if file_size is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
        os.read(wait, 1)
        code = operation.act(base, place)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
