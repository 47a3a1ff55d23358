"""Names that a release does not have any more, or not yet: where what they meant is found now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from datasets.contract import BULK_FORMATS, status_column
from datasets.renaming import COLUMN_RENAMED, RENAMED, Renamings, renamed_columns, renamed_datasets
from portal.catalogue import Catalogue, Dataset
from portal.chronicle import chronicle
from portal.current import current_release
from portal.record import COLUMN_ADDED, COLUMN_REMOVED, FORMAT, REMOVED, Announcement, join, record_of
from portal.release import Release


@dataclass(frozen=True)
class Names:
    """The names of a release's catalogue, and what announcements say of those that it does not have.

    A name is looked for forwards, as a thing gets a new name, and backwards, as an older release may be shown again.
    """

    catalogue: Catalogue
    announcements: tuple[Announcement, ...]
    #: When the release was published, or its data end; ISO 8601.
    day: str

    def dataset(self, slug: str) -> str | None:
        """What the dataset of this name is called in this release; nothing if nothing was announced of it."""
        return self._renamed.find(slug, self.catalogue.datasets)

    def former(self, slug: str) -> frozenset[str]:
        """The other names by which this dataset is announced to have gone, or to go."""
        return frozenset(name for name in self._renamed.names if name != slug and self.present(name) == slug)

    def column(self, dataset: Dataset, name: str) -> str | None:
        """What the column of this name is called in this release, be it the column of a figure's status."""
        renamed = renamed_columns(self.announcements, {dataset.slug, *self.former(dataset.slug)})
        statuses = [status_column(each.name) for each in dataset.measures]
        return renamed.find(name, dataset.by_name) or renamed.of_statuses().find(name, statuses)

    def renamed_columns(self, dataset: Dataset, names: Iterable[str]) -> tuple[Announcement, ...]:
        """What was announced of those columns that have another name now."""
        wanted = set(names)
        return tuple(each for each in self._about(dataset.slug, COLUMN_RENAMED) if each.subject in wanted)

    def file(self, name: str) -> str | None:
        """What the dataset's file of this name is called in this release, in the same format and language."""
        for old in self._renamed.names:
            new = self.dataset(old)
            for kind in BULK_FORMATS if new else ():
                for language, old_name in kind.files(old):
                    if old_name == name:
                        return kind.file_name(str(new), language)
        return None

    def removed(self, slug: str) -> Announcement | None:
        """What was announced of a dataset that is not published any more."""
        if slug in self.catalogue.datasets:
            return None
        return next((each for each in self._of_kind(REMOVED) if slug in (each.dataset, each.subject)), None)

    def removed_file(self, name: str) -> Announcement | None:
        """What was announced of the dataset whose file had this name."""
        for each in self._of_kind(REMOVED):
            slug = each.subject or each.dataset or ""
            if slug not in self.catalogue.datasets:
                names = {file for kind in BULK_FORMATS for _, file in kind.files(slug)}
                if name in names:
                    return each
        return None

    def removed_column(self, dataset: Dataset, name: str) -> Announcement | None:
        """What was announced of a column that is not published any more."""
        if name in dataset.by_name:
            return None
        return next((each for each in self._about(dataset.slug, COLUMN_REMOVED) if each.subject == name), None)

    def notices(self, slug: str) -> tuple[Announcement, ...]:
        """What was announced of a dataset, under each of its names, and of the format of all."""
        return tuple(each for each in self.announcements if each.kind == FORMAT or self._is(each, slug))

    def pending(self, slug: str) -> tuple[Announcement, ...]:
        """Those of the notices by which a name is to go that this release still has."""
        going = (RENAMED, REMOVED, COLUMN_RENAMED, COLUMN_REMOVED)
        return tuple(each for each in self.notices(slug) if each.kind in going and self.is_pending(each))

    def is_pending(self, announcement: Announcement) -> bool:
        """Whether it has not happened in this release: a name is still there that is to go, or not yet that is to come."""
        dataset = self.catalogue.datasets.get(self.present(announcement.dataset or ""))
        columns = dataset.by_name if dataset else {}
        if announcement.kind in (RENAMED, REMOVED):
            return (announcement.subject or announcement.dataset) in self.catalogue.datasets
        if announcement.kind in (COLUMN_RENAMED, COLUMN_REMOVED):
            return announcement.subject in columns
        if announcement.kind == COLUMN_ADDED and announcement.subject:
            return announcement.subject not in columns
        return announcement.effective > self.day

    def present(self, slug: str) -> str:
        """What a dataset is called in this release; a name that leads nowhere stays as it is."""
        return slug if slug in self.catalogue.datasets else self.dataset(slug) or slug

    def _is(self, announcement: Announcement, slug: str) -> bool:
        names = {announcement.dataset, announcement.subject, announcement.replacement}
        if announcement.kind != RENAMED:
            names = {announcement.dataset}
        return slug in names | {self.present(name) for name in names if name}

    def _of_kind(self, kind: str) -> Iterator[Announcement]:
        return (each for each in self.announcements if each.kind == kind)

    def _about(self, slug: str, kind: str) -> Iterator[Announcement]:
        return (each for each in self._of_kind(kind) if self._is(each, slug))

    @cached_property
    def _renamed(self) -> Renamings:
        return renamed_datasets(self.announcements)


def names_of(release: Release) -> Names:
    """The names of a release, with what it says itself of those that it is to lose or has lost."""
    return Names(release.catalogue, record_of(release).announcements, (release.published or release.data_through)[:10])


def every_name() -> Names:
    """Those of this request's release, with what the newest says besides: an older one knows of no later announcements."""
    names = names_of(current_release())
    newest = chronicle().newest()
    told = record_of(newest).announcements if newest else ()
    return replace(names, announcements=join(told, names.announcements))
