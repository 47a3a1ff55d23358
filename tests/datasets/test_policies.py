"""A policy's rules are read as they are written; a dataset names a rule for each figure and may only be stricter."""

from __future__ import annotations

import copy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from datasets.contract import LANGUAGES
from datasets.declaration import Declaration
from datasets.document import Policy, load_policies
from datasets.fault import FaultError
from datasets.library import Library, load_library
from datasets.protection import Budget, Dominance, Money, Noise, Organisations, Persons, Rules, loosened, tightened
from datasets.protection_agreement import wrong_protection
from datasets.schema import load_declaration
from tests.datasets.folders import MINIMAL, TEXT, write_library

POLICY = {
    "code": "strict",
    "title": TEXT,
    "reason": TEXT,
    "basis": TEXT,
    "origins": ["registry", "synthetic"],
    "rules": {"persons": {"minimum": 5, "upper": 5}},
}
MEASURE = MINIMAL["columns"][2]
VISITS = {
    **{key: value for key, value in MINIMAL.items() if key != "source"},
    "slug": "visits",
    "origin": "registry",
    "policy": "strict",
    "columns": [
        *MINIMAL["columns"][:2],
        *({**MEASURE, "name": name} for name in ("visits", "confirmed", "clinics", "timed")),
        {**MEASURE, "name": "days", "unit": "day"},
        {**MEASURE, "name": "mean_days", "type": "decimal", "unit": "day", "additivity": "not_additive"},
    ],
    "ratios": [{"measure": "mean_days", "numerator": "days", "denominator": "timed", "decimals": 1}],
    "withheld": [
        {"name": "patients", "additivity": "not_additive", "title": TEXT},
        {"name": "others", "additivity": "not_additive", "title": TEXT},
    ],
    "protect": [
        {"measures": ["visits"], "persons": "patients"},
        {"measures": ["confirmed"], "persons": "confirmed"},
        {"measures": ["timed", "days"], "persons": "timed"},
        {"measures": ["clinics"], "public": TEXT},
    ],
    "parts": [{"part": "confirmed", "whole": "visits", "persons": "others"}],
}


Written = tuple[Policy, Declaration]


