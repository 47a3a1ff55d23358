"""Which dataset of one release is which of another one, and their columns, whatever they are called in either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from portal.catalogue import Dataset
from portal.record import COLUMN_RENAMED, RENAMED, Announcement
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
    renamed = [each for each in announcements if each.kind == RENAMED]
    for slug, dataset in new.catalogue.datasets.items():
        other = other_name(slug, renamed, {*old.catalogue.datasets} - {*new.catalogue.datasets})
        before = left.pop(slug if slug in left else other or "", None)
        pairs.append(Pair(before, dataset, renamed_columns(before, dataset, announcements)))
    return (*pairs, *(Pair(dataset, None) for dataset in left.values()))


def renamed_columns(old: Dataset | None, new: Dataset, announcements: Announcements) -> dict[str, str]:
    """Name in `new` -> name in `old`, of the columns that have got another one."""
    if old is None:
        return {}
    slugs = (old.slug, new.slug)
    renamed = [each for each in announcements if each.kind == COLUMN_RENAMED and each.dataset in slugs]
    left = {*old.by_name} - {*new.by_name}
    others = {each.name: other_name(each.name, renamed, left) for each in new.columns if each.name not in old.by_name}
    return {name: other for name, other in others.items() if other}


def other_name(name: str, renamed: list[Announcement], known: set[str]) -> str | None:
    """The known name that renamings lead to from `name`, backwards or, where the older release is the new one, forwards."""
    pairs = [(str(each.subject), str(each.replacement)) for each in renamed]
    for steps in ({new: old for old, new in pairs}, dict(pairs)):
        here = name
        for _ in pairs:
            here = steps.get(here, here)
            if here in known:
                return here
    return None
