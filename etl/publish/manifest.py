"""The manifest of a new release: what it is, where it stands in the chain, the SHA-256 of each of its files."""

from __future__ import annotations

from pathlib import Path

from datasets.contract import SCHEMA_VERSION
from etl.publish.content import Content
from etl.store.chain import Place
from etl.store.manifest import write_over


def write_manifest(content: Content, place: Place, folder: Path) -> None:
    """Write `manifest.json` over all files that are in `folder` now."""
    said = {
        "id": content.id,
        "schema_version": SCHEMA_VERSION,
        "code_version": content.code_version,
        "data_through": content.data_through,
        "extracts": list(content.extracts),
        "synthetic": content.synthetic,
        **place.said,
    }
    write_over(said, folder)
