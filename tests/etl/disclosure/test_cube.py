"""The cube: every sum over every subset of the dimensions, against sums worked out the slow way."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.disclosure.cube import Cube, make_cube, make_shares
from etl.registry.contributions import Contribution
from tests.etl.disclosure.small import OWNERSHIP, PERIOD, REGION, Keys, Small, declare, measure, true_figure, withheld

REGIONS, MONTHS, OWNERSHIPS = ("KZ-71", "KZ-75", "KZ-79"), ("2026-03", "2026-04"), ("state", "private")
MEASURES = (measure("cases"), measure("open_cases", "additive_except_time"), measure("patients", "not_additive"))
DECLARATION = declare("cases", (REGION, PERIOD, OWNERSHIP, *MEASURES), withheld=(withheld("persons"),))
NAMES = tuple(each.name for each in DECLARATION.counted)

rows = st.dictionaries(
    st.tuples(*(st.sampled_from(codes) for codes in (REGIONS, MONTHS, OWNERSHIPS))),
    st.tuples(*(st.integers(0, 9) for _ in NAMES)).map(lambda values: dict(zip(NAMES, values, strict=True))),
    min_size=1,
)


def _all_keys(small: Small) -> list[Keys]:
    """Every combination of codes and `*` under which there is a row."""
    found = product(*({*(keys[place] for keys in small.rows), "*"} for place in range(3)))
    return [keys for keys in found if _below(small, keys)]


def _below(small: Small, keys: Keys) -> list[Keys]:
    return [each for each in small.rows if all(key in ("*", own) for key, own in zip(keys, each, strict=True))]


def _may_sum(name: str, keys: Keys) -> bool:
    if "*" not in keys or name == "cases":
        return True
    return name == "open_cases" and keys[1] != "*"


@given(rows=rows)
def test_figures_are_the_sums_of_the_rows_where_they_may_be_summed(rows: dict[Keys, dict[str, int]]) -> None:
    small = Small(DECLARATION, rows)
    cube = make_cube(small.aggregated())
    assert cube.figures == {
        keys: {name: true_figure(small, name, keys) for name in NAMES if _may_sum(name, keys)}
        for keys in _all_keys(small)
    }


@given(rows=rows)
def test_least_is_the_largest_part_of_what_may_not_be_summed(rows: dict[Keys, dict[str, int]]) -> None:
    small = Small(DECLARATION, rows)
    cube = make_cube(small.aggregated())
    for keys in _all_keys(small):
        for name in NAMES:
            parts = [rows[each][name] for each in _below(small, keys)]
            assert cube.least[keys][name] == (sum(parts) if _may_sum(name, keys) else max(parts))


@given(rows=rows)
def test_parts_of_a_margin_over_one_dimension_sum_to_it(rows: dict[Keys, dict[str, int]]) -> None:
    cube = make_cube(Small(DECLARATION, rows).aggregated())
    for (margin, place), parts in cube.parts.items():
        assert margin[place] == "*"
        assert {(*keys[:place], "*", *keys[place + 1 :]) for keys in parts} == {margin}
        assert sum(cube.figures[keys]["cases"] for keys in parts) == cube.figures[margin]["cases"]
    margins = {(keys, place) for keys in cube.figures for place in range(3) if keys[place] == "*"}
    assert cube.parts.keys() == margins


def _cube(*keys: Keys) -> Cube:
    return make_cube(Small(DECLARATION, {each: dict.fromkeys(NAMES, 1) for each in keys}).aggregated())


def test_a_total_over_months_is_named_by_its_months() -> None:
    cube = _cube(("KZ-71", "2026-03", "state"), ("KZ-75", "2026-05", "state"))
    assert cube.spelled(("KZ-71", "*", "*")) == ("KZ-71", "2026-03/2026-05", "*")
    assert cube.spelled(("*", "2026-03", "*")) == ("*", "2026-03", "*")


def test_keys_of_a_margin_are_star_where_nothing_is_fixed() -> None:
    assert _cube(("KZ-71", "2026-03", "state")).keys({"period": "2026-03"}) == ("*", "2026-03", "*")


def test_a_figure_that_is_no_whole_number_is_refused() -> None:
    small = Small(DECLARATION, {("KZ-71", "2026-03", "state"): dict.fromkeys(NAMES, 1) | {"cases": 1.5}})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="not a whole number"):
        make_cube(small.aggregated())


def test_shares_are_what_each_contributor_adds_to_rows_and_margins() -> None:
    cube = _cube(("KZ-71", "2026-03", "state"), ("KZ-71", "2026-04", "state"), ("KZ-75", "2026-04", "state"))
    given = [
        Contribution(("KZ-71", "2026-03", "state"), "A", {"cases": 3, "open_cases": 1}),
        Contribution(("KZ-71", "2026-03", "state"), "B", {"cases": 4, "open_cases": 2}),
        Contribution(("KZ-71", "2026-04", "state"), "A", {"cases": 5, "open_cases": 4}),
        Contribution(("KZ-75", "2026-04", "state"), "A", {"cases": 7, "open_cases": 8}),
    ]
    shares = make_shares(cube, given)
    assert shares["KZ-71", "2026-03", "state"]["cases"].amounts == {"A": 3, "B": 4}
    assert shares["KZ-71", "*", "state"]["cases"].amounts == {"A": 8, "B": 4}
    assert shares["*", "*", "*"]["cases"].amounts == {"A": 15, "B": 4}
    assert shares["*", "2026-04", "*"]["open_cases"].amounts == {"A": 12}
    assert "open_cases" not in shares["*", "*", "*"], "it may not be summed over months"
