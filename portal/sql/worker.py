"""One worker process: gives up what it does not need, then answers one request at a time until its socket closes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from portal.sql.limits import Limits
from portal.sql.wire import FrameError, receive_frame, send_frame

if TYPE_CHECKING:
    from portal.sql.face import Face

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
STATUS_FILE = Path("/proc/self/statm")


def serve(sock: socket.socket, face: Face, limits: Limits, parent: int) -> None:
    """Answer requests until the portal closes the socket. `parent` is the process that must outlive this one."""
    confine(limits, parent)
    start = memory()
    with sock:
        while True:
            try:
                question, _ = receive_frame(sock, 0)
            except FrameError:
                return
            answer = face.ask(question["path"], question["query"])
            header = {
                "status": answer.status,
                "headers": answer.headers,
                "fault": answer.fault,
                "note": answer.note,
                "grown": memory() - start,
                "tired": answer.tired,
            }
            send_frame(sock, header, answer.body)


def confine(limits: Limits, parent: int) -> None:
    """Bind this process to its parent's life and to the limits. Linux only in part: elsewhere the kill remains."""
    if sys.platform == "linux":
        _bind_to(parent)
    os.nice(limits.niceness)
    null = os.open(os.devnull, os.O_RDWR)
    # Datasette prints the SQL of a failed query: nothing printed here may reach a log.
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    if sys.platform == "linux":
        ceiling = address_space() + limits.growth_bytes
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))


def _bind_to(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
    # When the machine runs out of memory, this process goes first.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def address_space() -> int:
    """Bytes of address space of this process (Linux)."""
    return int(STATUS_FILE.read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def memory() -> int:
    """Resident bytes of this process now; 0 where the system does not tell."""
    if not STATUS_FILE.exists():
        return 0
    return int(STATUS_FILE.read_text(encoding="ascii").split()[1]) * resource.getpagesize()
