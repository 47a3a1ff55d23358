"""All checks of a release in their order, each of which stands on those before it."""

from __future__ import annotations

import csv
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import pyarrow as pa

from datasets.fault import FaultError
from etl.verify.chain import check_chain, check_signed
from etl.verify.complaint import Complaints, NotCheckedError
from etl.verify.dictionary import check_dictionary
from etl.verify.manifest import check_manifest
from etl.verify.opened import Opened
from etl.verify.proof import check_proof
from etl.verify.schema import check_schema
from etl.verify.sums import check_sums
from etl.verify.totals import check_totals

#: Name and what it means for a reader. The signature comes first: what is not signed is not worth reading.
CHECKS: tuple[tuple[str, Callable[[Opened], Complaints]], ...] = (
    ("manifest", check_manifest),
    ("signature", check_signed),
    ("sums", check_sums),
    ("chain", check_chain),
    ("schema", check_schema),
    ("totals", check_totals),
    ("dictionary", check_dictionary),
    ("disclosure", check_proof),
)
#: Checks of files that a retired release no longer has.
_OF_FILES = ("schema", "totals", "dictionary", "disclosure")
#: Of one check; a release of another kind would else fill the screen.
_MOST_COMPLAINTS = 100
_UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    csv.Error,
    sqlite3.Error,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    pa.ArrowException,
    FaultError,
)


class Outcome(StrEnum):
    """What a check came to."""

    OK = "ok"
    BROKEN = "BROKEN"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Finding:
    """What one check came to, with what is broken, or why it could not be made."""

    check: str
    outcome: Outcome
    texts: tuple[str, ...] = ()


def verify(release: Opened, *, everything: bool = False) -> Iterator[Finding]:
    """The findings in order. After the first broken thing the rest is not checked, unless `everything` is asked for."""
    stopped = False
    try:
        for name, check in CHECKS:
            if stopped:
                yield Finding(name, Outcome.NOT_CHECKED, ("what is broken above comes first",))
            elif name in _OF_FILES and release.retired:
                yield Finding(name, Outcome.NOT_CHECKED, ("the release is retired: its files are gone",))
            else:
                finding = _finding(name, check, release, _MOST_COMPLAINTS if everything else 1)
                stopped = finding.outcome is Outcome.BROKEN and not everything
                yield finding
    finally:
        release.close()


def _finding(name: str, check: Callable[[Opened], Complaints], release: Opened, most: int) -> Finding:
    texts: list[str] = []
    try:
        for text in islice(check(release), most):
            texts.append(text)
    except NotCheckedError as error:
        if not texts:
            return Finding(name, Outcome.NOT_CHECKED, (str(error),))
    except _UNREADABLE as error:
        # The kind of the error only: its text could repeat what stands in a damaged file.
        named = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        texts.append(f"{named}cannot be read ({type(error).__name__})")
    return Finding(name, Outcome.BROKEN if texts else Outcome.OK, tuple(texts))
