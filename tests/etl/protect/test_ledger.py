"""What a new release may show depends on what earlier ones have told."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from etl.protect.ledger import Figure, Ledger, LedgerError
from etl.protect.suppress import suppress
from etl.protect.system import Cell, Equation, Name, Need, State, System, Term

NEED = Need(values=2, upper=5)


def month(number: int, **counts: int) -> System:
    """A month's counts by clinic with their sum; counts below 5 are sensitive."""
    parts = [_cell((number, key), value) for key, value in counts.items()]
    total = _cell((number, "all"), sum(counts.values()))
    terms = (Term(total.name, -1), *(Term(part.name, 1) for part in parts))
    return System((*parts, total), (terms,))


def _cell(name: Name, value: int) -> Cell:
    sensitive = 0 < value < 5
    return Cell(name, value, sensitive=sensitive, need=NEED if sensitive else None, weight=value)


def together(*systems: System) -> System:
    return System(
        tuple(cell for system in systems for cell in system.cells),
        tuple(e for system in systems for e in system.equations),
    )


def release(
    ledger: Ledger, name: str, system: System, hidden: Collection[Name], links: Collection[Equation] = ()
) -> None:
    ledger.record(name, ledger.join(system, links), hidden)


def state(system: System) -> dict[Name, State]:
    return {cell.name: cell.state for cell in system.cells}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


JANUARY = month(1, a=3, b=9, c=20, d=30)
HIDDEN = {(1, "a"), (1, "b")}


def test_first_release_is_joined_with_nothing(ledger: Ledger) -> None:
    assert ledger.join(JANUARY) == JANUARY


def test_what_was_shown_is_known_and_what_was_hidden_is_open(ledger: Ledger) -> None:
    release(ledger, "one", JANUARY, HIDDEN)
    assert state(ledger.join(JANUARY)) == {
        (1, "a"): State.OPEN,
        (1, "b"): State.OPEN,
        (1, "c"): State.KNOWN,
        (1, "d"): State.KNOWN,
        (1, "all"): State.KNOWN,
    }


def test_a_hidden_partner_stays_hidden_when_shown_again(ledger: Ledger) -> None:
    release(ledger, "one", JANUARY, HIDDEN)
    assert suppress(ledger.join(JANUARY)).hidden == HIDDEN


def test_difference_of_two_releases_keeps_its_partner(ledger: Ledger) -> None:
    """The second release leaves out clinic b: what it alone shows is harmless, the difference to the first is not."""
    release(ledger, "one", JANUARY, HIDDEN)
    later = month(1, a=3, c=20, d=30)
    later = System((*(replace(c, name=("left", *c.name)) for c in later.cells),), ())  # type: ignore[misc]
    links = [
        tuple(Term(("left", 1, key), 1 if key != "all" else -1) for key in ("a", "c", "d", "all")),
        *((Term(("left", 1, key), 1), Term((1, key), -1)) for key in ("a", "c", "d")),
    ]
    system = ledger.join(later, links)
    assert ("left", 1, "all") in suppress(system).hidden


def test_cumulative_sum_does_not_reveal_a_month(ledger: Ledger) -> None:
    """Year to date of clinic a is hidden while one of its months is and all others are shown."""
    release(ledger, "one", JANUARY, HIDDEN)
    february = month(2, a=40, b=9, c=21, d=30)
    sums = [Cell(("1-2", key), value) for key, value in (("a", 43), ("b", 18), ("c", 41), ("d", 60))]
    added = [(Term(("1-2", k), -1), Term((1, k), 1), Term((2, k), 1)) for k in "abcd"]
    system = together(february, System(tuple(sums)))
    found = suppress(ledger.join(system, added)).hidden
    assert {("1-2", "a"), (2, "a")} & found
    assert not suppress(system).hidden


def test_late_correction_does_not_reveal_its_neighbour(ledger: Ledger) -> None:
    """The sum moves by what the corrected count moved; a count hidden in both releases stays one figure."""
    release(ledger, "one", JANUARY, HIDDEN)
    corrected = ledger.join(month(1, a=3, b=10, c=20, d=30))
    assert state(corrected)[1, "all"] == State.OPEN
    assert state(corrected)[Figure((1, "b"), 0)] == State.CONCEALED
    assert state(corrected)[Figure((1, "all"), 0)] == State.KNOWN
    assert suppress(corrected).hidden >= {(1, "a"), (1, "b")}


def test_correction_of_a_shown_figure_says_nothing_new(ledger: Ledger) -> None:
    """Once both vintages are shown, the old equation and the new one have the same hidden part: it stands once."""
    corrected = month(1, a=3, b=9, c=22, d=30)
    release(ledger, "one", JANUARY, HIDDEN)
    assert len(ledger.join(corrected).equations) == 2
    release(ledger, "two", corrected, HIDDEN)
    assert ledger.join(corrected).equations == corrected.equations


