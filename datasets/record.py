"""The public record: corrections, announcements, days of publication, replies of medical organisations to blocks."""

from __future__ import annotations

from dataclasses import dataclass

from datasets.language import LanguageMap


@dataclass(frozen=True)
class Correction:
    """An error that was found in published figures.

    It is of those rows of `dataset` whose dimensions have the values `where`, and of one `measure` or, without, of all.
    `reason` is a code of `change_reason`, `found_by` of the code list of its name; `date` is when it was established.
    """

    id: str
    date: str
    dataset: str
    reason: str
    found_by: str
    text: LanguageMap
    measure: str | None = None
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Announcement:
    """A change of names, columns or format, told on `date`, in force from `effective`.

    `subject` is the old name of the dataset or column (of a column that is added, its name); `replacement` the name
    that takes its place. The release format has none of the three names.
    """

    id: str
    date: str
    effective: str
    kind: str
    text: LanguageMap
    dataset: str | None = None
    subject: str | None = None
    replacement: str | None = None


@dataclass(frozen=True)
class PlannedDay:
    """A day on which figures of `period` are to be published; of one `topic`, or of a whole release."""

    date: str
    period: str
    title: LanguageMap
    topic: str | None = None


@dataclass(frozen=True)
class Reply:
    """What a medical organisation said to a block of the month `period`.

    `disputed` if it says that the block is wrong; a dispute that was settled has `resolved` and `outcome`, a code of
    `reply_outcome`.
    """

    id: str
    organisation: str
    stop_factor: str
    period: str
    received: str
    disputed: bool
    text: LanguageMap
    resolved: str | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class Record:
    """The public record. The calendar begins with the earliest day, the other lists with the newest entry."""

    corrections: tuple[Correction, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    calendar: tuple[PlannedDay, ...] = ()
    replies: tuple[Reply, ...] = ()
