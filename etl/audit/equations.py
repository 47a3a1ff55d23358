"""What ties the figures of one release: sums over a dimension, sums of measures, parts, ratios, figures of two names.

Only what the release itself states is used. A figure that a row may not have (a count of distinct persons in a total) is
in no equation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from datasets.contract import SUMMED, Status
from etl.audit.release import Figure, Keys, Release, Table


class Place(NamedTuple):
    """Where a figure of a release stands; `keys` as published."""

    table: Table
    measure: str
    keys: Keys

    @property
    def figure(self) -> Figure:
        """What is published there; nought where there is no row."""
        return self.table.figures[self.measure].get(self.keys, 0)

    def __str__(self) -> str:
        named = (f"{name}={key}" for name, key in zip(self.table.dimensions, self.keys, strict=True))
        return f"{self.table.slug}.{self.measure} ({', '.join(named)})"


class Tie(NamedTuple):
    """`lower` <= sum of coefficient times figure <= `upper`, None for no bound. `said` completes a sentence on the first.

    `adds` says that the others are added up to the first: then one whose row cannot have a figure adds nothing.
    """

    terms: Sequence[tuple[int, Place]]
    lower: int | None
    upper: int | None
    said: str
    adds: bool = True


def ties(release: Release) -> Iterator[Tie]:
    """Everything that ties whole-number figures of the release, whether or not any of them is hidden."""
    for table in release.protected:
        for measure in private_measures(release, table):
            yield from _margins(table, measure)
    for relation in release.relations:
        spec = relation.spec
        if relation.kind == "same":
            yield from _same(release, spec)
        elif relation.kind != "part" and (protected := _protected(release, spec)):
            yield from _KINDS[relation.kind](protected, spec)


class Rest(NamedTuple):
    """What a whole has besides a part of it: implied, and published by nobody. `counts` says that it counts persons itself."""

    whole: Place
    part: Place
    counts: bool


def rests(release: Release) -> Iterator[Rest]:
    """Every implied rest of the release."""
    for relation in release.relations:
        if relation.kind == "part" and (table := _protected(release, relation.spec)):
            whole, part = relation.spec["whole"], relation.spec["part"]
            counts = not relation.spec.get("persons")
            yield from (Rest(Place(table, whole, keys), Place(table, part, keys), counts) for keys in table.keys)


def _protected(release: Release, spec: Mapping[str, Any]) -> Table | None:
    table = release.tables.get(spec["dataset"])
    return table if table is not None and table.protection else None


def figure_measures(release: Release, table: Table) -> tuple[str, ...]:
    """The measures in whole numbers that are not computed from others."""
    ratios = {
        each.spec["measure"]
        for each in release.relations
        if each.kind == "ratio" and each.spec["dataset"] == table.slug
    }
    return tuple(name for name, each in table.measures.items() if each.type == "integer" and name not in ratios)


def private_measures(release: Release, table: Table) -> tuple[str, ...]:
    """The measures in whole numbers that are not computed from others, nor public without any figure withdrawn."""
    withdrawn = {name for name, _ in table.withdrawn}
    public = set(table.protection.public if table.protection else ()) - withdrawn
    return tuple(name for name in figure_measures(release, table) if name not in public)


def _margins(table: Table, measure: str) -> Iterator[Tie]:
    """A total over one dimension is the sum over its codes, the other dimensions fixed, some of them totals themselves."""
    for place, dimension in enumerate(table.dimensions):
        if not table.measures[measure].sums_over(dimension):
            continue
        said = f"is the sum over {dimension}"
        for margin, parts in table.parts[place].items():
            terms = [(-1, Place(table, measure, margin))]
            terms += [(1, Place(table, measure, keys)) for keys in parts]
            yield Tie(terms, 0, 0, said)


def _row_sums(table: Table, spec: Mapping[str, Any]) -> Iterator[Tie]:
    signs = [(1, name) for name in spec["plus"]] + [(-1, name) for name in spec.get("minus", ())]
    said = "is " + _signed(signs) + " of its row"
    for keys in table.keys:
        terms = [(-1, Place(table, spec["measure"], keys))]
        yield Tie([*terms, *((sign, Place(table, name, keys)) for sign, name in signs)], 0, 0, said)


def _identities(table: Table, spec: Mapping[str, Any]) -> Iterator[Tie]:
    place = table.dimensions.index(spec["dimension"])
    signs = [(1, code) for code in spec["plus"]] + [(-1, code) for code in spec.get("minus", ())]
    codes = {spec["total"], *(code for _, code in signs)}
    said = f"is {_signed(signs)} of {spec['dimension']}"
    measures = spec.get("measures") or [
        name for name, each in table.measures.items() if each.type == "integer" and each.additivity != "not_additive"
    ]
    others = dict.fromkeys((keys[:place], keys[place + 1 :]) for keys in table.keys if keys[place] in codes)
    for measure in measures:
        for before, after in others:
            terms = [(-1, Place(table, measure, (*before, spec["total"], *after)))]
            terms += [(sign, Place(table, measure, (*before, code, *after))) for sign, code in signs]
            yield Tie(terms, 0, 0, said)


def _ratios(table: Table, spec: Mapping[str, Any]) -> Iterator[Tie]:
    """A published ratio says between which fractions its parts are, by the rule that a half is rounded away from nought.

    With r for the ratio in units of its last decimal, 2r - 1 <= 2 x scale x numerator / denominator < 2r + 1 in the same
    units, multiplied by the denominator, which is above nought where there is a ratio.
    """
    unit = 10 ** int(spec["decimals"])
    factor = 2 * int(spec["scale"]) * unit
    if table.protection and table.protection.perturbed:
        return  # it is computed from the noisy figures, and says nothing of the true ones
    for keys in table.keys:
        place = Place(table, spec["measure"], keys)
        slip = table.slips.get((place.measure, keys))
        ratio = slip[0] if slip else place.figure
        parts = Place(table, spec["numerator"], keys), Place(table, spec["denominator"], keys)
        if isinstance(ratio, Status):
            there = {part.figure for part in parts}
            if ratio is Status.NOT_APPLICABLE and Status.SUPPRESSED in there and Status.NOT_APPLICABLE not in there:
                yield Tie([(1, parts[1])], 0, 0, "is nought, as there is no ratio", adds=False)
            continue
        rounded = int(ratio * unit)
        said = f"goes into the ratio {spec['measure']} of {ratio}"
        above = rounded < 0  # below nought, halves go down: the limits change sides
        yield Tie(_fraction(parts, factor, 2 * rounded - 1), int(above), None, said, adds=False)
        yield Tie(_fraction(parts, factor, 2 * rounded + 1), None, int(above) - 1, said, adds=False)


def _fraction(parts: tuple[Place, Place], factor: int, limit: int) -> list[tuple[int, Place]]:
    return [(factor, parts[0]), (-limit, parts[1])]


def _same(release: Release, spec: Mapping[str, Any]) -> Iterator[Tie]:
    sides = spec["left"], spec["right"]
    by = tuple(spec["by"])
    found = [_sums(release.tables[side["dataset"]], side, by) for side in sides]
    said = f"is the same as {sides[1]['dataset']}.{sides[1]['measure']}"
    for codes in sorted({*found[0], *found[1]}):
        pair = [
            sums.get(codes) or [_place(release.tables[side["dataset"]], side, by, codes)]
            for sums, side in zip(found, sides, strict=True)
        ]
        yield Tie([*((1, each) for each in pair[0]), *((-1, each) for each in pair[1])], 0, 0, said, adds=False)


def _sums(table: Table, side: Mapping[str, Any], by: Sequence[str]) -> dict[Keys, list[Place]]:
    """By the codes of `by`: the total of one side, or its rows where the dataset has no totals."""
    where = side.get("where") or {}
    places = [table.dimensions.index(name) for name in by]
    found: dict[Keys, list[Place]] = {}
    for keys in table.keys:
        codes = tuple(keys[place] for place in places)
        named = zip(table.dimensions, keys, strict=True)
        rest = {name: key for name, key in named if name not in by}
        wanted = {name: where.get(name, SUMMED if table.protection else key) for name, key in rest.items()}
        if SUMMED not in codes and rest == wanted:
            found.setdefault(codes, []).append(Place(table, side["measure"], keys))
    return found


def _place(table: Table, side: Mapping[str, Any], by: Sequence[str], codes: Keys) -> Place:
    return Place(table, side["measure"], table.at({**(side.get("where") or {}), **dict(zip(by, codes, strict=True))}))


def _signed(signs: Sequence[tuple[int, str]]) -> str:
    return " ".join(("+ " if sign > 0 else "- ") + name for sign, name in signs).removeprefix("+ ")


_KINDS = {"row_sum": _row_sums, "identity": _identities, "ratio": _ratios}
