"""The rules that a release states for a dataset: what its reader may count on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Group:
    """Measures that one number of persons stands behind; `persons` is the measure that counts them, if it is published."""

    measures: tuple[str, ...]
    persons: str | None


@dataclass(frozen=True)
class Protection:
    """The rules that the release states for a dataset. `noise` is the most by which a perturbed figure may be off."""

    policy: str
    method: str
    zeros: str
    minimum: int
    values: int
    upper: int | None
    groups: tuple[Group, ...]
    public: tuple[str, ...]
    noise: int | None = None

    @property
    def perturbed(self) -> bool:
        """Whether the figures are noisy rather than hidden."""
        return self.method != "suppression"

    @cached_property
    def group_of(self) -> dict[str, Group]:
        """The group of each protected measure."""
        return {measure: group for group in self.groups for measure in group.measures}


def read_protection(text: str | None) -> Protection | None:
    """The rules as the catalogue writes them; None for a dataset that has none. Raises ValueError or LookupError."""
    if text is None:
        return None
    said = json.loads(text)
    return Protection(
        policy=said["policy"],
        method=said["method"],
        zeros=said["zeros"],
        minimum=said["minimum"],
        values=said["values"],
        upper=said["upper"],
        groups=tuple(Group(tuple(each["measures"]), each["persons"]) for each in said["groups"]),
        public=tuple(said["public"]),
        noise=(said.get("noise") or {}).get("most"),
    )