def written(
    folder: Path, policy: dict[str, Any] = POLICY, dataset: dict[str, Any] = VISITS, contributions: str = ""
) -> Written:
    """A policy and a dataset of the Registry, read from their files."""
    own = folder / "visits"
    own.mkdir()
    (folder / "_policies").mkdir()
    (folder / "_policies" / "strict.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    (own / "dataset.yaml").write_text(yaml.safe_dump(dataset, allow_unicode=True), encoding="utf-8")
    if contributions:
        (own / "contributions.sql").write_text(contributions, encoding="utf-8")
    return load_policies(folder)["strict"], load_declaration(own / "dataset.yaml", folder)


def complaints(read: Written) -> list[str]:
    """What the dataset says wrongly of its protection under the policy."""
    policy, declaration = read
    return [f"{place}: {message} {remedy}" for place, message, remedy in wrong_protection(declaration, policy)]


def _policy(**changes: object) -> dict[str, Any]:
    changed = {**copy.deepcopy(POLICY), **changes}
    return {key: value for key, value in changed.items() if value is not None}


def _rules(**rules: object) -> dict[str, Any]:
    return _policy(rules={"persons": {"minimum": 5, "upper": 5}, **rules})


def _visits(**changes: object) -> dict[str, Any]:
    changed = {**copy.deepcopy(VISITS), **changes}
    return {key: value for key, value in changed.items() if value is not None}


def _protect(place: int, **changes: object) -> dict[str, Any]:
    entries: list[dict[str, Any]] = copy.deepcopy(VISITS["protect"])
    entries[place] = {key: value for key, value in {**entries[place], **changes}.items() if value is not None}
    return _visits(protect=entries)


READ: dict[str, tuple[dict[str, Any], Rules]] = {
    "persons": ({"persons": {"minimum": 7}}, Rules(Persons(7, 2, None))),
    "values": ({"persons": {"minimum": 7, "values": 3}}, Rules(Persons(7, 3, None))),
    "upper": ({"persons": {"minimum": 7, "upper": 9}}, Rules(Persons(7, 2, 9))),
    "organisations": ({"organisations": {"minimum": 3}}, Rules(organisations=Organisations(3))),
    "dominance": ({"dominance": {"n": 2, "k": 85}}, Rules(dominance=Dominance(2, 85))),
    "p_percent": ({"p_percent": 10}, Rules(p_percent=10)),
    "money": ({"p_percent": 10, "money": {"percent": 4}}, Rules(p_percent=10, money=Money(4))),
    "zeros": ({"p_percent": 10, "zeros": "protected"}, Rules(p_percent=10, zeros="protected")),
    "ratios": ({"p_percent": 10, "ratios": "withheld"}, Rules(p_percent=10, ratios="withheld")),
    "days": ({"p_percent": 10, "days": "withheld"}, Rules(p_percent=10, days="withheld")),
    "noise": (
        {"p_percent": 10, "method": "cell_key", "noise": {"most": 2}},
        Rules(p_percent=10, method="cell_key", noise=Noise(2)),
    ),
    "budget": (
        {"p_percent": 10, "method": "differential_privacy", "budget": {"epsilon": "0.5", "most_per_person": 4}},
        Rules(p_percent=10, method="differential_privacy", budget=Budget(Decimal("0.5"), 4)),
    ),
}


@pytest.mark.parametrize("name", READ)
def test_each_key_of_the_rules_is_read(name: str, tmp_path: Path) -> None:
    rules, expected = READ[name]
    assert written(tmp_path, _policy(rules=rules))[0].rules == expected


WRONG_POLICIES: dict[str, tuple[dict[str, Any], str]] = {
    "no rules and no reason why": (_policy(rules=None), "public_because and neither"),
    "rules and public": (_policy(public_because=TEXT), "public_because and neither"),
    "rules without a reason": (_policy(reason=None), "public_because and neither"),
    "no basis": (_policy(basis=None), "basis: is missing"),
    "the old list of rules": (_policy(protect=[]), "protect: is not a known key"),
    "no rule at all": (_policy(rules={"zeros": "published"}), "there is no rule"),
    "unknown rule": (_rules(rounding=5), "rules.rounding: is not a known key"),
    "a minimum that hides nothing": (_policy(rules={"persons": {"minimum": 1}}), "rules.persons.minimum"),
    "one possible value": (_policy(rules={"persons": {"minimum": 5, "values": 1}}), "rules.persons.values"),
    "no minimum": (_policy(rules={"persons": {"upper": 5}}), "rules.persons.minimum: is missing"),
    "all of it": (_rules(dominance={"n": 2, "k": 100}), "rules.dominance.k"),
    "half a rule": (_rules(dominance={"n": 2}), "rules.dominance.k: is missing"),
    "no per cent": (_rules(p_percent=0), "rules.p_percent"),
    "unknown method": (_rules(method="swapping"), "rules.method"),
    "noise without its method": (_rules(noise={"most": 2}), "goes with the method 'cell_key'"),
    "a method without its noise": (_rules(method="cell_key"), "goes with the method 'cell_key'"),
    "a method without its budget": (_rules(method="differential_privacy"), "'differential_privacy'"),
    "no privacy at all": (
        _rules(method="differential_privacy", budget={"epsilon": "0", "most_per_person": 1}),
        "rules.budget.epsilon",
    ),
}


@pytest.mark.parametrize("name", WRONG_POLICIES)
def test_wrong_policy(name: str, tmp_path: Path) -> None:
    policy, message = WRONG_POLICIES[name]
    with pytest.raises(FaultError) as caught:
        written(tmp_path, policy)
    assert message in str(caught.value)
    assert {fault.file for fault in caught.value.faults} == {"_policies/strict.yaml"}


def test_a_sound_dataset_under_rules(tmp_path: Path) -> None:
    read = written(tmp_path)
    assert complaints(read) == []
    declaration = read[1]
    assert [group.measures for group in declaration.protect] == [("visits",), ("confirmed",), ("timed", "days")]
    assert [each.measures for each in declaration.public] == [("clinics",)]
    assert {column.name for column in declaration.withheld} == {"patients", "others"}


WRONG_DATASETS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing protected": (_visits(protect=None), "protect: 'visits' is in no entry."),
    "a measure forgotten": (_visits(protect=VISITS["protect"][1:]), "'visits' is in no entry"),
    "a measure twice": (_protect(3, measures=["clinics", "visits"]), "'visits' is in several entries"),
    "a ratio named": (_protect(3, measures=["clinics", "mean_days"]), "'mean_days' is computed and follows its parts"),
    "an unknown measure": (_protect(3, measures=["clinics", "beds"]), "'beds' is not a measure"),
    "nobody counted": (_protect(0, persons=None), "protect[0].persons: is missing"),
    "counted by nothing": (_protect(0, persons="people"), "protect[0].persons: 'people' counts nothing here"),
    "counted by a ratio": (_protect(0, persons="mean_days"), "'mean_days' counts nothing here"),
    "withheld for nothing": (_visits(parts=None), "withheld: 'others' is not used"),
    "withheld and published": (
        _visits(withheld=[*VISITS["withheld"], {"name": "timed", "additivity": "additive", "title": TEXT}]),
        "withheld: a name is there twice",
    ),
    "days without their count": (
        _visits(
            protect=[
                *VISITS["protect"][:2],
                {"measures": ["timed"], "persons": "timed"},
                {"measures": ["days"], "persons": "timed"},
                VISITS["protect"][3],
            ]
        ),
        "'days' is not with 'timed', its count",
    ),
    "part of a public whole": (
        _visits(parts=[{"part": "confirmed", "whole": "clinics", "persons": "others"}]),
        "parts[0]: 'clinics' is not a protected measure",
    ),
    "part of itself": (
        _visits(parts=[{"part": "visits", "whole": "visits", "persons": "others"}]),
        "is a part of itself",
    ),
    "the rest counted by nothing": (
        _visits(parts=[{"part": "confirmed", "whole": "visits", "persons": "few"}]),
        "parts[0].persons: 'few' counts nothing here",
    ),
    "loosened": (_visits(tighten={"persons": {"minimum": 4}}), "tighten.persons.minimum: is looser than the policy"),
    "half a new rule": (_visits(tighten={"dominance": {"n": 1}}), "tighten: adds a rule without all of its keys"),
    "a rule about contributors": (_visits(tighten={"organisations": {"minimum": 3}}), "Write contributions.sql"),
    "a fraction protected": (
        _visits(columns=[*VISITS["columns"][:2], {**VISITS["columns"][2], "type": "decimal"}, *VISITS["columns"][3:]]),
        "'visits' is no whole number",
    ),
}


