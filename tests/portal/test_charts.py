"""Charts: ticks are round, few, and there for every span of values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.charts import _ticks

figures = st.one_of(
    st.floats(min_value=1e-9, max_value=1e15),
    st.floats(min_value=-1e15, max_value=-1e-9),
    st.integers(min_value=-(10**15), max_value=10**15).map(float),
)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([], [0]),
        ([0.5], [0, 0.2, 0.4]),
        ([0.05], [0, 0.02, 0.04]),
        ([-0.3, 0.2], [-0.4, -0.2, 0, 0.2]),
        ([0.3], [0, 0.1, 0.2, 0.3]),
        ([1], [0, 0.25, 0.5, 0.75, 1]),
        ([999], [0, 250, 500, 750]),
        ([1000], [0, 250, 500, 750, 1000]),
        ([-7], [-8, -6, -4, -2, 0]),
    ],
)
def test_ticks_are_round(values: list[float], ticks: list[float]) -> None:
    assert _ticks(values) == ticks


@given(st.lists(figures, max_size=6))
def test_ticks_cover_every_span(values: list[float]) -> None:
    ticks = _ticks(values)
    low, high = min([0, *values]), max([0, *values])
    assert 1 <= len(ticks) <= 7
    assert ticks == sorted(set(ticks))
    assert 0 in ticks
    if high > low:
        step = ticks[1] - ticks[0]
        assert ticks[0] <= low + step * 1e-6
        assert high - step * 1.001 <= ticks[-1] <= high + step * 1e-6
