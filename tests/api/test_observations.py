"""The rows of a dataset: filters, order, columns, labels, pages, CSV; the table of the release is the measure."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from datasets.contract import RESERVED_COLUMNS, ROW_ORIGIN
from portal.api.arguments import RESERVED
from tests.api.conftest import Switch

ROWS = "/api/v1/datasets/{}/observations"
CONTRACTS = ROWS.format("contracts_by_region")


def table(folder: Path, slug: str) -> list[dict[str, Any]]:
    with sqlite3.connect(folder / "release.db") as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM [{slug}] ORDER BY rowid")]


def pages(client: FlaskClient, address: str) -> Iterator[Any]:
    following: str | None = address
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        yield answer
        following = answer.json["next"]
        assert answer.headers.get("Link") == (f'<{following}>; rel="next"' if following else None)


def test_paging_through_every_dataset_gives_its_table(client: FlaskClient, release_folder: Path) -> None:
    for each in client.get("/api/v1/datasets").json["datasets"]:
        expected = table(release_folder, each["slug"])
        answers = list(pages(client, f"{each['observations']}?limit=13"))
        assert [row for answer in answers for row in answer.json["rows"]] == expected
        assert {answer.json["count"] for answer in answers} == {len(expected)}
        assert len(answers) == max(1, -(-len(expected) // 13))


@pytest.mark.parametrize("sort", ["amount_kzt", "-amount_kzt", "region", "-region", "-amount_share"])
def test_paging_in_an_order_loses_and_repeats_nothing(client: FlaskClient, release_folder: Path, sort: str) -> None:
    rows = [row for answer in pages(client, f"{CONTRACTS}?limit=3&sort={sort}") for row in answer.json["rows"]]
    assert sorted(row["region"] for row in rows) == sorted(
        row["region"] for row in table(release_folder, "contracts_by_region")
    )
    name = sort.removeprefix("-")
    codes = [code["code"] for code in client.get("/api/v1/codelists/region").json["codes"]]
    keys = [codes.index(row[name]) if name == "region" else row[name] for row in rows]
    assert keys == sorted(keys, reverse=sort.startswith("-"))


def test_nulls_come_last_in_both_directions(client: FlaskClient) -> None:
    address = ROWS.format("purchase_plan_by_kind_of_care")
    for sort in ("mshi", "-mshi"):
        values = [row["mshi"] for row in client.get(f"{address}?sort={sort}&limit=1000").json["rows"]]
        assert None in values
        assert None not in values[: values.index(None)]
        assert set(values[values.index(None) :]) == {None}


def test_every_dimension_of_every_dataset_is_a_filter(client: FlaskClient, release_folder: Path) -> None:
    for each in client.get("/api/v1/datasets").json["datasets"]:
        expected = table(release_folder, each["slug"])
        for name in each["dimensions"]:
            value = expected[-1][name]
            got = client.get(each["observations"], query_string={name: value, "limit": 1000})
            assert got.status_code == 200, got.text
            assert got.json["rows"] == [row for row in expected if row[name] == value][:1000]


def test_a_filter_may_be_repeated_and_joined_with_others(client: FlaskClient) -> None:
    answer = client.get(f"{CONTRACTS}?region=KZ-71&region=KZ-75&period=2026").json
    assert {row["region"] for row in answer["rows"]} == {"KZ-71", "KZ-75"}
    assert client.get(f"{CONTRACTS}?region=KZ-71&period=1999").json["rows"] == []


def test_no_dimension_can_have_the_name_of_another_parameter() -> None:
    assert {*RESERVED, ROW_ORIGIN} <= RESERVED_COLUMNS


def test_a_chosen_figure_brings_its_status_its_unit_and_the_flags(client: FlaskClient) -> None:
    row = client.get(f"{CONTRACTS}?select=amount_kzt&limit=1").json["rows"][0]
    assert list(row) == ["amount_kzt", "amount_kzt_status", "flags"]
    row = client.get(ROWS.format("pilot_figures") + "?select=value&limit=1").json["rows"][0]
    assert list(row) == ["value", "value_status", "unit", "flags"]
    named = client.get(f"{CONTRACTS}?select=amount_kzt_status,flags,region&limit=1").json["rows"][0]
    assert list(named) == ["amount_kzt", "amount_kzt_status", "region", "flags"]


@pytest.mark.parametrize(
    ("slug", "status"),
    [("primary_care_attachment", "not_collected"), ("purchase_plan_by_kind_of_care", "not_applicable")],
)
def test_what_has_no_number_is_null_with_its_status(client: FlaskClient, slug: str, status: str) -> None:
    answer = client.get(ROWS.format(slug) + "?limit=1000").json
    measures = [column["name"] for column in answer["columns"] if column["role"] == "measure"]
    cells = [(row[name], row[f"{name}_status"]) for row in answer["rows"] for name in measures]
    assert all((value is None) == (said not in ("ok", "zero")) for value, said in cells)
    assert status in {said for _, said in cells}


@pytest.mark.parametrize(("language", "label"), [("kk", "Астана қаласы"), ("ru", "город Астана"), ("en", "Astana")])
def test_labels_stand_behind_their_codes(client: FlaskClient, language: str, label: str) -> None:
    answer = client.get(f"{CONTRACTS}?region=KZ-71&labels={language}").json
    assert list(answer["rows"][0])[:2] == ["region", f"region_{language}"]
    known = {code["code"]: code["label"][language] for code in client.get("/api/v1/codelists/region").json["codes"]}
    assert answer["rows"][0][f"region_{language}"] == known["KZ-71"]
    assert label.split(maxsplit=1)[0] in known["KZ-71"] or label.rsplit(maxsplit=1)[-1] in known["KZ-71"]


def test_the_columns_of_the_answer_describe_its_rows(client: FlaskClient) -> None:
    answer = client.get(f"{CONTRACTS}?labels=kk&limit=1").json
    assert [column["name"] for column in answer["columns"]] == list(answer["rows"][0])
    assert {column["name"]: column["unit"] for column in answer["columns"]}["advance_kzt"] == "kzt"


def test_csv_is_the_json(client: FlaskClient) -> None:
    for each in client.get("/api/v1/datasets").json["datasets"]:
        address = f"{each['observations']}?limit=1000&labels=ru"
        said = client.get(address).json
        answer = client.get(f"{address}&format=csv")
        assert answer.content_type == "text/csv; charset=utf-8"
        assert answer.text.count("\n") == answer.text.count("\r\n")
        assert not answer.data.startswith(b"\xef\xbb\xbf")
        names, *rows = csv.reader(io.StringIO(answer.text, newline=""))
        assert names == [column["name"] for column in said["columns"]]
        assert rows == [["" if row[name] is None else str(row[name]) for name in names] for row in said["rows"]]


def test_csv_is_the_bulk_file_without_its_labels(client: FlaskClient) -> None:
    bulk = list(csv.DictReader(io.StringIO(client.get("/downloads/latest/contracts_by_region.csv").text)))
    rows = list(csv.DictReader(io.StringIO(client.get(f"{CONTRACTS}?format=csv").text)))
    assert rows == [{name: row[name] for name in rows[0]} for row in bulk]


def test_accept_chooses_and_format_wins(client: FlaskClient) -> None:
    for accept, query, expected in (
        ("text/csv", "", "text/csv; charset=utf-8"),
        ("text/csv;q=0.5, application/json", "", "application/json"),
        ("text/csv", "?format=json", "application/json"),
        ("text/html", "", "application/json"),
        ("*/*", "", "application/json"),
    ):
        answer = client.get(CONTRACTS + query, headers={"Accept": accept})
        assert answer.content_type == expected, accept
        assert answer.headers["Vary"] == "Accept"


def test_a_cursor_stays_with_its_release(switch: Switch, release_folder: Path, simulated_folder: Path) -> None:
    client, point_to = switch
    first = client.get(f"{CONTRACTS}?limit=7")
    point_to(simulated_folder.name)
    assert client.get(CONTRACTS).headers["X-Release"] == simulated_folder.name
    rest = list(pages(client, first.json["next"]))
    assert {answer.json["release"] for answer in rest} == {release_folder.name}
    rows = first.json["rows"] + [row for answer in rest for row in answer.json["rows"]]
    assert rows == table(release_folder, "contracts_by_region")
    changed = client.get(f"{CONTRACTS}?region=KZ-75&select=advance_kzt").json["rows"][0]
    assert changed["advance_kzt"] == 72579541445
    pinned = client.get(f"{CONTRACTS}?region=KZ-75&select=advance_kzt&release={release_folder.name}").json["rows"][0]
    assert pinned["advance_kzt"] == 72579541444
    assert {each["id"]: each["current"] for each in client.get("/api/v1/releases").json["releases"]} == {
        simulated_folder.name: True,
        release_folder.name: False,
    }


def test_a_cursor_of_another_question_or_release_is_refused(switch: Switch, simulated_folder: Path) -> None:
    client, _ = switch
    cursor = client.get(f"{CONTRACTS}?limit=7&sort=region").json["next"].rsplit("cursor=", 1)[1]
    assert client.get(f"{CONTRACTS}?limit=2&select=region&sort=region&cursor={cursor}").status_code == 200
    for query, status in (
        (f"cursor={cursor}", 409),
        (f"sort=-region&cursor={cursor}", 409),
        (f"sort=region&region=KZ-71&cursor={cursor}", 409),
        (f"sort=region&release={simulated_folder.name}&cursor={cursor}", 409),
        ("cursor=2020-01-01-0123456789ab.7.01234567", 404),
        ("cursor=nonsense", 422),
        ("cursor=", 422),
    ):
        answer = client.get(f"{CONTRACTS}?{query}")
        assert answer.status_code == status, query
        assert answer.json["error"]["remedy"]