def test_partner_may_be_shown_later_if_another_one_protects(ledger: Ledger) -> None:
    """Un-suppression is no rule but a result: b may come back, for a, c and d are hidden together."""
    release(ledger, "one", month(1, a=3, b=9, c=2, d=3), {(1, "a"), (1, "b"), (1, "c"), (1, "d")})
    assert suppress(ledger.join(month(1, a=3, b=9, c=2, d=3))).hidden == {(1, "a"), (1, "c"), (1, "d")}
    assert suppress(month(1, a=3, b=9, c=2, d=3)).hidden == {(1, "a"), (1, "c"), (1, "d")}


def test_new_release_that_leaves_the_hidden_ones_out_keeps_their_needs(ledger: Ledger) -> None:
    """Only b is shown again; together with the old release it would give a."""
    release(ledger, "one", JANUARY, HIDDEN)
    alone = System((Cell((1, "b"), 9),))
    joined = ledger.join(alone)
    (old,) = (cell for cell in joined.cells if cell.name == Figure((1, "a"), 0))
    assert (old.state, old.sensitive, old.need, old.value) == (State.CONCEALED, True, NEED, 3)
    assert suppress(joined).hidden == {(1, "b")}


def test_vintages_count_the_changes(ledger: Ledger) -> None:
    """A hidden value that comes back is a new vintage: nobody is told that it is what was shown once."""
    for vintage, value in enumerate((9, 11, 9)):
        assert ledger.vintage((1, "b"), value) == vintage
        release(ledger, f"{vintage}", month(1, a=3, b=value, c=20), {(1, "a"), (1, "b")})
        release(ledger, f"{vintage} again", month(1, a=3, b=value, c=20), {(1, "a"), (1, "b")})
    assert [ledger.vintage((1, "b"), value) for value in (9, 11)] == [2, 3]
    assert ledger.vintage((7, "b"), 9) == 0


def test_figure_that_returns_to_a_shown_value_may_be_hidden(ledger: Ledger) -> None:
    for name, value in (("one", 9), ("two", 11)):
        release(ledger, name, month(1, a=3, b=value, c=20), {(1, "a"), (1, "c")})
    assert state(ledger.join(month(1, a=3, b=9, c=20)))[1, "b"] == State.OPEN
    assert state(ledger.join(month(1, a=3, b=11, c=20)))[1, "b"] == State.KNOWN


def test_a_shown_earlier_value_takes_one_possible_value_away(ledger: Ledger) -> None:
    """A reader who is told that a figure was corrected knows that it is not what it was."""
    release(ledger, "one", month(1, a=3, b=5, c=20), {(1, "a"), (1, "c")})
    needs = [ledger.join(month(1, a=3, b=value, c=20)).by_name[1, "b"].need for value in (3, 4, 6)]
    assert needs == [NEED, Need(values=3, upper=5), None]


def test_a_shown_earlier_zero_takes_nothing_away(ledger: Ledger) -> None:
    """A hidden count is no zero anyhow."""
    zero = System((Cell((1, "a"), 0, state=State.KNOWN), *month(1, b=9, c=20).cells))
    release(ledger, "one", zero, ())
    assert ledger.vintage((1, "a"), 1) == 1
    assert ledger.join(month(1, a=1, b=9, c=20)).by_name[1, "a"].need == NEED


def test_tightened_rule_names_what_is_public_already(ledger: Ledger) -> None:
    release(ledger, "one", JANUARY, HIDDEN)
    stricter = System(
        tuple(replace(c, sensitive=c.value < 25, need=Need(2, 25) if c.value < 25 else None) for c in JANUARY.cells),
        JANUARY.equations,
    )
    assert ledger.already_public(stricter) == ((1, "c"),)
    joined = ledger.join(stricter)
    assert not joined.by_name[1, "c"].sensitive
    assert joined.by_name[1, "a"].need == Need(2, 25)
    assert ledger.as_promised(joined, {(1, "a")}).by_name[1, "a"].need == NEED
    assert ledger.as_promised(joined, {(1, "a")}).by_name[1, "b"].need == Need(2, 25)


