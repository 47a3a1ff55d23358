"""Cell keys: the table meets its constraints exactly, and noise follows from the records alone."""

import math
import random
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from etl.protect.cell_key import BITS, KeyedCount, PerturbationTable, cell_key, perturb, record_key

SALT = b"a secret of thirty-two bytes ..."
WHOLE = 2**BITS
TABLES = [
    PerturbationTable(1, Decimal("0.5")),
    PerturbationTable(2, Decimal(1)),
    PerturbationTable(2, Decimal("1.08"), 2),
    PerturbationTable(5, Decimal(3)),
    PerturbationTable(5, Decimal(3), 3),
    PerturbationTable(4, Decimal("3.3"), 3),
    PerturbationTable(12, Decimal("9.7"), 2),
]


def tabulated(records: list[tuple[str, ...]], places: tuple[int, ...]) -> dict[tuple[str, ...], KeyedCount]:
    """Count records by some of their attributes; the first one identifies the record."""
    cells: dict[tuple[str, ...], KeyedCount] = {}
    for record in records:
        codes = tuple(record[place] for place in places)
        value, keys = cells.get(codes, KeyedCount(0, 0))
        cells[codes] = KeyedCount(value + 1, keys + record_key(record[0], SALT))
    return cells


@pytest.fixture(scope="module")
def records() -> list[tuple[str, ...]]:
    choice = random.Random(7)
    return [(f"record {n}", choice.choice("ABCDEFGH"), choice.choice("xyz"), choice.choice("12")) for n in range(3000)]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_rows_have_mean_nought_one_variance_and_bounds_exactly(table: PerturbationTable) -> None:
    assert table.rows[0] == {0: WHOLE}
    variances = set()
    for value, row in enumerate(table.rows[1:], start=1):
        assert sum(row.values()) == WHOLE and min(row.values()) >= 0
        assert sum(noise * weight for noise, weight in row.items()) == 0
        variances.add(Fraction(sum(noise**2 * weight for noise, weight in row.items()), WHOLE))
        assert all(abs(noise) <= table.most for noise in row)
        assert all(value + noise == 0 or value + noise >= table.least for noise in row)
    assert len(variances) == 1
    assert abs(variances.pop() - Fraction(table.variance)) < Fraction(1, 10**8)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_great_counts_have_all_noises_both_ways_alike(table: PerturbationTable) -> None:
    last = table.rows[-1]
    assert list(last) == [*range(-table.most, table.most + 1)]
    assert all(abs(last[noise] - last[-noise]) <= 4 * table.most**2 for noise in last)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_rows_have_the_greatest_entropy(table: PerturbationTable) -> None:
    """That distribution has a logarithm of second degree; no other one with its moments has as great an entropy."""
    for row in table.rows[1:]:
        noises = [noise for noise, weight in row.items() if weight > 10**6]
        logarithms = [math.log(row[noise]) for noise in noises]
        assert np.allclose(np.polyval(np.polyfit(noises, logarithms, 2), noises), logarithms, atol=1e-3)


