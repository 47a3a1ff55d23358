"""The desk's secret: 32 random bytes in a file of its folder, made when first needed, never shown."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from portal.desk.database import FILE_MODE, FOLDER_MODE, Desk, DeskError

KEY_FILE = "form.key"
_BYTES = 32


def read_key(desk: Desk) -> bytes:
    """The key; raises DeskError. Two processes that begin at once end with the same one."""
    path = desk.folder / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise DeskError(
            f"The key of the desk cannot be read: {error.strerror}. Check the rights of DESK_DIR."
        ) from error
    if len(key) != _BYTES:
        raise DeskError(f"{KEY_FILE} is no key of {_BYTES} bytes. Remove it: open forms are then refused once.")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    draft = path.with_name(f".{KEY_FILE}-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        # A link is made only if there is none: the first process wins.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
