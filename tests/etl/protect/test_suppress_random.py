"""Random linked tables: nothing derivable, nothing hidden in vain, for an exact reader that shares no code with us."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from etl.protect.suppress import Unprotectable, suppress
from etl.protect.system import Cell, Name, Need, State, System, Term
from tests.etl.protect.oracle import breaches

NEEDS = [Need(), Need(values=3), Need(upper=5), Need(values=2, lower=1)]


@st.composite
def systems(draw: st.DrawFn) -> System:
    """Two tables that share a margin; some cells count in groups, are known, implied, or known to one contributor."""
    rows, left, right = draw(st.integers(2, 3)), draw(st.integers(2, 3)), draw(st.integers(1, 3))
    counts = st.integers(0, 9)
    values = {("a", i, j): draw(counts) for i in range(rows) for j in range(left)}
    equations = []
    for i in range(rows):
        values["m", i] = sum(values["a", i, j] for j in range(left))
        equations.append((("m", i), *(("a", i, j) for j in range(left))))
        rest = values["m", i]
        for j in range(right):
            values["b", i, j] = rest if j == right - 1 else draw(st.integers(0, rest))
            rest -= values["b", i, j]
        equations.append((("m", i), *(("b", i, j) for j in range(right))))
    for table, columns in (("a", left), ("b", right)):
        for j in range(columns):
            values[table, "sum", j] = sum(values[table, i, j] for i in range(rows))
            equations.append(((table, "sum", j), *((table, i, j) for i in range(rows))))
    values["all",] = sum(values["m", i] for i in range(rows))
    equations.append((("all",), *(("m", i) for i in range(rows))))
    need = draw(st.sampled_from(NEEDS))
    cells = tuple(draw(_cell(name, value, need, list(values))) for name, value in values.items())
    terms = (tuple(Term(name, 1 if place == 0 else -1) for place, name in enumerate(e)) for e in equations)
    return System(cells, tuple(terms))


@st.composite
def _cell(draw: st.DrawFn, name: tuple[object, ...], value: int, need: Need, names: list[tuple[object, ...]]) -> Cell:
    if not value:
        return Cell(name, value, state=State.KNOWN)
    kind = draw(st.integers(0, 19))
    secret = value < 4
    if kind == 0 and secret:
        need = replace(need, insiders=(frozenset(draw(st.lists(st.sampled_from(names), max_size=2))),))
    return Cell(
        name,
        value,
        lower=0 if kind == 1 else 1,
        sensitive=secret and kind > 1,
        need=need if secret else Need() if kind % 3 == 0 else None,
        group=f"group {kind}" if kind in {2, 3} else "",
        weight=draw(st.sampled_from([1.0, 1.5, 4.0])) + value,
        state=State.CONCEALED if kind == 1 else State.KNOWN if kind == 4 and not secret else State.OPEN,
    )


def _hopeless(system: System) -> set[Name]:
    """Cells whose needs fail when everything is hidden that can be hidden without breaking its own need."""
    open_groups = [{cell.name for cell in cells if cell.state == State.OPEN} for cells in system.groups.values()]
    secret = {cell.name for cell in system.cells if cell.sensitive or cell.state == State.CONCEALED}
    while True:
        failed = {name for name, *_ in breaches(system, set().union(*open_groups))}
        left = [group for group in open_groups if not group & failed or group & secret]
        if left == open_groups:
            return failed
        open_groups = left


def _examine(system: System) -> None:
    try:
        result = suppress(system)
    except Unprotectable as refused:
        assert set(refused.names) & _hopeless(system)
        return
    by_name = system.by_name
    assert all(by_name[name].state == State.OPEN for name in result.hidden)
    assert {cell.name for cell in system.cells if cell.sensitive} <= result.hidden
    assert not list(breaches(system, result.hidden))
    for cells in system.groups.values():
        group = {cell.name for cell in cells if cell.state == State.OPEN}
        assert group <= result.hidden or not group & result.hidden
        if group & result.secondary:
            assert group <= result.secondary
            assert list(breaches(system, result.hidden - group)), f"{group} is hidden for nothing"


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_every_need_holds_and_nothing_is_hidden_in_vain(system: System) -> None:
    _examine(system)


@pytest.mark.slow
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_many_random_tables(system: System) -> None:
    assume(any(cell.sensitive for cell in system.cells))
    _examine(system)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems(), st.randoms(use_true_random=False))
def test_order_does_not_matter(system: System, dice) -> None:  # type: ignore[no-untyped-def]
    cells, equations = list(system.cells), list(system.equations)
    dice.shuffle(cells)
    dice.shuffle(equations)
    try:
        expected = suppress(system)
    except Unprotectable as refused:
        with pytest.raises(Unprotectable) as again:
            suppress(System(tuple(cells), tuple(equations)))
        assert again.value.names == refused.names
    else:
        assert suppress(System(tuple(cells), tuple(equations))) == expected
