"""Elimination against the ranks of matrices of fractions."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from etl.protect.elimination import Elimination, parallel
from etl.protect.layout import Layout
from etl.protect.system import Cell, Need, State, System, Term

COEFFICIENTS = st.sampled_from([-2, -1, -1, 1, 1, 2])


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Up to nine cells, all nought, so that any equations hold; some in groups, some concealed, some with needs."""
    size = draw(st.integers(2, 9))
    cells = tuple(
        Cell(
            index,
            0,
            lower=0,
            sensitive=(secret := draw(st.integers(0, 3)) == 0),
            need=Need() if secret or draw(st.booleans()) else None,
            group=f"group {draw(st.integers(0, 2))}" if draw(st.integers(0, 3)) == 0 else "",
            weight=draw(st.integers(1, 5)),
            state=State.CONCEALED if draw(st.integers(0, 7)) == 0 else State.OPEN,
        )
        for index in range(size)
    )
    chosen = st.lists(st.tuples(st.integers(0, size - 1), COEFFICIENTS), min_size=1, max_size=5)
    equations = draw(st.lists(chosen, max_size=6))
    return Layout.of(System(cells, tuple(tuple(Term(*term) for term in equation) for equation in equations)))


def rank(rows: list[list[Fraction]]) -> int:
    left = [row[:] for row in rows]
    found = 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in left[found:] if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        left.insert(found, pivot)
        found += 1
        for row in left[found:]:
            factor = row[column] / pivot[column]
            row[:] = [a - factor * b for a, b in zip(row, pivot, strict=True)]
    return found


def derivable(layout: Layout, hidden: Collection[int]) -> set[int]:
    """Hidden positions whose unit vector is in the span of the equations, published cells being known."""
    positions = layout.hidden(hidden)
    rows = [[Fraction(dict(row).get(position, 0)) for position in positions] for row in layout.rows]
    units = {p: [Fraction(p == other) for other in positions] for p in positions}
    return {position for position in positions if rows and rank([*rows, units[position]]) == rank(rows)}


def needy(layout: Layout, positions: Collection[int]) -> set[int]:
    return {position for position in positions if layout.cells[position].need}


@settings(max_examples=300, deadline=None)
@given(layouts())
def test_no_needy_cell_is_in_the_span(layout: Layout) -> None:
    run = Elimination(layout, layout.sensitive)
    assert layout.sensitive <= run.hidden
    assert needy(layout, derivable(layout, run.hidden)) == run.bare


@settings(max_examples=300, deadline=None)
@given(layouts())
def test_a_group_is_hidden_only_if_the_decided_ones_require_it(layout: Layout) -> None:
    """Published with all heavier decisions as they are and all lighter groups hidden, it would give a secret away."""
    run = Elimination(layout, layout.sensitive)
    order = sorted(set(range(len(layout.groups))) - layout.sensitive, key=lambda g: (-layout.weights[g], g))
    for place, group in enumerate(order):
        before = set(layout.sensitive).union(g for g in order[:place] if g in run.hidden)
        secret = needy(layout, layout.hidden(before))
        after = {*before, *order[place + 1 :]}
        given_away = (derivable(layout, after) - derivable(layout, {*after, group})) & secret
        assert bool(given_away) == (group in run.hidden)


@settings(max_examples=200, deadline=None)
@given(layouts())
def test_parallel_cells_are_derived_from_each_other(layout: Layout) -> None:
    everything = range(len(layout.groups))
    classes = parallel(layout, everything)
    known = derivable(layout, everything)
    assert sorted(position for cells in classes for position in cells) == sorted(set(layout.hidden(everything)) - known)
    positions = layout.hidden(everything)
    rows = [[Fraction(dict(row).get(p, 0)) for p in positions] for row in layout.rows]
    placed = [(position, index) for index, cells in enumerate(classes) for position in cells]
    for one, of_one in placed:
        unit = [Fraction(one == p) for p in positions]
        for other, of_other in placed:
            both = [*rows, unit, [Fraction(other == p) for p in positions]]
            assert (rank(both) == rank([*rows, unit])) == (of_one == of_other)
