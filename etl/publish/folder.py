"""The release folder: built aside, made durable, renamed in; then the pointer moves to it.

Order matters (a crash may come between any two steps): files are synced before the folder is renamed, the folder that
holds the new name is synced after, and only then does the pointer change, by a rename of its own.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets.contract import (
    DATA_FOLDER,
    DATABASE_FILE,
    MANIFEST_FILE,
    POINTER_FILE,
    REDACTIONS_FILE,
    BulkFormat,
    bulk_formats,
)
from datasets.fault import Fault, FaultError
from etl.disclosure import Protected
from etl.publish.catalogue import catalogue
from etl.publish.content import Content
from etl.publish.database import write_database
from etl.publish.manifest import is_whole, read_manifest, rewritten, write_manifest
from etl.publish.parquet import write_parquet
from etl.publish.reconciliation import write_reconciliation
from etl.publish.text_files import write_csv, write_excel_csv, write_json
from etl.publish.workbook import write_workbook

STAGING_PREFIX = ".staging-"
_LOCK_FILE = ".lock"


def publish(
    content: Content, releases: Path, audit: Callable[[Path], None], progress: Callable[[str], None] = lambda _: None
) -> Path:
    """Write the release below `releases` and point to it; returns its folder.

    `audit` is given the folder with all files but the manifest, before anybody can see it: it may add files, and raises
    FaultError to stop the publication. A release that is there already is left as it is, with what was withdrawn from it.
    Raises FaultError if one of the same id holds other bytes.
    """
    releases.mkdir(parents=True, exist_ok=True)
    with only_publisher(releases):
        remove_stale_staging(releases)
        staging = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=releases))
        try:
            _write(content, staging, progress)
            progress("audit")
            audit(staging)
            write_manifest(content, staging)
            folder = _rename_in(staging, releases / content.id)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        _point_to(content.id, releases)
    return folder


@contextmanager
def only_publisher(releases: Path) -> Iterator[None]:
    """Hold the lock of the folder; a second publisher waits. The system drops the lock of a process that dies."""
    with (releases / _LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _rename_in(staging: Path, folder: Path) -> Path:
    """Put the staged release in its place; one that is there already stays, unless it is damaged."""
    if folder.exists() and is_whole(folder):
        _compare(staging, folder)
        return folder
    if (folder / REDACTIONS_FILE).exists():
        message = "is damaged, and figures were withdrawn from it, which this build would publish again."
        raise FaultError([Fault(folder.name, REDACTIONS_FILE, message, "Restore the folder from a backup.")])
    sync_tree(staging)
    if folder.exists():
        # Swept away with stale staging folders if the build dies before it does so itself.
        folder.rename(folder.parent / f"{STAGING_PREFIX}damaged-{folder.name}")
    staging.rename(folder)
    sync(folder.parent)
    remove_stale_staging(folder.parent)
    return folder


def _point_to(release_id: str, releases: Path) -> None:
    """Make `release_id` the current release, by one rename."""
    pointer = releases / f".{POINTER_FILE}.new"
    with pointer.open("w", encoding="ascii") as file:
        file.write(release_id + "\n")
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
    pointer.rename(releases / POINTER_FILE)
    sync(releases)


def _write(content: Content, staging: Path, progress: Callable[[str], None]) -> None:
    data = staging / DATA_FOLDER
    data.mkdir()
    progress(DATABASE_FILE)
    write_database(content, staging / DATABASE_FILE)
    for protected in content.datasets:
        progress(protected.dataset.declaration.slug)
        for kind in bulk_formats(totals=bool(protected.protection)):
            for language, name in kind.files(protected.dataset.declaration.slug):
                write_bulk(content, protected, kind, data / name, language)
    write_reconciliation(content.id, catalogue(content)["meta_reconciliation"], data)


def write_bulk(content: Content, protected: Protected, kind: BulkFormat, path: Path, language: str | None) -> None:
    """Write one file of a dataset at `path`, which must not be there under another name too."""
    declaration = protected.dataset.declaration
    if kind.name == "xlsx":
        write_workbook(content, protected, path, language or "")
    elif kind.name == "excel_csv":
        write_excel_csv(content, declaration, path, language or "")
    elif kind.name == "json":
        write_json(content, protected, path)
    elif kind.name == "parquet":
        write_parquet(content, declaration, path)
    else:
        write_csv(content, declaration, (content.totals if kind.totals else content.tables)[declaration.slug], path)


def _compare(staging: Path, folder: Path) -> None:
    """Refuse other bytes under one id; a file from which figures were withdrawn has other bytes, and stays."""
    there, built = (
        {entry["path"]: entry["sha256"] for entry in read_manifest(each)["files"]} for each in (folder, staging)
    )
    for path in rewritten(folder):
        there.pop(path, None)
        built.pop(path, None)
    if there != built:
        message = "a release of this id is there with other bytes."
        remedy = "Its libraries or files differ; build into another RELEASES_DIR and compare the two manifests."
        raise FaultError([Fault(folder.name, MANIFEST_FILE, message, remedy)])


def remove_stale_staging(releases: Path) -> None:
    """Remove what a killed build left behind: whoever holds the lock is the only publisher, so nobody owns these."""
    for stale in releases.glob(f"{STAGING_PREFIX}*"):
        if stale.is_dir():
            shutil.rmtree(stale, ignore_errors=True)
        else:
            stale.unlink()


def sync_tree(folder: Path) -> None:
    """Make a folder and all that is in it durable, and readable for everybody."""
    for path in sorted(folder.rglob("*")):
        path.chmod(0o644 if path.is_file() else 0o755)
        sync(path)
    folder.chmod(0o755)
    sync(folder)


def sync(path: Path) -> None:
    """Make a file durable, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
