"""The names that releases have for one figure: announcements give other names to datasets and columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from datasets.renaming import Announced, renamed_columns, renamed_datasets
from etl.redaction.published import Keys, Published
from etl.redaction.request import Name

_Find = Callable[[str, Collection[str]], str | None]


@dataclass(frozen=True)
class Names:
    """A figure's `name`, its `dimensions` in the order of its keys, and what all releases announce, the newest first."""

    name: Name
    dimensions: tuple[str, ...]
    announcements: tuple[Announced, ...]

    def within(self, release: Published) -> Name:
        """The figure's name in a release: the given one if the release knows no other."""
        slug, measure, keys = self.name
        datasets = renamed_datasets(self.announcements)
        there = [each.slug for each in release.content.datasets]
        found = slug if slug in there else datasets.find(slug, there)
        if found is None:
            return self.name
        declaration = release.declaration(found)
        columns = renamed_columns(self.announcements, {slug, found, *datasets.names})
        own = columns.find(measure, declaration.by_name) or measure
        places = [self._place(column.name, columns.find) for column in declaration.dimensions]
        if sorted(places) != list(range(len(self.dimensions))):
            return self.name
        spelled: Keys = tuple(keys[place] for place in places)
        return found, own, spelled

    def _place(self, dimension: str, find: _Find) -> int:
        """The place of the given keys at which a release's dimension stands; -1 for none."""
        name = dimension if dimension in self.dimensions else find(dimension, self.dimensions)
        return self.dimensions.index(name) if name in self.dimensions else -1

    def is_earlier(self, other: Name) -> bool:
        """Whether another name of the figure is one that its own took the place of."""
        datasets = renamed_datasets(self.announcements)
        columns = renamed_columns(self.announcements, {self.name[0], *datasets.names})
        return other[0] in datasets.earlier(self.name[0])[1:] or other[1] in columns.earlier(self.name[1])[1:]


def names_in(name: Name, releases: Sequence[Published]) -> Names:
    """The names of a figure that the newest of `releases` with its dataset has under `name`; oldest release first."""
    newest = [each for each in releases if each.dataset(name[0])][-1]
    dimensions = tuple(column.name for column in newest.declaration(name[0]).dimensions)
    return Names(name, dimensions, tuple(_said(releases)))


def _said(releases: Sequence[Published]) -> Iterable[Announced]:
    for release in reversed(releases):
        yield from release.announcements
