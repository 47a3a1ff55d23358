"""What is broken: each operation changes a small store of releases, as the command does that an operator runs."""

from __future__ import annotations

import functools
import json
import sqlite3
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import etl.cli
from datasets.contract import LANGUAGES
from datasets.fault import FaultError
from datasets.library import load_library
from etl.publish import content
from etl.redaction.request import Request
from etl.signing.keyring import Keyring
from etl.signing.succession import rotate
from tests.datasets.folders import write_library
from tests.etl import redactable
from tests.etl.faults.naive import publish_naively
from tests.etl.redactable import BED, BED_TOTALS, BEDS, REASON, VISIT, release, write_datasets

RELEASES, STORE = "releases", "store"
#: The control: not part of the project.
NAIVE = "naive"
#: The rows of three releases of one document, the oldest first.
ROWS = (BEDS, BEDS + "KZ-11,2026,[x]\n", BEDS + "KZ-11,2026,[z]\n")


@dataclass(frozen=True)
class Operation:
    """`prepare` makes the store in a folder, `act` changes it and returns an exit code; both get the shared folder first.

    What `act` says when it was done before is `only_once`, if that is refused. Done again, it comes to the same, or else it
    `adds` something each time.
    """

    name: str
    prepare: Callable[[Path, Path], object]
    act: Callable[[Path, Path], int]
    only_once: str = ""
    adds: bool = False

    def before(self, base: Path) -> Path:
        """The folder with the store as it is before."""
        return base / "before" / self.name

    def after(self, base: Path) -> Path:
        """The folder with the store as it is when nothing breaks."""
        return base / "after" / self.name


def warm(base: Path) -> None:
    """Read each datasets folder once, in the warm process."""
    # A person may edit the code while this runs: it goes into the ids of releases.
    content._code_version = lambda: "0" * 12
    load = etl.cli.load_library
    if not hasattr(load, "cache_info"):
        etl.cli.load_library = redactable.load_library = functools.cache(load)  # type: ignore[attr-defined]
    folders = [_datasets(base, number) for number in range(len(ROWS))]
    for folder in (*folders, *(_guarded(base, months) for months in (1, 2, 3))):
        etl.cli.load_library(folder)  # type: ignore[attr-defined]


def _datasets(base: Path, number: int) -> Path:
    """The datasets folder of the `number`-th release of a document."""
    folder = base / f"documents-{number}"
    return folder if folder.exists() else write_library(folder, rows=ROWS[number], totals=BED_TOTALS)


def _guarded(base: Path, months: int) -> Path:
    """The datasets folder with figures that are protected."""
    folder = base / f"guarded-{months}"
    return folder if folder.exists() else write_datasets(folder, months)


def _main(place: Path, *words: str | Path, datasets: Path | None = None) -> int:
    first = () if datasets is None else ("--datasets", datasets)
    words = (*first, *words, "--releases", place / RELEASES, "--store", place / STORE)
    return etl.cli.main([str(word) for word in words])


def _reasons(reason: Mapping[str, str] = REASON) -> list[str]:
    return [word for language in LANGUAGES for word in (f"--reason-{language}", reason[language])]


def _build(base: Path, place: Path, number: int = 2, *more: str) -> int:
    return _main(place, "build", *more, datasets=_datasets(base, number))


def _documents(base: Path, place: Path, releases: int = 2) -> None:
    for number in range(releases):
        assert _build(base, place, number) == 0


def _guarded_releases(base: Path, place: Path, months: int = 2) -> None:
    for number in range(1, months + 1):
        release(_guarded(base, number), place / RELEASES, place / STORE)


def _publish(base: Path, place: Path) -> int:
    return _said(lambda: release(_guarded(base, 3), place / RELEASES, place / STORE))


def _said(work: Callable[[], object]) -> int:
    """Do it as a command would: a fault is said, and gives the code 1."""
    try:
        work()
    except (FaultError, OSError, sqlite3.Error) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _redact(request: Request, base: Path, place: Path) -> int:
    where = ",".join(f"{name}={value}" for name, value in request.where.items())
    words = ["--dataset", request.dataset, "--measure", request.measure, "--where", where]
    return _main(place, "redact", *words, *_reasons(request.reason), datasets=_datasets(base, 0))


