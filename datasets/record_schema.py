"""Reads the files of `_record` into a Record. A file that is not there says nothing; unknown keys are errors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from datasets.codelist import Codelist
from datasets.declaration import Declaration
from datasets.fault import Fault, FaultError
from datasets.frozen import FrozenSchema, name_field
from datasets.language import LanguageMapField
from datasets.period import is_period, validate_day
from datasets.record import Announcement, Correction, PlannedDay, Record, Reply
from datasets.record_agreement import disagreements
from datasets.yamlfile import load_yaml

RECORD_FOLDER = "_record"
ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*\Z"
MONTH_PATTERN = r"^[0-9]{4}-(0[1-9]|1[0-2])\Z"


def _id() -> fields.String:
    wrong = "is no id; write lower-case Latin letters and digits, with hyphens between words."
    return fields.String(required=True, validate=validate.Regexp(ID_PATTERN, error=wrong))


def _day(*, required: bool = True) -> fields.String:
    return fields.String(required=required, validate=validate_day)


def _period(text: str) -> None:
    if not is_period(text):
        raise ValidationError("is not a period; write 2026-03.")


class CorrectionSchema(FrozenSchema):
    """One entry of `corrections.yaml`."""

    MAKES = Correction
    id = _id()
    date = _day()
    dataset = name_field(required=True)
    measure = name_field()
    where = fields.Dict(keys=name_field(), values=fields.String())
    reason = name_field(required=True)
    found_by = name_field(required=True)
    text = LanguageMapField(required=True)


class AnnouncementSchema(FrozenSchema):
    """One entry of `announcements.yaml`."""

    MAKES = Announcement
    id = _id()
    date = _day()
    effective = _day()
    kind = name_field(required=True)
    dataset = name_field()
    subject = name_field()
    replacement = name_field()
    text = LanguageMapField(required=True)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["effective"] < data["date"]:
            raise ValidationError("is before the announcement.", "effective")


class PlannedDaySchema(FrozenSchema):
    """One entry of `calendar.yaml`."""

    MAKES = PlannedDay
    date = _day()
    period = fields.String(required=True, validate=_period)
    topic = name_field()
    title = LanguageMapField(required=True)


class ReplySchema(FrozenSchema):
    """One entry of `replies.yaml`."""

    MAKES = Reply
    id = _id()
    organisation = fields.String(required=True)
    stop_factor = name_field(required=True)
    period = fields.String(
        required=True, validate=validate.Regexp(MONTH_PATTERN, error="is not a month; write 2026-03.")
    )
    received = _day()
    disputed = fields.Boolean(required=True)
    resolved = _day(required=False)
    outcome = name_field()
    text = LanguageMapField(required=True)

    @validates_schema
    def _settled(self, data: dict[str, Any], **_: Any) -> None:
        if ("resolved" in data) != ("outcome" in data):
            raise ValidationError("a dispute that was settled has 'resolved' and 'outcome'.", "outcome")
        if "resolved" in data and not data["disputed"]:
            raise ValidationError("only a dispute is settled.", "resolved")
        if data.get("resolved", data["received"]) < data["received"]:
            raise ValidationError("is before the reply was received.", "resolved")


_ENTRIES: dict[str, type[FrozenSchema]] = {
    "corrections": CorrectionSchema,
    "announcements": AnnouncementSchema,
    "calendar": PlannedDaySchema,
    "replies": ReplySchema,
}


def load_record(root: Path, declarations: Mapping[str, Declaration], codelists: Mapping[str, Codelist]) -> Record:
    """The record of the datasets folder `root`; raises FaultError with what is unknown, impossible or said twice."""
    faults: list[Fault] = []
    found: dict[str, tuple[Any, ...]] = {}
    for name, entry in _ENTRIES.items():
        path = root / RECORD_FOLDER / f"{name}.yaml"
        try:
            found[name] = tuple(load_yaml(path, _file(name, entry), root)[name]) if path.exists() else ()
        except FaultError as error:
            faults.extend(error.faults)
    if faults:
        raise FaultError(faults)
    for place, message, remedy in disagreements(Record(**found), declarations, codelists):
        name = place.split("[")[0]
        faults.append(Fault(f"{RECORD_FOLDER}/{name}.yaml", place, message, remedy))
    if faults:
        raise FaultError(faults)
    return Record(
        corrections=tuple(sorted(found["corrections"], key=lambda each: (each.date, each.id), reverse=True)),
        announcements=tuple(sorted(found["announcements"], key=lambda each: (each.date, each.id), reverse=True)),
        calendar=tuple(sorted(found["calendar"], key=lambda each: (each.date, each.period, each.topic or ""))),
        replies=tuple(sorted(found["replies"], key=lambda each: (each.received, each.id), reverse=True)),
    )


def _file(name: str, entry: type[FrozenSchema]) -> Schema:
    return Schema.from_dict({name: fields.List(fields.Nested(entry), required=True)})()
