"""Insiders: a clinic that is alone behind a figure knows it, and all that follows from what it knows."""

from etl.disclosure.insiders import before_insiders
from etl.protect.system import Cell, Need, State, Term

NEED = Need(2)


def _cells(*names: str) -> list[Cell]:
    return [Cell(name, 3, sensitive=True, need=NEED) for name in names]


def _readers(
    cells: list[Cell], equations: list[str], sole: dict[str, str]
) -> dict[object, tuple[frozenset[object], ...]]:
    """Whom each cell has to be protected from; equations are written `total = part + part`."""
    made = [
        (Term(total, -1), *(Term(part, 1) for part in parts.split(" + ")))
        for total, parts in (each.split(" = ") for each in equations)
    ]
    found = before_insiders(cells, made, sole.items())
    return {cell.name: cell.need.insiders for cell in found if cell.need and cell.need.insiders}


def test_whoever_fills_a_cell_of_an_equation_alone_reads_the_others() -> None:
    cells = _cells("all", "a", "b", "c", "far")
    assert _readers(cells, ["all = a + b + c"], {"a": "A"}) == {name: (frozenset({"a"}),) for name in ("all", "b", "c")}


def test_whoever_has_a_figure_by_another_name_is_no_insider_of_it() -> None:
    """Two datasets share it: it is his own, under both names."""
    cells = _cells("all", "a", "b", "twin")
    assert _readers(cells, ["all = a + b", "twin = a"], {"a": "A"}) == {
        name: (frozenset({"a", "twin"}),) for name in ("all", "b")
    }


def test_the_sum_of_what_he_fills_is_his_own_too() -> None:
    cells = _cells("all", "a", "b", "other", "whole")
    readers = _readers(cells, ["all = a + b", "whole = all + other"], {"a": "A", "b": "A"})
    assert readers == {name: (frozenset({"a", "b", "all"}),) for name in ("other", "whole")}


def test_a_public_figure_helps_him() -> None:
    cells = [*_cells("all", "a", "b"), Cell("known", 3, state=State.KNOWN)]
    assert _readers(cells, ["all = a + known", "all = b + known"], {"a": "A"}) == {}


def test_only_sensitive_cells_are_protected_from_insiders() -> None:
    cells = [*_cells("a"), Cell("b", 9, need=NEED), Cell("c", 9, sensitive=True)]
    assert _readers(cells, ["a = b + c"], {"a": "A"}) == {}


def test_several_insiders_come_in_one_order() -> None:
    cells = _cells("all", "a", "b")
    one = _readers(cells, ["all = a + b"], {"a": "A", "b": "B"})
    assert one["all"] == (frozenset({"a"}), frozenset({"b"}))
    assert one == _readers(cells, ["all = a + b"], {"b": "B", "a": "A"})
