"""The manifest of an extract: what was delivered, for which months, and the sums that the Registry states.

An extract is a folder with `manifest.json` beside its files; in a database the same document is the one row of
`extract_manifest`, with no files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from datasets.fault import Fault, FaultError
from etl.registry.contract import TABLES, VERSION

MANIFEST_FILE = "manifest.json"
#: Room for tens of thousands of files; a longer manifest is no manifest.
LARGEST_MANIFEST = 16 * 1024 * 1024
SUFFIXES = (".parquet", ".csv")
#: The key of the note that names the months that are corrected; its other keys are remarks for people.
CORRECTS = "corrects"
MONTH_PATTERN = r"20[0-9]{2}-(0[1-9]|1[0-2])"
_INSTANT = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
PATH_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=-]*(/[A-Za-z0-9_][A-Za-z0-9._=-]*)*")
_PRINTABLE_KEY = re.compile(r"[a-z_0-9.\[\]]{1,60}")
#: What follows in a message must not be able to be a value: keys of the manifest are short words.
_DIGITS = re.compile(r"[0-9]{5}")


@dataclass(frozen=True)
class Delivered:
    """A file of the extract: `path` relative to the folder, `period` (YYYY-MM) empty for a register."""

    path: str
    table: str
    period: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Control:
    """A control total: the sum of a column as the Registry states it, for one month or (`period` empty) a register."""

    table: str
    column: str
    period: str
    value: int


@dataclass(frozen=True)
class Manifest:
    """What an extract says of itself. `as_of` is an instant of UTC, `periods` are the months covered, in order."""

    contract: str
    extract: str
    synthetic: bool
    as_of: str
    periods: tuple[str, ...]
    files: tuple[Delivered, ...] = ()
    totals: tuple[Control, ...] = ()
    note: dict[str, Any] = field(default_factory=dict)

    @property
    def corrects(self) -> tuple[str, ...]:
        """The months of which the note says that they are corrected: not late rows, but wrong ones put right."""
        return tuple(self.note.get(CORRECTS, ()))

    def to_json(self) -> str:
        """The document as it is written to `manifest.json`: the same manifest, the same bytes."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"


class _Whole(fields.Field[int]):
    """A JSON number without a fraction; neither a text nor true."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if type(value) is not int:
            raise ValidationError("is not a whole number.")
        return value


class _Truth(fields.Field[bool]):
    """true or false, and nothing that resembles them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError("is neither true nor false.")
        return value


def _month(text: str) -> None:
    if not re.fullmatch(MONTH_PATTERN, text):
        raise ValidationError("is not a month; write 2026-03.")


def _period(text: str) -> None:
    if text:
        _month(text)


def _instant(text: str) -> None:
    try:
        valid = _INSTANT.fullmatch(text) and datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        valid = None
    if not valid:
        raise ValidationError("is not an instant of UTC; write 2026-09-01T00:00:00Z.")


def _path(text: str) -> None:
    if not PATH_PATTERN.fullmatch(text) or len(text) > 200:
        raise ValidationError("is not a path inside the folder, of Latin letters, digits, '.', '_', '-', '=' and '/'.")
    if PurePosixPath(text).suffix not in SUFFIXES:
        raise ValidationError("is neither a .parquet nor a .csv file.")


class _DeliveredSchema(Schema):
    path = fields.String(required=True, validate=_path)
    table = fields.String(required=True, validate=validate.OneOf(list(TABLES), error="is not a table of the contract."))
    period = fields.String(required=True, validate=_period)
    rows = _Whole(required=True, validate=validate.Range(min=0, error="is negative."))
    sha256 = fields.String(
        required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z", error="is not a SHA-256 in lower-case hex.")
    )

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Delivered:
        return Delivered(**data)


class _ControlSchema(Schema):
    table = fields.String(required=True, validate=validate.OneOf(list(TABLES), error="is not a table of the contract."))
    column = fields.String(required=True)
    period = fields.String(required=True, validate=_period)
    value = _Whole(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Control:
        return Control(**data)


class ManifestSchema(Schema):
    """The keys of `manifest.json`; any other key is a fault."""

    contract = fields.String(required=True)
    extract = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[a-z0-9][a-z0-9-]{0,63}\Z", error="is not made of lower-case letters, digits and hyphens (64 at most)."
        ),
    )
    synthetic = _Truth(required=True)
    as_of = fields.String(required=True, validate=_instant)
    periods = fields.List(fields.String(validate=_month), required=True)
    files = fields.List(fields.Nested(_DeliveredSchema), required=True)
    totals = fields.List(fields.Nested(_ControlSchema), required=True)
    note = fields.Dict(keys=fields.String(), load_default=dict)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Manifest:
        return Manifest(**{**data, **{name: tuple(data[name]) for name in ("periods", "files", "totals")}})


def read_manifest(folder: Path) -> Manifest:
    """Read and check `manifest.json` of an extract folder; raises FaultError with all that is wrong in it."""
    shown = f"{folder.name}/{MANIFEST_FILE}"
    path = folder / MANIFEST_FILE
    try:
        if path.stat().st_size > LARGEST_MANIFEST:
            raise FaultError([Fault(shown, "file", "is larger than 16 MB.", "Deliver fewer files in one extract.")])
        content = path.read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}."
        raise FaultError([Fault(shown, "file", message, "Name the folder that holds the manifest.")]) from None
    return parse_manifest(content, shown)


