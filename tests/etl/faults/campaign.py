"""Runs an operation once for each point and judges what is left."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

from tests.etl.faults import judge
from tests.etl.faults.operations import OPERATIONS, RELEASES, STORE
from tests.etl.faults.order import unsafe
from tests.etl.faults.tracer import Break, Call, breaking, calls, listing, touching, was_broken
from tests.etl.faults.warm import HUNG, SAID, Run, Warm

#: Calls that change what is on the disk: between two of them, all kills come to the same.
CHANGING = frozenset(
    {"write", "pwrite64", "ftruncate", "fallocate", "copy_file_range", "sendfile", "fsync", "fdatasync", "openat"}
    | {"rename", "renameat", "renameat2", "link", "linkat", "symlink", "mkdir", "mkdirat", "rmdir", "unlink"}
    | {"unlinkat", "chmod", "fchmod", "fchmodat"}
)
#: How calls fail: a full disk, a used-up quota, a broken disk, too many open files, no locks.
_FULL = frozenset(
    {"write", "pwrite64", "openat", "mkdir", "rename", "renameat2", "link", "linkat", "ftruncate", "fsync"}
)
_ERRORS = {
    **{f"{name}": ("ENOSPC", "EDQUOT", "EIO") for name in _FULL | {"fallocate", "copy_file_range", "sendfile"}},
    "openat": ("ENOSPC", "EDQUOT", "EIO", "EMFILE"),
    "flock": ("ENOLCK",),
}


@dataclass(frozen=True)
class Finding:
    """A point of an operation and what was wrong after it."""

    operation: str
    point: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.operation}: {self.point}: {'; '.join(self.faults)}"


@dataclass
class Campaign:
    """An operation, to be broken again and again below `folder`. `missed` counts breaks that did not come about."""

    warm: Warm
    name: str
    folder: Path
    missed: int = 0

    def __post_init__(self) -> None:
        self.warm.prepare(self.name)
        operation = OPERATIONS[self.name]
        self._before_folder = operation.before(self.warm.base)
        self._before, self._after = judge.look(self._before_folder), judge.look(operation.after(self.warm.base))
        #: What is wrong from the beginning: a release to be repaired.
        self._known = judge.faults(self._before_folder, self._before, self._before, done=False)
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def place(self) -> Path:
        """Where the operation runs."""
        return self.folder / "place"

    @property
    def output(self) -> Path:
        """What strace has written."""
        return self.folder / "trace.txt"

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls of an unbroken run by which its own task touches the store, in order."""
        with self._started() as run:
            with listing(run.pid, self.output):
                status = run.finish()
            assert status == 0, self._said()
        found = tuple(touching(calls(self.output), run.pid, (self.place / RELEASES, self.place / STORE)))
        wrong = [*self._wrong(status), *self._again()]
        assert not wrong, f"the operation is wrong without any break: {wrong}"
        return found

    @cached_property
    def seconds(self) -> float:
        """How long an unbroken run takes."""
        with self._started() as run:
            started = time.monotonic()
            run.finish()
        return time.monotonic() - started

    def order(self, _: object) -> Finding | None:
        """What of an unbroken run was seen before it was on the disk, by the model of a forgetful one."""
        found = unsafe(self.calls, self.place)
        return Finding(self.name, "order", tuple(found)) if found else None

    def kills(self) -> list[Break]:
        """A kill at each call that changes the store."""
        return [Break(each.name, each.number) for each in self.calls if _changes(each)]

    def errors(self) -> list[Break]:
        """Each way in which a call that touches the store may fail, once and from there on."""
        return [
            Break(each.name, each.number, error, sticky)
            for each in self.calls
            if not each.failed
            for error in _ERRORS.get(each.name, ("EIO",))
            for sticky in (False, True)
            if error in ("EIO", "EMFILE", "ENOLCK") or each.name != "openat" or "O_CREAT" in each.text
        ]

    def broken(self, broken: Break) -> Finding | None:
        """Break a call, judge what is left, do it again, judge the end."""
        with self._started() as run, breaking(run.pid, self.output, broken):
            status = run.finish()
        if not was_broken(self.output):
            self.missed += 1
        return self._judged(str(broken), status)

    def killed_at(self, seconds: float) -> Finding | None:
        """Kill the run after this long, with no tracer that slows it."""
        with self._started() as run:
            status = run.kill_after(seconds)
        return self._judged(f"kill after {seconds * 1000:.0f} ms", status)

    def with_limit(self, file_size: int) -> Finding | None:
        """Run where no file may be larger."""
        with self.warm.started(self.name, self._fresh(), file_size=file_size) as run:
            status = run.finish()
        return self._judged(f"files of at most {file_size} bytes", status)

    def close(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.place, ignore_errors=True)

    def _started(self) -> AbstractContextManager[Run]:
        return self.warm.started(self.name, self._fresh())

    def _fresh(self) -> Path:
        """The place with the store as it is before."""
        shutil.rmtree(self.place, ignore_errors=True)
        subprocess.run(["cp", "-a", self._before_folder, self.place], check=True)
        return self.place

    def _judged(self, point: str, status: int, *more: str) -> Finding | None:
        found = list(more)
        # Who cannot write cannot say so either.
        if status > 0 and not self._said().strip() and not point.startswith(("write", "files of at most 0 ")):
            found.append("fails without a word")
        found += [*self._wrong(status), *self._again()]
        return Finding(self.name, point, tuple(found)) if found else None

    def _wrong(self, status: int) -> Iterator[str]:
        if status == HUNG:
            yield "hangs"
        said = self._said()
        if "Traceback" in said:
            yield f"says no sentence: {said.strip().splitlines()[-1][:150]}"
        found = judge.faults(self.place, self._before, self._after, done=status == 0)
        found += judge.redated(self.place, self._before_folder)
        yield from (each for each in found if each not in self._known)

    def _again(self) -> Iterator[str]:
        """What is wrong after the same operation was run again without any break."""
        with self.warm.started(self.name, self.place) as run:
            status = run.finish()
        operation = OPERATIONS[self.name]
        if status != 0 and not (operation.only_once and operation.only_once in self._said()):
            yield f"cannot be done again: {self._said().strip()[-300:]}"
            return
        found = judge.faults(self.place, self._after, self._after, done=not operation.adds)
        found += [*judge.chain_faults(self.place), *judge.leftovers(self.place)]
        found += judge.redated(self.place, self._before_folder)
        yield from (f"at the end, {each}" for each in found)

    def _said(self) -> str:
        path = self.place.parent / SAID
        return path.read_text(errors="replace") if path.exists() else ""


def _changes(call: Call) -> bool:
    if call.name not in CHANGING or call.failed:
        return False
    return call.name != "openat" or re.search(r"O_CREAT|O_TRUNC", call.text) is not None


def sample(points: Sequence[Break], count: int, seed: int, always: frozenset[str] = frozenset()) -> list[Break]:
    """All points at the calls named `always`, and others up to `count`, the same for the same seed, in order.

    The others are taken from each kind of call in turn: a file has hundreds of writes and one `fsync`.
    """
    chance = random.Random(seed)
    kept = [index for index, each in enumerate(points) if each.name in always]
    kinds: dict[str, list[int]] = {}
    for index, each in enumerate(points):
        if each.name not in always:
            kinds.setdefault(each.name, []).append(index)
    for indices in kinds.values():
        chance.shuffle(indices)
    turns = [each for turn in zip_longest(*kinds.values()) for each in turn if each is not None]
    return [points[index] for index in sorted({*kept, *turns[: max(0, count - len(kept))]})]