@pytest.mark.parametrize("name", WRONG_DATASETS)
def test_wrong_protection(name: str, tmp_path: Path) -> None:
    dataset, message = WRONG_DATASETS[name]
    assert message in "\n".join(complaints(written(tmp_path, dataset=dataset)))


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (_protect(3, persons="patients"), "protected or public, not both"),
        (_visits(tighten={"method": "cell_key"}), "tighten.method: is not a known key"),
        (_visits(withheld=[{"name": "patients", "title": TEXT}]), "withheld[0].additivity: is missing"),
    ],
)
def test_protection_that_cannot_be_read(dataset: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(FaultError) as caught:
        written(tmp_path, dataset=dataset)
    assert message in str(caught.value)


def test_nothing_is_protected_where_nothing_is_hidden(tmp_path: Path) -> None:
    read = written(tmp_path, _policy(rules=None, reason=None, public_because=TEXT), contributions="SELECT 1")
    places = {each.partition(": the policy 'strict' hides nothing")[0] for each in complaints(read)}
    assert places == {"protect", "parts", "withheld", "contributions.sql"}


def test_a_dataset_under_rules_is_refused_by_the_library(tmp_path: Path) -> None:
    write_library(tmp_path, {**MINIMAL, "policy": "persons"})
    with pytest.raises(FaultError) as caught:
        load_library(tmp_path)
    assert "policy: 'persons' is not for official figures" in str(caught.value)
    assert "protect: 'beds' is in no entry" in str(caught.value)


def test_contributions_that_no_rule_asks_for(tmp_path: Path) -> None:
    assert "contributions.sql: is not used" in complaints(written(tmp_path, contributions="SELECT 1"))[0]


def test_contributions_are_read_where_a_rule_asks_for_them(tmp_path: Path) -> None:
    read = written(tmp_path, dataset=_visits(tighten={"p_percent": 10}), contributions="SELECT 2")
    assert complaints(read) == []
    assert read[1].contributions == "SELECT 2"


def test_days_that_are_withheld_need_no_count(tmp_path: Path) -> None:
    dataset, _ = WRONG_DATASETS["days without their count"]
    assert complaints(written(tmp_path, _rules(days="withheld"), dataset)) == []


FULL = Rules(
    persons=Persons(5, 2, 5),
    organisations=Organisations(3),
    dominance=Dominance(2, 85),
    p_percent=10,
    money=Money(10),
    noise=Noise(2),
    budget=Budget(Decimal(1), 4),
)
STRICTER: dict[str, tuple[Any, Any]] = {
    "persons.minimum": (6, 4),
    "persons.values": (3, 1),
    "persons.upper": (6, 4),
    "organisations.minimum": (4, 2),
    "dominance.n": (3, 1),
    "dominance.k": (80, 90),
    "p_percent": (11, 9),
    "money.percent": (11, 9),
    "noise.most": (3, 1),
    "budget.epsilon": (Decimal("0.5"), Decimal("1.5")),
    "budget.most_per_person": (5, 3),
}


@pytest.mark.parametrize("key", STRICTER)
def test_a_dataset_may_be_stricter_in_each_key_and_looser_in_none(key: str) -> None:
    stricter, looser = STRICTER[key]
    name, _, part = key.partition(".")
    value = getattr(tightened(FULL, ((key, stricter),)), name)
    assert (getattr(value, part) if part else value) == stricter
    assert not list(loosened(FULL, ((key, stricter),)))
    assert list(loosened(FULL, ((key, looser),))) == [key]


@pytest.mark.parametrize("key", ["zeros", "ratios", "days"])
def test_a_choice_may_be_stricter_only(key: str) -> None:
    strict = {"zeros": "protected", "ratios": "withheld", "days": "withheld"}[key]
    stricter = tightened(FULL, ((key, strict),))
    assert getattr(stricter, key) == strict
    assert not list(loosened(FULL, ((key, strict),)))
    assert list(loosened(stricter, ((key, getattr(FULL, key)),))) == [key]


def test_a_dataset_may_add_a_rule(tmp_path: Path) -> None:
    tighten = {"persons": {"minimum": 10}, "organisations": {"minimum": 3}}
    policy, declaration = written(tmp_path, dataset=_visits(tighten=tighten), contributions="SELECT 2")
    assert declaration.rules(policy) == Rules(Persons(10, 2, 5), Organisations(3))


def test_bundled_policies_say_why_and_by_what_right(library: Library) -> None:
    for policy in library.policies.values():
        assert set(policy.reason) == set(policy.basis) == set(LANGUAGES)
    hiding = {code for code, policy in library.policies.items() if policy.rules}
    assert hiding == {"persons", "persons_and_business"}


def test_figures_about_persons_are_under_rules(library: Library) -> None:
    """A dataset that reads the tables of persons counts them, unless it counts clinics alone."""
    of_clinics = {"enforcement_gap"}
    for slug, declaration in library.declarations.items():
        if declaration.transform and not _public(declaration, library):
            assert declaration.protect
        elif slug not in of_clinics:
            words = set(declaration.transform.replace("\n", " ").replace(",", " ").split())
            assert not words & {"policy", "account_event", "service", "drug_issue", "consent_request", "bank_request"}


def _public(declaration: Declaration, library: Library) -> bool:
    return declaration.rules(library.policies[declaration.policy]) is None


def test_what_is_withheld_is_no_column_of_the_dataset(library: Library) -> None:
    withheld = {slug for slug, each in library.declarations.items() if each.withheld}
    assert withheld == {"presence_confirmation", "presence_by_channel", "audit_signals", "bank_answers"}
    for declaration in library.declarations.values():
        names = {column.name for column in declaration.withheld}
        assert not names & set(declaration.by_name)
        assert not names & {column.name for column in (*declaration.columns, *declaration.measures)}
