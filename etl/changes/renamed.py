"""The release before, and what is corrected, under the names that the new release has for datasets and columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from datasets.contract import status_column
from datasets.record import Announcement, Correction
from datasets.renaming import renamed_columns, renamed_datasets
from etl.changes.side import Dataset, Side, Succession


def under_new_names(succession: Succession, announcements: Iterable[Announcement]) -> Succession:
    """The succession as if what is announced to be renamed had had its new name in the release before.

    An announcement counts once the release before has the old name and the new release has the other one instead.
    """
    said = tuple(announcements)
    before, after = succession.before, succession.after
    former = renamed_datasets(said).counterparts(after.datasets, before.datasets)
    latter = {old: new for new, old in former.items()}
    datasets = {}
    for slug, dataset in before.datasets.items():
        name = latter.get(slug, slug)
        now = after.datasets.get(name)
        datasets[name] = _renamed(dataset, name, _columns(dataset, now, said) if now else {})
    return replace(
        succession,
        before=Side(datasets, before.codes),
        corrections=tuple(_corrected(each, after, said) for each in succession.corrections),
    )


def _columns(dataset: Dataset, now: Dataset, said: tuple[Announcement, ...]) -> dict[str, str]:
    """Old name -> new name of the dataset's columns."""
    renamed = renamed_columns(said, renamed_datasets(said).earlier(now.slug))
    found = renamed.counterparts(_names(now), _names(dataset))
    return {old: new for new, old in found.items()}


def _names(dataset: Dataset) -> tuple[str, ...]:
    return (*dataset.dimensions, *dataset.measures)


def _renamed(dataset: Dataset, slug: str, columns: Mapping[str, str]) -> Dataset:
    if not columns:
        return dataset if slug == dataset.slug else replace(dataset, slug=slug)

    def new(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(columns.get(name, name) for name in names)

    stored = {**columns, **{status_column(old): status_column(name) for old, name in columns.items()}}
    return replace(
        dataset,
        slug=slug,
        dimensions=new(dataset.dimensions),
        measures=new(dataset.measures),
        ratios={columns.get(name, name): new(parts) for name, parts in dataset.ratios.items()},
        rows={keys: {stored.get(name, name): row[name] for name in row} for keys, row in dataset.rows.items()},
    )


def _corrected(correction: Correction, after: Side, said: tuple[Announcement, ...]) -> Correction:
    """The correction under the names of the new release: it may have been written down before they came."""
    slug = renamed_datasets(said).find(correction.dataset, after.datasets) or correction.dataset
    dataset = after.datasets.get(slug)
    if dataset is None:
        return correction
    renamed, names = renamed_columns(said, renamed_datasets(said).earlier(slug)), _names(dataset)
    return replace(
        correction,
        dataset=slug,
        measure=correction.measure and (renamed.find(correction.measure, names) or correction.measure),
        where=tuple((renamed.find(name, names) or name, value) for name, value in correction.where),
    )
