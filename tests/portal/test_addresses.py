"""An address once public never dies silently: each that was promised is still answered, and each that there is, promised."""

import re
import tomllib
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from datasets.contract import BULK_FORMATS, POINTER_FILE

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
LIST = Path(__file__).with_name("addresses.txt")
#: What pages are made of, and the answer to what is no address: nobody was promised these.
UNPROMISED = ("static", "api.unknown")
ALIVE = {200, 301, 302, 308, 410}


def _promised() -> list[tuple[str, str, str]]:
    """Version, pattern and example of each line."""
    lines = [line.split("#")[0] if line.startswith("#") else line for line in LIST.read_text().splitlines()]
    return [tuple(line.split()) for line in lines if line.strip()]  # type: ignore[misc]


def _pattern(rule: Rule) -> str:
    """A route as the list writes it: without the kinds of its parts."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", rule.rule)


def missing_routes(app: Flask) -> set[str]:
    """The routes of an application that are not in the list."""
    routes = {_pattern(rule) for rule in app.url_map.iter_rules() if rule.endpoint not in UNPROMISED}
    return routes - {pattern for _, pattern, _ in _promised()}


def test_lines_are_well_formed_and_each_pattern_stands_once() -> None:
    promised = _promised()
    now = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]
    assert all(
        [int(part) for part in version.split(".")] <= [int(part) for part in now.split(".")]
        for version, _, _ in promised
    )
    patterns = [pattern for _, pattern, _ in promised]
    assert len(patterns) == len(set(patterns)) > 60


def test_each_route_is_promised(recorded_client: FlaskClient) -> None:
    assert missing_routes(recorded_client.application) == set()


def test_new_route_without_a_line_is_noticed() -> None:
    app = Flask("app")
    app.add_url_rule("/new/<path:rest>", "new", lambda rest: rest)
    assert missing_routes(app) == {"/new/<rest>"}


@pytest.mark.parametrize("pattern, example", [(pattern, example) for _, pattern, example in _promised()])
def test_promised_address_is_answered(
    recorded_client: FlaskClient, recorded_releases: Path, pattern: str, example: str
) -> None:
    if example == "-":
        adapter = recorded_client.application.url_map.bind("localhost")
        adapter.match(re.sub(r"<\w+>", "en", pattern))  # raises NotFound
        return
    release = (recorded_releases / POINTER_FILE).read_text().strip()
    answer = recorded_client.get(example.replace("{release}", release))
    assert answer.status_code in ALIVE
    if answer.status_code == 410:
        assert "announcements" in answer.get_data(as_text=True)


def test_each_kind_of_file_is_promised() -> None:
    promised = {pattern for _, pattern, _ in _promised()}
    for kind in BULK_FORMATS:
        name = kind.file_name("<slug>", "<lang>" if kind.localised else None)
        assert f"/downloads/latest/{name}" in promised, kind.name
