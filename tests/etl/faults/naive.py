"""A publisher as one would write it without thinking of crashes: the control that shows whether the judge can see."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from datasets.contract import MANIFEST_FILE, POINTER_FILE
from datasets.library import Library
from etl.disclosure import protect
from etl.pipeline import prepare
from etl.publish.content import make_content
from etl.publish.files import write_files
from tests.etl.faults.judge import digest


def publish_naively(library: Library, releases: Path) -> None:
    """Write the release in its place and point to it, without a step aside and without a word to the disk."""
    content = make_content(
        library, protect([prepare(each, library) for each in library.declarations.values()], library)
    )
    folder = releases / content.id
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (releases / POINTER_FILE).write_text(content.id + "\n")
    write_files(content, folder, lambda _: None)
    files = [
        {"path": str(path.relative_to(folder)), "bytes": path.stat().st_size, "sha256": digest(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    (folder / MANIFEST_FILE).write_text(json.dumps({"id": content.id, "files": files}))
