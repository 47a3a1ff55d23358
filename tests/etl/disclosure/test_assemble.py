"""The system of the stage: all figures as cells, and everything that ties them as equations that hold."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.declaration import Declaration, Identity, RowSum
from datasets.link import Link
from datasets.protection import Part, ProtectedGroup, PublicMeasures, Rules
from datasets.protection_schema import RulesSchema
from etl.disclosure.assemble import Guarded, assemble, holding
from etl.disclosure.cube import make_cube, make_shares
from etl.protect.system import Cell, Need, State, System
from tests.datasets.folders import TEXT
from tests.etl.disclosure.small import OWNERSHIP, PERIOD, PERSONS, REGION, Keys, Small, declare, link, measure, withheld

MONTH = "2026-03"
MAKES = {
    "protect": (
        ProtectedGroup(("seen",), "seen"),
        ProtectedGroup(("attached",), "attached"),
        ProtectedGroup(("services", "amount_kzt", "patients"), "persons"),
    ),
    "public": (PublicMeasures(("clinics",), TEXT),),
    "withheld": (withheld("persons"),),
    "parts": (Part("seen", "attached"),),
    "row_sums": (RowSum("services", ("seen",), ("clinics",)),),
}
COLUMNS = (
    REGION,
    PERIOD,
    OWNERSHIP,
    measure("attached", "additive_except_time"),
    measure("seen"),
    measure("services"),
    measure("amount_kzt", unit="kzt"),
    measure("patients", "not_additive"),
    measure("clinics"),
)
FULL = declare("full", COLUMNS, **MAKES)
OTHER = declare("other", (REGION, PERIOD, measure("acts")))

full_rows = st.dictionaries(
    st.tuples(*(st.sampled_from(codes) for codes in (("KZ-71", "KZ-75"), (MONTH, "2026-04"), ("state", "private")))),
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3), st.integers(0, 60), st.integers(0, 9)).map(
        lambda drawn: {
            "attached": drawn[0] + drawn[1],
            "seen": drawn[0] + drawn[2],
            "services": drawn[0],
            "amount_kzt": drawn[3],
            "patients": drawn[4],
            "clinics": drawn[2],
            "persons": min(drawn[0], 4),
        }
    ),
    min_size=1,
)


def _rules(**said: Any) -> Rules:
    found: Rules = RulesSchema().load({**PERSONS, **said})
    return found


def _guarded(declaration: Declaration, rows: dict[Keys, dict[str, int]], **said: Any) -> Guarded:
    aggregated = Small(declaration, rows).aggregated()
    cube = make_cube(aggregated)
    return Guarded(cube, _rules(**said), make_shares(cube, aggregated.contributions))


def _system(guarded: Guarded, links: tuple[Link, ...] = (), **more: Any) -> System:
    return assemble({guarded.declaration.slug: guarded}, links, **more)


def _line(*counts: int) -> dict[Keys, dict[str, int]]:
    """Rows of the dataset `other` by region."""
    return {(f"KZ-{71 + 4 * place}", MONTH): {"acts": count} for place, count in enumerate(counts)}


@settings(max_examples=60, deadline=None)
@given(rows=full_rows, zeros=st.sampled_from(["published", "protected"]), listed=st.booleans())
def test_every_system_holds(rows: dict[Keys, dict[str, int]], zeros: str, listed: bool) -> None:
    part = {keys: row | {"seen": min(row["seen"], row["attached"])} for keys, row in rows.items()}
    balanced = {keys: row | {"services": row["seen"] - row["clinics"]} for keys, row in part.items()}
    rows = {keys: row for keys, row in balanced.items() if row["services"] >= 0}
    if not rows:
        return
    system = _system(_guarded(FULL, rows, zeros=zeros), zeros=listed)
    system.check()
    assert len(system.by_name) == len(system.cells)


def test_cells_have_the_figure_the_group_and_the_need_of_their_row() -> None:
    row = {"attached": 9, "seen": 7, "services": 7, "amount_kzt": 60, "patients": 4, "clinics": 0, "persons": 4}
    system = _system(_guarded(FULL, {("KZ-71", MONTH, "state"): row}, money={"percent": 10}))

    def cell(measure: str, *keys: str) -> Cell:
        return system.by_name["full", measure, keys]

    row_keys = ("KZ-71", MONTH, "state")
    assert cell("amount_kzt", *row_keys) == Cell(
        ("full", "amount_kzt", row_keys),
        60,
        1,
        sensitive=True,
        need=Need(2, upper=66),
        group=("full", "services+amount_kzt+patients", row_keys),
        weight=cell("amount_kzt", *row_keys).weight,
    )
    assert cell("services", *row_keys).need == Need(2), "persons are counted elsewhere"
    assert not cell("seen", *row_keys).sensitive and cell("seen", *row_keys).need is None
    assert cell("patients", *row_keys).group == cell("services", *row_keys).group
    assert ("full", "clinics", row_keys) not in system.by_name, "a nought that is public adds nothing"
    assert ("full", "attached", ("KZ-71", "*", "state")) not in system.by_name
    assert ("full", "attached", ("KZ-71", f"{MONTH}/{MONTH}", "state")) not in system.by_name
    assert cell("seen", "KZ-71", f"{MONTH}/{MONTH}", "*").value == 7


def test_a_count_below_the_minimum_is_sensitive_and_a_published_nought_is_no_cell() -> None:
    system = _system(_guarded(OTHER, _line(4, 5, 0)))
    assert {cell.value for cell in system.cells} == {4, 5, 9}
    assert {(cell.value, cell.need) for cell in system.cells if cell.sensitive} == {(4, Need(2, upper=5))}


def test_hidden_noughts_are_cells_from_nought() -> None:
    system = _system(_guarded(OTHER, _line(4, 5, 0), zeros="protected"))
    zero = system.by_name["other", "acts", ("KZ-79", MONTH)]
    assert (zero.value, zero.lower, zero.sensitive, zero.state) == (0, 0, True, State.OPEN)


def test_noughts_of_a_release_that_others_follow_are_known_cells() -> None:
    rows = _line(4, 5, 0) | {("KZ-71", "2026-04"): {"acts": 8}}
    known = {cell.name: cell for cell in _system(_guarded(OTHER, rows), zeros=True).cells if cell.state == State.KNOWN}
    keys = [("KZ-75", "2026-04"), ("KZ-79", MONTH), ("KZ-79", "2026-03/2026-04"), ("KZ-79", "2026-04")]
    assert sorted(known) == [("other", "acts", each) for each in keys]
    assert {cell.value for cell in known.values()} == {0}


@pytest.mark.parametrize(
    ("attached", "seen", "sensitive"), [(12, 9, True), (14, 9, False), (9, 9, False)], ids=["small", "large", "none"]
)
def test_the_rest_of_a_whole_is_a_cell_that_nobody_shows(attached: int, seen: int, sensitive: bool) -> None:
    columns = (REGION, PERIOD, measure("attached"), measure("seen"))
    declaration = declare("full", columns, parts=(Part("seen", "attached"),))
    rows = {("KZ-71", MONTH): {"attached": attached, "seen": seen}}
    rest = _system(_guarded(declaration, rows)).by_name["full", "attached-seen", ("KZ-71", MONTH)]
    assert (rest.value, rest.lower, rest.state) == (attached - seen, 0, State.CONCEALED)
    assert rest.sensitive == sensitive and rest.need == (Need(2, upper=5) if sensitive else None)


def test_persons_behind_a_rest_are_counted_where_it_says() -> None:
    columns = (REGION, PERIOD, measure("attached"), measure("seen"))
    declaration = declare(
        "full", columns, parts=(Part("seen", "attached", "unseen_persons"),), withheld=(withheld("unseen_persons"),)
    )
    rows = {("KZ-71", MONTH): {"attached": 30, "seen": 9, "unseen_persons": 3}}
    rest = _system(_guarded(declaration, rows)).by_name["full", "attached-seen", ("KZ-71", MONTH)]
    assert rest.sensitive and rest.need == Need(2, upper=None)


def _ties(system: System) -> set[frozenset[tuple[object, int]]]:
    return {frozenset((term.cell[1:], term.coefficient) for term in each) for each in system.equations}  # type: ignore[index]


def test_row_sums_hold_in_rows_and_margins() -> None:
    columns = (REGION, PERIOD, measure("all"), measure("yes"), measure("no", "not_additive"))
    declaration = declare("sums", columns, row_sums=(RowSum("all", ("yes", "no")),))
    rows = {("KZ-71", MONTH): {"all": 9, "yes": 3, "no": 6}}
    system = _system(_guarded(declaration, rows))
    system.check()
    keys = ("KZ-71", MONTH)
    assert frozenset({(("all", keys), -1), (("yes", keys), 1), (("no", keys), 1)}) in _ties(system)
    margin = ("*", MONTH)
    assert not any((("no", margin), 1) in each for each in _ties(system)), "what may not be summed has no margin"


def test_public_figures_are_known_in_the_sums_that_they_are_part_of() -> None:
    columns = (REGION, PERIOD, measure("all"), measure("yes"), measure("clinics"))
    declaration = declare(
        "sums",
        columns,
        protect=(ProtectedGroup(("all",), "all"), ProtectedGroup(("yes",), "yes")),
        public=(PublicMeasures(("clinics",), TEXT),),
        row_sums=(RowSum("all", ("yes", "clinics")),),
    )
    system = _system(_guarded(declaration, {("KZ-71", MONTH): {"all": 9, "yes": 3, "clinics": 6}}))
    system.check()
    assert system.by_name["sums", "clinics", ("KZ-71", MONTH)].state == State.KNOWN


@pytest.mark.parametrize("measures", [("acts",), ()], ids=["named", "all"])
def test_identities_tie_a_code_to_its_parts(measures: tuple[str, ...]) -> None:
    declaration = replace(OTHER, identities=(Identity("region", "KZ-71", ("KZ-75", "KZ-79"), (), measures),))
    system = _system(_guarded(declaration, _line(9, 4, 5)))
    system.check()
    expected = {(("acts", (region, MONTH)), sign) for region, sign in (("KZ-71", -1), ("KZ-75", 1), ("KZ-79", 1))}
    assert frozenset(expected) in _ties(system)


def _linked(left: dict[Keys, dict[str, int]], right: dict[Keys, dict[str, int]]) -> dict[str, Guarded]:
    return {
        "other": _guarded(OTHER, left),
        "same": _guarded(declare("same", (REGION, PERIOD, OWNERSHIP, measure("services"))), right),
    }


SAME = link(("other", "acts"), ("same", "services"), ("region", "period"))
RIGHT = {
    ("KZ-71", MONTH, "state"): {"services": 3},
    ("KZ-71", MONTH, "private"): {"services": 6},
    ("KZ-75", MONTH, "state"): {"services": 4},
}


def test_a_link_makes_two_names_of_one_figure() -> None:
    system = assemble(_linked(_line(9, 4), RIGHT), (SAME,))
    system.check()
    pairs = {
        frozenset({(("acts", (region, MONTH)), 1), (("services", (region, MONTH, "*")), -1)})
        for region in ("KZ-71", "KZ-75")
    }
    assert pairs <= _ties(system)


def test_a_link_to_a_row_that_is_not_there_says_nought() -> None:
    system = assemble(_linked(_line(9, 4, 0), RIGHT), (SAME,))
    system.check()
    assert not any((("acts", ("KZ-79", MONTH)), 1) in each for each in _ties(system))


def test_a_link_that_is_not_certain_is_used_where_it_holds_everywhere() -> None:
    doubtful = replace(SAME, certain=False)
    assert holding((doubtful,), _linked(_line(9, 4), RIGHT)) == (doubtful,)
    assert holding((doubtful,), _linked(_line(9, 5), RIGHT)) == ()
    assert holding((doubtful,), _linked(_line(9, 4, 1), RIGHT)) == ()


def test_a_certain_link_that_does_not_hold_stops_the_system() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        assemble(_linked(_line(9, 5), RIGHT), (SAME,)).check()


def test_a_link_with_a_dataset_that_is_not_there_is_left_out() -> None:
    assert holding((SAME,), {"other": _guarded(OTHER, _line(9))}) == ()
