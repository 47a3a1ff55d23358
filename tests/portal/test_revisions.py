"""How far first figures moved, against a computation that shares no code with the portal's."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from datasets.contract import DATABASE_FILE, LANGUAGES
from portal.factory import create_app
from tests.conftest import BufferedClient
from tests.portal.history import figures, in_order

Moved = dict[tuple[str, int], tuple[int, int, float, float | None]]


def _expected(releases: Path, slugs: dict[str, str], wrong: set[tuple[str, tuple[str, ...]]]) -> Moved:
    """By measure and age: figures, changed ones, mean and relative change; `slugs` are the dataset's names."""
    pairs: defaultdict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    read = [figures(releases / each) for each in in_order(releases)]
    numbers = [
        {(measure, keys): said[1] for (slug, measure, keys), said in found.items() if slug in slugs and "*" not in keys}
        for found in read
    ]
    for place, found in enumerate(numbers):
        for figure, value in found.items():
            older = [each.get(figure) for each in numbers[:place]]
            born = next((n for n, each in enumerate(older) if each is not None), None)
            if value is not None and born is not None and figure not in wrong:
                pairs[figure[0], place - born].append((older[born], value))
    return {
        key: (
            len(found),
            sum(first != later for first, later in found),
            sum(abs(later - first) for first, later in found) / len(found),
            sum(abs(later - first) for first, later in found) / total
            if (total := sum(abs(first) for first, _ in found))
            else None,
        )
        for key, found in pairs.items()
    }


def _stated(client: FlaskClient, slug: str) -> tuple[dict[str, Any], Moved]:
    answer = client.get(f"/api/v1/datasets/{slug}/revisions").json
    moved = {
        (each["measure"], each["age"]): (each["figures"], each["revised"], each["mean_absolute"], each["relative"])
        for each in answer["revisions"]
    }
    assert all(each["share_revised"] == each["revised"] / each["figures"] for each in answer["revisions"])
    return answer, moved


@pytest.mark.parametrize(
    ("slug", "names", "wrong"),
    [
        ("cases", {"cases"}, set()),
        ("personnel", {"staff", "personnel"}, set()),
        ("beds", {"beds"}, {("beds", ("KZ-71", "2026"))}),
    ],
)
def test_revisions_are_what_the_files_say(
    history_client: FlaskClient,
    history_releases: Path,
    slug: str,
    names: dict[str, str],
    wrong: set[tuple[str, tuple[str, ...]]],
) -> None:
    expected = _expected(history_releases, names, wrong)
    assert expected
    answer, stated = _stated(history_client, slug)
    assert stated == {key: pytest.approx(value) for key, value in expected.items()}
    assert answer["left_out"] == len(wrong)
    assert answer["releases"] == 5


def test_reasons_are_counted(history_client: FlaskClient) -> None:
    assert _stated(history_client, "beds")[0]["reasons"] == {"source_correction": 2, "our_error": 1}
    assert _stated(history_client, "personnel")[0]["reasons"] == {"source_correction": 2}


def test_pinned_answer_ends_with_its_release(history_client: FlaskClient, history_releases: Path) -> None:
    first, second = in_order(history_releases)[:2]
    assert history_client.get(f"/api/v1/datasets/beds/revisions?release={first}").json["revisions"] == []
    answer = history_client.get(f"/api/v1/datasets/beds/revisions?release={second}").json
    assert {each["age"] for each in answer["revisions"]} == {1}


def test_sentence_speaks_of_all_releases_so_far(history_client: FlaskClient, history_releases: Path) -> None:
    sentences = []
    for root in ("", f"/at/{in_order(history_releases)[1]}"):
        text = history_client.get(f"{root}/en/datasets/cases").get_data(as_text=True)
        sentences.append(text.split('id="revisions"')[1].split("<p")[1].split("</p>")[0])
    assert "other ones so far" in sentences[0]
    assert sentences[0] != sentences[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_a_dataset_says_how_far_figures_moved(history_client: FlaskClient, language: str) -> None:
    text = history_client.get(f"/{language}/datasets/cases").get_data(as_text=True)
    section = text.split('id="revisions"')[1].split("<h2")[0]
    assert section.count("<tr") == 1 + 4 * 4


def test_first_release_has_nothing_to_compare(history_client: FlaskClient, history_releases: Path) -> None:
    first = in_order(history_releases)[0]
    assert 'id="revisions"' not in history_client.get(f"/at/{first}/en/datasets/cases").get_data(as_text=True)


def test_damaged_release_is_left_out(history_releases: Path, tmp_path: Path) -> None:
    releases = Path(shutil.copytree(history_releases, tmp_path / "releases"))
    with (releases / in_order(releases)[1] / DATABASE_FILE).open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff" * 100)
    app = create_app(releases)
    answer, moved = _stated(BufferedClient(app, app.response_class), "beds")
    app.extensions["sql_pool"].close()
    assert answer["releases"] == 4
    assert {age for _, age in moved} == {1, 2, 3, 4}
