"""A small signed store: releases of one dataset that differ in one figure, published at instants that tests choose."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.contract import MANIFEST_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.library import load_library
from datasets.signature import Seal, check_signature, read_trust
from etl.pipeline import build
from etl.signing.keyring import ensure_key
from etl.store.instant import now
from etl.store.previews import Embargo
from tests.datasets.folders import write_library

#: When releases are published.
DAYS = tuple(f"2026-11-{day:02}T10:00:00Z" for day in range(1, 29))
REASON = {"kk": "Қате табылды.", "ru": "Найдена ошибка.", "en": "An error was found."}


@dataclass(frozen=True)
class Shop:
    """The folders of a store: `releases`, and the operator's `store` with the keys."""

    folder: Path

    @property
    def releases(self) -> Path:
        return self.folder / "releases"

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def build(self, beds: int, day: int | None = 0, embargo: Embargo | None = None) -> Path:
        """Build the release with this number of beds, as of a day of the list, or of the present."""
        library = self.folder / f"datasets-{beds}"
        if not library.exists():
            write_library(library, rows=f"region,period,beds\nKZ-71,2026,{beds}\n")
        keyring = ensure_key(self.store, self.releases, DAYS[0])
        clock = now if day is None else lambda: DAYS[day]
        return build(load_library(library), self.releases, keyring=keyring, clock=clock, embargo=embargo)

    def copy(self, to: Path) -> Shop:
        return Shop(shutil.copytree(self.folder, to, symlinks=True))

    def seal(self, release: Path) -> Seal:
        """What the valid signature of a release says."""
        trust = read_trust((self.releases / TRUST_FILE).read_text())
        return check_signature((release / MANIFEST_FILE).read_bytes(), (release / SIGNATURE_FILE).read_bytes(), trust)


def manifest(release: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((release / MANIFEST_FILE).read_text())
    return said


def killed(call: int, steps: list[tuple[Any, str]], work: Callable[[], object]) -> bool:
    """Do the work in a process of its own, which dies before the `call`-th of the `steps`; whether it did."""
    child = os.fork()
    if child == 0:
        left = call

        def dying(step: Callable[..., object]) -> Callable[..., object]:
            def run(*arguments: object, **named: object) -> object:
                nonlocal left
                if left == 0:
                    os._exit(9)
                left -= 1
                return step(*arguments, **named)

            return run

        try:
            for owner, name in steps:
                setattr(owner, name, dying(getattr(owner, name)))
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 9)
    return status == 9
