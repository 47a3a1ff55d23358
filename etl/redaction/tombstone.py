"""The tombstone: `redactions.json`, which says in the release itself what was withdrawn from it, when and why.

A digest of a file as it was would let anyone try out which figure goes into it. So old digests are published sealed, under
a key in the operator's private list: with it he can show that a file is the one that was replaced, and nobody else can.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from datasets.contract import MANIFEST_FILE, REDACTIONS_FILE
from etl.publish.content import Record
from etl.redacted import Redaction
from etl.redaction.published import Published

ASKED, TO_PROTECT = "asked", "to_protect"


def is_in(redaction: Redaction, folder: Path) -> bool:
    """Whether this redaction was carried out in the release in `folder`."""
    return any(each["id"] == redaction.id for each in _read(folder)["redactions"])


def rows(redaction: Redaction, release: Published) -> Iterator[Record]:
    """The rows of `meta_redaction` that a redaction adds to a release."""
    for position, (dataset, measure, keys, asked) in enumerate(
        redaction.gone.get(release.id, ()), start=len(release.redactions)
    ):
        yield {
            "position": position,
            "redaction": redaction.id,
            "date": redaction.date,
            "dataset": dataset,
            "measure": measure,
            "keys_json": json.dumps(list(keys), ensure_ascii=False),
            "cause": ASKED if asked else TO_PROTECT,
            **{f"reason_{language}": text for language, text in redaction.reason.items()},
        }


def write_tombstone(redaction: Redaction, release: Published, staging: Path, changed: Iterable[str]) -> None:
    """Write the file in `staging` over all files that any redaction has changed; `changed` are those of this one."""
    said = _read(release.folder)
    before = redaction.before[release.id]
    files = [{"path": path, "sealed": seal(redaction, before[path])} for path in sorted(changed) if path in before]
    added = {
        "id": redaction.id,
        "date": redaction.date,
        "reason": dict(redaction.reason),
        "figures": list(_figures(redaction, release)),
        "files": files,
    }
    paths = {each["path"] for each in (*said["files"], *files)} - {MANIFEST_FILE}
    said = {
        "release": release.id,
        "files": [{"path": path, "sha256": _digest(staging / path)} for path in sorted(paths)],
        "redactions": [*said["redactions"], added],
    }
    (staging / REDACTIONS_FILE).write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def seal(redaction: Redaction, digest: str) -> str:
    """An old digest, sealed with the redaction's private key (HMAC-SHA256, RFC 2104)."""
    return hmac.new(bytes.fromhex(redaction.key), digest.encode(), hashlib.sha256).hexdigest()


def _figures(redaction: Redaction, release: Published) -> Iterator[Mapping[str, Any]]:
    for dataset, measure, keys, asked in redaction.gone.get(release.id, ()):
        dimensions = (column.name for column in release.declaration(dataset).dimensions)
        yield {
            "dataset": dataset,
            "measure": measure,
            "keys": dict(zip(dimensions, keys, strict=True)),
            "cause": ASKED if asked else TO_PROTECT,
        }


def _read(folder: Path) -> dict[str, Any]:
    path = folder / REDACTIONS_FILE
    if not path.exists():
        return {"files": [], "redactions": []}
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return said


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
