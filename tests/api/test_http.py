"""HTTP: ETag, 304, HEAD, CORS, caching, and ready answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.shelf import ReadyAnswer, Shelf
from tests.api.conftest import Switch

CONTRACTS = "/api/v1/datasets/contracts_by_region/observations"
ADDRESSES = (
    "/api/v1/",
    "/api/v1/openapi.json",
    "/api/v1/datasets",
    "/api/v1/datasets/contracts_by_region",
    CONTRACTS,
    f"{CONTRACTS}?format=csv",
    "/api/v1/codelists",
    "/api/v1/codelists/region",
    "/api/v1/releases",
    "/api/v1/reconciliation",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_asking_again_costs_nothing(client: FlaskClient, release_folder: Path, address: str) -> None:
    first = client.get(address)
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert first.headers["ETag"].startswith(f'"{release_folder.name}-')
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert client.get(address, headers={"If-None-Match": '"other"'}).data == first.data


@pytest.mark.parametrize("address", ADDRESSES)
def test_head_is_get_without_the_body(client: FlaskClient, address: str) -> None:
    get, head = client.get(address), client.head(address)
    assert head.data == b""
    assert (head.status_code, head.headers["ETag"]) == (get.status_code, get.headers["ETag"])
    assert head.content_length == len(get.data)


@pytest.mark.parametrize("address", ADDRESSES)
def test_pages_of_any_origin_may_read(client: FlaskClient, address: str) -> None:
    answer = client.get(address, headers={"Origin": "https://example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Link" in answer.headers["Access-Control-Expose-Headers"]
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    preflight = client.options(address, headers=asked)
    assert preflight.status_code == 200
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"


def test_an_answer_of_a_named_release_is_kept_for_a_day(client: FlaskClient, release_folder: Path) -> None:
    for address in (CONTRACTS, "/api/v1/datasets", "/api/v1/codelists/region", "/api/v1/reconciliation"):
        answer = client.get(f"{address}?release={release_folder.name}")
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert client.get(f"/api/v1/releases/{release_folder.name}").headers["Cache-Control"] == "public, max-age=86400"


def test_a_new_release_has_new_etags_and_a_pinned_one_its_old(
    switch: Switch, release_folder: Path, simulated_folder: Path
) -> None:
    client, point_to = switch
    pinned = f"{CONTRACTS}?release={release_folder.name}"
    before = {address: client.get(address).headers["ETag"] for address in (CONTRACTS, pinned, "/api/v1/releases")}
    point_to(simulated_folder.name)
    after = {address: client.get(address).headers["ETag"] for address in before}
    assert {address for address in before if before[address] == after[address]} == {pinned}
    assert client.get(CONTRACTS, headers={"If-None-Match": before[CONTRACTS]}).status_code == 200


def test_etags_tell_formats_and_hosts_apart(client: FlaskClient) -> None:
    tags = {
        client.get(CONTRACTS).headers["ETag"],
        client.get(CONTRACTS, headers={"Accept": "text/csv"}).headers["ETag"],
        client.get(CONTRACTS, base_url="http://127.0.0.1").headers["ETag"],
        client.get(f"{CONTRACTS}?limit=5").headers["ETag"],
    }
    assert len(tags) == 4
    ordered = [
        client.get(f"{CONTRACTS}?{query}").headers["ETag"] for query in ("limit=5&sort=region", "sort=region&limit=5")
    ]
    assert ordered[0] == ordered[1]


def test_a_ready_answer_is_the_answer(client: FlaskClient) -> None:
    address = f"{CONTRACTS}?limit=3&labels=ru&sort=-contracts"
    made, ready = client.get(address), client.get(address)
    assert (made.data, dict(made.headers)) == (ready.data, dict(ready.headers))


def test_the_shelf_keeps_to_its_size_and_drops_what_is_not_asked_for() -> None:
    answer = ReadyAnswer(b"x" * 10_000, ())
    shelf = Shelf(2 * answer.size)
    for key in "abc":
        shelf.set(key, answer)
        shelf.get("a")
    assert [key for key in "abc" if shelf.get(key)] == ["a", "c"]
    shelf.set("d", ReadyAnswer(b"x" * 30_000, ()))
    assert shelf.get("d") is None