def parse_manifest(content: bytes, shown: str) -> Manifest:
    """Check a manifest's bytes; `shown` names the document in faults. Raises FaultError."""
    raw = _parse_json(content, shown)
    if raw.get("contract") != VERSION:
        message = f"is not made for version {VERSION} of the contract."
        raise FaultError([Fault(shown, "contract", message, f"Deliver an extract of version {VERSION}.")])
    try:
        manifest: Manifest = ManifestSchema().load(raw)
    except ValidationError as error:
        raise FaultError(_complaints(error.messages, "", shown)) from None
    faults = [
        *_repeated(manifest, shown),
        *_misplaced(manifest, shown),
        *_missing_totals(manifest, shown),
        *_wrong_corrects(manifest, shown),
    ]
    if faults:
        raise FaultError(faults)
    return manifest


def _parse_json(content: bytes, shown: str) -> dict[str, Any]:
    try:
        text = content.decode("utf-8-sig")
        raw = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        json.dumps(raw, ensure_ascii=False).encode()  # lone surrogates could be written nowhere
    except (UnicodeError, ValueError, RecursionError) as error:
        place = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "file"
        message = "names a key twice." if isinstance(error, _RepeatedKeyError) else "is not valid JSON in UTF-8."
        raise FaultError([Fault(shown, place, message, "Write it anew, or deliver the whole file.")]) from None
    if not isinstance(raw, dict):
        raise FaultError([Fault(shown, "file", "is not a JSON object.", "Write the keys of the contract.")])
    return raw


class _RepeatedKeyError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _RepeatedKeyError
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _complaints(messages: Any, place: str, shown: str) -> Iterator[Fault]:
    """marshmallow's tree of messages as faults. A key that is no word of ours may be anything, so it is not printed."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            step = f"[{key}]" if isinstance(key, int) else f".{key}" if place else str(key)
            yield from _complaints(inner, place if key == "_schema" else f"{place}{step}", shown)
        return
    known = _PRINTABLE_KEY.fullmatch(place) and not _DIGITS.search(place)
    for message in messages:
        if message == "Unknown field.":
            yield Fault(shown, place if known else "file", "is not a known key.", "Remove it; use 'note' for remarks.")
        elif message == "Missing data for required field.":
            yield Fault(shown, place, "is missing.", "Add it.")
        else:
            yield Fault(shown, place if known else "file", message, "Write it as the contract's page describes.")


def _repeated(manifest: Manifest, shown: str) -> Iterator[Fault]:
    if list(manifest.periods) != sorted(set(manifest.periods)):
        yield Fault(shown, "periods", "are not in order, each once.", "Write each month once, earliest first.")
    paths = [each.path.casefold() for each in manifest.files]
    if len(set(paths)) < len(paths):
        yield Fault(shown, "files", "name a path twice.", "Name each file once.")
    totals = [(each.table, each.column, each.period) for each in manifest.totals]
    if len(set(totals)) < len(totals):
        yield Fault(shown, "totals", "state a total twice.", "State each total once.")


def _misplaced(manifest: Manifest, shown: str) -> Iterator[Fault]:
    """Periods that a register must not have, that a monthly table must have, or that the manifest does not cover."""
    places = [(f"files[{number}].period", each.table, each.period) for number, each in enumerate(manifest.files)]
    places += [(f"totals[{number}].period", each.table, each.period) for number, each in enumerate(manifest.totals)]
    for place, table, period in places:
        if TABLES[table].register and period:
            yield Fault(shown, place, f"must be empty: {table} is a register.", "Deliver the register whole.")
        elif not TABLES[table].register and not period:
            yield Fault(shown, place, f"is missing: {table} comes month by month.", "Write the month, as 2026-03.")
        elif period and period not in manifest.periods:
            yield Fault(shown, place, "is not among the months of the extract.", "Add it to 'periods' or correct it.")
    for number, control in enumerate(manifest.totals):
        if control.column not in TABLES[control.table].totals:
            message = f"is not a column of {control.table} whose total is stated."
            yield Fault(shown, f"totals[{number}].column", message, "State the totals that the contract names.")


def _wrong_corrects(manifest: Manifest, shown: str) -> Iterator[Fault]:
    corrects = manifest.note.get(CORRECTS, [])
    if not isinstance(corrects, list) or not set(map(str, corrects)) <= set(manifest.periods):
        message = "is not a list of months of the extract."
        yield Fault(shown, f"note.{CORRECTS}", message, "Name the months that are corrected, or leave it out.")


def _missing_totals(manifest: Manifest, shown: str) -> Iterator[Fault]:
    stated = {(each.table, each.column, each.period) for each in manifest.totals}
    for table, period in dict.fromkeys((each.table, each.period) for each in manifest.files):
        for column in TABLES[table].totals:
            if (table, column, period) not in stated:
                place = f"totals: {table}.{column}{' of ' + period if period else ''}"
                yield Fault(shown, place, "is missing.", "State the total of what was delivered.")
