"""Every link of the pages of the public record leads somewhere, in each language."""

import re

import pytest
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES

PAGES = ("corrections", "announcements", "calendar", "feeds/")


def _dead(client: FlaskClient, path: str) -> list[str]:
    """The links of a page's main part that are not answered, or that have no such place on their page."""
    answer = client.get(path)
    assert answer.status_code == 200
    main = answer.get_data(as_text=True).split("<main")[1].split("</main>")[0]
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', main)}
    assert links
    dead = []
    for link in sorted(links):
        address, _, place = link.partition("#")
        there = client.get(address or path)
        if there.status_code != 200 or (place and f'id="{place}"' not in there.get_data(as_text=True)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_links_over_a_history(history_client: FlaskClient, page: str, language: str) -> None:
    assert _dead(history_client, f"/{language}/{page}") == []


@pytest.mark.parametrize("page", [*PAGES, "clinics/101", "datasets/organisation_blocks"])
def test_links_over_a_record(recorded_client: FlaskClient, page: str) -> None:
    assert _dead(recorded_client, f"/ru/{page}") == []