def test_a_code_that_was_split_still_protects_its_earlier_figures(ledger: Ledger) -> None:
    """Earlier releases hid old region a; its halves must not sum to it in plain sight. The link holds for later ones too."""
    release(ledger, "one", JANUARY, HIDDEN)
    halves = System((Cell((1, "a1"), 1, sensitive=True, need=NEED), Cell((1, "a2"), 2, sensitive=True, need=NEED)))
    link = (Term((1, "a"), -1), Term((1, "a1"), 1), Term((1, "a2"), 1))
    release(ledger, "two", halves, {(1, "a1"), (1, "a2")}, [link])
    joined = ledger.join(halves)
    assert (Term(Figure((1, "a"), 0), 1), Term((1, "a1"), -1), Term((1, "a2"), -1)) in joined.equations
    assert joined.by_name[Figure((1, "a"), 0)].need == NEED


def test_half_of_a_region_that_was_shown_hides_the_other(ledger: Ledger) -> None:
    release(ledger, "one", month(1, a=40, b=9, c=20), ())
    halves = System((Cell((1, "a1"), 3, sensitive=True, need=NEED), Cell((1, "a2"), 37)))
    link = (Term((1, "a"), -1), Term((1, "a1"), 1), Term((1, "a2"), 1))
    assert suppress(ledger.join(halves)).hidden == {(1, "a1")}
    assert suppress(ledger.join(halves, [link])).hidden == {(1, "a1"), (1, "a2")}


def test_finer_division_of_a_hidden_figure_is_foreseen(ledger: Ledger) -> None:
    """Two halves that are not nought make the old figure 2 or more: `hidden` says where not to divide."""
    release(ledger, "one", JANUARY, HIDDEN)
    assert [ledger.hidden((1, key)) for key in "abcdz"] == [True, True, False, False, False]


def test_least_of_a_figure_is_the_highest_ever_told(ledger: Ledger) -> None:
    release(ledger, "one", JANUARY, HIDDEN)
    joined = ledger.join(System(tuple(replace(cell, lower=0) for cell in JANUARY.cells), JANUARY.equations))
    assert joined.by_name[1, "a"].lower == 1


def test_insiders_of_an_earlier_figure_are_kept(ledger: Ledger) -> None:
    cells = tuple(
        replace(c, need=Need(2, insiders=(frozenset({(1, "b"), "of no cell"}),))) if c.sensitive else c
        for c in JANUARY.cells
    )
    release(ledger, "one", System(cells, JANUARY.equations), HIDDEN)
    joined = ledger.join(System((Cell((1, "b"), 9),)))
    assert joined.by_name[Figure((1, "a"), 0)].need == Need(2, insiders=(frozenset({(1, "b")}),))


def test_what_bears_on_nothing_new_is_left_out(ledger: Ledger) -> None:
    release(
        ledger, "one", together(JANUARY, month(2, a=3, b=9, c=9), month(3, a=40, b=50)), HIDDEN | {(2, "a"), (2, "b")}
    )
    joined = ledger.join(System((Cell((1, "b"), 9), Cell((3, "a"), 40))))
    assert {cell.name for cell in joined.cells if isinstance(cell.name, Figure)} == {
        Figure((1, key), 0) for key in ("a", "c", "d", "all")
    }


def test_hidden_cells_without_any_need_are_left_out(ledger: Ledger) -> None:
    release(ledger, "one", month(1, a=30, b=40, c=50), {(1, "a"), (1, "b")})
    assert ledger.join(System((Cell((1, "b"), 40),))).equations == ()


def test_joining_is_the_same_whenever_it_is_done(ledger: Ledger, tmp_path: Path) -> None:
    corrected = month(1, a=3, b=10, c=20, d=30)
    release(ledger, "one", JANUARY, HIDDEN)
    release(ledger, "two", corrected, {(1, "a"), (1, "b"), (1, "all")})
    again = month(1, a=3, b=11, c=20, d=30)
    assert Ledger(tmp_path / "ledger").join(again) == ledger.join(again)


def test_link_without_a_cell_or_that_does_not_hold_is_refused(ledger: Ledger) -> None:
    release(ledger, "one", JANUARY, HIDDEN)
    with pytest.raises(ValueError, match="names nowhere"):
        ledger.join(JANUARY, [(Term("nowhere", 1), Term((1, "a"), -1))])
    with pytest.raises(ValueError, match="does not hold"):
        ledger.join(JANUARY, [(Term((1, "b"), 1), Term((1, "a"), -1))])


def test_pattern_of_another_system_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="hidden but no cell"):
        ledger.record("one", JANUARY, {(1, "a"), (9, "z")})
    with pytest.raises(ValueError, match="sensitive and not hidden"):
        ledger.record("one", JANUARY, {(1, "b")})
    assert ledger.releases == ()


def test_name_that_cannot_be_kept_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="cannot be kept"):
        ledger.record("one", System((Cell(1.5, 3),)), ())
    assert ledger.releases == ()
