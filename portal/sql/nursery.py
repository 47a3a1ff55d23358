"""Handles, in the portal's process, of the process that forks workers and of the workers it forked.

`multiprocessing`'s forkserver is not used: its children import the portal's main module again, and answers
would be pickles. Here a child holds Datasette and nothing of the portal's pages.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from portal.sql.limits import Limits
from portal.sql.wire import FrameError, receive_frame, send_frame

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0
REPLY_SECONDS = 5.0
MESSAGE_BYTES = 4_096


class NurseryError(Exception):
    """The forking process did not start, or stopped answering."""


class Worker:
    """One worker process of one release."""

    def __init__(self, nursery: Nursery, pid: int, sock: socket.socket):
        self.nursery = nursery
        self.pid = pid
        self.asked = 0
        self._sock = sock

    def ask(self, header: dict[str, str], body_limit: int, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Send one request and wait for its answer. Raises TimeoutError, or FrameError when the worker died."""
        deadline = time.monotonic() + seconds
        self.asked += 1
        try:
            self._sock.settimeout(seconds)
            send_frame(self._sock, header)
        except OSError as error:
            raise FrameError("worker is gone") from error
        return receive_frame(self._sock, body_limit, deadline)

    def leave(self) -> None:
        """Close the connection: an idle process ends by itself."""
        self._sock.close()

    def end(self) -> None:
        """Kill the process, now."""
        self.leave()
        self.nursery.end(self.pid)


class Nursery:
    """The forking process of one release: Datasette is loaded in it once, so that a new worker costs one fork."""

    def __init__(self, database: Path, release_id: str, limits: Limits):
        """Start it and wait until it can fork. Raises NurseryError, whose text is for the log."""
        self.release_id = release_id
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-m", "portal.sql.cradle", str(theirs.fileno())],
                    cwd=ROOT,
                    pass_fds=[theirs.fileno()],
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                )
            except OSError as error:
                ours.close()
                raise NurseryError(f"the process that forks SQL workers cannot be started: {error}") from error
        self._control = ours
        order = {"database": str(database.resolve()), "release_id": release_id, "limits": asdict(limits)}
        try:
            self._command(order, START_SECONDS)
        except NurseryError:
            self.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def hire(self) -> Worker:
        """Fork one worker. Raises NurseryError."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                reply = self._command({"do": "fork"}, REPLY_SECONDS, theirs.fileno())
            except NurseryError:
                ours.close()
                raise
        return Worker(self, int(reply["pid"]), ours)

    def end(self, pid: int) -> None:
        """Kill and reap one worker. The nursery does it, as the parent: no other process can have got that id."""
        try:
            self._command({"do": "end", "pid": pid}, REPLY_SECONDS)
        except NurseryError:
            self.close()

    def close(self) -> None:
        """End the process and all its workers."""
        with contextlib.suppress(OSError):
            self._control.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _command(self, order: dict[str, Any], seconds: float, *handles: int) -> dict[str, Any]:
        with self._lock:
            try:
                self._control.settimeout(seconds)
                socket.send_fds(self._control, [json.dumps(order).encode()], list(handles))
                message = self._control.recv(MESSAGE_BYTES)
            except OSError as error:
                raise NurseryError(f"no answer from the process that forks SQL workers: {error}") from error
        if not message:
            raise NurseryError("the process that forks SQL workers ended; its own message is on standard error")
        reply: dict[str, Any] = json.loads(message)
        if "error" in reply:
            raise NurseryError(reply["error"])
        return reply


def _environment() -> dict[str, str]:
    """Only what Python needs: none of the portal's settings or secrets reach a process that runs strangers' SQL."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
