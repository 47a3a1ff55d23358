"""Noise instead of hiding: a dataset whose policy asks for a cell key or for differential privacy."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any

from datasets.contract import PERIOD, SUMMED
from datasets.declaration import Column, Declaration
from datasets.fault import Fault
from datasets.library import Library
from datasets.protection import RECORD_KEYS, Rules
from etl.disclosure.cube import Cube, Figures, Keys, sum_up
from etl.disclosure.vault import Vault
from etl.protect import cell_key, private
from etl.protect.budget import Occasion


@dataclass(frozen=True)
class Noisy:
    """A cube with noise in every figure, and the noise in the words that the release publishes."""

    cube: Cube
    noise: dict[str, Any]


def unfit(declaration: Declaration, rules: Rules) -> Iterator[Fault]:
    """What of a dataset no noise can protect."""
    shown = f"{declaration.slug}/dataset.yaml"
    withheld = {column.name for column in declaration.withheld}
    for column in _noisy(declaration):
        if column.unit == "kzt" or column.additivity != "additive":
            message = f"'{column.name}' is not a count that may be summed: noise is for counts."
            yield Fault(shown, "policy", message, "Choose a policy with the method 'suppression'.")
        elif rules.method == "cell_key" and column.name + RECORD_KEYS not in withheld:
            message = f"'{column.name}' has no column of record keys."
            yield Fault(
                shown, "withheld", message, f"Withhold '{column.name}{RECORD_KEYS}', the sum of its records' keys."
            )
    if rules.zeros != "protected":
        yield Fault(shown, "policy", "a noisy nought is no nought.", "Say 'zeros: protected' in the policy.")


def add_noise(cube: Cube, rules: Rules, library: Library, vault: Vault) -> Noisy:
    """The figures with the noise that the rules ask for; measures that are public stay as they are."""
    if rules.method == "cell_key":
        return _keyed(cube, rules, vault)
    return _private(cube, rules, library, vault)


def _noisy(declaration: Declaration) -> list[Column]:
    return [declaration.by_name[name] for group in declaration.protect for name in group.measures]


def _keyed(cube: Cube, rules: Rules, vault: Vault) -> Noisy:
    """Noise by cell key: each row and margin has its own, and sums of parts no longer give the margin."""
    assert rules.noise is not None
    # A count of 1 cannot have noise of a variance of `most` or more: it must not become negative.
    table = cell_key.PerturbationTable(rules.noise.most, Decimal(rules.noise.most) / 2)
    figures = {keys: dict(found) for keys, found in cube.figures.items()}
    noise: dict[str, Any] = {}
    for column in _noisy(cube.declaration):
        counts: dict[Hashable, cell_key.KeyedCount] = {
            keys: cell_key.KeyedCount(found[column.name], found[column.name + RECORD_KEYS])
            for keys, found in cube.figures.items()
        }
        perturbed = cell_key.perturb(counts, table, vault.salt)
        noise = perturbed.noise.document()
        for keys, found in figures.items():
            found[column.name] = perturbed.numbers[keys]
    return Noisy(replace(cube, figures=figures), noise)


def _private(cube: Cube, rules: Rules, library: Library, vault: Vault) -> Noisy:
    """Noise on rows, of which margins are the sums: every combination of codes has a row, whether anybody is there."""
    assert rules.budget is not None
    privacy = private.Privacy(rules.budget.epsilon, rules.budget.most_per_person)
    budget = vault.budget(rules.budget.epsilon)
    place = cube.dimensions.index(PERIOD)
    periods = sorted({keys[place] for keys in cube.figures} - {SUMMED})
    cells = {period: list(_combinations(cube, period, library)) for period in periods}
    rows: dict[Keys, Figures] = {keys: dict(cube.figures.get(keys, {})) for period in periods for keys in cells[period]}
    noise: dict[str, Any] = {}
    for column in _noisy(cube.declaration):
        for period in periods:
            true = {keys: found[column.name] for keys, found in cube.figures.items() if SUMMED not in keys}
            counts = {keys: value for keys, value in true.items() if keys[place] == period}
            occasion = Occasion(f"{cube.declaration.slug}.{column.name}", period)
            perturbed = private.perturb(counts, cells[period], privacy, occasion, budget)
            noise = perturbed.noise.document()
            for keys in cells[period]:
                rows[keys][column.name] = perturbed.numbers[keys]
    return Noisy(sum_up(cube.declaration, rows), noise)


def _combinations(cube: Cube, period: str, library: Library) -> Iterator[Keys]:
    """Every combination of codes in `period`: which of them occur is what noise must not tell."""
    lists = []
    for column in cube.declaration.dimensions:
        if column.name == PERIOD:
            lists.append([period])
        elif column.codelist:
            codes = library.codelists[column.codelist].codes
            parents = {code.parent for code in codes}
            lists.append([code.code for code in codes if code.code not in parents])
        else:
            raise ValueError(
                f"'{column.name}' has no code list. Remedy: differential privacy needs one for each dimension."
            )
    yield from product(*lists)
