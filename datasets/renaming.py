"""Names that announcements give to datasets and columns: which name of one release is which of another one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from datasets.contract import status_column

#: Kinds of announcement that give another name.
RENAMED = "dataset_renamed"
COLUMN_RENAMED = "column_renamed"


class Announced(Protocol):
    """An announcement, as its file or as a release has it."""

    @property
    def kind(self) -> str:
        """A code of `announcement_kind`."""

    @property
    def dataset(self) -> str | None:
        """The old or the new name of the dataset."""

    @property
    def subject(self) -> str | None:
        """The old name."""

    @property
    def replacement(self) -> str | None:
        """The new name."""


@dataclass(frozen=True)
class Renamings:
    """Old and new names in pairs; of two that contradict each other the first one counts."""

    pairs: tuple[tuple[str, str], ...]

    @property
    def names(self) -> frozenset[str]:
        """All names, old and new."""
        return frozenset(name for pair in self.pairs for name in pair)

    def find(self, name: str, known: Collection[str]) -> str | None:
        """The name among `known` that `name` leads to, forwards first, then backwards; nothing for a known one."""
        if name in known:
            return None
        for steps in (dict(reversed(self.pairs)), {new: old for old, new in reversed(self.pairs)}):
            seen, here = {name}, name
            while here in steps and steps[here] not in seen:
                here = steps[here]
                seen.add(here)
                if here in known:
                    return here
        return None

    def earlier(self, name: str) -> tuple[str, ...]:
        """The name and what it took the place of, and so on."""
        names = [name]
        for new in names:
            names += [old for old, replacement in self.pairs if replacement == new and old not in names]
        return tuple(names)

    def counterparts(self, names: Collection[str], others: Collection[str]) -> dict[str, str]:
        """Name -> what is among `others` instead, of those names that are not; none of the others is given twice."""
        found: dict[str, str] = {}
        left = set(others) - set(names)
        for name in names:
            other = None if name in others else self.find(name, left)
            if other is not None:
                found[name] = other
                left.remove(other)
        return found

    def of_statuses(self) -> Renamings:
        """The same of the columns with the statuses of these columns."""
        return Renamings(tuple((status_column(old), status_column(new)) for old, new in self.pairs))


def renamed_datasets(announcements: Iterable[Announced]) -> Renamings:
    """The names of datasets that are announced."""
    return _renamings(each for each in announcements if each.kind == RENAMED)


def renamed_columns(announcements: Iterable[Announced], slugs: Collection[str | None]) -> Renamings:
    """The names of columns that are announced of a dataset, under whichever of its names."""
    return _renamings(each for each in announcements if each.kind == COLUMN_RENAMED and each.dataset in slugs)


def _renamings(chosen: Iterable[Announced]) -> Renamings:
    return Renamings(tuple((each.subject, each.replacement) for each in chosen if each.subject and each.replacement))
