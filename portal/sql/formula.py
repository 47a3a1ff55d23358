"""CSV cells that a spreadsheet would run as a formula.

A link can carry any SQL, so any text, into a CSV that comes from the portal's own address (OWASP ASVS 5, 1.2.10).
"""

from __future__ import annotations

import csv
import io
import re

RISKY = re.compile(r'(?:^|[,\n"])(?:[=+@\t\r]|-[^\d.])')
RISKY_CELL = re.compile(r"[=+@\t\r]|-[^\d.]")


def disarm(body: bytes) -> bytes:
    """The same CSV with `'` before each cell that begins like a formula. Numbers, also negative ones, stay as they are."""
    text = body.decode()
    if not RISKY.search(text):
        return body
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in csv.reader(io.StringIO(text, newline="")):
        writer.writerow([f"'{cell}" if RISKY_CELL.match(cell) else cell for cell in row])
    return out.getvalue().encode()
