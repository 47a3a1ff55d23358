"""The health of the portal: for monitors by status and JSON, for people in words, and never with a path of the machine."""

import shutil
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.contract import DATABASE_FILE, TRUST_FILE
from portal.release import Release, ReleaseError
from portal.store import ReleaseStore
from portal.watch import Watch
from tests.portal.signed import point_to, rewrite


def test_a_portal_that_is_well(onlooker: FlaskClient, current: str) -> None:
    answer = onlooker.get("/health")
    found = answer.json
    assert found is not None
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert (found["status"], found["release"], found["named"], found["reason"]) == ("ok", current, current, None)
    assert len(found["key"]) == 16
    assert onlooker.get("/en/health").text.count("shows the release that it should") == 1


def test_a_degraded_portal_says_why_and_since_when(
    visitor: FlaskClient, releases: Path, current: str, older: str
) -> None:
    rewrite(releases / current / DATABASE_FILE, b"x")
    first, second = visitor.get("/health"), visitor.get("/health")
    found = first.json
    assert found is not None
    assert first.status_code == 200
    assert (found["status"], found["release"], found["named"]) == ("degraded", older, current)
    assert found["reason"]["code"] == "damaged"
    assert second.json == found
    assert str(releases) not in first.text
    page = visitor.get("/en/health").text
    assert "An older release is shown" in page
    assert current in page
    assert older in page
    assert str(releases) not in page


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_portal_without_a_release_fails(
    visitor: FlaskClient, releases: Path, current: str, older: str, language: str
) -> None:
    for release_id in (current, older):
        shutil.rmtree(releases / release_id)
    answer = visitor.get("/health")
    found = answer.json
    assert found is not None
    assert (answer.status_code, found["status"], found["release"]) == (503, "failing", None)
    assert visitor.get(f"/{language}/health").status_code == 503


def test_damaged_keys_are_told_of(visitor: FlaskClient, releases: Path) -> None:
    assert visitor.get("/en/").status_code == 200
    (releases / TRUST_FILE).write_text("x")
    found = visitor.get("/health").json
    assert found is not None
    assert found["status"] == "degraded"
    assert found["keys"].startswith(TRUST_FILE)
    assert "public keys is damaged" in visitor.get("/en/health").text


def test_a_new_release_is_made_ready_before_it_is_shown(releases: Path, current: str, older: str) -> None:
    store, ready = ReleaseStore(releases), []
    watch = Watch(store, lambda release: ready.append((release.id, store.current().id)))
    store.succession.on_change = lambda: None
    point_to(older, releases)
    assert store.current().id == older
    point_to(current, releases)
    assert [store.current().id, store.current().id] == [older, older]
    watch.adopt()
    assert store.current().id == current
    assert ready == [(current, older)]


@pytest.mark.parametrize("fault", [RuntimeError("no workers"), ReleaseError("damaged")])
def test_a_release_that_cannot_be_made_ready_is_shown_nevertheless(
    releases: Path, current: str, older: str, fault: Exception
) -> None:
    def fail(_release: Release) -> None:
        raise fault

    store = ReleaseStore(releases)
    watch = Watch(store, fail)
    store.succession.on_change = lambda: None
    point_to(older, releases)
    assert store.current().id == older
    point_to(current, releases)
    watch.adopt()
    assert store.current().id == current


def test_a_running_watch_follows_the_pointer_and_reads_all_files(releases: Path, current: str, older: str) -> None:
    store = ReleaseStore(releases)
    assert store.current().id == current
    watch = Watch(store, lambda _release: None)
    watch.start()
    point_to(older, releases)
    deadline = time.monotonic() + 30
    while store.current().id != older or not watch.verified(store.get(older)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    rewrite(releases / older / DATABASE_FILE, b"x")
    assert store.current().id == current
