"""Exchanges two folders in one step: whoever looks finds the one or the other, never neither."""

from __future__ import annotations

import ctypes
import os
import tempfile
from pathlib import Path

from datasets.fault import Fault, FaultError
from etl.store.lock import STAGING_PREFIX

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def exchange(one: Path, other: Path) -> None:
    """Give each folder the other's name (renameat2, Linux 3.15); raises FaultError where the system cannot do that."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        raise _fault(one, "this system has no renameat2") from None
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE)):
        raise _fault(one, os.strerror(ctypes.get_errno()))


def require_exchange(parent: Path) -> None:
    """Raise FaultError unless folders in `parent` can be exchanged: it tries with two empty ones."""
    folders = [Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=parent)) for _ in range(2)]
    try:
        exchange(*folders)
    finally:
        for folder in folders:
            folder.rmdir()


def _fault(folder: Path, why: str) -> FaultError:
    message = f"cannot be exchanged in one step ({why})."
    remedy = "Keep the releases on a local Linux file system (ext4, xfs, btrfs, tmpfs)."
    return FaultError([Fault(folder.name, "folder", message, remedy)])
