"""Which changes are told."""

import pytest

from etl.changes import Succession, change_rows
from tests.etl.changes.sides import dataset, row, side

REGISTRY = {"computed": True}


def _material(before: int | str | None, after: int | str | None, **more: object) -> bool:
    """Of a figure in a month that both releases know."""
    other = row("KZ-75", "2026-03", beds=1)
    sides = [
        side(dataset(other, *([row("KZ-71", "2026-03", beds=value)] if value is not None else []), **own))
        for value, own in ((before, {**REGISTRY}), (after, {**REGISTRY, **more}))
    ]
    (change,) = change_rows(Succession(*sides))
    return bool(change["material"])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (1000, 1009, False),
        (1000, 991, False),
        (1000, 1010, True),
        (1000, 990, True),
        (-100, -101, True),
        (0, 1, True),
        (1, 0, True),
        (None, 5, True),
        (None, 0, False),
        (None, "suppressed", False),
        (5, None, True),
        (0, None, True),
        (5, "not_applicable", True),
        ("not_applicable", 0, True),
        (500, "suppressed", False),
        ("suppressed", 500, False),
        (500, "withdrawn", True),
    ],
)
def test_late_data(before: int | str | None, after: int | str | None, *, told: bool) -> None:
    assert _material(before, after) is told


def test_a_change_of_method_is_told_however_small() -> None:
    assert _material(1000, 1001, method=("otherwise",))


def test_new_numbers_are_told_and_new_gaps_are_not() -> None:
    after = dataset(row("KZ-71", "2026-03", beds=0, rooms="suppressed"))
    found = {each["measure"]: each["material"] for each in change_rows(Succession(side(), side(after)))}
    assert found == {"beds": 1, "rooms": 0}
