"""What a reader must know of a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portal.catalogue import Note
from portal.cells import Reader


def note_views(notes: Iterable[Note], cells: Reader) -> list[dict[str, Any]]:
    """Notes for the notes macro, contradictions first."""
    return [
        {
            "kind": note.kind,
            "label": cells.catalogue.label("note_kind", note.kind, cells.language),
            "text": note.text[cells.language],
        }
        for note in sorted(notes, key=lambda note: note.kind != "contradiction")
    ]
