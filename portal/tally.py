"""Changes between two releases added up, for each subject that a reader may follow."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from datasets.contract import ORGANISATION_CODELIST, REGION_CODELIST, Change, Reason
from portal.moves import Move, read_moves
from portal.record import read_changes
from portal.release import Release

STOP_FACTOR_CODELIST = "stop_factor"
#: Code lists whose codes can be followed: a figure is about a code that stands in its key.
FOLLOWED = (REGION_CODELIST, ORGANISATION_CODELIST, STOP_FACTOR_CODELIST)

#: Reasons that put right what was published.
CORRECTING = (Reason.SOURCE_CORRECTION, Reason.OUR_ERROR, Reason.METHOD_CHANGE, Reason.RECLASSIFICATION)


@dataclass(frozen=True)
class Subject:
    """What can be followed: a dataset, or a code of a code list; `kind` is `dataset` or the code list."""

    kind: str
    code: str


#: A release as a whole.
EVERYTHING = Subject("release", "")


@dataclass(frozen=True)
class Tally:
    """Changes added up: how many by reason and in which datasets, the most first, and the figure that moved most."""

    reasons: Mapping[str, int]
    datasets: tuple[str, ...]
    largest: Move | None

    @property
    def figures(self) -> int:
        """How many figures."""
        return sum(self.reasons.values())


@dataclass(frozen=True)
class Tallies:
    """The sums of one release.

    `material` has the changes that are large enough to be told, by subject; `corrected` all that a correction explains, by
    its id; `unlogged` those that put something right, by reason, with no correction that says so.
    """

    material: Mapping[Subject, Tally] = field(default_factory=dict)
    corrected: Mapping[str, Tally] = field(default_factory=dict)
    unlogged: Mapping[str, Tally] = field(default_factory=dict)


@dataclass
class _Sum:
    """A tally in the making."""

    reasons: Counter[str] = field(default_factory=Counter)
    datasets: Counter[str] = field(default_factory=Counter)
    largest: Move | None = None

    def count(self, dataset: str, reason: str, figures: int) -> None:
        self.reasons[reason] += figures
        self.datasets[dataset] += figures

    def compare(self, move: Move) -> None:
        if self.largest is None or _rank(move) > _rank(self.largest):
            self.largest = move

    def tally(self) -> Tally:
        reasons, datasets = self.reasons.most_common(), self.datasets.most_common()
        return Tally(dict(reasons), tuple(slug for slug, _ in datasets), self.largest)


def _rank(move: Move) -> float:
    """How far it moved against what it was; against nought nothing can be measured."""
    return -1 if move.share is None else move.share


@dataclass
class _Sums:
    """The sums of a release in the making."""

    material: defaultdict[Subject, _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    corrected: defaultdict[str, _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    unlogged: defaultdict[str, _Sum] = field(default_factory=lambda: defaultdict(_Sum))

    def tallies(self) -> Tallies:
        return Tallies(
            {key: each.tally() for key, each in self.material.items()},
            {key: each.tally() for key, each in self.corrected.items()},
            {key: each.tally() for key, each in self.unlogged.items()},
        )


def tally_changes(release: Release, previous: Release | None) -> Tallies:
    """The changes of a release added up."""
    sums, places = _Sums(), find_places(release, previous)
    subjects = sums.material
    for row in release.rows(_COUNTS.format(condition="material")):
        for subject in (EVERYTHING, Subject("dataset", row["dataset"])):
            subjects[subject].count(row["dataset"], row["reason"], row["figures"])
    for place in {place for found in places.values() for place in found}:
        for row in release.rows(_COUNTS_AT.format(place=place)):
            if codelist := places.get(row["dataset"], {}).get(place):
                subjects[Subject(codelist, row["code"])].count(row["dataset"], row["reason"], row["figures"])
    for row in release.rows(_COUNTS.format(condition="correction IS NOT NULL")):
        sums.corrected[row["correction"]].count(row["dataset"], row["reason"], row["figures"])
    for row in release.rows(_COUNTS.format(condition=_UNLOGGED)):
        sums.unlogged[row["reason"]].count(row["dataset"], row["reason"], row["figures"])
    _compare(sums, places, release, previous)
    return sums.tallies()


_UNLOGGED = f"correction IS NULL AND reason IN ({', '.join(repr(str(each)) for each in CORRECTING)})"


#: The database counts: of a large release there are hundreds of thousands of changes.
_COUNTS = (
    "SELECT dataset, reason, correction, count(*) AS figures FROM meta_change WHERE {condition} GROUP BY 1, 2, 3"
    " ORDER BY min(position)"
)
_COUNTS_AT = (
    "SELECT dataset, reason, CAST(json_extract(keys_json, '$[{place}]') AS TEXT) AS code, count(*) AS figures FROM meta_change"
    " WHERE material GROUP BY 1, 2, 3 ORDER BY min(position)"
)


def _compare(
    sums: _Sums,
    places: dict[str, dict[int, str]],
    release: Release,
    previous: Release | None,
) -> None:
    """Find the figure that moved most, for each sum."""
    condition = f"kind = ? AND (material OR correction IS NOT NULL OR {_UNLOGGED})"
    changes = list(read_changes(release, condition, (str(Change.CHANGED),)))
    moves = read_moves(changes, release, previous) if previous else {}
    for change in changes:
        move = moves.get(change.figure)
        if move is None:
            continue
        if change.correction:
            sums.corrected[change.correction].compare(move)
        elif change.reason in CORRECTING:
            sums.unlogged[change.reason].compare(move)
        if change.material:
            found = places.get(change.dataset, {})
            about = [Subject(codelist, change.keys[place]) for place, codelist in found.items()]
            for subject in (EVERYTHING, Subject("dataset", change.dataset), *about):
                sums.material[subject].compare(move)


def find_places(release: Release, previous: Release | None) -> dict[str, dict[int, str]]:
    """Where in the keys of each dataset the codes stand that can be followed: place -> code list."""
    datasets = {**(previous.catalogue.datasets if previous else {}), **release.catalogue.datasets}
    return {
        slug: {
            place: column.codelist
            for place, column in enumerate(dataset.dimensions)
            if column.codelist in FOLLOWED and column.codelist
        }
        for slug, dataset in datasets.items()
    }
