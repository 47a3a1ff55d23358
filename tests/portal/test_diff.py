"""The difference of two releases: what an independent comparison finds, with the reasons that the releases give."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from decimal import Decimal
from itertools import pairwise, permutations
from pathlib import Path

import pytest

from datasets.contract import DATA_FOLDER, DATABASE_FILE
from portal.diff import Diff, Diffs, Wanted
from portal.difference import Difference, Side
from portal.store import ReleaseStore
from tests.portal.history import STAGES, Key, differences, figures, in_order, publish_history
from tests.portal.manifests import restate
from tests.portal.recorded import unsigned_copy, write_rows

TEXT = {"kk": "м", "ru": "т", "en": "t"}
CASE = '["KZ-71","2026-03","state"]'


def _between(releases: Path, old: int, new: int) -> Diff:
    """The differences of the release of number `new` against that of number `old`, both from 1."""
    store, ids = ReleaseStore(releases), in_order(releases)
    return Diffs(store).between(store.get(ids[old - 1]), store.get(ids[new - 1]))


def _found(diff: Diff) -> dict[Key, Difference]:
    return {(each.dataset, each.measure, each.keys): each for each in diff.differences()}


def _kinds(diff: Diff) -> dict[Key, str]:
    return {key: each.kind for key, each in _found(diff).items()}


@pytest.mark.parametrize(("old", "new"), list(permutations(range(1, 6), 2)))
def test_every_pair_is_what_an_independent_comparison_finds(history_releases: Path, old: int, new: int) -> None:
    ids = in_order(history_releases)
    renamed = {"staff": "personnel"} if old < 4 <= new else {"personnel": "staff"} if new < 4 <= old else {}
    before, after = (figures(history_releases / ids[number - 1]) for number in (old, new))
    diff = _between(history_releases, old, new)
    assert _kinds(diff) == differences(before, after, renamed)
    back = {new: old for old, new in renamed.items()}
    for (slug, measure, keys), each in _found(diff).items():
        said = before.get((back.get(slug, slug), measure, keys)), after.get((slug, measure, keys))
        for side, expected in zip((each.old, each.new), said, strict=True):
            value = None if expected is None or expected[1] is None else Decimal(repr(expected[1]))
            assert side == (Side(expected[0], value) if expected else Side(None, None))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history as the build publishes it."""
    return publish_history(tmp_path_factory.mktemp("published"))


def test_neighbours_differ_as_the_later_one_says(published: Path) -> None:
    ids = in_order(published)
    for number, (_, release) in enumerate(pairwise(ids), start=1):
        with closing(sqlite3.connect(published / release / DATABASE_FILE)) as connection:
            rows = connection.execute("SELECT dataset, measure, keys_json, kind, reason, correction FROM meta_change")
            said = {(row[0], row[1], tuple(json.loads(row[2]))): row[3:] for row in rows}
        diff = _between(published, number, number + 1)
        found = {}
        for key, each in _found(diff).items():
            reasons = [(step.reason, step.correction) for step in each.reasons]
            found[key] = (each.kind, *reasons[0]) if len(reasons) == 1 else (each.kind, reasons)
        assert found == said
        assert said
        # A dataset under a new name is compared with what it was under the old one.
        for slug in STAGES[number].renamed.values():
            assert {each[0] for key, each in said.items() if key[0] == slug} == {"changed"}


def test_numbers_are_exact(history_releases: Path) -> None:
    found = _found(_between(history_releases, 2, 5))["personnel", "staff", ("KZ-71", "2026")]
    assert (found.old.value, found.new.value) == (Decimal("12.5"), Decimal("12.3"))
    assert (found.change, found.percent) == (Decimal("-0.2"), Decimal("-1.60"))
    shown = _found(_between(history_releases, 1, 2))["beds", "beds", ("KZ-75", "2026")]
    assert (shown.kind, shown.old, shown.new) == ("changed", Side("not_collected", None), Side("ok", Decimal(77)))
    assert (shown.change, shown.percent) == (None, None)


def test_figure_that_went_and_came_back_is_no_difference(history_releases: Path) -> None:
    assert ("beds", "beds", ("KZ-71", "2026")) not in _found(_between(history_releases, 1, 5))


def test_reasons_are_those_of_all_releases_between_in_their_order(history_releases: Path, tmp_path: Path) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    ids = in_order(releases)
    again = {
        "dataset": "beds",
        "measure": "beds",
        "keys_json": '["KZ-75", "2026"]',
        "kind": "changed",
        "reason": "method_change",
        "material": 0,
        "correction": "beds-of-astana",
    }
    write_rows(releases / ids[3], meta_change=[again])
    for old, new in ((1, 5), (5, 1)):
        diff = _between(releases, old, new)
        found = _found(diff)["beds", "beds", ("KZ-75", "2026")]
        assert [(each.sequence, each.release, each.reason, each.correction) for each in found.reasons] == [
            (2, ids[1], "source_correction", None),
            (4, ids[3], "method_change", "beds-of-astana"),
        ]
        assert found.material
        reasons = [each.reason for each in diff.counts if each.dataset == "beds"]
        assert sorted(map(str, reasons)) == ["method_change", "source_correction"]
        for reason in reasons:
            asked = Wanted(datasets=("beds",), reasons=(str(reason),))
            assert [each.keys for each in diff.differences(asked)] == [("KZ-75", "2026")]


