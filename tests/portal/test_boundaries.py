"""An operator's own map file is drawn in place of the tile grid, and a file that cannot be is refused."""

import json
import re
from pathlib import Path

import pytest

from portal.boundaries import BoundariesError, load_boundaries
from portal.factory import create_app
from portal.release import Release
from tests.conftest import BufferedClient


def _square(code: str, west: float, south: float, size: float = 2.0) -> dict:
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return {"type": "Feature", "properties": {"iso": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def _file(folder: Path, codes: list[str]) -> Path:
    features = [_square(code, 48 + 4 * (place % 5), 42 + 3 * (place // 5)) for place, code in enumerate(codes)]
    path = folder / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_shapes_keep_their_places(tmp_path: Path) -> None:
    drawn = load_boundaries(_file(tmp_path, ["KZ-71", "KZ-75"]), ["KZ-71", "KZ-75"], "Credit")
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
    "content", ["", "[]", "{}", '{"features": [{}]}', '{"features": [{"geometry": {"type": "Point"}}]}']
)
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "map.geojson"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BoundariesError, match="MAP_FILE"):
        load_boundaries(path, ["KZ-71"], "")


def test_missing_region_is_named(tmp_path: Path) -> None:
    with pytest.raises(BoundariesError, match="no feature for KZ-39"):
        load_boundaries(_file(tmp_path, ["KZ-71"]), ["KZ-71", "KZ-39"], "")


def test_page_draws_every_region(
    releases_dir: Path, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [code.code for code in release.catalogue.regions]
    monkeypatch.setenv("MAP_FILE", str(_file(tmp_path, codes)))
    monkeypatch.setenv("MAP_CREDIT", "Boundaries: somebody")
    app = create_app(releases_dir)
    try:
        text = BufferedClient(app, app.response_class).get("/kk/regions/").get_data(as_text=True)
    finally:
        app.extensions["sql_pool"].close()
    assert len(re.findall(r'<(?:path|circle) class="app-tile__box app-tile__line"', text)) == 20
    assert "Boundaries: somebody" in text
