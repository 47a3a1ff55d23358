"""The datasets about money equal a slow, obvious calculation in Python, and the presentation where it has the figure."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from datasets.declaration import Declaration
from datasets.library import BUNDLED, Library
from tests.datasets.registry.computed import computed, registry_of
from tests.datasets.registry.money_oracle import ORACLES, Figures
from tests.datasets.registry.odd_extract import write_odd_extract


def figures(declaration: Declaration, extract: Path) -> Figures:
    """What the dataset's SELECT gives."""
    rows = [tuple(row.values()) for row in computed(declaration, registry_of(extract))]
    dimensions = len(declaration.dimensions)
    found = {row[:dimensions]: row[dimensions:] for row in rows}
    assert len(found) == len(rows), "a row of the grain is there twice"
    return found


@pytest.mark.parametrize("slug", ORACLES)
@pytest.mark.parametrize("seed", range(5))
def test_equals_the_oracle_on_odd_rows(slug: str, seed: int, library: Library, tmp_path: Path) -> None:
    extract = write_odd_extract(tmp_path, library.codelists, seed)
    expected = ORACLES[slug](extract)
    assert expected
    assert figures(library.declarations[slug], extract) == expected


@pytest.mark.parametrize("slug", ORACLES)
def test_equals_the_oracle_on_a_simulated_extract(slug: str, library: Library, demonstration: Path) -> None:
    expected = ORACLES[slug](demonstration)
    assert expected
    assert figures(library.declarations[slug], demonstration) == expected


def test_contracts_and_advances_equal_the_presentation_to_the_tenge(library: Library, demonstration: Path) -> None:
    with (BUNDLED / "contracts_by_region" / "data.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = ("organisations", "contracts", "amount_kzt", "advance_kzt")
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for slug, measures in (("contracts_by_month", names[:3]), ("advances_by_month", names[3:])):
        for row in computed(library.declarations[slug], registry_of(demonstration)):
            found[row["region"]].update({name: row[name] for name in measures})
    assert found == {row["region"]: {name: int(row[name]) for name in names} for row in rows}


def test_organisations_by_ownership_equal_the_presentation(library: Library, demonstration: Path) -> None:
    found: Counter[str] = Counter()
    for row in computed(library.declarations["contracts_by_month"], registry_of(demonstration)):
        found[row["ownership"]] += row["organisations"]
    assert found == {"state": 608, "private": 1159}


@pytest.mark.parametrize("slug", ["acts_and_payments", "money_chain", "treasury_matching"])
def test_sums_close_on_odd_rows(slug: str, library: Library, tmp_path: Path) -> None:
    declaration = library.declarations[slug]
    names = [each.name for each in declaration.measures if each.name not in declaration.computed]
    assert declaration.row_sums
    for row in ORACLES[slug](write_odd_extract(tmp_path, library.codelists, 5)).values():
        by_name = dict(zip(names, row, strict=True))
        for each in declaration.row_sums:
            assert by_name[each.measure] == sum(by_name[name] for name in each.plus)


def test_odd_rows_break_threads_at_every_link(library: Library, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = {
        link
        for seed in range(5)
        for _, _, link in ORACLES["payment_thread"](
            write_odd_extract(tmp_path_factory.mktemp("odd"), library.codelists, seed)
        )
    }
    assert found == set(library.codelists["payment_thread_link"].by_code)
