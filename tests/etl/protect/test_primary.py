"""Each rule on figures worked out by hand: just below its threshold, at it, and with every parameter changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.protect.primary import (
    Contributions,
    dominance,
    insiders,
    margin_above,
    minimum_contributors,
    minimum_frequency,
    p_percent,
    strictest,
)
from etl.protect.system import Need

AMOUNTS = st.lists(st.integers(0, 200), min_size=1, max_size=6)


def of(*amounts: int, waived: str = "") -> Contributions:
    """Contributions of a, b, c, …"""
    return Contributions(dict(zip("abcdefgh", amounts, strict=False)), waived=frozenset(waived))


@pytest.mark.parametrize(("count", "hidden"), [(0, False), (1, True), (4, True), (5, False), (6, False)])
def test_minimum_frequency(count: int, hidden: bool) -> None:
    assert (minimum_frequency(count, 5) is not None) == hidden


def test_each_parameter_of_the_minimum_frequency_is_in_its_need() -> None:
    assert minimum_frequency(4, 5) == Need(values=2)
    assert minimum_frequency(4, 4) is None
    assert minimum_frequency(4, 5, values=3) == Need(values=3)
    assert minimum_frequency(4, 5, upper=7) == Need(values=2, upper=7)
    assert minimum_frequency(0, 5, zeros_published=False) == Need(values=2)


def test_minimum_of_contributors_counts_those_who_contribute_something() -> None:
    assert minimum_contributors(of(7, 5, 0), 3) == Need(values=2)
    assert minimum_contributors(of(7, 5, 1), 3) is None
    assert minimum_contributors(of(7, 5, 1), 4) == Need(values=2)
    assert minimum_contributors(of(0, 0), 3) is None, "a nought tells of nobody"
    assert minimum_contributors(of(7, 5), 3, values=4) == Need(values=4)


def test_dominance() -> None:
    assert dominance(of(60, 25, 15), 2, 85) is None, "exactly 85 of 100"
    # 86 of 100; of 102 it would be 84.3 %, of 101 still 85.1 %.
    assert dominance(of(61, 25, 14), 2, 85) == Need(upper=102)
    assert dominance(of(80, 10, 10), 1, 75) == Need(upper=107)
    assert dominance(of(80, 10, 10), 1, 80) is None
    assert dominance(of(80, 10, 10), 2, 80) == Need(upper=113)


def test_p_percent() -> None:
    assert p_percent(of(50, 40, 4, 1), 10) is None, "the others give exactly 10 % of 50"
    # The second knows his 40, so the first has at most 94 - 40 = 54, which is 8 % too much; 95 would leave 10 %.
    assert p_percent(of(50, 40, 4), 10) == Need(upper=95)
    assert p_percent(of(50, 40, 4), 8) is None
    assert p_percent(of(50, 40, 4), 20) == Need(upper=100)
    assert p_percent(of(50), 10) == Need(upper=55), "everybody knows what a sole contributor has"


@given(AMOUNTS, st.integers(1, 3), st.integers(50, 99))
def test_dominance_asks_for_the_least_value_at_which_nobody_would_dominate(amounts: list[int], n: int, k: int) -> None:
    need = dominance(of(*amounts), n, k)
    top = sum(sorted(amounts)[-n:])
    assert (need is not None) == (100 * top > k * sum(amounts))
    if need is not None:
        assert need.upper is not None
        assert 100 * top <= k * need.upper
        assert 100 * top > k * (need.upper - 1)
        assert need.upper > sum(amounts)


@given(AMOUNTS, st.integers(1, 50))
def test_p_percent_asks_for_the_least_value_that_leaves_the_estimate_so_wrong(amounts: list[int], p: int) -> None:
    need = p_percent(of(*amounts), p)
    first, second = (*sorted(amounts, reverse=True), 0)[:2]
    too_high = sum(amounts) - second - first
    assert (need is not None) == (first > 0 and 100 * too_high < p * first)
    if need is not None:
        assert need.upper is not None
        assert 100 * (need.upper - second - first) >= p * first
        assert 100 * (need.upper - 1 - second - first) < p * first


def test_a_holding_is_one_contributor() -> None:
    three = of(40, 30, 30)
    assert minimum_contributors(three, 3) is None
    assert dominance(three, 1, 60) is None
    held = three.held({"b": "owner", "c": "owner"})
    assert held.largest == (("owner", 60), ("a", 40))
    assert minimum_contributors(held, 3) == Need(values=2)
    assert dominance(held, 1, 59) == Need(upper=102)


def test_a_holding_has_waived_only_if_all_of_it_has() -> None:
    owners = {"a": "owner", "b": "owner"}
    assert of(9, 9, 9, waived="a").held(owners).waived == frozenset()
    assert of(9, 9, 9, waived="ab").held(owners).waived == {"owner"}


def test_who_has_waived_is_not_hidden_for_his_own_sake() -> None:
    assert minimum_contributors(of(7, 5, waived="ab"), 3) is None
    assert minimum_contributors(of(7, 5, waived="a"), 3) is not None
    assert dominance(of(80, 10, 10, waived="a"), 1, 75) is None
    assert dominance(of(80, 10, 10, waived="a"), 2, 75) is not None
    # The second is at risk of the first: 12 - 1 = 11 is within 10 % of his 10.
    assert p_percent(of(50, 10, 0, waived="a"), 10) == Need(upper=61)
    assert p_percent(of(50, 10, 1, waived="a"), 10) is None
    assert p_percent(of(50, 10, waived="ab"), 10) is None


def test_what_is_known_anyway_protects_nobody() -> None:
    mixed = of(50, 40, 10)
    assert p_percent(mixed, 10) is None
    left = mixed.less({"c": 10, "a": 10})
    assert (left.total, left.known) == (80, 20)
    assert left.largest == (("a", 40), ("b", 40))
    # Of what is not known: 40 + 44, and the 20 that are.
    assert p_percent(left, 10) == Need(upper=104)
    assert dominance(left, 2, 85) == Need(upper=20 + 95)
    assert mixed.less({"a": 1000}).known == 50, "nobody knows more of it than there is"


def test_amounts_need_room_above() -> None:
    assert margin_above(1001, 10) == Need(values=2, upper=1102)
    assert margin_above(1001, 20, values=3) == Need(values=3, upper=1202)


def test_the_strictest_need_meets_all() -> None:
    assert strictest([None, None]) is None
    first = Need(values=2, upper=9, insiders=(frozenset("a"),))
    second = Need(values=4, lower=3, insiders=(frozenset("a"), frozenset("b")))
    assert strictest([first, None, second]) == Need(4, 9, 3, (frozenset("a"), frozenset("b")))
    assert strictest([Need(upper=9, lower=3), Need(upper=12, lower=1)]) == Need(upper=12, lower=1)


def test_insiders_know_all_that_they_fill_alone() -> None:
    found = insiders({"north": {"a"}, "south": {"a"}, "east": {"b"}, "west": {"a", "b"}, "empty": set()})
    both, one = frozenset({"north", "south"}), frozenset({"east"})
    assert found == {"north": (one,), "south": (one,), "east": (both,), "west": (both, one), "empty": (both, one)}


def test_a_loss_is_refused() -> None:
    with pytest.raises(ValueError, match="below nought"):
        of(5, -1)
