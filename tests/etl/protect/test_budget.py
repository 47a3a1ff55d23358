"""The budget: what is spent is recorded with what was drawn, once, and never more than the total."""

import stat
from decimal import Decimal
from pathlib import Path

import pytest

from etl.protect.budget import Budget, BudgetError, Draw, Occasion
from etl.protect.journal import LedgerError

MARCH = Occasion("visits", "2026-03")
REVISED = Occasion("visits", "2026-03", vintage=1)
THIRD = Draw(Decimal("0.3"), 2, {("Almaty", "f"): 12, ("Abai", "m"): -1})


def ledger(folder: Path, total: str = "0.6") -> Budget:
    return Budget(folder, Decimal(total))


def test_a_draw_is_kept_with_its_cost(tmp_path: Path) -> None:
    ledger(tmp_path).spend(MARCH, THIRD)
    again = ledger(tmp_path)
    assert again.drawn(MARCH) == THIRD
    assert again.drawn(REVISED) is None
    assert again.drawn(Occasion("visits", "2026-04")) is None
    assert again.spent("visits", "2026-03") == Decimal("0.3")
    assert again.spent("visits", "2026-04") == again.spent("services", "2026-03") == 0


def test_the_total_is_exactly_what_may_be_spent_on_a_period(tmp_path: Path) -> None:
    """0.3 + 0.3 is 0.6 here, and what is refused leaves no trace."""
    budget = ledger(tmp_path)
    budget.spend(MARCH, THIRD)
    budget.spend(REVISED, THIRD)
    with pytest.raises(BudgetError, match=r"visits, 2026-03: 0\.1 is asked for, 0\.0 of 0\.6 is left"):
        budget.spend(Occasion("visits", "2026-03", 2), Draw(Decimal("0.1"), 2, {}))
    budget.spend(Occasion("visits", "2026-04"), THIRD)
    budget.spend(Occasion("services", "2026-03"), THIRD)
    assert ledger(tmp_path).spent("visits", "2026-03") == Decimal("0.6")


@pytest.mark.parametrize("epsilon", ["0", "-0.1", "0.61"])
def test_epsilon_is_above_nought_and_within_the_total(tmp_path: Path, epsilon: str) -> None:
    with pytest.raises(BudgetError, match="Remedy"):
        ledger(tmp_path).spend(MARCH, Draw(Decimal(epsilon), 2, {}))
    assert ledger(tmp_path).drawn(MARCH) is None


def test_an_occasion_is_drawn_once(tmp_path: Path) -> None:
    budget = ledger(tmp_path)
    budget.spend(MARCH, THIRD)
    with pytest.raises(BudgetError, match="drawn before"):
        budget.spend(MARCH, THIRD)


def test_two_builds_at_once_cannot_both_spend(tmp_path: Path) -> None:
    first, second = ledger(tmp_path, "0.3"), ledger(tmp_path, "0.3")
    first.spend(MARCH, THIRD)
    with pytest.raises(LedgerError, match="another process"):
        second.spend(REVISED, THIRD)
    assert ledger(tmp_path).spent("visits", "2026-03") == Decimal("0.3")


def test_a_lost_ledger_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(BudgetError, match="restore it"):
        ledger(tmp_path / "lost")
    assert not (tmp_path / "lost").exists()


def test_a_damaged_ledger_is_refused(tmp_path: Path) -> None:
    ledger(tmp_path).spend(MARCH, THIRD)
    entry = next(tmp_path.glob("*.json.gz"))
    entry.write_bytes(entry.read_bytes()[:-9])
    with pytest.raises(LedgerError, match="damaged"):
        ledger(tmp_path)


def test_the_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    ledger(tmp_path).spend(MARCH, THIRD)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
