"""Primary rules: which figures must be hidden, and what must stay possible for a reader of each.

A rule takes a figure and gives its Need, or none if the figure may be shown. The rules are those of the Handbook on
Statistical Disclosure Control (Hundepool and others), chapter 4: minimum frequency, (n, k) dominance, p per cent.
Amounts are whole numbers; thresholds are compared without division, so a figure exactly at a threshold is safe.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from etl.protect.system import Name, Need

Contributor = Hashable


@dataclass(frozen=True)
class Contributions:
    """Who contributes how much to one figure, in whole numbers from 0.

    `known` is what everybody knows of the figure besides, and so protects nobody. Contributors who have `waived` their
    protection are not hidden for their own sake, but still know what they contribute.
    """

    amounts: Mapping[Contributor, int]
    known: int = 0
    waived: frozenset[Contributor] = frozenset()

    def __post_init__(self) -> None:
        """Refuse amounts below nought, of which the rules say nothing."""
        if any(amount < 0 for amount in self.amounts.values()):
            raise ValueError(
                "A contribution is below nought. Remedy: protect income and returns as figures of their own."
            )

    @cached_property
    def largest(self) -> tuple[tuple[Contributor, int], ...]:
        """Those who contribute anything, the largest first; equal ones in the order of their names."""
        given = ((who, amount) for who, amount in self.amounts.items() if amount)
        return tuple(sorted(given, key=lambda each: (-each[1], str(each[0]))))

    @property
    def total(self) -> int:
        """The part of the figure that is not known anyway."""
        return sum(self.amounts.values())

    def held(self, owners: Mapping[Contributor, Contributor]) -> Contributions:
        """Contributors of one owner as a single one, for they tell each other; one without an owner is his own.

        An owner has waived if all that he holds here have.
        """
        amounts: dict[Contributor, int] = defaultdict(int)
        for who, amount in self.amounts.items():
            amounts[owners.get(who, who)] += amount
        at_risk = {owners.get(who, who) for who in self.amounts if who not in self.waived}
        return Contributions(dict(amounts), self.known, frozenset(amounts) - at_risk)

    def less(self, public: Mapping[Contributor, int]) -> Contributions:
        """What is left when everybody knows so much of each contribution: a named public contract, for one."""
        known = {who: min(amount, public.get(who, 0)) for who, amount in self.amounts.items()}
        left = {who: amount - known[who] for who, amount in self.amounts.items()}
        return Contributions(left, self.known + sum(known.values()), self.waived)

    def guarded(self, contributors: Iterable[tuple[Contributor, int]]) -> bool:
        """Whether any of them is to be hidden for his own sake."""
        return any(who not in self.waived for who, _ in contributors)


def minimum_frequency(
    count: int, minimum: int, *, values: int = 2, upper: int | None = None, zeros_published: bool = True
) -> Need | None:
    """A count of fewer than `minimum`; nought is one only where zeros are not published."""
    if count >= minimum or (count == 0 and zeros_published):
        return None
    return Need(values=values, upper=upper)


def minimum_contributors(contributions: Contributions, minimum: int, *, values: int = 2) -> Need | None:
    """A figure that fewer than `minimum` contribute to, unless all of them have waived."""
    there = contributions.largest
    if not there or len(there) >= minimum or not contributions.guarded(there):
        return None
    return Need(values=values)


def dominance(contributions: Contributions, n: int, k: int) -> Need | None:
    """A figure of which the `n` largest make more than `k` per cent, unless they all have waived.

    Its greatest possible value must be one of which they would not make more.
    """
    top = contributions.largest[:n]
    share = sum(amount for _, amount in top)
    if 100 * share <= k * contributions.total or not contributions.guarded(top):
        return None
    return Need(upper=contributions.known + _ceiling(100 * share, k))


def p_percent(contributions: Contributions, p: int) -> Need | None:
    """A figure from which a contributor can estimate another's share from above to within `p` per cent.

    The one at risk is the largest who has not waived, the one who estimates the largest of all others. The greatest
    possible value must leave the estimate `p` per cent too high.
    """
    there = contributions.largest
    victim = next((each for each in there if each[0] not in contributions.waived), None)
    if victim is None:
        return None
    rival = max((amount for who, amount in there if who != victim[0]), default=0)
    rest = contributions.total - victim[1] - rival
    if 100 * rest >= p * victim[1]:
        return None
    return Need(upper=contributions.known + rival + _ceiling((100 + p) * victim[1], 100))


def margin_above(value: int, percent: int, *, values: int = 2) -> Need:
    """Of a hidden amount: its greatest possible value is at least `percent` per cent above the true one."""
    return Need(values=values, upper=_ceiling(value * (100 + percent), 100))


def strictest(needs: Iterable[Need | None]) -> Need | None:
    """One need that meets all of them; none if there is none."""
    given = [need for need in needs if need is not None]
    if not given:
        return None
    uppers = [need.upper for need in given if need.upper is not None]
    lowers = [need.lower for need in given if need.lower is not None]
    return Need(
        values=max(need.values for need in given),
        upper=max(uppers, default=None),
        lower=min(lowers, default=None),
        insiders=tuple(dict.fromkeys(reader for need in given for reader in need.insiders)),
    )


def insiders(contributors: Mapping[Name, Collection[Contributor]]) -> dict[Name, tuple[frozenset[Name], ...]]:
    """For each figure the readers who know others besides: contributors who alone fill some, with all that they fill alone.

    `contributors` are those of each figure, holdings merged. Whoever fills a figure alone knows it: it is not protected
    from him, and he is not among its insiders.
    """
    alone: dict[Contributor, set[Name]] = defaultdict(set)
    for name, there in contributors.items():
        if len(there) == 1:
            alone[next(iter(there))].add(name)
    readers = {who: frozenset(alone[who]) for who in sorted(alone, key=str)}
    return {name: tuple(filled for filled in readers.values() if name not in filled) for name in contributors}


def _ceiling(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
