"""Reads from a trace whether each step was on the disk before the next one was seen.

A model of a disk that forgets whatever it was not asked to keep: the content of a file until the file is synced, a name
until its folder is. What counts is what readers see of the releases and what the publisher's own records say; what begins
with a dot is aside. Nothing that could be forgotten may be renamed to where it counts, one name that counts must be kept
before the next one changes, nothing is written where it counts, and at the end all that counts is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.etl.faults.tracer import Call

_DESCRIPTOR = re.compile(r"\d+<(?P<path>[^>]*)>")
_RESULT = re.compile(r"= \d+<(?P<path>[^>]*)>")
_NAME = re.compile(r'(?:(?:AT_FDCWD|\d+)(?:<(?P<at>[^>]*)>)?, )?"(?P<name>[^"]*)"')
_WRITES = frozenset({"write", "pwrite64", "ftruncate", "fallocate", "copy_file_range", "sendfile"})
_NAMING = frozenset({"mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "link", "linkat", "symlink"})
#: Readers with a token look here too.
_PREVIEWS = ".previews"
#: What begins with a dot and counts: a rollback that is being carried out.
_COUNTING = frozenset({_PREVIEWS, ".rollback.json"})


class Disk:
    """What a power cut would take: `contents` of files, and `names`, which are paths that are made, moved or removed."""

    def __init__(self, place: Path) -> None:
        self._roots = tuple(f"{place / name}/" for name in ("releases", "store"))
        self._place = f"{place}/"
        self.contents: set[str] = set()
        self.names: set[str] = set()

    def step(self, call: Call) -> Iterator[str]:
        """Do one call; gives what it should have waited for."""
        if call.failed:
            return
        if call.name == "openat" and (opened := _RESULT.search(call.text)):
            if "O_CREAT" in call.text:
                self.names.add(opened["path"])
            if "O_TRUNC" in call.text or "O_CREAT" in call.text:
                self.contents.add(opened["path"])
        elif call.name in _WRITES and (written := _DESCRIPTOR.match(call.text)):
            self.contents.add(written["path"])
            if self._counts(written["path"]):
                yield f"{self._short(written['path'])} is written in its place"
        elif call.name in ("fsync", "fdatasync") and (synced := _DESCRIPTOR.match(call.text)):
            self.contents.discard(synced["path"])
            self.names = {path for path in self.names if _parent(path) != synced["path"]}
        elif call.name.startswith("rename"):
            yield from self._rename(*_paths(call), "RENAME_EXCHANGE" in call.text)
        elif call.name in _NAMING:
            *_, path = _paths(call)
            if call.name in ("rmdir", "unlink", "unlinkat"):
                self.contents.discard(path)
            if not (call.name.startswith(("unlink", "rmdir")) and _is_of_preview(path)):
                self.names.add(path)

    def forgotten(self) -> list[str]:
        """What counts and would be gone after a power cut."""
        counting = sorted(path for path in self.contents | self.names if self._counts(path))
        return [f"at the end, not kept: {self._short(path)}" for path in counting]

    def _rename(self, source: str, target: str, exchanged: bool) -> Iterator[str]:
        pairs = ((target, source), (source, target))[: 2 if exchanged else 1]
        for shown, hidden in pairs:
            if not self._counts(shown):
                continue
            inside = [path for path in self.names if path.startswith(f"{hidden}/")]
            inside += [path for path in self.contents if path == hidden or path.startswith(f"{hidden}/")]
            early = [path for path in self.names if self._counts(path) and path != target]
            for path in sorted([*inside, *early]):
                yield f"{self._short(shown)} changes before {self._short(path)} is kept"
        self.contents = {_moved(path, source, target, exchanged) for path in self.contents}
        self.names = {_moved(path, source, target, exchanged) for path in self.names} | {source, target}

    def _counts(self, path: str) -> bool:
        return path.startswith(self._roots) and not any(
            part.startswith(".") for part in path.removeprefix(self._place).split("/") if part not in _COUNTING
        )

    def _short(self, path: str) -> str:
        return path.removeprefix(self._place)


def _paths(call: Call) -> list[str]:
    found = _NAME.finditer(call.text)
    return [f"{each['at']}/{each['name']}" if each["at"] and each["name"][0] != "/" else each["name"] for each in found]


def _is_of_preview(path: str) -> bool:
    """Whether it is a preview's folder, or in it: that it is gone its notice says, which lies beside it."""
    _, _, inside = path.partition(f"/{_PREVIEWS}/")
    return bool(inside) and not ("/" not in inside and inside.endswith(".json"))


def _moved(path: str, source: str, target: str, exchanged: bool) -> str:
    for one, other in ((source, target), (target, source))[: 2 if exchanged else 1]:
        if path == one or path.startswith(f"{one}/"):
            return other + path[len(one) :]
    return path


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def unsafe(calls: Iterable[Call], place: Path) -> list[str]:
    """What a power cut could take of a run that has made these calls on the store in `place`."""
    disk = Disk(place)
    found = [fault for call in calls for fault in disk.step(call)]
    return [*found, *disk.forgotten()]
