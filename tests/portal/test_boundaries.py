"""An operator's own map file is drawn in place of the tile grid, and a file that cannot be is refused."""

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.boundaries import Boundaries, BoundariesError, load_boundaries
from portal.factory import create_app
from portal.release import Release
from tests.conftest import BufferedClient


def _square(code: str, west: float, south: float, size: float = 2.0) -> dict:
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return {"type": "Feature", "properties": {"iso": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def map_file(folder: Path, codes: list[str]) -> Path:
    """A map with a square for each code."""
    features = [_square(code, 48 + 4 * (place % 5), 42 + 3 * (place // 5)) for place, code in enumerate(codes)]
    path = folder / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_shapes_keep_their_places(tmp_path: Path) -> None:
    drawn = load_boundaries(map_file(tmp_path, ["KZ-71", "KZ-75"]), ["KZ-71", "KZ-75"], "Credit")
    west, east = drawn.shapes["KZ-71"], drawn.shapes["KZ-75"]
    assert west.x < east.x
    assert west.y == east.y == pytest.approx(drawn.height / 2, abs=0.2)
    assert west.path.startswith("M") and west.path.endswith("Z")


def test_city_is_a_dot_and_comes_last(tmp_path: Path) -> None:
    path = tmp_path / "map.geojson"
    features = [_square("KZ-75", 50, 45, 0.1), _square("KZ-19", 46, 40, 20)]
    path.write_text(json.dumps({"features": features}), encoding="utf-8")
    drawn = load_boundaries(path, ["KZ-75", "KZ-19"], "")
    assert list(drawn.shapes) == ["KZ-19", "KZ-75"]
    assert (drawn.shapes["KZ-19"].dot, drawn.shapes["KZ-75"].dot > 0) == (0, True)


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{}", "5", "null", '"x"', '{"features": 5}', '{"features": [5]}', '{"features": {"a": 1}}'),
        *('{"features": [{}]}', '{"features": [{"geometry": {"type": "Point"}}]}', '{"features": []}', "[" * 100_000),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "map.geojson"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BoundariesError, match="MAP_FILE"):
        load_boundaries(path, ["KZ-71"], "")


FLAT = [[48, 42], [50, 42], [52, 42], [48, 42]]
#: In place of the coordinates of a polygon.
ODD = (
    None,
    5,
    "x",
    [],
    [[]],
    [[[]]],
    [[[1]]],
    [[["a", "b"]]],
    [[[1, 2]]],
    [FLAT],
    [FLAT[:3]],
    [[[1, 2], [3, 4], [5, 7]]],
)
ODD += (
    [[[500, 42], [501, 42], [501, 43], [500, 42]]],
    [[[float("nan"), 42], [2, 42], [2, 43], [float("nan"), 42]]],
    {},
)


@pytest.mark.parametrize("coordinates", ODD)
@pytest.mark.parametrize("kind", ["Polygon", "MultiPolygon", None])
def test_odd_shapes_are_refused(tmp_path: Path, kind: str | None, coordinates: object) -> None:
    feature = {"id": "KZ-71", "properties": None, "geometry": {"type": kind, "coordinates": coordinates}}
    path = tmp_path / "map.geojson"
    path.write_text(json.dumps({"features": [feature]}), encoding="utf-8")
    with pytest.raises(BoundariesError, match="MAP_FILE"):
        load_boundaries(path, ["KZ-71"], "")


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(-200, 200), st.sampled_from(["KZ-71", "Polygon"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.sampled_from(["features", "geometry", "type", "coordinates", "properties", "iso"]), inner),
    ),
    max_leaves=25,
)
ring = st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=3, max_size=6).map(lambda r: [*r, r[0]])


@given(st.one_of(values, st.builds(lambda features: {"features": features}, st.lists(values, max_size=3))))
def test_no_content_is_more_than_refused(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    _loaded(tmp_path_factory, content)


@given(st.lists(ring, min_size=1, max_size=3))
def test_any_ring_is_drawn_or_refused(tmp_path_factory: pytest.TempPathFactory, rings: object) -> None:
    geometry = {"type": "Polygon", "coordinates": rings}
    drawn = _loaded(tmp_path_factory, {"features": [{"id": "KZ-71", "geometry": geometry}]})
    assert drawn is None or math.isfinite(drawn.height)


def _loaded(folders: pytest.TempPathFactory, content: object) -> Boundaries | None:
    path = folders.getbasetemp() / "odd.geojson"
    path.write_text(json.dumps(content), encoding="utf-8")
    try:
        return load_boundaries(path, ["KZ-71"], "")
    except BoundariesError:
        return None


def test_missing_region_is_named(tmp_path: Path) -> None:
    with pytest.raises(BoundariesError, match="no feature for KZ-39"):
        load_boundaries(map_file(tmp_path, ["KZ-71"]), ["KZ-71", "KZ-39"], "")


def test_page_draws_every_region(
    releases_dir: Path, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [code.code for code in release.catalogue.regions]
    monkeypatch.setenv("MAP_FILE", str(map_file(tmp_path, codes)))
    monkeypatch.setenv("MAP_CREDIT", "Boundaries: somebody")
    app = create_app(releases_dir)
    try:
        text = BufferedClient(app, app.response_class).get("/kk/regions/").get_data(as_text=True)
    finally:
        app.extensions["sql_pool"].close()
    assert len(re.findall(r'<(?:path|circle) class="app-tile__box app-tile__line"', text)) == 20
    assert "Boundaries: somebody" in text
