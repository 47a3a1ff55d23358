"""What is to be said of a release: what it has that the one before it had not, why, and what stays hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from datasets.contract import Status, status_column
from portal.catalogue import Dataset, Redaction
from portal.changes import ChangeCounts, Count
from portal.diff import Diff, Diffs
from portal.difference import Difference
from portal.record import Announcement, Correction, record_of
from portal.release import Release, ReleaseError
from portal.store import Listed, ReleaseStore


@dataclass(frozen=True)
class Hidden:
    """How many figures of a dataset are hidden to protect persons, ratios included; of these `totals` are published sums."""

    figures: int
    totals: int


@dataclass(frozen=True)
class ReleaseNotes:
    """A release against the one `before` it in the chain; without a `diff` that one cannot be read, or there is none.

    `counts` are the release's own; `periods` are those that a dataset had no figure of; corrections and announcements are
    those that the one before did not know; `largest` are material changes of figures that both show, by dataset.
    """

    release: Release
    before: Listed | None
    counts: tuple[Count, ...]
    diff: Diff | None = None
    new_datasets: tuple[Dataset, ...] = ()
    gone_datasets: tuple[Dataset, ...] = ()
    renamed_datasets: tuple[tuple[Dataset, Dataset], ...] = ()
    periods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    largest: Mapping[str, list[Difference]] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    announcements: tuple[Announcement, ...] = ()

    @property
    def figures(self) -> int:
        """How many figures are not as they were."""
        return sum(each.figures for each in self.counts)

    @property
    def datasets(self) -> int:
        """In how many datasets."""
        return len({each.dataset for each in self.counts})

    @property
    def redactions(self) -> tuple[Redaction, ...]:
        """The figures that were withdrawn from the release after its publication."""
        return self.release.redactions

    @cached_property
    def hidden(self) -> dict[str, Hidden]:
        """By protected dataset, what of it is hidden."""
        found = {each.slug: _count_hidden(self.release, each) for each in self.release.catalogue.protected}
        return {slug: each for slug, each in found.items() if each.figures}


def _count_hidden(release: Release, dataset: Dataset) -> Hidden:
    """Names in SQL are the catalogue's."""
    suppressed = " + ".join(f"([{status_column(each.name)}] = '{Status.SUPPRESSED}')" for each in dataset.measures)
    rows, totals = (
        int(release.rows(f"SELECT coalesce(sum({suppressed}), 0) AS figures FROM [{table}]")[0]["figures"])
        for table in (dataset.slug, dataset.totals)
    )
    return Hidden(rows + totals, totals)


def listed_before(store: ReleaseStore, release: Release) -> Listed | None:
    """The release before one in the chain."""
    chain = store.chain()
    before = next((place + 1 for place, each in enumerate(chain) if each.id == release.id), None)
    if before is None:
        return next((each for each in chain if each.id == release.previous), None)
    return chain[before] if before < len(chain) else None


def write_notes(release: Release, store: ReleaseStore, diffs: Diffs, changes: ChangeCounts) -> ReleaseNotes:
    """The notes of a release; raises BusyError if too many comparisons are asked for at once."""
    before, counts = listed_before(store, release), changes.of_release(release)
    if before is None:
        return ReleaseNotes(release, None, counts)
    try:
        older = store.get(before.id)
    except ReleaseError:
        return ReleaseNotes(release, before, counts)
    diff = diffs.between(older, release)
    pairs = diff.pairs.values()
    then, now = record_of(older), record_of(release)
    return ReleaseNotes(
        release=release,
        before=before,
        counts=counts,
        diff=diff,
        new_datasets=tuple(each.new for each in pairs if each.new and not each.old),
        gone_datasets=tuple(each.old for each in pairs if each.old and not each.new),
        renamed_datasets=tuple(
            (each.old, each.new) for each in pairs if each.old and each.new and each.old.slug != each.new.slug
        ),
        periods=diff.new_periods,
        largest=diff.largest,
        corrections=tuple(each for each in now.corrections if each.id not in {known.id for known in then.corrections}),
        announcements=tuple(
            each for each in now.announcements if each.id not in {known.id for known in then.announcements}
        ),
    )
