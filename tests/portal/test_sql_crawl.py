"""Next pages of a table in SQL stay with the release that the first page was of, or say that they cannot."""

import json
from pathlib import Path

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.portal.signed import CURRENT, OLDER, bases_in, point_to

FIRST = "/data/release/beds.json?_size=8"


def _next(answer: TestResponse) -> str:
    return str(json.loads(answer.text)["next_url"])


def test_a_crawl_goes_on_with_its_release_after_a_switch(
    visitor: FlaskClient, releases: Path, current: str, older: str
) -> None:
    first = visitor.get(FIRST)
    assert first.headers["Link"] == f'<{_next(first)}>; rel="next"'
    point_to(older, releases)
    assert visitor.get(FIRST).headers["X-Release"] == older
    second = visitor.get(_next(first))
    third = visitor.get(_next(second))
    assert [each.headers["X-Release"] for each in (first, second, third)] == [current] * 3
    assert bases_in(first.text) == bases_in(second.text) == bases_in(third.text) == {CURRENT}
    assert len({first.headers["ETag"], second.headers["ETag"], third.headers["ETag"]}) == 3
    page = visitor.get(f"/data/release/beds?_size=8&{_next(first).split('?')[1]}")
    assert (page.status_code, bases_in(page.text)) == (200, {CURRENT})


def test_a_next_page_of_a_release_without_workers_is_refused(
    visitor: FlaskClient, releases: Path, current: str, older: str
) -> None:
    following = _next(visitor.get(FIRST))
    for release in (older, "2020-01-01-0123456789ab", "..", ""):
        answer = visitor.get(following.replace(current, release))
        assert answer.status_code == 409
        error = json.loads(answer.text)["error"]
        assert (error["code"], current in error["message"]) == ("release_changed", True)
        page = visitor.get(following.replace(current, release).replace(".json", ""))
        assert (page.status_code, page.mimetype) == (409, "text/html")
    assert bases_in(visitor.get(following).text) == {CURRENT}
    point_to(older, releases)
    assert bases_in(visitor.get(FIRST).text) == {OLDER}
