"""The reconciliation over HTTP."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

from flask.testing import FlaskClient

ADDRESS = "/api/v1/reconciliation"


def test_paging_gives_every_check_once(client: FlaskClient, release_folder: Path) -> None:
    with sqlite3.connect(release_folder / "release.db") as connection:
        expected = connection.execute(
            "SELECT dataset, kind, measure, where_json, gap FROM meta_reconciliation"
        ).fetchall()
    got, following = [], f"{ADDRESS}?limit=97"
    while following:
        answer = client.get(following).json
        assert answer["count"] == len(expected)
        got += [(c["dataset"], c["kind"], c["measure"], c["where"], c["gap"]) for c in answer["checks"]]
        following = answer["next"]
    key = repr
    wanted = [(dataset, kind, measure, json.loads(where), gap) for dataset, kind, measure, where, gap in expected]
    assert sorted(got, key=key) == sorted(wanted, key=key)


def test_the_tenge_that_the_source_does_not_explain_is_there(client: FlaskClient) -> None:
    answer = client.get(f"{ADDRESS}?dataset=contracts_by_region&kind=total").json
    gaps = {check["measure"]: check["gap"] for check in answer["checks"] if check["gap"]}
    assert gaps == {"amount_kzt": -1.0, "advance_kzt": 1.0}
    assert all(check["gap"] == check["stated"] - check["computed"] for check in answer["checks"])
    assert all(check["note"]["en"] for check in answer["checks"] if check["gap"])


def test_csv_has_what_json_has(client: FlaskClient) -> None:
    checks = client.get(f"{ADDRESS}?limit=1000").json["checks"]
    answer = client.get(f"{ADDRESS}?limit=1000", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert answer.headers["X-Total-Count"] == str(client.get(ADDRESS).json["count"])
    assert [(r["dataset"], r["class"], float(r["stated"]), json.loads(r["where"])) for r in rows] == [
        (c["dataset"], c["class"], c["stated"], c["where"]) for c in checks
    ]
    assert {r["gap"] for r, c in zip(rows, checks, strict=True) if c["gap"] is None} == {""}


def test_unknown_values_are_refused_by_name(client: FlaskClient) -> None:
    for name, remedy in (("dataset", "/api/v1/datasets"), ("class", "gap_class"), ("kind", "check_kind")):
        error = client.get(ADDRESS, query_string={name: "nonsense"}).json["error"]
        assert (error["status"], name in error["message"], remedy in error["remedy"]) == (422, True, True)
