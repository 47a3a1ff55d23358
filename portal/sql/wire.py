"""Frames between the portal and a worker: JSON header and raw body over a stream socket.

Never pickle: a worker runs strangers' SQL and is not trusted by the process that reads its answers.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

LENGTHS = struct.Struct("!II")
#: Header and body above these are an error: a broken worker must not fill the portal's memory.
HEADER_BYTES = 65_536


class FrameError(Exception):
    """The other side closed, or sent something that is no frame."""


def send_frame(sock: socket.socket, header: dict[str, Any], body: bytes = b"") -> None:
    """Send one frame. Raises OSError when the other side is gone."""
    encoded = json.dumps(header).encode()
    sock.sendall(LENGTHS.pack(len(encoded), len(body)) + encoded)
    if body:
        sock.sendall(body)


def receive_frame(sock: socket.socket, body_limit: int, deadline: float | None = None) -> tuple[dict[str, Any], bytes]:
    """Receive one frame until `deadline` (of `time.monotonic`).

    Raises TimeoutError past the deadline, FrameError when the other side closed or the frame is over its limits.
    """
    header_length, body_length = LENGTHS.unpack(_exactly(sock, LENGTHS.size, deadline))
    if header_length > HEADER_BYTES or body_length > body_limit:
        raise FrameError("frame over its limit")
    try:
        header = json.loads(_exactly(sock, header_length, deadline))
    except ValueError as error:
        raise FrameError("frame header is not JSON") from error
    if not isinstance(header, dict):
        raise FrameError("frame header is not an object")
    return header, bytes(_exactly(sock, body_length, deadline))


def _exactly(sock: socket.socket, count: int, deadline: float | None) -> bytearray:
    buffer = bytearray(count)
    view = memoryview(buffer)
    while view:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            sock.settimeout(left)
        try:
            received = sock.recv_into(view)
        except ConnectionError as error:
            raise FrameError("connection lost") from error
        if not received:
            raise FrameError("connection closed")
        view = view[received:]
    return buffer
