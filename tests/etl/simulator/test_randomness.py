"""Draws, shares and pseudonyms are what they claim to be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.registry.contract import LARGEST_PSEUDONYM, SMALLEST_PSEUDONYM
from etl.simulator.randomness import Draw, Pseudonyms, apportion, scatter, share, stream
from etl.simulator.timeline import CALENDAR, day_of, month_of, months_later, written


@given(
    st.integers(0, 10**12),
    st.lists(st.floats(0.001, 1000), min_size=1, max_size=50),
)
def test_shares_add_up_to_the_total(total: int, weights: list[float]) -> None:
    shares = apportion(total, np.array(weights))
    assert shares.sum() == total
    assert (shares >= 0).all()
    assert np.abs(shares - total * np.array(weights) / sum(weights)).max() <= 1 + total * 1e-9


def test_everybody_gets_the_least() -> None:
    assert apportion(10, np.array([1000.0, 0.0, 0.0]), 2).tolist() == [6, 2, 2]


def test_members_are_drawn_by_weight() -> None:
    draw = Draw(np.array([0, 0, 0, 2, 2]), np.array([1.0, 2.0, 7.0, 3.0, 1.0]), 3)
    random = stream(1, "test")
    found = np.bincount(draw(np.zeros(200_000, dtype=np.int64), random.random(200_000)), minlength=5) / 200_000
    assert found == pytest.approx([0.1, 0.2, 0.7, 0, 0], abs=0.005)
    found = np.bincount(draw(np.full(200_000, 2), random.random(200_000)), minlength=5) / 200_000
    assert found == pytest.approx([0, 0, 0, 0.75, 0.25], abs=0.005)


def test_pseudonyms_are_large_different_and_keyed() -> None:
    index = np.arange(300_000)
    found = Pseudonyms(1, "person")(index)
    assert len(np.unique(found)) == len(index)
    assert found.min() >= SMALLEST_PSEUDONYM
    assert found.max() <= LARGEST_PSEUDONYM
    assert (found == Pseudonyms(1, "person")(index)).all()
    for other in (Pseudonyms(2, "person"), Pseudonyms(1, "policy")):
        assert not np.isin(other(index), found).any()
    # Neighbours are no nearer to each other than strangers: half of the bits differ.
    differing = np.bitwise_count(found[1:] ^ found[:-1])
    assert differing.mean() == pytest.approx(31.5, abs=0.3)


def test_attributes_are_even_and_independent() -> None:
    words = scatter(np.arange(200_000), 1, "basic")
    parts = np.array([share(words, part) for part in range(4)])
    assert parts.mean(axis=1) == pytest.approx([0.5] * 4, abs=0.005)
    assert np.abs(np.corrcoef(parts) - np.eye(4)).max() < 0.01


def test_streams_differ_by_name_only() -> None:
    assert stream(1, "a", 2).random() == stream(1, "a", 2).random()
    assert stream(1, "a", 2).random() != stream(1, "a2").random()
    assert stream(1, "a").random() != stream(2, "a").random()


def test_calendar() -> None:
    assert [month.name for month in CALENDAR][:2] == ["2026-03", "2026-04"]
    assert CALENDAR[-1].name == "2027-02"
    assert written(CALENDAR[0].first) == "2026-03-16"
    assert [written(month.last)[-2:] for month in CALENDAR[:3]] == ["31", "30", "31"]
    assert written(months_later(day_of("2026-12-31"), 2)) == "2027-02-28"
    assert written(months_later(day_of("2026-11-30"), 1)) == "2026-12-30"
    assert month_of(day_of("2027-03-01")) == 12
