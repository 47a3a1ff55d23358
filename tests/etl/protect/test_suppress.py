"""Textbook tables: the secondary cells are the known answer."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from etl.protect.attempts import eliminate
from etl.protect.layout import Layout
from etl.protect.polish import polish
from etl.protect.repair import repair
from etl.protect.suppress import Suppression, Unprotectable, suppress
from etl.protect.system import Cell, Equation, Need, State, System, Term
from etl.protect.tabulation import Hierarchy, tabulate
from tests.etl.protect.oracle import breaches, interval

SECRET = Need()
ROWS, COLUMNS = Hierarchy.flat("ABCDEFGH", "all"), Hierarchy.flat("12345678", "all")


def table(rows: Iterable[Iterable[int]], need: Need = SECRET, secret: int = 5) -> System:
    """Counts by row A, B, ... and column 1, 2, ...; those below `secret` are sensitive."""
    leaves = {("ABCDEFGH"[i], "12345678"[j]): value for i, row in enumerate(rows) for j, value in enumerate(row)}
    return tabulate("t", leaves, [ROWS, COLUMNS], rule=lambda _, value: (need or Need()) if value < secret else None)


def keys(result: Suppression) -> set[str]:
    return {"".join(name[1:]) for name in result.secondary}  # type: ignore[index,misc]


def total(whole: str, *parts: str) -> Equation:
    return (Term(whole, 1), *(Term(part, -1) for part in parts))


def test_one_secret_needs_three_more() -> None:
    result = suppress(table([[3, 20, 30], [20, 9, 50], [40, 50, 60]]))
    assert keys(result) == {"A2", "B1", "B2"}
    assert result.hidden == result.secondary | {("t", "A", "1")}


def test_cost_is_the_weight_of_secondary_cells() -> None:
    system = table([[3, 20], [20, 9]])
    result = suppress(replace(system, cells=tuple(replace(cell, weight=2.0) for cell in system.cells)))
    assert result.cost == 6


def test_nothing_secret_nothing_hidden() -> None:
    assert suppress(table([[7, 8], [9, 10]])) == Suppression(frozenset(), frozenset(), 0)


ONES = [[1, 1, 30], [1, 1, 40], [20, 20, 50]]


def test_known_zeros_break_what_equations_protect() -> None:
    """Row 1 + 1 = 2 has no other table once zeros are shown."""
    system = table(ONES)
    plain = suppress(system, method="elimination")
    assert plain.secondary == set()
    assert {name for name, *_ in breaches(system, plain.hidden)} == {("t", r, c) for r in "AB" for c in "12"}
    full = suppress(system)
    assert full.secondary
    assert not list(breaches(system, full.hidden))


def test_zeros_that_are_not_shown_protect() -> None:
    leaves = {(a, b): value for a, row in zip("AB", ONES, strict=False) for b, value in zip("123", row, strict=True)}
    system = tabulate("t", leaves, [ROWS, COLUMNS], rule=lambda _, value: Need() if value < 5 else None, lower=0)
    assert suppress(system).secondary == set()


def test_hierarchy_protects_on_every_level() -> None:
    """A secret leaf, its group shown: another leaf of the group goes, and two in another column."""
    regions = Hierarchy.levels([("a", "N", "all"), ("b", "N", "all"), ("c", "S", "all"), ("d", "S", "all")])
    years = Hierarchy.flat(["x", "y"], "both")
    leaves = {("a", "x"): 2, ("b", "x"): 30, ("c", "x"): 9, ("d", "x"): 10}
    leaves |= {("a", "y"): 50, ("b", "y"): 60, ("c", "y"): 8, ("d", "y"): 12}
    system = tabulate("t", leaves, [regions, years], rule=lambda _, value: Need() if value < 5 else None)
    assert {name[1:] for name in suppress(system).secondary} == {("b", "x"), ("a", "y"), ("b", "y")}  # type: ignore[index]


def linked() -> System:
    """Two tables that share the cell `b`."""
    values = {"a": 3, "b": 9, "ab": 12, "c": 20, "d": 15, "bcd": 44}
    cells = tuple(
        Cell(
            name,
            value,
            sensitive=name == "a",
            need=Need() if name == "a" else None,
            weight=99 if name == "ab" else value,
        )
        for name, value in values.items()
    )
    return System(cells, (total("ab", "a", "b"), total("bcd", "b", "c", "d")))


def test_linked_tables_are_protected_together() -> None:
    assert suppress(linked()).secondary == {"b", "d"}


def test_what_is_known_elsewhere_cannot_protect() -> None:
    system = linked()
    known = replace(system, cells=tuple(replace(c, state=State.KNOWN) if c.name == "d" else c for c in system.cells))
    assert suppress(known).secondary == {"b", "c"}


def test_impossible_need_is_refused() -> None:
    system = linked()
    known = {"b", "ab"}
    cells = tuple(replace(c, state=State.KNOWN) if c.name in known else c for c in system.cells)
    with pytest.raises(Unprotectable, match="withdraw") as refused:
        suppress(replace(system, cells=cells))
    assert refused.value.names == ("a",)
    with pytest.raises(Unprotectable):
        suppress(replace(system, cells=cells), method="elimination")


def test_need_that_leasts_make_impossible_is_refused() -> None:
    """1 + 1 = 2, all that may be hidden is: equations allow another table, counts do not."""
    cells = tuple(Cell(name, 1, sensitive=True, need=Need()) for name in "ab")
    system = System((*cells, Cell("ab", 2, state=State.KNOWN)), (total("ab", "a", "b"),))
    assert suppress(system, method="elimination").hidden == {"a", "b"}
    with pytest.raises(Unprotectable):
        suppress(system)


def test_sensitive_cell_that_is_known_is_refused() -> None:
    with pytest.raises(Unprotectable):
        suppress(System((Cell("a", 1, sensitive=True, state=State.KNOWN),)))


def test_count_and_its_ratio_go_together() -> None:
    """Visits and payments of a row are one group: to hide a's visits, b's visits and payments go too."""
    cells = [
        Cell("visits a", 2, sensitive=True, need=Need(), group="a"),
        Cell("visits b", 70, group="b"),
        Cell("visits c", 60, group="c"),
        Cell("visits", 132, group="all", weight=9),
        Cell("paid a", 400, need=Need(), group="a"),
        Cell("paid b", 100, need=Need(), group="b"),
        Cell("paid c", 900, need=Need(), group="c", weight=3),
        Cell("paid", 1400, group="all", weight=9),
    ]
    equations = tuple(total(word, *(f"{word} {part}" for part in "abc")) for word in ("visits", "paid"))
    result = suppress(System(tuple(cells), equations))
    assert result.secondary == {"visits b", "paid b"}
    assert result.hidden == result.secondary | {"visits a", "paid a"}
    assert result.cost == 2


def test_known_zero_of_a_group_stays() -> None:
    cells = [
        Cell("visits a", 2, sensitive=True, need=Need(), group="a"),
        Cell("paid a", 0, group="a", state=State.KNOWN),
        Cell("visits b", 9, group="b"),
        Cell("visits", 11, weight=9),
    ]
    assert suppress(System(tuple(cells), (total("visits", "visits a", "visits b"),))).hidden == {"visits a", "visits b"}


def test_sole_contributor_must_not_learn_the_other() -> None:
    """Who knows a = 3 and reads the total of a and b knows b, so a third cell must be hidden."""
    others = {"a": frozenset("b"), "b": frozenset("a")}
    cells = [
        Cell(name, value, lower=0, sensitive=True, need=Need(insiders=(others[name],)))
        for name, value in (("a", 3), ("b", 4))
    ]
    plain = System((*cells, Cell("c", 30), Cell("d", 20), Cell("abcd", 57, weight=9)), (total("abcd", *"abcd"),))
    assert suppress(plain).secondary in ({"c"}, {"d"})
    alone = replace(plain, cells=tuple(replace(cell, need=cell.need and Need()) for cell in plain.cells))
    assert not suppress(alone).secondary


def test_common_respondent_of_several_secret_cells() -> None:
    """One enterprise stands behind a and b, so they cannot protect c from it."""
    both = Need(insiders=(frozenset("ab"),))
    cells = [Cell(name, 40, lower=0, sensitive=True, need=Need()) for name in "ab"]
    cells += [Cell("c", 50, lower=0, sensitive=True, need=both), Cell("d", 500), Cell("abcd", 630, weight=9)]
    assert suppress(System(tuple(cells), (total("abcd", *"abcd"),))).secondary == {"d"}


def test_implied_sum_may_not_be_worked_out() -> None:
    """`rest` = whole - part is printed nowhere, but who sees whole and part sees it."""
    cells = (
        Cell("whole", 40),
        Cell("part", 38, weight=3),
        Cell("rest", 2, lower=0, need=Need(), state=State.CONCEALED),
        Cell("other", 50, weight=2),
        Cell("all", 90, weight=9),
    )
    system = System(cells, (total("whole", "part", "rest"), total("all", "whole", "other")))
    assert suppress(system).secondary in ({"part"}, {"whole", "other"})
    assert suppress(system).cost == 3


def test_older_release_counts() -> None:
    """The old total is known, the old parts are hidden, the new release repeats one part and corrects the other."""
    cells = (
        Cell("a", 2, need=Need(), state=State.CONCEALED),
        Cell("b", 9, sensitive=True, need=Need()),
        Cell("ab", 11, state=State.KNOWN),
        Cell("b'", 10, weight=2),
        Cell("ab'", 12, weight=3),
    )
    system = System(cells, (total("ab", "a", "b"), total("ab'", "a", "b'")))
    assert suppress(system).secondary == {"b'"}


def test_secondary_with_an_impossible_need_stays_published() -> None:
    """`b` is the cheaper one, but who knows its half knows it."""
    cells = (
        Cell("a", 3, sensitive=True, need=Need()),
        Cell("b", 20, need=Need()),
        Cell("half", 10, state=State.KNOWN),
        Cell("c", 30, weight=5, need=Need()),
        Cell("abc", 53, weight=9, need=Need()),
    )
    system = System(cells, (total("abc", "a", "b", "c"), (Term("b", 1), Term("half", -2))))
    assert suppress(system).secondary == {"c"}


def test_coefficients_forbid_fractions() -> None:
    """2a + 2b = 2c + d with d from 1 to 2: d is even, so known, though fractions allow more."""
    cells = [Cell("d", 2, sensitive=True, need=Need()), Cell("e", 1, lower=1), Cell("de", 3, state=State.KNOWN)]
    cells += [Cell(name, 50, weight=5) for name in "abc"]
    cells.append(Cell("s", 48, weight=2, state=State.CONCEALED))
    twice = (Term("a", 2), Term("b", -2), Term("d", 1), Term("s", -2), Term("t", 2))
    system = System((*cells, Cell("t", 47, weight=5)), (total("de", "d", "e"), twice))
    with pytest.raises(Unprotectable):
        suppress(system)


@pytest.mark.parametrize("need", [Need(upper=5), Need(values=5), Need(lower=1), Need(values=4, upper=6)])
def test_each_part_of_a_need(need: Need) -> None:
    system = table([[3, 6, 30, 9], [7, 4, 50, 10], [40, 50, 8, 60], [1, 22, 9, 40]], need)
    result = suppress(system)
    assert not list(breaches(system, result.hidden))
    least, greatest = interval(system, result.hidden, ("t", "D", "1"))
    assert greatest >= (need.upper or 0)
    assert greatest - least + 1 >= need.values


def test_money_is_moved_by_large_amounts() -> None:
    rows = [[3_000_000_001, 8_123_456_789, 2_000_000_000], [5_000_000_000, 4_999_999_999, 9_876_543_210]]
    need = Need(values=300_000_001, upper=3_300_000_000)
    leaves = {(a, b): value for a, row in zip("AB", rows, strict=True) for b, value in zip("123", row, strict=True)}
    system = tabulate(
        "t",
        leaves,
        [Hierarchy.flat("AB", "all"), Hierarchy.flat("123", "all")],
        rule=lambda k, _: need if k == ("A", "1") else None,
    )
    result = suppress(system)
    assert len(result.secondary) == 3


def test_result_does_not_depend_on_the_order_given() -> None:
    dice = random.Random(4)
    system = table([[dice.choice([1, 2, 3, 8, 9, 20]) for _ in range(8)] for _ in range(8)])
    expected = suppress(system)
    for _ in range(3):
        cells = dice.sample(system.cells, len(system.cells))
        equations = [tuple(dice.sample(equation, len(equation))) for equation in system.equations]
        dice.shuffle(equations)
        assert suppress(System(tuple(cells), tuple(equations))) == expected


def test_what_is_not_linked_is_protected_by_itself() -> None:
    one, other = table([[3, 20, 30], [20, 9, 50], [40, 50, 60]]), linked()
    both = suppress(System(one.cells + other.cells, one.equations + other.equations))
    assert both.secondary == suppress(one).secondary | suppress(other).secondary
    assert both.cost == pytest.approx(suppress(one).cost + suppress(other).cost)


def test_many_attempts_beat_the_first() -> None:
    dice = random.Random(1)
    gains = []
    for _ in range(6):
        system = table([[dice.choice([1, 3, 8, 9, 20, 50, 90]) for _ in range(6)] for _ in range(6)])
        layout = Layout.of(system)
        first = eliminate(layout)
        polish(layout, first, repair(layout, first))
        gains.append(sum(layout.weights[group] for group in first - layout.sensitive) - suppress(system).cost)
    assert min(gains) > -1e-9
    assert max(gains) > 1


def test_unpolished_pattern_is_safe_too() -> None:
    system = table(ONES)
    raw = suppress(system, polished=False)
    assert not list(breaches(system, raw.hidden))
    assert raw.cost >= suppress(system).cost


def test_progress_is_told() -> None:
    told: list[str] = []
    suppress(table(ONES), progress=told.append)
    assert any("elimination" in line for line in told)


def test_unknown_method_and_inconsistent_system_are_refused() -> None:
    with pytest.raises(ValueError, match="no method hypercube"):
        suppress(table(ONES), method="hypercube")
    with pytest.raises(ValueError, match="does not hold"):
        suppress(System((Cell("a", 1), Cell("b", 2)), (total("a", "b"),)))