def test_what_a_retired_release_changed_is_not_known(history_releases: Path, tmp_path: Path) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    ids = in_order(releases)
    _retire(releases / ids[1])
    diff = _between(releases, 1, 5)
    assert diff.unread == (ids[1],)
    found = _found(diff)
    assert found["cases", "cases", ("KZ-71", "2026-05", "private")].reasons == ()
    assert [each.reason for each in found["ambulances", "beds", ("KZ-71", "2026")].reasons] == ["new_data"]
    assert {each.reason for each in diff.counts if each.dataset == "cases"} == {None}
    assert _kinds(diff) == _kinds(_between(history_releases, 1, 5))


def _retire(folder: Path) -> None:
    shutil.rmtree(folder / DATA_FOLDER)
    (folder / DATABASE_FILE).unlink()
    said = {"release": folder.name, "at": "2026-08-01T00:00:00Z", "reason": TEXT}
    (folder / "retired.json").write_text(json.dumps(said), encoding="utf-8")


def test_number_that_the_later_release_hides_is_not_repeated(history_releases: Path, tmp_path: Path) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    ids = in_order(releases)
    hide = "UPDATE cases SET cases = NULL, cases_status = 'suppressed' WHERE json_array(region, period, ownership) = ?"
    with closing(sqlite3.connect(releases / ids[4] / DATABASE_FILE)) as connection:
        assert connection.execute(hide, (CASE,)).rowcount == 1
        connection.commit()
    restate(releases / ids[4], DATABASE_FILE)
    key = ("cases", "cases", tuple(json.loads(CASE)))
    hidden, shown = _found(_between(releases, 4, 5))[key], _found(_between(releases, 5, 4))[key]
    assert (hidden.kind, hidden.old, hidden.new) == ("hidden", Side("ok", None), Side("suppressed", None))
    assert (shown.kind, shown.old, shown.new) == ("shown", Side("suppressed", None), Side("ok", None))
    assert hidden.change is shown.change is None
    # Hidden at first and shown later: nothing is withheld.
    assert _found(_between(history_releases, 1, 2))[key].new.value == 41
    # Hidden in both, in whatever way, is no difference.
    with closing(sqlite3.connect(releases / ids[3] / DATABASE_FILE)) as connection:
        connection.execute(hide.replace("suppressed", "withdrawn"), (CASE,))
        connection.commit()
    restate(releases / ids[3], DATABASE_FILE)
    assert key not in _found(_between(releases, 4, 5))


def test_sums_over_time_are_left_out_and_others_are_there(history_releases: Path) -> None:
    found = [each for each in _found(_between(history_releases, 1, 2)).values() if each.summed]
    assert found
    assert all(each.keys[1] != "*" for each in found)
    alone = _between(history_releases, 1, 2).differences(Wanted(sums=False))
    assert len(alone) + len(found) == _between(history_releases, 1, 2).count()


def test_counts_pages_and_filters_are_of_the_same_differences(history_releases: Path) -> None:
    diff = _between(history_releases, 1, 3)
    everything = diff.differences()
    assert len(everything) == diff.count() == sum(each.figures for each in diff.counts) > 90
    pages = [each for offset in range(0, len(everything), 7) for each in diff.differences(limit=7, offset=offset)]
    assert pages == everything
    for count in diff.counts:
        wanted = Wanted((count.dataset,), (str(count.reason),), (count.kind,))
        members = diff.differences(wanted)
        assert len(members) == diff.count(wanted) == count.figures
        assert {(each.dataset, each.kind) for each in members} == {(count.dataset, count.kind)}
    assert [each.material for each in diff.differences(Wanted(material=True))] == [True, True]


def test_largest_changes_come_first(history_releases: Path) -> None:
    wanted = Wanted(datasets=("cases",), kinds=("changed",), sums=False)
    found = _between(history_releases, 1, 2).differences(wanted, largest=True)
    moved = [abs(each.percent) for each in found if each.percent is not None]
    assert len(moved) > 1
    assert moved == sorted(moved, reverse=True)


def test_comparison_is_kept_as_long_as_the_releases_stay(history_releases: Path, tmp_path: Path) -> None:
    releases = unsigned_copy(history_releases, tmp_path)
    store, ids = ReleaseStore(releases), in_order(releases)
    diffs = Diffs(store)

    def asked() -> Diff:
        return diffs.between(store.get(ids[0]), store.get(ids[4]))

    first = asked()
    assert asked() is first
    write_rows(releases / ids[1], meta_change=[])
    assert asked() is not first
    assert {each.reason for each in asked().counts if each.dataset == "cases"} == {None}


def test_release_differs_from_itself_in_nothing(history_releases: Path) -> None:
    diff = _between(history_releases, 3, 3)
    assert (diff.count(), diff.counts, diff.chain) == (0, (), ())
