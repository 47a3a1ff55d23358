"""Which dataset of one release is which of another one, and their columns, whatever they are called in either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from datasets.renaming import renamed_columns, renamed_datasets
from portal.catalogue import Dataset
from portal.record import Announcement
from portal.release import Release

Announcements = tuple[Announcement, ...]


@dataclass(frozen=True)
class Pair:
    """A dataset as the release to compare with has it (`old`) and as the other has it (`new`); one of them may be none.

    `columns` maps a name of a column of `new` to that of `old` where it is another one.
    """

    old: Dataset | None
    new: Dataset | None
    columns: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def either(self) -> Dataset:
        """The dataset as the newer name has it, or the only one."""
        known = self.new or self.old
        assert known is not None
        return known

    @property
    def slug(self) -> str:
        """Its name."""
        return self.either.slug

    def old_name(self, name: str) -> str:
        """The name in `old` of a column of `new`."""
        return self.columns.get(name, name)

    @cached_property
    def comparable(self) -> bool:
        """Whether keys of both can be the same: dimensions are known by their place."""
        return self.old is not None and self.new is not None and len(self.old.dimensions) == len(self.new.dimensions)


def pair_datasets(old: Release, new: Release, announcements: Announcements) -> tuple[Pair, ...]:
    """The datasets of both in the order of the catalogue, renamed ones side by side; those that `new` has not come last."""
    left, pairs = dict(old.catalogue.datasets), []
    former = renamed_datasets(announcements).counterparts(new.catalogue.datasets, old.catalogue.datasets)
    for slug, dataset in new.catalogue.datasets.items():
        before = left.pop(former.get(slug, slug), None)
        pairs.append(Pair(before, dataset, other_columns(before, dataset, announcements)))
    return (*pairs, *(Pair(dataset, None) for dataset in left.values()))


def other_columns(old: Dataset | None, new: Dataset, announcements: Announcements) -> dict[str, str]:
    """Name in `new` -> name in `old`, of the columns that have got another one."""
    if old is None:
        return {}
    # One of the two is the older one: what leads to it from the other has all names between them.
    datasets = renamed_datasets(announcements)
    slugs = {*datasets.earlier(old.slug), *datasets.earlier(new.slug)}
    return renamed_columns(announcements, slugs).counterparts(new.by_name, old.by_name)
