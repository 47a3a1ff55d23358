"""Figures that two datasets share are declared: every link holds in an extract, and no equality is left undeclared."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations, product
from pathlib import Path

import pytest

from datasets.contract import PERIOD
from datasets.declaration import Declaration
from datasets.fault import FaultError
from datasets.library import Library
from datasets.link import Link, Side, load_links
from tests.datasets.registry.computed import computed, registry_of
from tests.datasets.registry.rows import Row

#: A figure summed over all dimensions but some: dataset, measure, the codes at which dimensions are fixed.
View = tuple[str, str, tuple[tuple[str, str], ...]]
Cells = Counter[tuple[str, ...]]
Equal = list[tuple[View, View]]


@pytest.fixture(scope="module")
def figures(library: Library, demonstration: Path) -> dict[str, list[Row]]:
    """The rows of each dataset that protects anything, over the small simulated extract."""
    registry = registry_of(demonstration)
    guarded = (each for each in library.declarations.values() if each.protect)
    return {each.slug: computed(each, registry) for each in guarded}


@pytest.fixture(scope="module")
def equal(library: Library, figures: dict[str, list[Row]]) -> Equal:
    """Views of two datasets that are equal in all cells of their common dimensions.

    Only of measures that may be summed: others are in no sum, so nothing can be worked out from them but their own rows.
    """
    found = []
    for pair in combinations(figures, 2):
        left, right = (library.declarations[slug] for slug in pair)
        by = tuple(column.name for column in left.dimensions if column.name in right.by_name)
        assert PERIOD in by
        cells = [_views(each, figures[each.slug], by) for each in (left, right)]
        found += [(one, other) for one, other in product(*cells) if cells[0][one] == cells[1][other]]
    return found


def _views(declaration: Declaration, rows: list[Row], by: tuple[str, ...]) -> dict[View, Cells]:
    """Every view of the protected measures: each other dimension is summed over, or fixed at one of its codes."""
    others = [column.name for column in declaration.dimensions if column.name not in by]
    measures = [name for group in declaration.protect for name in group.measures]
    summable = [name for name in measures if declaration.by_name[name].additivity != "not_additive"]
    found: dict[View, Cells] = defaultdict(Counter)
    for row in rows:
        for count in range(len(others) + 1):
            for fixed in combinations(sorted(others), count):
                where = tuple((name, row[name]) for name in fixed)
                for measure in summable:
                    if row[measure]:
                        found[declaration.slug, measure, where][tuple(row[name] for name in by)] += row[measure]
    return {view: cells for view, cells in found.items() if _beyond_chance(cells)}


def _beyond_chance(cells: Cells) -> bool:
    """Few or small cells may be equal to others by chance."""
    return len(cells) >= 20 or cells.total() > 300


def of(side: Side) -> View:
    return side.dataset, side.measure, tuple(sorted(side.where.items()))


def undeclared(equal: Equal, links: tuple[Link, ...]) -> Equal:
    """Equal views that the links do not tie, directly or through others."""
    tied: dict[View, set[View]] = {}
    for link in links:
        together = {each for side in (link.left, link.right) for each in tied.get(of(side), {of(side)})}
        tied |= dict.fromkeys(together, together)
    return [(one, other) for one, other in equal if other not in tied.get(one, ())]


def test_every_link_holds(library: Library, figures: dict[str, list[Row]]) -> None:
    assert len(library.links) >= 8
    for link in library.links:
        sides = [
            _views(library.declarations[side.dataset], figures[side.dataset], link.by)[of(side)]
            for side in (link.left, link.right)
        ]
        assert sides[0] == sides[1], link.title["en"]


def test_equal_figures_of_two_datasets_are_declared(library: Library, equal: Equal) -> None:
    assert undeclared(equal, library.links) == []


def test_a_link_that_is_left_out_is_found(library: Library, equal: Equal) -> None:
    for link in library.links:
        assert undeclared(equal, tuple(each for each in library.links if each is not link)), link.title["en"]


WRONG = {
    "unknown dataset": ({"dataset": "beds"}, "links[0].left.dataset", "is not known"),
    "unknown measure": ({"measure": "beds"}, "links[0].left.measure", "no measure that may be summed"),
    "a rate": ({"measure": "amount_per_service_kzt"}, "links[0].left.measure", "no measure that may be summed"),
    "unknown dimension": ({"where": {"town": "x"}}, "links[0].left", "'town' is not a dimension"),
    "unknown code": ({"where": {"kind_of_care": "x"}}, "links[0].left.where", "'x' is not a code"),
    "fixed and by": ({"where": {"region": "KZ-71"}}, "links[0].left", "is in 'by' and in 'where'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_link(name: str, library: Library, tmp_path: Path) -> None:
    change, place, message = WRONG[name]
    side = {"dataset": "services_by_kind_of_care", "measure": "services", "where": {}, **change}
    right = "{dataset: presence_confirmation, measure: services}"
    title = "{kk: а, ru: а, en: a}"
    text = f"links:\n  - {{left: {side}, right: {right}, by: [region, period], title: {title}}}\n"
    (tmp_path / "_links.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FaultError) as caught:
        load_links(tmp_path, library.declarations, library.codelists)
    found = [(fault.place, message in fault.message) for fault in caught.value.faults]
    assert (place, True) in found


def test_a_figure_is_not_linked_to_itself(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "_links.yaml"
    path.write_text((library.root / "_links.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    links = load_links(tmp_path, library.declarations, library.codelists)
    assert links == library.links
    side = "{dataset: drug_issues, measure: issues}"
    path.write_text(
        f"links: [{{left: {side}, right: {side}, by: [period], title: {{kk: а, ru: а, en: a}}}}]\n", "utf-8"
    )
    with pytest.raises(FaultError, match="is the left side again"):
        load_links(tmp_path, library.declarations, library.codelists)


def test_a_library_without_links(library: Library, tmp_path: Path) -> None:
    assert load_links(tmp_path, library.declarations, library.codelists) == ()
