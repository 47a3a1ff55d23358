"""Components: unknowns that constraints tie together. What is derived exactly ties nothing, and each part is small."""

from __future__ import annotations

from typing import NamedTuple

from etl.audit.propagation import Box


class Component(NamedTuple):
    """Positions of unknowns whose values are not derived yet, and of all constraints that they stand in."""

    unknowns: tuple[int, ...]
    rows: tuple[int, ...]


def components(box: Box) -> tuple[Component, ...]:
    """All components, by their first unknown; unknowns that no constraint ties to others are ones of their own."""
    seen: set[int] = set()
    found = []
    for first in range(len(box.lower)):
        if first in seen or box.lower[first] == box.upper[first]:
            continue
        seen.add(first)
        members, rows = [first], set[int]()
        for member in members:  # grows while it is gone through
            for row in box.touching[member]:
                if row in rows:
                    continue
                rows.add(row)
                for other, _ in box.rows[row].terms:
                    if other not in seen and box.lower[other] != box.upper[other]:
                        seen.add(other)
                        members.append(other)
        found.append(Component(tuple(sorted(members)), tuple(sorted(rows))))
    return tuple(found)
