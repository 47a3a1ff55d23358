"""Margins and equations against brute force over single records; hierarchies and links that contradict themselves."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.protect.system import Need, State, System, Term
from etl.protect.tabulation import Hierarchy, join, tabulate

REGIONS = Hierarchy.levels(
    [
        ("Aktau", "west", "all"),
        ("Aktau", "coast"),
        ("Atyrau", "west", "all"),
        ("Atyrau", "coast"),
        ("Oral", "west", "all"),
        ("Taraz", "south", "all"),
    ]
)
MONTHS = Hierarchy.flat(["01", "02", "03"], "year")
LEAVES = list(itertools.product(["Aktau", "Atyrau", "Oral", "Taraz"], ["01", "02", "03"]))


def _nobody(*_: object) -> None:
    return None


def _values(system: System) -> dict:
    return {cell.name: cell.value for cell in system.cells}


@given(st.lists(st.sampled_from(LEAVES), max_size=40))
def test_margins_count_every_record_once(records: list[tuple[str, str]]) -> None:
    system = tabulate("visits", Counter(records), [REGIONS, MONTHS], rule=_nobody)
    belongs = {"all": ["Aktau", "Atyrau", "Oral", "Taraz"], "coast": ["Aktau", "Atyrau"], "west": LEAVES_OF_WEST}
    belongs |= {"south": ["Taraz"]} | {leaf: [leaf] for leaf in belongs["all"]}
    months = {"year": ["01", "02", "03"], "01": ["01"], "02": ["02"], "03": ["03"]}
    expected = {
        ("visits", region, month): count
        for region, regions in belongs.items()
        for month, own in months.items()
        if (count := sum(one in regions and other in own for one, other in records))
    }
    assert _values(system) == expected
    system.check()


LEAVES_OF_WEST = ["Aktau", "Atyrau", "Oral"]


def test_every_margin_has_an_equation_along_every_dimension_that_sums_it() -> None:
    system = tabulate("visits", dict.fromkeys(LEAVES, 2), [REGIONS, MONTHS], rule=_nobody)
    sums = Counter(equation[0].cell for equation in system.equations)
    assert sums[("visits", "all", "year")] == 2
    assert sums[("visits", "coast", "02")] == 1
    assert sum(sums.values()) == 4 * 4 + 8  # four region margins in four months, the year of eight region codes
    coast = next(equation for equation in system.equations if equation[0].cell == ("visits", "coast", "02"))
    assert set(coast) == {
        Term(("visits", "coast", "02"), 1),
        Term(("visits", "Aktau", "02"), -1),
        Term(("visits", "Atyrau", "02"), -1),
    }


def test_zeros_are_cells_only_where_they_may_be_hidden() -> None:
    leaves = {("Aktau", "01"): 0, ("Taraz", "01"): 3}
    shown = tabulate("visits", leaves, [REGIONS, MONTHS], rule=_nobody)
    secret = tabulate("visits", leaves, [REGIONS, MONTHS], rule=_nobody, lower=0)
    assert ("visits", "Aktau", "01") not in shown.by_name
    assert secret.by_name["visits", "coast", "year"].value == 0
    assert len(secret.equations) > len(shown.equations)
    secret.check()


def test_sensitive_cells_alone_have_the_need_and_larger_cells_cost_more() -> None:
    need = Need(values=2, upper=5)
    leaves = {("Aktau", "01"): 4, ("Taraz", "01"): 30}
    system = tabulate("visits", leaves, [REGIONS, MONTHS], rule=lambda _, value: need if value < 5 else None)
    small, large = system.by_name["visits", "Aktau", "01"], system.by_name["visits", "all", "year"]
    assert (small.sensitive, small.need) == (True, need)
    assert (large.sensitive, large.need, large.state) == (False, None, State.OPEN)
    assert large.weight > small.weight > 0


def test_a_code_counted_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="Aktau is counted twice in all"):
        Hierarchy.levels([("Aktau", "west", "all"), ("Aktau", "coast", "all")])


def test_a_code_that_is_its_own_part_is_refused() -> None:
    with pytest.raises(ValueError, match="is a part of itself"):
        Hierarchy({"west": ("all",), "all": ("west",)})


@pytest.mark.parametrize(
    ("leaves", "message"),
    [
        ({("west", "01"): 1}, "west of .* is not a lowest code"),
        ({("Semei", "01"): 1}, "Semei of .* is not a lowest code"),
        ({("Aktau",): 1}, "needs 2 codes"),
        ({("Aktau", "01"): -1}, "needs 2 codes and a count"),
    ],
)
def test_leaves_that_do_not_fit_are_refused(leaves: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tabulate("visits", leaves, [REGIONS, MONTHS], rule=_nobody)


def _two_tables() -> tuple[System, System]:
    by_region = tabulate(
        "a", {("Aktau",): 3, ("Taraz",): 9}, [REGIONS], rule=lambda _, value: Need() if value < 5 else None
    )
    by_month = tabulate("b", {("01",): 12}, [MONTHS], rule=_nobody)
    return by_region, by_month


def test_joined_names_are_one_figure_and_hidden_together() -> None:
    joined = join(*_two_tables(), same=[(("a", "all"), ("b", "year")), (("b", "year"), ("b", "01"))])
    together = [{cell.name for cell in cells} for cells in joined.groups.values() if len(cells) > 1]
    assert together == [{("a", "all"), ("b", "year"), ("b", "01")}]
    assert (Term(("a", "all"), 1), Term(("b", "year"), -1)) in joined.equations


def test_joined_zeros_need_no_cell() -> None:
    joined = join(*_two_tables(), same=[(("a", "Oral"), ("b", "02"))])
    assert len(joined.groups) == len(joined.cells)


def test_contradicting_links_are_refused() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        join(*_two_tables(), same=[(("a", "Taraz"), ("b", "year"))])
    with pytest.raises(ValueError, match="only one is there"):
        join(*_two_tables(), same=[(("a", "Oral"), ("b", "year"))])
    with pytest.raises(ValueError, match="one name"):
        join(_two_tables()[0], _two_tables()[0])