@functools.cache
def known(folder: Path) -> tuple[str, ...]:
    """The ids of the releases in the order of their chain, and of the previews behind them, of a store before it changes.

    They are read before a run begins: to look them up is no part of a command.
    """
    paths = [*(folder / RELEASES).glob("[!.]*/manifest.json"), *(folder / RELEASES).glob(".previews/*/manifest.json")]
    return tuple(each["id"] for each in sorted(map(_manifest, paths), key=lambda each: each["sequence"]))


def _manifest(path: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(path.read_text())
    return said


def _roll_back(base: Path, place: Path) -> int:
    (_, second, _) = known(OPERATIONS["roll back"].before(base))
    return _main(place, "releases", "rollback", second, *_reasons(), datasets=_datasets(base, 0))


def _retire(base: Path, place: Path) -> int:
    (first, second, _) = known(OPERATIONS["retire"].before(base))
    return _main(place, "releases", "retire", first, second, *_reasons(), datasets=_datasets(base, 0))


def _preview(base: Path, place: Path) -> int:
    return _build(base, place, 2, "--embargo", "2999-01-01T00:00+00:00")


def _previewed(base: Path, place: Path) -> None:
    """Two releases, and a preview whose embargo has ended."""
    _documents(base, place)
    assert _preview(base, place) == 0
    (notice,) = (place / RELEASES / ".previews").glob("*.json")
    notice.write_text(json.dumps(json.loads(notice.read_text()) | {"not_before": "2020-01-01T00:00:00Z"}, indent=1))


def _publish_due(base: Path, place: Path) -> int:
    return _main(place, "releases", "publish", "--due", datasets=_datasets(base, 0))


def _drop(base: Path, place: Path) -> int:
    *_, release_id = known(OPERATIONS["drop a preview"].before(base))
    return _main(place, "releases", "preview", "drop", release_id, datasets=_datasets(base, 0))


def _rotate(_: Path, place: Path) -> int:
    keyring = Keyring(place / STORE)
    # A key must begin later than the one before it, and a second has many runs.
    return _said(lambda: rotate(keyring, place / RELEASES, f"2030-01-01T00:{len(keyring.trust.keys):02}:00Z"))


def _damaged(base: Path, place: Path) -> None:
    """Three releases, the current one of which has a file that is not what the manifest says."""
    _documents(base, place, 3)
    (place / RELEASES / known(place)[-1] / "data" / "beds.csv").write_text("region\n")


def _unsigned(base: Path, place: Path) -> None:
    _documents(base, place)
    (place / RELEASES / "trust.json").unlink()


def _naive(base: Path, place: Path) -> int:
    publish_naively(load_library(_datasets(base, 2)), place / RELEASES)
    return 0


_three = functools.partial(_documents, releases=3)
OPERATIONS = {
    each.name: each
    for each in (
        Operation("first build", lambda *_: None, _build),
        Operation("first build with a ledger", lambda *_: None, _publish),
        Operation("build", _documents, _build),
        Operation("build with a ledger", _guarded_releases, _publish),
        Operation("repair", _damaged, _build),
        Operation("roll back", _three, _roll_back, "is the current release already"),
        Operation("retire", _three, _retire, "is retired already"),
        Operation("build a preview", _documents, _preview),
        Operation("publish a preview", _previewed, _publish_due),
        Operation("drop a preview", _previewed, _drop, "is no preview"),
        Operation("rotate the key", _documents, _rotate, adds=True),
        Operation("redact", _three, functools.partial(_redact, BED), "is shown by no release"),
        Operation(
            "redact with a ledger",
            functools.partial(_guarded_releases, months=3),
            functools.partial(_redact, VISIT),
            "is shown by no release",
        ),
        Operation(NAIVE, _unsigned, _naive),
    )
}
