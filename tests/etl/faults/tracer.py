"""Puts strace on a waiting process: to list its calls, or to break one of them."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

#: Calls that change a store, or can fail while one is read.
CALLS = (
    *("openat", "write", "pwrite64", "ftruncate", "fallocate", "copy_file_range", "sendfile", "fsync", "fdatasync"),
    *(
        "rename",
        "renameat",
        "renameat2",
        "link",
        "linkat",
        "symlink",
        "mkdir",
        "mkdirat",
        "rmdir",
        "unlink",
        "unlinkat",
    ),
    *("chmod", "fchmod", "fchmodat", "flock", "close", "read", "pread64", "getdents64"),
)
_LINE = re.compile(r"(?P<task>\d+) +(?P<call>\w+)\((?P<rest>.*)")
_REMEDY = (
    "strace cannot break system calls here. Remedy: install it (tests/system-packages.sh) and allow ptrace "
    "(in a container: --cap-add=SYS_PTRACE; kernel.yama.ptrace_scope at most 1, or run as root)."
)


class NoTracerError(RuntimeError):
    """This machine cannot break system calls."""


@dataclass(frozen=True)
class Call:
    """The `number`-th call of its kind in a run, counted from 1 for each task; `text` is strace's line."""

    name: str
    number: int
    text: str
    task: int

    @property
    def failed(self) -> bool:
        """Whether it returned an error."""
        return " = -1 " in self.text


@dataclass(frozen=True)
class Break:
    """What to do at the `number`-th call `name`: kill (`error` empty), or fail with `error`, once or from there on."""

    name: str
    number: int
    error: str = ""
    sticky: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.number}{'+' if self.sticky else ''} {self.error or 'kill'}"

    @property
    def option(self) -> str:
        """As strace takes it."""
        how = f"error={self.error}" if self.error else "signal=KILL"
        return f"inject={self.name}:{how}:when={self.number}{'+' if self.sticky else ''}"


@contextmanager
def traced(pid: int, output: Path, *options: str) -> Iterator[None]:
    """Have strace on the process until it ends; NoTracerError where that cannot be done."""
    program = shutil.which("strace")
    if program is None:
        raise NoTracerError(_REMEDY)
    command = [program, "-f", "-y", "-s", "64", "-o", str(output), "-p", str(pid), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr
        said = strace.stderr.readline()
        if "attached" not in said:
            strace.kill()
            raise NoTracerError(f"{said.strip()}. {_REMEDY}")
        try:
            yield
        finally:
            # It ends with the process. What it says of its end is of no use.
            try:
                strace.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                strace.send_signal(signal.SIGKILL)


def listing(pid: int, output: Path) -> AbstractContextManager[None]:
    """List all calls of the process."""
    return traced(pid, output, "-e", f"trace={','.join(f'?{name}' for name in CALLS)}", "-e", "signal=none")


def breaking(pid: int, output: Path, broken: Break) -> AbstractContextManager[None]:
    """Break a call of the process."""
    return traced(pid, output, "-e", f"trace={broken.name}", "-e", broken.option)


def calls(output: Path) -> list[Call]:
    """The calls that were listed, in order."""
    counts: Counter[tuple[int, str]] = Counter()
    found = []
    for line in output.read_text(encoding="utf-8", errors="replace").splitlines():
        match = _LINE.match(line)
        if match:
            key = (int(match["task"]), match["call"])
            counts[key] += 1
            found.append(Call(match["call"], counts[key], match["rest"], key[0]))
    return found


def touching(found: Iterable[Call], task: int, folders: Iterable[Path]) -> Iterator[Call]:
    """The calls of the task that name something below one of the folders."""
    names = [f"{folder}" for folder in folders]
    return (call for call in found if call.task == task and any(name in call.text for name in names))


def was_broken(output: Path) -> bool:
    """Whether the call came about and was broken."""
    text = output.read_text(encoding="utf-8", errors="replace")
    return "(INJECTED)" in text or "killed by SIGKILL" in text
