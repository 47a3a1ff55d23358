"""Every key of a policy does something: with another value, other figures are published."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from datasets.declaration import Column, Declaration, Ratio
from datasets.library import Library
from datasets.protection import ProtectedGroup, Rules, flat
from datasets.protection_agreement import wrong_protection
from etl.disclosure.vault import Vault
from etl.registry.contributions import Contribution
from tests.etl.disclosure.small import (
    OWNERSHIP,
    PERIOD,
    PERSONS,
    REGION,
    Keys,
    Small,
    World,
    declare,
    figures,
    measure,
    ratio,
    withheld,
)

MONTH = "2026-03"
REGIONS = ("KZ-71", "KZ-75", "KZ-79", "KZ-10", "KZ-11")


def _rows(**columns: tuple[int, ...]) -> dict[Keys, dict[str, int]]:
    """Rows by region."""
    return {
        (region, MONTH): dict(zip(columns, values, strict=True))
        for region, *values in zip(REGIONS, *columns.values(), strict=False)
    }


def _counts(*counts: int) -> Small:
    return Small(declare("cases", (REGION, PERIOD, measure("cases"))), _rows(cases=counts))


def _money(persons: tuple[int, ...], amounts: tuple[int, ...]) -> Small:
    declaration = declare(
        "cases",
        (REGION, PERIOD, measure("cases"), measure("amount_kzt", unit="kzt")),
        protect=(ProtectedGroup(("cases", "amount_kzt"), "cases"),),
    )
    return Small(declaration, _rows(cases=persons, amount_kzt=amounts))


def _paid(*by_clinic: tuple[int, ...]) -> Small:
    """Amounts, by region and clinic; many persons everywhere."""
    small = _money((90,) * len(by_clinic), tuple(map(sum, by_clinic)))
    given = (
        Contribution((region, MONTH), str(clinic), {"amount_kzt": amount})
        for region, amounts in zip(REGIONS, by_clinic, strict=False)
        for clinic, amount in enumerate(amounts)
    )
    return replace(small, contributions=tuple(given))


def _stays() -> Small:
    """Cases with their days and the mean of them."""
    declaration = declare(
        "cases",
        (REGION, PERIOD, measure("cases"), measure("days", unit="day"), ratio("mean_days")),
        protect=(ProtectedGroup(("cases", "days"), "cases"),),
        ratios=(Ratio("mean_days", "days", "cases", 1, decimals=1),),
    )
    return Small(declaration, _rows(cases=(20, 30, 4, 7), days=(70, 0, 9, 21)))


def _keyed() -> Small:
    """Counts with the sums of their record keys, which are as random as any."""
    counts = (40, 30, 20, 6, 3)
    declaration = declare("cases", (REGION, PERIOD, measure("cases")), withheld=(withheld("cases_keys", "additive"),))
    return Small(declaration, _rows(cases=counts, cases_keys=tuple(count * 2_654_435_761 for count in counts)))


def _private() -> Small:
    columns = (REGION, PERIOD, OWNERSHIP, measure("cases"))
    return Small(
        declare("cases", columns), {("KZ-71", MONTH, "state"): {"cases": 30}, ("KZ-75", MONTH, "state"): {"cases": 4}}
    )


ORGANISATIONS = {"organisations": {"minimum": 2}}
CLINICS = ((400, 300, 200), (500, 400), (300, 300, 300, 300), (250, 250, 250, 250))
KEYED = {**PERSONS, "zeros": "protected", "method": "cell_key", "noise": {"most": 2}}


def _dp(epsilon: str, most: int) -> dict[str, Any]:
    return {
        **PERSONS,
        "zeros": "protected",
        "method": "differential_privacy",
        "budget": {"epsilon": epsilon, "most_per_person": most},
    }


@dataclass(frozen=True)
class Case:
    """A dataset, and two policies that differ in one key."""

    small: Callable[[], Small]
    rules: Mapping[str, Any]
    other: Mapping[str, Any]


CASES = {
    "persons.minimum": Case(
        lambda: _counts(40, 30, 20, 7), PERSONS, {"persons": {"minimum": 10, "values": 2, "upper": 5}}
    ),
    "persons.values": Case(
        lambda: _counts(1, 2, 20, 30),
        {"persons": {"minimum": 5, "values": 2}},
        {"persons": {"minimum": 5, "values": 3}},
    ),
    "persons.upper": Case(
        lambda: _counts(1, 2, 20, 30), {"persons": {"minimum": 5}}, {"persons": {"minimum": 5, "upper": 5}}
    ),
    "organisations.minimum": Case(lambda: _paid(*CLINICS), ORGANISATIONS, {"organisations": {"minimum": 3}}),
    "dominance.n": Case(lambda: _paid(*CLINICS), {"dominance": {"n": 1, "k": 70}}, {"dominance": {"n": 2, "k": 70}}),
    "dominance.k": Case(
        lambda: _paid(CLINICS[0], *CLINICS[2:]), {"dominance": {"n": 2, "k": 85}}, {"dominance": {"n": 2, "k": 75}}
    ),
    "p_percent": Case(lambda: _paid((400, 300, 60), *CLINICS[2:]), {"p_percent": 10}, {"p_percent": 20}),
    "money.percent": Case(
        lambda: _money((4, 3, 20, 30), (10, 3, 50, 60)),
        {"persons": {"minimum": 5}, "money": {"percent": 10}},
        {"persons": {"minimum": 5}, "money": {"percent": 100}},
    ),
    "zeros": Case(lambda: _counts(40, 30, 20, 0), PERSONS, {**PERSONS, "zeros": "protected"}),
    "ratios": Case(_stays, PERSONS, {**PERSONS, "ratios": "withheld"}),
    "days": Case(_stays, PERSONS, {**PERSONS, "days": "withheld"}),
    "method": Case(_keyed, {**PERSONS, "zeros": "protected"}, KEYED),
    "noise.most": Case(_keyed, KEYED, {**KEYED, "noise": {"most": 9}}),
    "budget.epsilon": Case(_private, _dp("50", 1), _dp("0.01", 1)),
    "budget.most_per_person": Case(_private, _dp("50", 1), _dp("50", 10_000)),
}


def _keys() -> set[str]:
    """All keys of a policy's rules; of a rule with keys of its own, those."""
    found = set()
    hints = get_type_hints(Rules)
    for each in fields(Rules):
        kinds = [
            kind for kind in (hints[each.name], *get_args(hints[each.name])) if hasattr(kind, "__dataclass_fields__")
        ]
        found |= {f"{each.name}.{inner.name}" for kind in kinds for inner in fields(kind)} or {each.name}
    return found


