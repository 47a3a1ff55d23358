"""Propagation narrows bounds by one constraint after another, and components are what it leaves tied together."""

import pytest

from etl.audit.components import components
from etl.audit.derivation import Bounds, check
from etl.audit.propagation import Box, ContradictionError, propagate
from etl.audit.statement import Constraint, Statement, Unknown
from tests.etl.audit.small import equation, unknowns


def propagated(statement: Statement) -> Box:
    box = Box(Bounds.of(statement))
    propagate(box)
    checked = Bounds.of(statement)
    assert list(check(box.nodes, checked)) == []
    assert (checked.lower, checked.upper) == (box.lower, box.upper)
    return box


def test_figure_under_two_names_has_one_interval() -> None:
    box = propagated(Statement((Unknown("a", 2, 30), Unknown("b", 0, 9)), (equation("a - b = 0"),)))
    assert (box.lower, box.upper) == ([2, 2], [9, 9])


def test_doubled_constraint_changes_nothing() -> None:
    once = propagated(Statement(unknowns("abc"), (equation("a + 2b + c = 9"),)))
    twice = propagated(Statement(unknowns("abc"), (equation("a + 2b + c = 9"), equation("2a + 4b + 2c = 18"))))
    assert (once.lower, once.upper) == (twice.lower, twice.upper) == ([1, 1, 1], [6, 3, 6])


def test_chain_of_totals_falls_one_by_one() -> None:
    equations = (equation("a + b - c = 0"), equation("c + d - e = 0"), equation("e = 4"), equation("d = 2"))
    box = propagated(Statement(unknowns("abcde"), equations))
    assert box.lower == box.upper == [1, 1, 2, 2, 4]


def test_ranges_are_rounded_inward() -> None:
    ranges = (Constraint((("a", 3),), 4, 10, "x"), Constraint((("b", -3),), -10, -4, "y"))
    box = propagated(Statement(unknowns("ab", -9), ranges))
    assert (box.lower, box.upper) == ([2, 2], [3, 3])


def test_endless_unknown_is_bounded_only_where_all_others_are() -> None:
    box = propagated(Statement(unknowns("abc"), (equation("a - b = 2"), equation("a + c = 9"))))
    assert (box.lower, box.upper) == ([3, 1, 1], [8, 6, 6])
    free = propagated(Statement(unknowns("ab"), (equation("a - b = 2"),)))
    assert free.upper == [None, None]


def test_large_figures_that_creep_are_left_in_time() -> None:
    # as whole numbers contradictory only after 5e14 rounds
    creeping = (Constraint((("a", 1), ("b", -1)), 1, None, "x"), Constraint((("b", 1), ("a", -1)), 0, None, "y"))
    box = Box(Bounds.of(Statement(unknowns("ab", 0, 10**15), creeping)))
    propagate(box)
    assert len(box.nodes) < 200


@pytest.mark.parametrize("texts", [("a + b = 1",), ("2a = 5",), ("a - b = 0", "a - b = 1", "a + b = 9")])
def test_contradiction_is_derived(texts: tuple[str, ...]) -> None:
    statement = Statement(unknowns("ab"), tuple(map(equation, texts)))
    with pytest.raises(ContradictionError) as caught:
        propagate(Box(Bounds.of(statement)))
    checked = Bounds.of(statement)
    assert list(check(caught.value.nodes, checked)) == []
    assert checked.empty


def test_empty_constraint_that_cannot_hold_is_a_contradiction() -> None:
    with pytest.raises(ContradictionError):
        propagate(Box(Bounds.of(Statement((), (Constraint((), 1, 2, "nothing"),)))))


def test_components_end_at_what_is_known() -> None:
    texts = ("a + b = 9", "b + c + k = 12", "k = 3", "k + d + e = 11", "f = 4")
    box = propagated(Statement(unknowns("abcdefgk"), tuple(map(equation, texts))))
    found = components(box)
    assert [component.unknowns for component in found] == [(0, 1, 2), (3, 4), (6,)]
    assert [component.rows for component in found] == [(0, 1), (3,), ()]
