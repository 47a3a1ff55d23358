"""Deviations of whole numbers, against enumeration."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from etl.protect.layout import Layout
from etl.protect.moves import Moves
from etl.protect.reduction import Reduction
from etl.protect.system import Cell, System, Term
from etl.protect.witness import possible

FAR = 4


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Up to six cells with rooms of 0 to 3 and rows of up to four terms."""
    size = draw(st.integers(2, 6))
    cells = tuple(Cell(index, draw(st.integers(0, 3)), lower=0) for index in range(size))
    coefficient = st.sampled_from([-2, -1, -1, 1, 1, 2])
    equations = []
    for _ in range(draw(st.integers(0, 3))):
        chosen = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=4, unique=True))
        equations.append(tuple(Term(cell, draw(coefficient)) for cell in chosen))
    return Layout.of(System(cells, tuple(equations)))


def deviations(layout: Layout) -> list[dict[int, int]]:
    ranges = (range(-room, FAR + 1) for room in layout.room)
    found = ({cell: amount for cell, amount in enumerate(amounts) if amount} for amounts in product(*ranges))
    return [deviation for deviation in found if possible(layout, deviation)]


@settings(max_examples=100, deadline=None)
@given(layouts(), st.data())
def test_a_deviation_is_found_if_there_is_one(layout: Layout, data: st.DataObject) -> None:
    moves = Moves(layout, dict.fromkeys(range(len(layout.cells)), 1.0))
    every = deviations(layout)
    for _ in range(3):
        cell = data.draw(st.integers(0, len(layout.cells) - 1))
        amount = data.draw(st.sampled_from([-2, -1, 1, 2]))
        known = data.draw(st.frozensets(st.integers(0, len(layout.cells) - 1), max_size=2))
        fit = [d for d in every if d.get(cell, 0) / amount >= 1 and known.isdisjoint(d)]
        found = moves.reach(cell, amount, known)
        if found is None:
            assert not fit
        else:
            assert possible(layout, found)
            assert found[cell] / amount >= 1
            assert known.isdisjoint(found)


def test_what_is_shut_twice_is_opened_twice() -> None:
    layout = Layout.of(System((Cell("a", 1), Cell("b", 1)), ()))
    moves = Moves(layout, {0: 1.0, 1: 1.0})
    moves.shut([0])
    moves.shut([0])
    moves.open([0])
    assert moves.reach(0, 1) is None
    moves.open([0])
    assert moves.reach(0, 1) == {0: 1}


def test_the_cheaper_way_is_taken() -> None:
    layout = Layout(tuple(Cell(name, 9) for name in "abc"), (((0, 1), (1, 1), (2, 1)),), ())
    moves = Moves(layout, {0: 1.0, 1: 1.0, 2: 3.0})
    assert moves.reach(0, 1) == {0: 1, 1: -1}
    moves.price(2, 0.5)
    assert moves.reach(0, 1) == {0: 1, 2: -1}


def test_no_half_a_person() -> None:
    """a = 2b: a cannot rise by one, so it rises by two."""
    layout = Layout.of(System((Cell("a", 2), Cell("b", 1)), ((Term("a", 1), Term("b", -2)),)))
    assert Moves(layout, {0: 1.0, 1: 1.0}).reach(0, 1) == {0: 2, 1: 1}


def test_reduction_follows_chains_and_stops_dead_ends() -> None:
    """0 = 1 and 1 = -2 (by rows of two), then 3 is alone in its row: it cannot move."""
    found = Reduction(range(6), [((0, 1), (1, -1)), ((1, 1), (2, 1)), ((0, 1), (2, 1), (3, 4)), ((4, 1), (5, 2))])
    assert found.leader[3] is None
    (leader,) = {found.leader[cell][0] for cell in (0, 1, 2) if found.leader[cell]}  # type: ignore[index]
    assert {cell: sign * found.members[leader][0] for cell, sign in found.members[leader].items()} == {
        0: 1,
        1: 1,
        2: -1,
    }
    assert found.rows == [((4, 1), (5, 2))]
