"""The process that loads Datasette once and forks workers from itself. Run as `python -m portal.sql.cradle <handle>`.

It talks over one socket: a first message names the release; then `{"do": "fork"}` with the worker's socket attached
and `{"do": "end", "pid": N}`. It ends, with all its workers, when the portal's side of the socket is closed.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from portal.sql.limits import Limits
from portal.sql.worker import serve

if TYPE_CHECKING:
    from portal.sql.face import Face

MESSAGE_BYTES = 65_536
#: Modules that Datasette or its parts load when they are installed. None is needed; `pysqlite3` would change the
#: SQLite version unnoticed, and `rich` prints the local variables of a failed request: a visitor's SQL.
UNWANTED = ("pysqlite3", "rich", "numpy", "uncertainties", "babel", "IPython", "uvicorn", "trio")


def load_face(database: Path, release_id: str, limits: Limits) -> Face:
    """Import Datasette without any plugin that happens to be installed, and open it on the release."""
    for name in UNWANTED:
        sys.modules[name] = None  # type: ignore[assignment]
    # Datasette 0.65 loads every installed plugin at import unless this is set; it has no other effect.
    sys._called_from_test = True  # type: ignore[attr-defined]
    from portal.sql.face import Face

    face = Face(database, release_id, limits)
    face.rehearse()
    return face


def main(handle: int) -> None:
    """Serve orders until the portal's side is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=handle) as control:
        order = json.loads(control.recv(MESSAGE_BYTES))
        limits = Limits(**order["limits"])
        try:
            face = load_face(Path(order["database"]), order["release_id"], limits)
        except Exception as error:
            _reply(control, {"error": f"release {order['release_id']} cannot be opened for SQL: {error!r}"})
            return
        gc.collect()
        gc.freeze()
        _reply(control, {"ready": True})
        children: set[int] = set()
        try:
            while _obey(control, face, limits, children):
                pass
        finally:
            for pid in children:
                _end(pid)


def _obey(control: socket.socket, face: Face, limits: Limits, children: set[int]) -> bool:
    message, handles, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 1)
    if not message:
        return False
    order = json.loads(message)
    if order["do"] == "fork":
        pid = _fork(control, face, limits, handles[0])
        children.add(pid)
        return _reply(control, {"pid": pid})
    if order["pid"] in children:
        children.discard(order["pid"])
        _end(order["pid"])
    return _reply(control, {})


def _fork(control: socket.socket, face: Face, limits: Limits, handle: int) -> int:
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        _be_worker(control, face, limits, handle, parent)
    os.close(handle)
    return pid


def _be_worker(control: socket.socket, face: Face, limits: Limits, handle: int, parent: int) -> NoReturn:
    try:
        control.close()
        serve(socket.socket(fileno=handle), face, limits, parent)
    finally:
        os._exit(0)


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _reply(control: socket.socket, message: dict[str, Any]) -> bool:
    try:
        control.sendall(json.dumps(message).encode()[:4_000])
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]))
