"""The shades of a map: equal values in one shade, no shade without a region, and the legend says the same."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.pages.maps import CLASSES, shade_classes


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([], []),
        ([3], [[3]]),
        ([2, 1], [[1], [2]]),
        ([5, 5, 5], [[5, 5, 5]]),
        ([0, 0, 0, 0, 0, 0, 1], [[0, 0, 0, 0, 0, 0], [1]]),
        ([1, 2, 3, 4, 5, 6], [[1], [2], [3], [4], [5, 6]]),
    ],
)
def test_few_values_make_few_shades(values: list[float], classes: list[list[float]]) -> None:
    assert shade_classes(values) == classes


@given(st.lists(st.integers(-5, 5) | st.integers(), max_size=20))
def test_shades_part_the_values(values: list[float]) -> None:
    classes = shade_classes(values)
    assert list(itertools.chain.from_iterable(classes)) == sorted(values)
    assert all(classes)
    assert len(classes) <= CLASSES
    assert all(lower[-1] < upper[0] for lower, upper in itertools.pairwise(classes))