def test_every_key_has_a_case() -> None:
    assert CASES.keys() == _keys()


def _vault(store: Path) -> Vault:
    """A vault with a salt that is known, and an empty budget."""
    for folder in ("noise", "budget"):
        (store / folder / "series").mkdir(parents=True)
    (store / "noise" / "series" / "salt").write_bytes(bytes(range(32)))
    return Vault(store, "series")


def _published(library: Library, small: Small, rules: Mapping[str, Any], store: Path) -> dict[Any, Any]:
    (protected,) = World(library, (small,), rules).protect(_vault(store)).datasets
    return figures(protected)


@pytest.mark.parametrize("key", CASES)
def test_another_value_gives_other_figures(key: str, library: Library, tmp_path: Path) -> None:
    case = CASES[key]
    first, other = (
        _published(library, case.small(), rules, tmp_path / name)
        for name, rules in (("first", case.rules), ("other", case.other))
    )
    assert first != other


@pytest.mark.parametrize("key", [key for key in CASES if not key.startswith("budget")])
def test_the_same_value_gives_the_same_figures(key: str, library: Library, tmp_path: Path) -> None:
    case = CASES[key]
    first, again = (_published(library, case.small(), case.other, tmp_path / name) for name in ("first", "again"))
    assert first == again


def test_what_is_withheld_always_is_in_no_figure_made_of_it(library: Library, tmp_path: Path) -> None:
    found = _published(library, _stays(), {**PERSONS, "days": "withheld"}, tmp_path)
    shown = {
        keys
        for (name, keys), figure in found.items()
        if name in ("days", "mean_days") and not isinstance(figure, str) and figure
    }
    assert shown == set()
    assert found["days", ("KZ-75", MONTH)] == 0, "a nought stays"


def test_a_dataset_makes_its_policy_stricter(library: Library, tmp_path: Path) -> None:
    small, case = _counts(40, 30, 20, 7), CASES["persons.minimum"]
    tighter: Declaration = replace(small.declaration, tighten=flat({"persons": {"minimum": 10}}))
    own = _published(library, replace(small, declaration=tighter), case.rules, tmp_path / "own")
    assert own == _published(library, small, case.other, tmp_path / "policy")


def test_columns_of_record_keys_are_used_by_the_cell_key(library: Library) -> None:
    world = World(library, (_keyed(),), KEYED)
    assert list(wrong_protection(world.datasets[0].declaration, world.bound.policies["made_up"])) == []
    stray = replace(world.datasets[0].declaration, withheld=(Column("stray_keys", "withheld", "integer", {}),))
    assert [place for place, *_ in wrong_protection(stray, world.bound.policies["made_up"])] == ["withheld"]
