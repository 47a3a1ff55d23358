"""What the rules of a dataset ask of one figure: whether it must be hidden, and what a reader must not find out of it."""

from __future__ import annotations

from collections.abc import Mapping

from datasets.declaration import Column
from datasets.protection import ProtectedGroup, Rules
from etl.disclosure.cube import Cube, Keys
from etl.protect.primary import (
    Contributions,
    dominance,
    margin_above,
    minimum_contributors,
    minimum_frequency,
    p_percent,
    strictest,
)
from etl.protect.system import Need

#: What each contributor adds to a margin or row, by keys and measure.
Shares = Mapping[Keys, Mapping[str, Contributions]]


def small(cube: Cube, rules: Rules, group: ProtectedGroup, keys: Keys) -> bool:
    """Whether too few persons stand behind the figures of `group` at `keys`."""
    if rules.persons is None or group.persons is None:
        return False
    persons = cube.least[keys][group.persons]
    published = rules.zeros == "published"
    return minimum_frequency(persons, rules.persons.minimum, zeros_published=published) is not None


def primary_need(
    cube: Cube, rules: Rules, shares: Shares, group: ProtectedGroup, column: Column, keys: Keys
) -> Need | None:
    """What must stay possible of a figure that is hidden for its own sake; None if it may be shown for all the rules say."""
    needs: list[Need | None] = [_business_need(rules, shares, column, keys)]
    if small(cube, rules, group, keys):
        assert rules.persons is not None
        needs.append(Need(rules.persons.values, upper=rules.persons.upper if column.name == group.persons else None))
        if column.unit == "kzt" and rules.money:
            needs.append(margin_above(cube.figures[keys][column.name], rules.money.percent))
    return strictest(needs)


def secondary_need(rules: Rules, group: ProtectedGroup, column: Column) -> Need | None:
    """What must stay possible of a figure that is hidden for another's sake.

    A count of persons may then be worked out: it is large. Where persons are counted elsewhere, nobody can tell whether
    the figure is hidden for its own sake, so it must not be.
    """
    if rules.persons is None:
        return Need()
    if column.name == group.persons and not rules.about_contributors:
        return None
    return Need(rules.persons.values)


def _business_need(rules: Rules, shares: Shares, column: Column, keys: Keys) -> Need | None:
    contributions = shares.get(keys, {}).get(column.name)
    if contributions is None:
        return None
    needs: list[Need | None] = []
    if rules.organisations:
        needs.append(minimum_contributors(contributions, rules.organisations.minimum))
    if rules.dominance and column.unit == "kzt":
        needs.append(dominance(contributions, rules.dominance.n, rules.dominance.k))
    if rules.p_percent and column.unit == "kzt":
        needs.append(p_percent(contributions, rules.p_percent))
    return strictest(needs)
