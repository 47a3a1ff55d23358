"""Agreement: whether the public record fits the datasets, their columns, the code lists, and itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from datasets.codelist import Codelist
from datasets.contract import ORGANISATION_CODELIST, SUMMED, Reason
from datasets.declaration import Declaration
from datasets.protection_agreement import Complaint
from datasets.record import Announcement, Correction, Record, Reply

#: Reasons that an error in published figures may have.
CORRECTED = (Reason.OUR_ERROR, Reason.SOURCE_CORRECTION, Reason.METHOD_CHANGE, Reason.RECLASSIFICATION)
FORMAT, NOTICE = "format", "notice"
#: Which of `dataset`, `subject` and `replacement` an announcement must have, and may have besides.
_NAMES: dict[str, tuple[set[str], set[str]]] = {
    "dataset_renamed": ({"dataset", "subject", "replacement"}, set()),
    "dataset_removed": ({"dataset", "subject"}, {"replacement"}),
    "column_renamed": ({"dataset", "subject", "replacement"}, set()),
    "column_removed": ({"dataset", "subject"}, {"replacement"}),
    "column_added": ({"dataset", "subject"}, set()),
    FORMAT: (set(), set()),
    NOTICE: (set(), set()),
}

Declarations = Mapping[str, Declaration]
Codelists = Mapping[str, Codelist]


def disagreements(record: Record, declarations: Declarations, codelists: Codelists) -> Iterator[Complaint]:
    """A complaint for each thing that the record says and that is unknown, impossible or there twice."""
    former = {each.subject for each in record.announcements if each.kind.startswith("dataset_")}
    for number, correction in enumerate(record.corrections):
        for place, message, remedy in _wrong_correction(correction, former, record, declarations, codelists):
            yield f"corrections[{number}].{place}", message, remedy
    for number, announcement in enumerate(record.announcements):
        for place, message, remedy in _wrong_announcement(announcement, former, declarations, codelists):
            yield f"announcements[{number}].{place}", message, remedy
    for number, day in enumerate(record.calendar):
        if day.topic is not None:
            yield from _unknown(f"calendar[{number}].topic", day.topic, codelists["topic"])
    for number, reply in enumerate(record.replies):
        yield from _wrong_reply(f"replies[{number}]", reply, codelists)
    yield from _repeated(record)


def _wrong_correction(
    correction: Correction,
    former: set[str | None],
    record: Record,
    declarations: Declarations,
    codelists: Codelists,
) -> Iterator[Complaint]:
    if correction.reason not in CORRECTED:
        yield "reason", f"'{correction.reason}' is no reason of an error.", f"Use one of: {', '.join(CORRECTED)}."
    yield from _unknown("found_by", correction.found_by, codelists["found_by"])
    declaration = declarations.get(correction.dataset)
    if declaration is None:
        if correction.dataset not in former:
            yield "dataset", f"'{correction.dataset}' is not known.", "Correct it, or announce that it goes."
        return
    gone = {each.subject for each in record.announcements if each.dataset == correction.dataset}
    measures = {column.name for column in declaration.measures}
    if correction.measure is not None and correction.measure not in measures | gone:
        message = f"'{correction.measure}' is not a measure of '{correction.dataset}'."
        yield "measure", message, f"Use one of: {', '.join(sorted(measures))}."
    dimensions = {column.name: column for column in declaration.dimensions}
    for name, value in correction.where:
        column = dimensions.get(name)
        if column is None and name not in gone:
            yield "where", f"'{name}' is not a dimension of '{correction.dataset}'.", "Correct its name."
        elif column is not None and column.codelist is not None and value != SUMMED:
            codelist = codelists[column.codelist]
            if not codelist.register:
                yield from _unknown("where", value, codelist)


def _wrong_announcement(
    announcement: Announcement, former: set[str | None], declarations: Declarations, codelists: Codelists
) -> Iterator[Complaint]:
    if announcement.kind not in _NAMES:
        yield from _unknown("kind", announcement.kind, codelists["announcement_kind"])
        return
    needed, more = _NAMES[announcement.kind]
    given = {name for name in ("dataset", "subject", "replacement") if getattr(announcement, name) is not None}
    if not needed <= given <= needed | more:
        listed = ", ".join(sorted(needed)) or "none of dataset, subject, replacement"
        yield "kind", f"'{announcement.kind}' does not go with the names given.", f"Give {listed}."
    elif announcement.kind.startswith("dataset_"):
        yield from _wrong_dataset(announcement, declarations)
    elif announcement.kind.startswith("column_"):
        yield from _wrong_column(announcement, former, declarations)


def _wrong_dataset(announcement: Announcement, declarations: Declarations) -> Iterator[Complaint]:
    """Until a dataset is renamed its old name is known, from then on the new one; a removed one's name may be unknown."""
    subject, replacement = announcement.subject, announcement.replacement
    if announcement.dataset not in (subject, replacement):
        yield "dataset", "is neither the subject nor its replacement.", "Name the dataset that is announced."
    known = subject in declarations or replacement in declarations
    if replacement is not None and not known:
        yield "replacement", f"'{replacement}' is not known.", "Correct its name."


def _wrong_column(
    announcement: Announcement, former: set[str | None], declarations: Declarations
) -> Iterator[Complaint]:
    """Until a column is renamed its old name is known, from then on the new one; the same of one that is removed."""
    declaration = declarations.get(announcement.dataset or "")
    if declaration is None:
        if announcement.dataset not in former:
            yield "dataset", f"'{announcement.dataset}' is not known.", "Correct its name."
        return
    names = declaration.by_name
    if announcement.replacement is not None and not {announcement.subject, announcement.replacement} & set(names):
        message = f"'{announcement.replacement}' is not a column of '{announcement.dataset}'."
        yield "replacement", message, "Correct its name."


def _wrong_reply(place: str, reply: Reply, codelists: Codelists) -> Iterator[Complaint]:
    yield from _unknown(f"{place}.stop_factor", reply.stop_factor, codelists["stop_factor"])
    if reply.outcome is not None:
        yield from _unknown(f"{place}.outcome", reply.outcome, codelists["reply_outcome"])


def unknown_organisations(record: Record, codelists: Codelists) -> Iterator[Complaint]:
    """A complaint for each reply of an organisation that the extract's register does not have."""
    for reply in record.replies:
        yield from _unknown(f"{reply.id}.organisation", reply.organisation, codelists[ORGANISATION_CODELIST])


def _unknown(place: str, code: str, codelist: Codelist) -> Iterator[Complaint]:
    if code not in codelist.by_code:
        listed = ", ".join(codelist.by_code)
        remedy = "Correct it." if codelist.register else f"Use one of: {listed}."
        yield place, f"'{code}' is not a code of '{codelist.name}'.", remedy


def _repeated(record: Record) -> Iterator[Complaint]:
    lists = {
        "corrections": [each.id for each in record.corrections],
        "announcements": [each.id for each in record.announcements],
        "calendar": [f"{each.date} {each.period} {each.topic or ''}".strip() for each in record.calendar],
        "replies": [each.id for each in record.replies],
    }
    for name, ids in lists.items():
        for key in sorted(key for key, times in Counter(ids).items() if times > 1):
            yield name, f"'{key}' is there twice.", "Give each entry an id of its own, for ever."
