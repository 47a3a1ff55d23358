"""What the attack on a release has found, as the release says it in `audit.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

#: The outcome of a release that keeps its promises.
PASSED = "passed"


@dataclass(frozen=True)
class Coverage:
    """How much of a dataset is hidden, and how well.

    Of the figures of protected measures, those of sums included, `published` are shown and `hidden` are not.
    `hidden_value` is, by measure, the share of the total that no row shows. `narrowest` is the smallest number of whole
    numbers that provably stay possible for a hidden figure that needs them; `settled` counts those of which a reader may
    know that they are large.
    """

    dataset: str
    policy: str
    method: str
    published: int
    hidden: int
    hidden_totals: int
    hidden_share: float
    hidden_value: Mapping[str, float]
    narrowest: int | None
    settled: int
    breaches: int


@dataclass(frozen=True)
class Audit:
    """The attack on a release and the `earlier` ones, with so many `unknowns` and `equations` between them."""

    outcome: str
    earlier: tuple[str, ...]
    unknowns: int
    equations: int
    statement: str
    certificate: str | None
    datasets: Mapping[str, Coverage]

    @property
    def passed(self) -> bool:
        """Whether nothing can be worked out that the rules protect."""
        return self.outcome == PASSED

    @property
    def published(self) -> int:
        """The figures of protected measures that are shown, in all datasets."""
        return sum(each.published for each in self.datasets.values())

    @property
    def hidden(self) -> int:
        """The figures that are not shown, in all datasets."""
        return sum(each.hidden for each in self.datasets.values())

    @property
    def hidden_share(self) -> float:
        """The share of all figures that is not shown."""
        return self.hidden / (self.hidden + self.published) if self.hidden else 0.0

    @cached_property
    def narrowest(self) -> int | None:
        """The smallest number of whole numbers that stay possible for any hidden figure that needs them."""
        return min((each.narrowest for each in self.datasets.values() if each.narrowest is not None), default=None)


def read_audit(said: Mapping[str, Any]) -> Audit:
    """The audit of a release; raises KeyError or TypeError if `said` is none."""
    return Audit(
        outcome=said["outcome"],
        earlier=tuple(said["earlier"]),
        unknowns=said["unknowns"],
        equations=said["equations"],
        statement=said["statement"],
        certificate=said["certificate"],
        datasets={
            each["dataset"]: Coverage(**{field.name: each[field.name] for field in fields(Coverage)})
            for each in said["datasets"]
        },
    )
