"""A dataset or column under another name is compared with what it was, where that was announced."""

import pytest

from datasets.contract import Change, Reason
from datasets.record import Announcement, Correction
from datasets.renaming import COLUMN_RENAMED, RENAMED
from etl.changes import Dataset, Side, Succession, change_rows, under_new_names
from tests.etl.changes.sides import dataset, row, side

TEXT = {"kk": "Мәтін", "ru": "Текст", "en": "Text"}
OLD = dataset(row("KZ-71", "2026-03", beds=100), row("KZ-75", "2026-03", beds="suppressed"))
DATASET = Announcement("a", "2026-01-01", "2026-06-01", RENAMED, TEXT, "visits", "visits", "places")
COLUMN = Announcement("b", "2026-01-01", "2026-06-01", COLUMN_RENAMED, TEXT, "visits", "beds", "bunks")
WRONG = Correction("wrong", "2026-05-01", "visits", "our_error", "reader", TEXT, "beds", (("region", "KZ-71"),))


def _changes(before: Side, after: Side, *said: Announcement, **more: object) -> list[tuple[str, ...]]:
    found = change_rows(under_new_names(Succession(before, after, **more), said))
    names = ("dataset", "measure", "keys_json", "kind", "reason", "correction")
    return [tuple(each[name] for name in names) for each in found]


def _now(slug: str = "places", measure: str = "bunks", value: int = 100, **more: object) -> Dataset:
    rows = (row("KZ-71", "2026-03", **{measure: value}), row("KZ-75", "2026-03", **{measure: "suppressed"}))
    return dataset(*rows, slug=slug, **more)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (_now(measure="beds"), [DATASET]),
        (_now(slug="visits"), [COLUMN]),
        (_now(), [DATASET, COLUMN]),
        (_now(slug="rooms"), [Announcement("c", "", "", RENAMED, TEXT, "rooms", "places", "rooms"), DATASET, COLUMN]),
    ],
)
def test_another_name_alone_is_no_change(now: Dataset, said: list[Announcement]) -> None:
    assert _changes(side(OLD), side(now), *said) == []
    assert _changes(side(OLD), side(now)) != []


def test_what_did_change_is_told_under_the_new_names() -> None:
    figure = ("places", "bunks", '["KZ-71", "2026-03"]', Change.CHANGED)
    said = (DATASET, COLUMN)
    assert _changes(side(OLD), side(_now(value=90)), *said) == [(*figure, Reason.OUR_ERROR, None)]
    other = _now(value=90, source=("new.pdf", "2026-02-01"))
    assert _changes(side(OLD), side(other), *said) == [(*figure, Reason.SOURCE_CORRECTION, None)]
    found = _changes(side(OLD), side(_now(value=90)), *said, corrections=(WRONG,))
    assert found == [(*figure, Reason.OUR_ERROR, "wrong")]


def test_a_row_that_comes_or_goes_is_of_the_dataset_under_its_new_name() -> None:
    fewer = dataset(row("KZ-75", "2026-03", bunks="suppressed"), row("KZ-75", "2026-04", bunks=7), slug="places")
    assert _changes(side(OLD), side(fewer), DATASET, COLUMN) == [
        ("places", "bunks", '["KZ-75", "2026-04"]', Change.ADDED, Reason.NEW_DATA, None),
        ("places", "bunks", '["KZ-71", "2026-03"]', Change.REMOVED, Reason.OUR_ERROR, None),
    ]


def test_a_dimension_under_another_name_is_the_same_one() -> None:
    said = Announcement("d", "", "", COLUMN_RENAMED, TEXT, "visits", "region", "place")
    now = dataset(
        {**row("", "2026-03", beds=90), "place": "KZ-71"},
        {**row("", "2026-03", beds="suppressed"), "place": "KZ-75"},
        dimensions=("place", "period"),
    )
    figure = ("visits", "beds", '["KZ-71", "2026-03"]', Change.CHANGED)
    assert _changes(side(OLD), side(now), said) == [(*figure, Reason.OUR_ERROR, None)]
    assert _changes(side(OLD), side(now), said, corrections=(WRONG,)) == [(*figure, Reason.OUR_ERROR, "wrong")]


def test_parts_of_a_ratio_have_their_new_names() -> None:
    values = {"beds": 4, "rooms": 2}
    before = dataset(row("KZ-71", "2026-03", **values, mean=2), ratios={"mean": ("beds", "rooms")})
    after = dataset(row("KZ-71", "2026-03", bunks=4, rooms=2, mean=3), ratios={"mean": ("bunks", "rooms")})
    found = _changes(side(before), side(after), COLUMN, corrections=(WRONG,))
    assert [each[1:4:2] + each[5:] for each in found] == [("mean", Change.CHANGED, "wrong")]


def test_what_is_only_announced_is_still_compared_under_its_name() -> None:
    changed = dataset(row("KZ-71", "2026-03", beds=90), row("KZ-75", "2026-03", beds="suppressed"))
    for said in ((), (DATASET, COLUMN)):
        found = _changes(side(OLD), side(changed), *said, corrections=(WRONG,))
        assert [(each[0], each[1], each[3], each[5]) for each in found] == [("visits", "beds", Change.CHANGED, "wrong")]


def test_a_dataset_of_the_new_name_that_was_there_before_is_another_one() -> None:
    places = dataset(row("KZ-71", "2026-03", beds=5), slug="places")
    found = _changes(side(OLD, places), side(places), DATASET)
    assert {(each[0], each[3]) for each in found} == {("visits", Change.REMOVED)}
