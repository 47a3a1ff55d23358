"""The rows of `meta_change`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from etl.changes.difference import differences
from etl.changes.materiality import is_material
from etl.changes.rules import why
from etl.changes.side import Succession


def change_rows(succession: Succession) -> Iterator[dict[str, Any]]:
    """A row for each figure that differs, in the order of the new release; no value stands in it."""
    for position, difference in enumerate(differences(succession)):
        found = why(difference, succession)
        yield {
            "position": position,
            "dataset": difference.dataset.slug,
            "measure": difference.measure,
            "keys_json": json.dumps(difference.keys, ensure_ascii=False),
            "kind": str(difference.kind),
            "reason": str(found.reason),
            "material": int(is_material(difference, found.reason)),
            "correction": found.correction,
        }
