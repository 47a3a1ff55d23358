"""The columns of a delivered file against the contract's: all of them, none besides, each once, in any order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from datasets.fault import Fault
from etl.registry import iin
from etl.registry.contract import Table

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


def heading_faults(names: Sequence[str], table: Table, shown: str) -> Iterator[Fault]:
    """Columns that are missing, unknown or there twice. An unknown column may hold personal data, so the file is refused."""
    if not set(names) & set(table.by_name):
        message = f"has none of the columns of {table.name}."
        yield Fault(shown, "first line", message, "Write the contract's column names first, then the rows.")
        return
    for name in dict.fromkeys(names):
        place = column_place(name, names.index(name))
        if name not in table.by_name:
            message = "is not a column of the contract; it could hold personal data."
            yield Fault(shown, place, message, "Leave it out.")
        elif names.count(name) > 1:
            yield Fault(shown, place, "is there twice.", "Leave one of them out.")
    for name in table.by_name:
        if name not in names:
            yield Fault(shown, f"column {name}", "is missing.", "Deliver it, with empty values where there are none.")


def column_place(name: str, position: int) -> str:
    """How a fault names a column: by its name, unless that could be a value rather than a name."""
    return f"column {name}" if _NAME.fullmatch(name) and not iin.holds_iin(name) else f"column {position + 1}"
