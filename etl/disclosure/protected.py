"""What disclosure control gives: datasets that may be published, and what ties their figures together."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from datasets.declaration import Declaration
from datasets.document import Policy
from datasets.language import LanguageMap
from etl.aggregate import Aggregated
from etl.protect.system import System
from etl.table import Table

SEAL = object()


@dataclass(frozen=True)
class Protected:
    """A dataset that disclosure control has let through under `policy`. Made by `etl.disclosure` alone.

    `protection` says which rules a reader may count on, as the release states it; without rules it is None, and there is
    no `totals` table. Rows of `totals` have `*` in each dimension that is summed over.
    """

    dataset: Aggregated
    policy: Policy
    seal: object
    protection: dict[str, Any] | None = None
    totals: Table = field(default=Table(()))

    def __post_init__(self) -> None:
        """Refuse a value that did not come through disclosure control."""
        if self.seal is not SEAL:
            raise TypeError("Protected is made by etl.disclosure.protect only. Remedy: pass the dataset through it.")

    @property
    def declaration(self) -> Declaration:
        """The dataset's declaration, without what is withheld."""
        return self.dataset.declaration

    @property
    def slug(self) -> str:
        """The dataset's name."""
        return self.dataset.declaration.slug


@dataclass(frozen=True)
class Relation:
    """Something that holds between published figures and that anybody may use against hidden ones: a kind and its terms."""

    kind: str
    spec: dict[str, Any]
    title: LanguageMap | None = None


@dataclass(frozen=True)
class Revision:
    """A figure that is not the one which its first release had: the `vintage`-th other one."""

    dataset: str
    measure: str
    keys: tuple[str, ...]
    vintage: int


@dataclass(frozen=True)
class Secret:
    """What the release hides, for the ledger alone: nothing of it may be printed, or written where others can read."""

    system: System
    hidden: frozenset[Hashable]

    def __repr__(self) -> str:
        """Tell nothing."""
        return "Secret()"


@dataclass(frozen=True)
class Disclosed:
    """All datasets of a release, protected together."""

    datasets: tuple[Protected, ...]
    relations: tuple[Relation, ...] = ()
    revisions: tuple[Revision, ...] = ()
    secret: Secret | None = None
