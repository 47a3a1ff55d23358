"""Which name is which, by what was announced."""

from collections.abc import Collection

import pytest

from datasets.record import Announcement
from datasets.renaming import COLUMN_RENAMED, RENAMED, Renamings, renamed_columns, renamed_datasets

CHAIN = Renamings((("b", "c"), ("a", "b")))


def _told(kind: str, dataset: str, subject: str, replacement: str | None) -> Announcement:
    return Announcement(subject, "2026-01-01", "2026-01-01", kind, {}, dataset, subject, replacement)


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("a", "c", "c"),
        ("a", "bc", "b"),
        ("c", "a", "a"),
        ("b", "ac", "c"),
        ("a", "ac", None),
        ("a", "d", None),
        ("d", "abc", None),
    ],
)
def test_name_leads_to_the_nearest_known_one_forwards_first(name: str, known: str, found: str | None) -> None:
    assert CHAIN.find(name, set(known)) == found


def test_names_in_a_circle_end() -> None:
    circle = Renamings((("a", "b"), ("b", "a"), ("c", "c")))
    assert [circle.find(name, {"d"}) for name in "abc"] == [None] * 3
    assert (circle.earlier("a"), circle.earlier("c")) == (("a", "b"), ("c",))


def test_earlier_names_come_after_the_present_one() -> None:
    assert [CHAIN.earlier(name) for name in "cad"] == [("c", "b", "a"), ("a",), ("d",)]


@pytest.mark.parametrize(
    ("names", "others", "found"),
    [
        (["c", "x"], ["a", "x"], {"c": "a"}),
        (["a", "x"], ["c", "x"], {"a": "c"}),
        (["c"], ["a", "c"], {}),
        (["a", "c"], ["a"], {}),
        (["a"], ["a"], {}),
    ],
)
def test_counterparts_are_of_names_that_only_one_side_has(
    names: Collection[str], others: Collection[str], found: dict[str, str]
) -> None:
    assert CHAIN.counterparts(names, others) == found


def test_nothing_is_the_counterpart_of_two() -> None:
    assert Renamings((("a", "b"), ("a", "c"))).counterparts(["b", "c"], ["a"]) == {"b": "a"}


def test_announcements_of_other_kinds_and_datasets_give_no_names() -> None:
    told = (
        _told(RENAMED, "beds", "beds", "places"),
        _told("dataset_removed", "rooms", "rooms", "places"),
        _told(COLUMN_RENAMED, "beds", "old", "new"),
        _told(COLUMN_RENAMED, "rooms", "older", "newer"),
        _told("column_removed", "beds", "one", "two"),
    )
    assert renamed_datasets(told) == Renamings((("beds", "places"),))
    assert renamed_columns(told, {"beds", "places"}) == Renamings((("old", "new"),))
    assert renamed_columns(told, {"beds"}).of_statuses() == Renamings((("old_status", "new_status"),))
    assert renamed_datasets(told).names == {"beds", "places"}
