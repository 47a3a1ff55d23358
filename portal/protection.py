"""How the figures of a dataset are protected, as its release states it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Group:
    """Measures that are hidden together; `persons` is the one of them that counts the persons behind all, if one does."""

    measures: tuple[str, ...]
    persons: str | None


@dataclass(frozen=True)
class Protection:
    """The rules that protect a dataset's figures. Which of them there are depends on the method.

    Hidden is what fewer than `minimum` persons stand behind; of each hidden figure at least `values` whole numbers stay
    possible, and one that counts persons may, for all that can be proved, be as great as `upper`. `noise` is for methods
    that show all figures, but changed.
    """

    policy: str
    method: str
    zeros: str
    minimum: int
    values: int
    upper: int | None
    groups: tuple[Group, ...]
    public: tuple[str, ...]
    noise: dict[str, Any]


def read_protection(text: str | None) -> Protection | None:
    """The protection of the text in `protection_json`; nothing if there is none."""
    if not text:
        return None
    stated = json.loads(text)
    return Protection(
        policy=stated["policy"],
        method=stated["method"],
        zeros=stated["zeros"],
        minimum=stated["minimum"],
        values=stated["values"],
        upper=stated["upper"],
        groups=tuple(Group(tuple(each["measures"]), each["persons"]) for each in stated["groups"]),
        public=tuple(stated["public"]),
        noise=stated.get("noise") or {},
    )
