"""Everything but the rows: index, datasets, code lists, releases."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES, META_TABLES, bulk_formats


def test_the_index_leads_to_addresses_that_answer(client: FlaskClient, release_folder: Path) -> None:
    index = client.get("/api/v1/").json
    assert index["release"] == release_folder.name
    plain = [link for link in index["links"].values() if "{" not in link]
    assert len(plain) == 12
    assert [client.get(link).status_code for link in plain] == [200] * len(plain)


def test_addresses_answer_with_and_without_the_slash(client: FlaskClient) -> None:
    for address in ("/api/v1", "/api/v1/", "/api/v1/datasets", "/api/v1/datasets/"):
        assert client.get(address).status_code == 200, address


def test_datasets_lists_all_of_them(client: FlaskClient, release_folder: Path) -> None:
    with sqlite3.connect(release_folder / "release.db") as connection:
        slugs = [slug for (slug,) in connection.execute("SELECT slug FROM meta_dataset ORDER BY position")]
    answer = client.get("/api/v1/datasets").json
    assert [each["slug"] for each in answer["datasets"]] == slugs
    assert answer["count"] == len(slugs)


def test_datasets_can_be_chosen(client: FlaskClient) -> None:
    chosen = client.get("/api/v1/datasets?topic=contracts&topic=coverage&origin=official").json
    assert {each["topic"] for each in chosen["datasets"]} == {"contracts", "coverage"}
    simulated = client.get("/api/v1/datasets?origin=synthetic").json["datasets"]
    assert {"blocked_clinics", "organisations"} <= {each["slug"] for each in simulated}
    assert all(each["synthetic"] for each in simulated)


@pytest.mark.parametrize(
    "words", ["шарттар мен аванстар", "договоры авансы регион", "contracts and advances", "ДОГОВОР"]
)
def test_datasets_are_found_by_words_of_three_languages(client: FlaskClient, words: str) -> None:
    found = client.get("/api/v1/datasets", query_string={"q": words}).json["datasets"]
    assert "contracts_by_region" in [each["slug"] for each in found]
    both = client.get("/api/v1/datasets", query_string={"q": words, "topic": "coverage"}).json["datasets"]
    assert all(each["topic"] == "coverage" for each in both)


def test_a_dataset_is_told_in_full(client: FlaskClient, release_folder: Path) -> None:
    answer = client.get("/api/v1/datasets/contracts_by_region").json
    expected = {
        name.rsplit("_", 1)[0] if name[-3:] in ("_kk", "_ru", "_en") else name for name in META_TABLES["meta_dataset"]
    }
    told = {*answer, *(f"source_{name}" for name in answer["source"]), "policy_reason"}
    told |= {"grain_json", "headline_json", "ratios_json", "reads_json", "transform_sql", "position", "protection_json"}
    assert expected <= told
    assert "protection" in answer
    assert set(answer["title"]) == set(LANGUAGES)
    amount = next(column for column in answer["columns"] if column["name"] == "amount_kzt")
    assert amount["unit"] == "kzt"
    assert amount["unit_label"]["en"] == "tenge"
    assert len(answer["charts"]) == 2
    assert answer["region_set"] == "20"
    assert len(answer["inputs"][0]["sha256"]) == 64


def test_every_dataset_answers_and_its_notes_are_all_there(client: FlaskClient, release_folder: Path) -> None:
    with sqlite3.connect(release_folder / "release.db") as connection:
        notes = dict(connection.execute("SELECT dataset, count(*) FROM meta_note GROUP BY 1"))
    for each in client.get("/api/v1/datasets").json["datasets"]:
        answer = client.get(each["url"])
        assert answer.status_code == 200
        assert len(answer.json["notes"]) == notes.get(each["slug"], 0)


def test_files_are_those_of_the_manifest_and_can_be_had(client: FlaskClient) -> None:
    files = client.get("/api/v1/datasets/contracts_by_region").json["files"]
    assert len(files) == sum(len(LANGUAGES) if kind.localised else 1 for kind in bulk_formats(totals=False))
    for file in files:
        for address in (file["latest"], file["pinned"]):
            assert len(client.get(address).data) == file["bytes"]


def test_code_lists_have_labels_and_users(client: FlaskClient) -> None:
    listed = client.get("/api/v1/codelists").json["codelists"]
    assert "region" in [each["name"] for each in listed]
    region = client.get("/api/v1/codelists/region").json
    astana = next(code for code in region["codes"] if code["code"] == "KZ-71")
    assert astana["label"]["en"].startswith("Astana")
    assert astana["kato"]
    assert len(astana["tile"]) == 2
    assert "contracts_by_region" in region["used_by"]
    assert "tile" not in client.get("/api/v1/codelists/unit").json["codes"][0]


def test_releases_can_be_listed_and_read(client: FlaskClient, release_folder: Path) -> None:
    listed = client.get("/api/v1/releases").json
    assert [(each["id"], each["current"]) for each in listed["releases"]] == [(release_folder.name, True)]
    release = client.get(listed["releases"][0]["url"]).json
    assert release["data_through"] == release_folder.name[:10]
    assert len(client.get(release["files"][0]["url"]).data) == release["files"][0]["bytes"]


def test_a_simulated_dataset_says_so_everywhere(simulated: FlaskClient) -> None:
    address = "/api/v1/datasets/contracts_by_region"
    assert simulated.get(address).json["synthetic"] is True
    rows = simulated.get(f"{address}/observations?labels=en&select=region,contracts")
    assert rows.json["synthetic"] is True
    assert {row["origin"] for row in rows.json["rows"]} == {"synthetic"}
    assert rows.json["columns"][-1]["role"] == "origin"
    table = simulated.get(f"{address}/observations?format=csv")
    assert table.headers["X-Synthetic"] == "true"
    assert all(line.endswith(",synthetic") for line in table.text.splitlines()[1:])
    assert {check["origin"] for check in simulated.get("/api/v1/reconciliation").json["checks"]} == {"synthetic"}
    assert simulated.get("/api/v1/releases").json["count"] == 1
