"""What one release adds to the ledger: figures, and the equations in which a hidden figure stands; also as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from etl.protect.journal import LedgerError
from etl.protect.system import Name, Need


@dataclass(frozen=True, slots=True)
class Figure:
    """A cell across releases: its name, and how often its value has changed before."""

    name: Name
    vintage: int


@dataclass(frozen=True, slots=True)
class Record:
    """What readers have been told of a figure. `shown` in any release is shown for ever; the rest matters if it is not."""

    value: int
    shown: bool
    lower: int = 1
    sensitive: bool = False
    need: Need | None = None


Relation = tuple[tuple[Figure, int], ...]
"""Figures with whole coefficients; they sum to nought."""

FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """A release. `digest` is that of all it holds, `figures` only those that it adds or that it is the first to show.

    Or a `withdrawal`: its figures are in no release any more, its relations stand for those that left out its noughts.
    """

    release: str
    digest: str
    figures: Mapping[Figure, Record] = field(default_factory=dict)
    relations: tuple[Relation, ...] = ()
    withdrawal: bool = False

    def packed(self) -> dict[str, Any]:
        """As JSON: each name and each need stands once, in a list, and is referred to by its place."""
        names, needs = _Places(), _Places()

        def place(figure: Figure) -> list[int]:
            return [names.of(written(figure.name)), figure.vintage]

        def need_place(need: Need | None) -> int | None:
            if need is None:
                return None
            insiders = sorted(sorted(place(known) for known in insider) for insider in need.insiders)  # type: ignore[arg-type]
            return needs.of([need.values, need.upper, need.lower, insiders])

        figures = [
            [*place(figure), record.value]
            if record.shown
            else [*place(figure), record.value, record.lower, int(record.sensitive), need_place(record.need)]
            for figure, record in self.figures.items()
        ]
        relations = [[[*place(figure), factor] for figure, factor in relation] for relation in self.relations]
        return {
            "format": FORMAT,
            "release": self.release,
            "digest": self.digest,
            "figures": figures,
            "relations": relations,
            "names": names.listed,
            "needs": needs.listed,
            **({"withdrawal": True} if self.withdrawal else {}),
        }

    @classmethod
    def unpacked(cls, packed: Mapping[str, Any]) -> Entry:
        """From JSON. LedgerError if this is no entry."""
        try:
            if packed["format"] != FORMAT:
                raise LedgerError(f"The ledger has format {packed['format']}. Remedy: read it with a later program.")
            names = [read(name) for name in packed["names"]]
            needs = [_need(each, names) for each in packed["needs"]]
            figures = {
                Figure(names[name], vintage): Record(value, True)
                if not rest
                else Record(value, False, rest[0], bool(rest[1]), None if rest[2] is None else needs[rest[2]])
                for name, vintage, value, *rest in packed["figures"]
            }
            relations = tuple(
                tuple((Figure(names[name], vintage), factor) for name, vintage, factor in relation)
                for relation in packed["relations"]
            )
            return cls(packed["release"], packed["digest"], figures, relations, packed.get("withdrawal", False))
        except (KeyError, IndexError, TypeError) as error:
            raise LedgerError("An entry is damaged. Remedy: restore the ledger's folder from a backup.") from error


def written(name: Name) -> Any:
    """A name as JSON. LedgerError if it is not made of texts, whole numbers and tuples of them."""
    if isinstance(name, tuple):
        return [written(part) for part in name]
    if isinstance(name, str) or type(name) is int:
        return name
    raise LedgerError(f"The name {name} cannot be kept. Remedy: name cells by texts, whole numbers and tuples of them.")


def read(name: Any) -> Name:
    """A name from JSON."""
    return tuple(read(part) for part in name) if isinstance(name, list) else name


def _need(packed: list[Any], names: list[Name]) -> Need:
    values, upper, lower, insiders = packed
    known: Iterable[frozenset[Name]] = (
        frozenset(Figure(names[name], vintage) for name, vintage in insider) for insider in insiders
    )
    return Need(values, upper, lower, tuple(known))


class _Places:
    """A list in which each thing stands once."""

    def __init__(self) -> None:
        self.listed: list[Any] = []
        self._places: dict[str, int] = {}

    def of(self, thing: Any) -> int:
        place = self._places.setdefault(repr(thing), len(self.listed))
        if place == len(self.listed):
            self.listed.append(thing)
        return place
