"""An operator's own boundaries: a GeoJSON file becomes the shapes of the map, in place of the tile grid.

No boundaries come with the portal: their licences differ. `MAP_FILE` names the file, `MAP_CREDIT` the line under the map.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Width of the drawing in its own units; the height follows from the shapes.
WIDTH = 1000.0
#: A region smaller than this on the drawing is a city: a dot that a finger can hit, drawn last.
_CITY = 45.0
_DOT = 22.0
#: Square degrees, about a hectare: a smaller shape is a mistake, and has no centre that floats could tell.
_FLAT = 1e-6

Point = tuple[float, float]


class BoundariesError(ValueError):
    """The file cannot be drawn; the message says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Shape:
    """One region on the drawing: an SVG path, where its label stands, and the radius of a dot (0 for none)."""

    path: str
    x: float
    y: float
    dot: float


@dataclass(frozen=True)
class Boundaries:
    """All shapes by region code, and the height of the drawing."""

    shapes: dict[str, Shape]
    height: float
    credit: str


def load_boundaries(path: Path, codes: Iterable[str], credit: str) -> Boundaries:
    """Read a GeoJSON FeatureCollection in WGS 84 whose features carry ISO 3166-2 codes (property `iso`, or the id).

    Raises BoundariesError if it is no such file or has no shape for one of `codes`.
    """
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        rings = {_code(feature): list(_rings(feature["geometry"])) for feature in features}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BoundariesError(
            f"MAP_FILE {path.name}: no GeoJSON FeatureCollection ({error}). Name another file."
        ) from None
    missing = sorted(set(codes) - set(rings))
    if missing:
        message = f"MAP_FILE {path.name}: no feature for {', '.join(missing)}."
        raise BoundariesError(f"{message} Give each feature its code as property 'iso' or as id.")
    wanted = {code: rings[code] for code in codes}
    flat = sorted(code for code, each in wanted.items() if not any(abs(_area(ring)) > _FLAT for ring in each))
    if flat:
        raise BoundariesError(f"MAP_FILE {path.name}: the shape of {', '.join(flat)} has no area. Name another file.")
    return _draw(wanted, credit)


def _code(feature: dict[str, Any]) -> str:
    return str((feature.get("properties") or {}).get("iso") or feature.get("id"))


def _rings(geometry: dict[str, Any]) -> Iterator[list[Point]]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        for ring in polygon:
            points = [_point(position) for position in ring]
            if points[0] != points[-1]:
                raise ValueError("a ring is not closed")
            yield points


def _point(position: list[Any]) -> Point:
    longitude, latitude = float(position[0]), float(position[1])
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        raise ValueError(f"{longitude}, {latitude} is no place on Earth")
    return longitude, latitude


def _draw(rings: dict[str, list[list[Point]]], credit: str) -> Boundaries:
    """Equirectangular with the scale true at the middle latitude: good enough for a country, and no library needed."""
    points = [point for each in rings.values() for ring in each for point in ring]
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = math.cos(math.radians((south + north) / 2))
    scale = WIDTH / ((east - west) * squeeze)

    def place(point: Point) -> Point:
        return (point[0] - west) * squeeze * scale, (north - point[1]) * scale

    shapes = {code: _shape([[place(point) for point in ring] for ring in each]) for code, each in rings.items()}
    cities_last = dict(sorted(shapes.items(), key=lambda item: item[1].dot))
    return Boundaries(cities_last, round((north - south) * scale, 1), credit)


def _shape(rings: list[list[Point]]) -> Shape:
    largest = max(rings, key=lambda ring: abs(_area(ring)))
    x, y = _centre(largest)
    width = max(point[0] for point in largest) - min(point[0] for point in largest)
    path = "".join("M" + "L".join(f"{px:.1f},{py:.1f}" for px, py in ring) + "Z" for ring in rings)
    return Shape(path, round(x, 1), round(y, 1), _DOT if width < _CITY else 0)


def _area(ring: list[Point]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) / 2


def _centre(ring: list[Point]) -> Point:
    """The centroid of a ring's area."""
    area = _area(ring)
    pairs = [(a, b, a[0] * b[1] - b[0] * a[1]) for a, b in itertools.pairwise(ring)]
    return (
        sum((a[0] + b[0]) * cross for a, b, cross in pairs) / (6 * area),
        sum((a[1] + b[1]) * cross for a, b, cross in pairs) / (6 * area),
    )
