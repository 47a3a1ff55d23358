"""What a disclosure policy asks for, what of a dataset it is applied to, and how a dataset may make it stricter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from datasets.language import LanguageMap


@dataclass(frozen=True)
class Persons:
    """A count of fewer than `minimum` persons is hidden.

    Of each hidden figure at least `values` whole numbers stay possible; a hidden count of persons may, for all that a
    reader can prove, be as great as `upper`. Without `upper` nothing is asked of its greatest possible value.
    """

    minimum: int
    values: int = 2
    upper: int | None = None


@dataclass(frozen=True)
class Organisations:
    """What fewer than `minimum` organisations contribute to is hidden."""

    minimum: int


@dataclass(frozen=True)
class Dominance:
    """A figure of which the `n` largest contributors make more than `k` per cent is hidden."""

    n: int
    k: int


@dataclass(frozen=True)
class Money:
    """The greatest possible value of a hidden amount is at least `percent` per cent above the true one."""

    percent: int


@dataclass(frozen=True)
class Noise:
    """The most by which a count may be changed, up or down."""

    most: int


@dataclass(frozen=True)
class Budget:
    """The privacy loss `epsilon` of a dataset's release, for persons with no more than `most_per_person` records in it."""

    epsilon: Decimal
    most_per_person: int


METHODS = ("suppression", "cell_key", "differential_privacy")
#: Ending of the withheld column with the sum of the random keys of a measure's records, for the method `cell_key`.
RECORD_KEYS = "_keys"
#: Of each key the choices, the strictest last.
ZEROS = ("published", "protected")
RATIOS = ("with_parts", "withheld")
DAYS = ("with_count", "withheld")


@dataclass(frozen=True)
class Rules:
    """The rules of a policy. A rule that is not there asks for nothing.

    `p_percent`: a contributor's share that another can estimate to within so many per cent is hidden. `zeros`: whether
    a reader always sees that a figure is nought. `ratios`, `days`: a ratio or a sum of days is hidden with the counts
    that it is made of, or always. `noise` goes with the method `cell_key`, `budget` with `differential_privacy`.
    """

    persons: Persons | None = None
    organisations: Organisations | None = None
    dominance: Dominance | None = None
    p_percent: int | None = None
    money: Money | None = None
    zeros: str = "published"
    ratios: str = "with_parts"
    days: str = "with_count"
    method: str = "suppression"
    noise: Noise | None = None
    budget: Budget | None = None

    @property
    def about_contributors(self) -> bool:
        """Whether a rule is about who contributes to a figure, and how much."""
        return any(rule is not None for rule in (self.organisations, self.dominance, self.p_percent))


@dataclass(frozen=True)
class ProtectedGroup:
    """Measures that are hidden together. `persons` is the measure or withheld column that counts the persons behind them."""

    measures: tuple[str, ...]
    persons: str | None = None


@dataclass(frozen=True)
class PublicMeasures:
    """Measures that a dataset under a policy with rules publishes nevertheless, and why it may."""

    measures: tuple[str, ...]
    reason: LanguageMap = field(hash=False)


@dataclass(frozen=True)
class Part:
    """In each row `part` is of the persons or events of `whole`, so the rest, whole - part, is a figure that anyone can work out.

    `persons` is the withheld column that counts the persons of the rest; without it the rest counts them itself.
    """

    part: str
    whole: str
    persons: str | None = None


#: What a dataset makes stricter: key, or key and inner key with a dot, and its value.
Tightening = tuple[tuple[str, Any], ...]

_KINDS: dict[str, type] = {
    "persons": Persons,
    "organisations": Organisations,
    "dominance": Dominance,
    "money": Money,
    "noise": Noise,
    "budget": Budget,
}
_CHOICES = {"zeros": ZEROS, "ratios": RATIOS, "days": DAYS}
#: Keys of which the smaller value is the stricter one; of all others it is the greater.
_SMALLER = frozenset({"dominance.k", "budget.epsilon"})


def tightened(rules: Rules, tightening: Tightening) -> Rules:
    """The rules with the values of `tightening` in place of theirs; raises TypeError for a rule that lacks a value."""
    changes: dict[str, Any] = {}
    inner: dict[str, dict[str, Any]] = {}
    for key, value in tightening:
        name, _, part = key.partition(".")
        if part:
            inner.setdefault(name, {})[part] = value
        else:
            changes[name] = value
    for name, values in inner.items():
        present = getattr(rules, name)
        changes[name] = _KINDS[name](**values) if present is None else replace(present, **values)
    return replace(rules, **changes)


def loosened(rules: Rules, tightening: Tightening) -> Iterator[str]:
    """The keys of `tightening` that make the rules looser than they are."""
    for key, value in tightening:
        name, _, part = key.partition(".")
        present = getattr(rules, name)
        if part and present is not None:
            present = getattr(present, part)
        if present is not None and _strictness(key, value) < _strictness(key, present):
            yield key


def _strictness(key: str, value: Any) -> Any:
    if key in _CHOICES:
        return _CHOICES[key].index(value)
    return -value if key in _SMALLER else value


def flat(tightening: Mapping[str, Any]) -> Tightening:
    """A mapping as it is written, `{persons: {minimum: 10}}`, as pairs of a dotted key and its value."""
    return tuple(sorted(_flat(tightening)))


def _flat(tightening: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in tightening.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{part}", inner) for part, inner in value.items())
        else:
            yield name, value
