"""Volumes of their own: full ones, and ones whose power is cut. They are mounted where only this process sees them.

Run it through `alone`: it needs a mount namespace, and root for a power cut.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from tests.etl.faults.campaign import Campaign, Finding
from tests.etl.faults.judge import MANIFEST, POINTER, RELEASES
from tests.etl.faults.tracer import Break, breaking

_LARGE = "256m"
_IMAGE_BYTES = 48 << 20
#: What is kept until it is asked for is lost: no write-back by age, and none that ext4 does to please careless programs.
_OPTIONS = "loop,commit=900,noauto_da_alloc"


def alone() -> tuple[str, ...] | None:
    """The command by which a program sees mounts of its own; None where this machine allows none."""
    unshare = shutil.which("unshare")
    for how in (("-m",), ("-r", "-m")):
        command = (unshare or "unshare", *how, "--propagation", "private")
        trial = (*command, "mount", "-t", "tmpfs", "none", "/mnt")
        if unshare and subprocess.run(trial, capture_output=True).returncode == 0:
            return command
    return None


def may_cut(folder: Path) -> bool:
    """Whether a file can be mounted as a disk here."""
    image = folder / "trial.img"
    with image.open("wb") as file:
        file.truncate(4 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    place = folder / "trial"
    place.mkdir()
    done = subprocess.run(["mount", "-o", "loop", image, place], capture_output=True).returncode == 0
    _unmount(place)
    return done


class Reader(threading.Thread):
    """Reads the current release from the pointer to the last byte, again and again, as a portal does."""

    def __init__(self, releases: Path) -> None:
        super().__init__()
        self.releases, self.times, self.faults = releases, 0, []
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.is_set() or not self.times:
            try:
                self._read()
                self.times += 1
            except (OSError, ValueError, LookupError) as error:
                self.faults.append(f"a reader failed: {type(error).__name__} {error}")
                return

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def _read(self) -> None:
        folder = self.releases / (self.releases / POINTER).read_text().strip()
        for entry in json.loads((folder / MANIFEST).read_text())["files"]:
            if hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest() != entry["sha256"]:
                raise ValueError(f"{entry['path']} is not what the manifest says")


class FullVolume(Campaign):
    """An operation on a volume in memory that has little room left, while a reader goes on."""

    #: Bytes left: none, too little for this file or that, just too little, enough.
    ROOM = (0, 4096, 16_384, 65_536, 262_144, 524_288, 655_360, 786_432, 1_048_576, 1_572_864, 3_145_728)
    #: Files that may yet be made.
    FILES = (0, 1, 2, 3, 5, 10, 20)

    def with_room(self, room: int) -> Finding | None:
        """Run where `room` bytes are left, then where there is enough again."""

        def size(used: os.statvfs_result) -> str:
            # A size of 0 would be none.
            return f"size={max(used.f_frsize * (used.f_blocks - used.f_bfree) + room, used.f_frsize)}"

        status, faults = self._run(size)
        return self._judged(f"room for {room} bytes", status, *faults)

    def with_files(self, count: int) -> Finding | None:
        """Run where `count` files can be made, then where there is enough again."""
        status, faults = self._run(lambda used: f"nr_inodes={used.f_files - used.f_ffree + count}")
        return self._judged(f"room for {count} files", status, *faults)

    def _run(self, option: Callable[[os.statvfs_result], str]) -> tuple[int, list[str]]:
        with self._started() as run, self._reader() as reader:
            _mount("-o", f"remount,{option(os.statvfs(self.place))}", self.place)
            status = run.finish()
        _mount("-o", f"remount,size={_LARGE},nr_inodes=100000", self.place)
        return status, reader.faults

    def _reader(self) -> contextlib.AbstractContextManager[Reader]:
        """Who reads file by file cannot follow an exchange, as one who holds the release open does."""
        exchanged = "redact" in self.name or self.name == "repair" or not (self.place / RELEASES / POINTER).exists()
        return contextlib.nullcontext(Reader(self.place)) if exchanged else Reader(self.place / RELEASES)

    def close(self) -> None:
        _unmount(self.place)

    def _fresh(self) -> Path:
        _unmount(self.place)
        self.place.mkdir(exist_ok=True)
        _mount("-t", "tmpfs", "-o", f"size={_LARGE},nr_inodes=100000", "none", self.place)
        subprocess.run(["cp", "-a", f"{self._before_folder}/.", self.place], check=True)
        return self.place


class PowerCut(Campaign):
    """An operation on a disk that is taken away: what was not asked to be kept is gone."""

    def cut(self, broken: Break | None) -> Finding | None:
        """Cut the power at a call, or right after the end, and look at the disk on another machine."""
        with self._started() as run, breaking(run.pid, self.output, broken) if broken else contextlib.nullcontext():
            status = run.finish()
        shutil.copyfile(self._disk, self._found)
        _unmount(self.place)
        _mount("-o", _OPTIONS, self._found, self.place)
        finding = self._judged(f"power cut at {broken or 'the end'}", status)
        _unmount(self.place)
        return finding

    @property
    def _disk(self) -> Path:
        return self.folder / "disk.img"

    @property
    def _found(self) -> Path:
        return self.folder / "found.img"

    @cached_property
    def _blank(self) -> Path:
        """A disk with the store as it is before."""
        image = self.folder / f"{self.name}.img"
        with image.open("wb") as file:
            file.truncate(_IMAGE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-J", "size=4", "-m", "0", image], check=True)
        self.place.mkdir(exist_ok=True)
        _mount("-o", "loop", image, self.place)
        subprocess.run(["cp", "-a", f"{self._before_folder}/.", self.place], check=True)
        (self.place / "lost+found").rmdir()
        _unmount(self.place)
        return image

    def close(self) -> None:
        _unmount(self.place)

    def _fresh(self) -> Path:
        _unmount(self.place)
        shutil.copyfile(self._blank, self._disk)
        _mount("-o", _OPTIONS, self._disk, self.place)
        return self.place


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *words], check=True)


def _unmount(place: Path) -> None:
    if os.path.ismount(place):
        subprocess.run(["umount", place], check=True)
