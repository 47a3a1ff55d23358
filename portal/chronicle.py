"""What each release of the chain has changed.

A release is opened for this only once: what was found is kept as long as its files and those of the release before it
stay as they are.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from datasets.contract import MANIFEST_FILE, ORGANISATION_CODELIST
from portal.catalogue import Redaction
from portal.record import Record, record_of
from portal.release import Release, ReleaseError
from portal.store import Listed, ReleaseStore
from portal.tally import Subject, Tallies, Tally, find_places, tally_changes

#: Steps that are told of: the newest ones.
MOST_STEPS = 50


@dataclass(frozen=True)
class Step:
    """A release of the chain beside the one before it.

    `tallies` are its changes added up; `titles` are those of its datasets, `places` say where in their keys codes stand that
    can be followed, `clinics` are the codes of its clinics; `reaches` has the last period of each topic. A release that
    cannot be opened has none of them.
    """

    listed: Listed
    previous: str | None
    record: Record = field(default_factory=Record)
    redactions: tuple[Redaction, ...] = ()
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    clinics: frozenset[str] = frozenset()
    reaches: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    tallies: Tallies = field(default_factory=Tallies)

    @property
    def material(self) -> Mapping[Subject, Tally]:
        """The material changes by subject."""
        return self.tallies.material

    @property
    def corrected(self) -> Mapping[str, Tally]:
        """The changes that a correction explains, by its id."""
        return self.tallies.corrected

    @property
    def id(self) -> str:
        """The id of the release."""
        return self.listed.id

    @property
    def instant(self) -> str:
        """When it was published, as UTC; of a release without a signature the day of its data, as nothing else is known."""
        return self.listed.published or f"{self.listed.data_through}T00:00:00Z"

    @property
    def day(self) -> str:
        """The day of `instant`."""
        return self.instant[:10]

    def corrects(self, correction: str) -> bool:
        """Whether its record has the correction of this id."""
        return any(each.id == correction for each in self.record.corrections)


class Chronicle:
    """The steps of a store's chain."""

    def __init__(self, store: ReleaseStore) -> None:
        self._store = store
        self._steps: dict[str, tuple[object, Step]] = {}
        self._lock = threading.Lock()

    def steps(self) -> tuple[Step, ...]:
        """The newest steps, newest first."""
        chain = self._store.chain()
        pairs = list(zip(chain, [*chain[1:], None], strict=True))[:MOST_STEPS]
        with self._lock:
            steps = tuple(self._step(listed, before) for listed, before in pairs)
            self._steps = {step.id: self._steps[step.id] for step in steps}
        return steps

    def newest(self) -> Release | None:
        """The newest release that is whole, which need not be the current one; nothing if none is."""
        return next((release for each in self._store.chain() if (release := self._open(each))), None)

    def has_redactions(self) -> bool:
        """Whether figures were withdrawn from any release, as far as the manifests say."""
        return any(self._is_redacted(each) for each in self._store.chain())

    def before(self, release_id: str) -> tuple[Step, ...]:
        """The steps before this release, newest first; none if it is not in the chain."""
        steps = self.steps()
        place = next((place for place, step in enumerate(steps) if step.id == release_id), len(steps))
        return steps[place + 1 :]

    def state(self) -> str:
        """What the steps depend on: another text as soon as a release of the chain is new, gone or rewritten."""
        return repr([(each, self._stamp(each)) for each in self._store.chain()])

    def _step(self, listed: Listed, before: Listed | None) -> Step:
        stamps = listed, self._stamp(listed), before, before and self._stamp(before)
        known, step = self._steps.get(listed.id, (None, None))
        if step is None or known != stamps:
            step = self._read(listed, before)
            self._steps[listed.id] = stamps, step
        return step

    def _stamp(self, listed: Listed) -> int:
        try:
            return (self._store.folder / listed.id / MANIFEST_FILE).stat().st_mtime_ns
        except OSError:
            return 0

    def _is_redacted(self, listed: Listed) -> bool:
        try:
            return "redactions" in self._store.edition(listed.id).manifest
        except ReleaseError:
            return False

    def _read(self, listed: Listed, before: Listed | None) -> Step:
        release, previous = self._open(listed), self._open(before)
        name = before.id if before else None
        return _read_step(listed, name, release, previous) if release else Step(listed, name)

    def _open(self, listed: Listed | None) -> Release | None:
        if listed is None or listed.state != "whole":
            return None
        try:
            return self._store.get(listed.id)
        except ReleaseError:
            return None


def chronicle() -> Chronicle:
    """The chronicle of the running application's store."""
    return cast(Chronicle, current_app.extensions["chronicle"])


def _read_step(listed: Listed, name: str | None, release: Release, previous: Release | None) -> Step:
    reaches: dict[str, str] = {}
    for dataset in release.catalogue.datasets.values():
        end = str(dataset.about["period_to"] or "").rsplit("/", 1)[-1]
        reaches[dataset.topic] = max(reaches.get(dataset.topic, ""), end)
    return Step(
        listed=listed,
        previous=name,
        record=record_of(release),
        redactions=release.redactions,
        titles={slug: dataset.title for slug, dataset in release.catalogue.datasets.items()},
        clinics=frozenset(
            release.catalogue.codelists[ORGANISATION_CODELIST].codes if release.catalogue.register else ()
        ),
        reaches=reaches,
        places=find_places(release, previous),
        tallies=tally_changes(release, previous),
    )
