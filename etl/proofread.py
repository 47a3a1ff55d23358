"""Proof-read: checks that each figure of a dataset stands in the declared lines of the document's text extraction.

The documents are not part of the project; whoever holds them can repeat the check. It finds slips of the hand, not
figures set beside the wrong label: that needs two pairs of eyes, and each dataset says whose check it had.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError
from datasets.library import Library
from etl.extract import extract
from etl.validate import validate

#: What an extraction may leave between two digits of one number: spaces, line breaks, a comma between thousands.
_BETWEEN_DIGITS = r"(?:\s|,(?=\s*[0-9]{3}))*"


def proofread(declaration: Declaration, library: Library, documents: Path) -> Iterator[Fault]:
    """A fault for each printed number of `declaration` that its source lines do not hold.

    `documents` is the folder with the text extractions, named as in `_documents.yaml`.
    """
    document = library.documents[declaration.cited.document]
    text = _lines(documents / document.file, declaration.cited.lines)
    checked = validate(extract(declaration), library)
    for file, table in (("data.csv", checked.table), ("totals.csv", checked.totals)):
        for row in table.rows:
            for name, cell in row.cells.items():
                if cell.value is not None and not _stands_in(text, str(abs(cell.value))):
                    place = f"line {row.line}, column {name}"
                    message = f"{cell.value} does not stand in lines {declaration.cited.lines} of {document.file}."
                    yield Fault(f"{declaration.slug}/{file}", place, message, "Compare it with the document.")


def _lines(path: Path, ranges: str) -> str:
    if not path.exists():
        remedy = "Name the folder that holds the documents' text extractions."
        raise FaultError([Fault(path.name, "file", "is not in that folder.", remedy)])
    lines = path.read_text(encoding="utf-8").split("\n")
    bounds = [tuple(map(int, part.split("-"))) for part in re.split(r",\s*", ranges)]
    return "\n".join("\n".join(lines[first - 1 : last]) for first, last in bounds)


def _stands_in(text: str, number: str) -> bool:
    if number == "0":
        return True  # nil is often printed as a dash or left out
    whole, _, fraction = number.partition(".")
    pattern = _BETWEEN_DIGITS.join(whole)
    if fraction:
        pattern += r"\s*[.,]\s*" + _BETWEEN_DIGITS.join(fraction)
    # No further digit may touch the number: 15 does not stand in 215, nor 1 in 1.5.
    return re.search(rf"(?<![0-9])(?<![0-9][.,]){pattern}(?![.,]?[0-9])", text) is not None