def test_known_tables() -> None:
    """The second one is worked out by hand: three unknowns, three equations. It is in the vignette of ptable too."""
    assert TABLES[0].rows[1] == {-1: WHOLE // 4, 0: WHOLE // 2, 1: WHOLE // 4}
    shares = {noise: weight / WHOLE for noise, weight in TABLES[2].rows[1].items()}
    assert shares == {-1: pytest.approx(1.54 / 3), 1: pytest.approx(0.46), 2: pytest.approx(0.08 / 3)}


def test_every_key_gets_the_noise_of_its_part() -> None:
    table = TABLES[4]
    for value, row in enumerate(table.rows):
        first = 0
        for noise, weight in row.items():
            if weight:
                assert table.noise(value, first) == table.noise(value, first + weight - 1) == noise
            first += weight
    assert table.noise(10**9, 0) == -table.most and table.noise(10**9, WHOLE - 1) == table.most


@pytest.mark.parametrize(
    "most, variance, least, reason",
    [
        (0, "1", 1, "at least 1"),
        (2, "0", 1, "between 0"),
        (2, "4", 1, "between 0"),
        (3, "3", 1, "A count of 1 .* between 0 and 3"),
        (5, "2", 4, "A count of 1 .* between 3 and 5"),
        (2, "1", 5, "A count of 1 cannot"),
        (5, "4.9999999999", 1, "whole numbers"),
    ],
)
def test_tables_that_cannot_be_are_refused(most: int, variance: str, least: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        PerturbationTable(most, Decimal(variance), least)


def test_numbers_never_change() -> None:
    """Another noise for the same records, from a later version of this code, would be a second opinion on old cells."""
    cells = {n: KeyedCount(n % 12, 1_000_003 * n * n) for n in range(24)}
    numbers = perturb(cells, TABLES[3], SALT).numbers
    assert [*numbers.values()] == [0, 0, 0, 2, 4, 6, 5, 6, 5, 9, 7, 14, 0, 0, 2, 4, 3, 4, 8, 9, 9, 11, 8, 14]
    assert (record_key("record 1", SALT), cell_key(5, SALT)) == (3612646589, 463440026)
    assert TABLES[1].rows[1] == {-1: 1709674916, 0: 1313426196, 1: 834057452, 2: 437808732}


def test_a_cell_has_one_number_in_all_tables_and_releases(records: list[tuple[str, ...]]) -> None:
    """The cell of region A, of region A x factor, and of everything, with the records in another order."""
    by_region = perturb(tabulated(records, (1,)), TABLES[3], SALT).numbers
    later = records[::-1]
    only_a = [record for record in later if record[1] == "A"]
    assert perturb(tabulated(only_a, ()), TABLES[3], SALT).numbers[()] == by_region["A",]
    both = perturb(tabulated(records, (1, 2)), TABLES[3], SALT).numbers
    other = perturb(tabulated(later, (2, 1)), TABLES[3], SALT).numbers
    assert both == {(region, factor): number for (factor, region), number in other.items()}
    assert len(both) == 24


def test_sums_do_not_hold(records: list[tuple[str, ...]]) -> None:
    regions = perturb(tabulated(records, (1,)), TABLES[3], SALT).numbers
    parts = perturb(tabulated(records, (1, 2, 3)), TABLES[3], SALT).numbers
    sums = Counter[str]()
    for (region, *_), number in parts.items():
        sums[region] += number
    assert any(sums[region] != number for (region,), number in regions.items())


def test_noise_has_its_distribution_and_its_bound() -> None:
    """20 000 cells of each count: shares within 0.02, which for random keys fails with a probability below 1e-6."""
    table = TABLES[4]
    for value, row in enumerate(table.rows):
        cells = {n: KeyedCount(value, record_key(str(n), SALT)) for n in range(20_000)}
        found = Counter(number - value for number in perturb(cells, table, SALT).numbers.values())
        assert found.keys() <= row.keys()
        assert all(abs(found[noise] / 20_000 - weight / WHOLE) < 0.02 for noise, weight in row.items())


def test_known_attack_the_mean_of_many_equal_cells_is_the_truth() -> None:
    cells = {n: KeyedCount(7, record_key(str(n), SALT)) for n in range(20_000)}
    numbers = perturb(cells, TABLES[3], SALT).numbers
    assert abs(sum(numbers.values()) / 20_000 - 7) < 0.06


def test_one_record_more_gives_another_noise() -> None:
    table, keys = TABLES[3], [record_key(str(n), SALT) for n in range(1001)]
    cells = {n: KeyedCount(20, keys[n]) for n in range(1000)} | {
        -n: KeyedCount(21, keys[n] + keys[1000]) for n in range(1, 1000)
    }
    numbers = perturb(cells, table, SALT).numbers
    differences = Counter(numbers[-n] - numbers[n] for n in range(1, 1000))
    assert max(differences) > 3 and min(differences) < -1 and differences[1] < 250
    assert all(abs(difference - 1) <= 2 * table.most for difference in differences)


def test_the_salt_decides_and_is_never_said() -> None:
    assert cell_key(5, SALT) == cell_key(5 + WHOLE, SALT) != cell_key(5, SALT[::-1])
    assert record_key("a", SALT) != record_key("b", SALT)
    for salt in (b"short", b"x" * 65):
        with pytest.raises(ValueError, match="32 random bytes") as refusal:
            cell_key(5, salt)
        assert salt.decode() not in str(refusal.value)


def test_noise_is_described_and_negative_counts_are_refused() -> None:
    perturbed = perturb({"a": KeyedCount(0, 0)}, TABLES[4], SALT)
    assert perturbed.numbers == {"a": 0}
    assert perturbed.noise.document() == {"kind": "cell_key", "most": 5, "variance": "3", "least": 3}
    with pytest.raises(ValueError, match="below 0"):
        perturb({"a": KeyedCount(-1, 0)}, TABLES[4], SALT)
