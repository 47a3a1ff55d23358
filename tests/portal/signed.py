"""Signed releases of one small dataset, written by hand, that can be told apart by any figure of theirs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient

from datasets.contract import DATABASE_FILE, MANIFEST_FILE, POINTER_FILE, SIGNATURE_FILE
from datasets.library import load_library
from etl.aggregate import aggregate
from etl.disclosure import protect
from etl.extract import extract
from etl.gate import gate
from etl.publish import publish
from etl.publish.content import make_content
from etl.signing.keyring import ensure_key
from etl.store.previews import Embargo
from etl.validate import validate
from portal.factory import create_app
from tests.conftest import BufferedClient
from tests.datasets.folders import MINIMAL, TEXT, write_library
from tests.portal.registry import REGIONS

BEDS = MINIMAL | {
    "charts": [
        {"kind": "bar", "title": TEXT, "category": "region", "measures": ["beds"]},
        {"kind": "tile_map", "title": TEXT, "category": "region", "measures": ["beds"]},
    ],
    "headline": ["beds"],
    "region_sentence": {"kk": "Төсек саны — {beds}.", "ru": "Коек {beds}.", "en": "{beds} beds."},
}
#: The figures of a release are this and a little more.
OLDER, CURRENT = 111_110_000, 222_220_000
BASES = (OLDER, CURRENT)
BUILT = "2026-06-01T00:00:00Z"
EMBARGO = Embargo("2026-06-05T08:00:00Z", "secret-token-of-a-preview")


def publish_beds(folder: Path, base: int, embargo: Embargo | None = None) -> str:
    """Publish, into `folder`/releases, a release whose figures are `base` and a little more; returns its id."""
    releases = folder / "releases"
    keyring = ensure_key(folder / "store", releases, BUILT)
    rows = "".join(f"KZ-{region},2026,{base + place}\n" for place, region in enumerate(REGIONS))
    source = write_library(folder / f"datasets-{base}", BEDS, f"region,period,beds\n{rows}")
    library = load_library(source)
    prepared = [aggregate(validate(extract(each), library), library) for each in library.declarations.values()]
    disclosed = protect(prepared, library)
    content = make_content(library, disclosed)
    audit = gate(content.id, disclosed, releases, None)
    publish(content, releases, audit, keyring=keyring, clock=lambda: BUILT, embargo=embargo)
    return content.id


def point_to(release_id: str, releases: Path) -> None:
    """Move the pointer, as the publisher does."""
    new = releases / "new"
    new.write_text(release_id)
    new.rename(releases / POINTER_FILE)


def bases_in(text: str) -> set[int]:
    """Of which releases there are figures in a text, whatever stands between their thousands."""
    space = "[ ,\u00a0\u202f]?"
    patterns = {
        base: rf"(?<!\d){base // 1_000_000}{space}{base // 1_000 % 1_000}{space}\d{{3}}(?!\d)" for base in BASES
    }
    return {base for base, pattern in patterns.items() if re.search(pattern, text)}


def rewrite(path: Path, content: bytes) -> None:
    """Give a file other bytes without touching those of a file that shares its inode."""
    path.unlink()
    path.write_bytes(content)


def state_anew(folder: Path) -> None:
    """Make the manifest say what the database is now: no signature fits it any more."""
    path = folder / MANIFEST_FILE
    said = json.loads(path.read_text())
    digest = hashlib.sha256((folder / DATABASE_FILE).read_bytes()).hexdigest()
    for entry in said["files"]:
        if entry["path"] == DATABASE_FILE:
            entry["sha256"] = digest
    rewrite(path, json.dumps(said).encode())


def retire(folder: Path) -> None:
    """Take away all files of a release but those that bear witness of it."""
    kept = (MANIFEST_FILE, SIGNATURE_FILE)
    for path in [path for path in folder.rglob("*") if path.is_file() and path.name not in kept]:
        path.unlink()
    reason = {"kk": "Ескірген.", "ru": "Устарел.", "en": "It is out of date."}
    notice = {"release": folder.name, "at": "2027-01-01T00:00:00Z", "reason": reason}
    (folder / "retired.json").write_text(json.dumps(notice))


@contextmanager
def open_portal(releases: Path) -> Iterator[FlaskClient]:
    """A visitor of the portal over a folder of releases."""
    app = create_app(releases)
    try:
        yield BufferedClient(app, app.response_class)
    finally:
        app.extensions["sql_pool"].close()
