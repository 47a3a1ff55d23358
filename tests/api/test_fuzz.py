"""Schemathesis with all of its checks over the description."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.api.fuzzing import NAMES_DEPEND_ON_PATH, Run, fuzz, one_dataset

pytestmark = pytest.mark.slow


def test_every_operation_keeps_what_the_description_promises(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    run = fuzz(document, client.application, examples=6, seconds=45, operations=NAMES_DEPEND_ON_PATH)
    _passed(run, least=800)
    assert {"EXAMPLES", "COVERAGE", "FUZZING"} <= set(run.phases)
    assert run.statuses[200] > 200


@pytest.mark.parametrize("slug", ["contracts_by_region", "care_access_figures", "bank_data_categories"])
def test_names_and_values_of_the_dataset_are_never_refused(client: FlaskClient, slug: str) -> None:
    document = client.get("/api/v1/openapi.json").json
    dataset = client.get(f"/api/v1/datasets/{slug}").json
    lists = {column["codelist"] for column in dataset["columns"]} - {None}
    answers = {name: client.get(f"/api/v1/codelists/{name}").json["codes"] for name in lists}
    codes = {name: [code["code"] for code in found] for name, found in answers.items()}
    run = fuzz(one_dataset(document, dataset, codes), client.application, examples=15, seconds=60)
    _passed(run, least=100)
    assert run.statuses[200] > 40


def _passed(run: Run, *, least: int) -> None:
    assert not run.failures, "\n\n".join(run.failures[:10])
    assert run.statuses.total() >= least, "too little was tried"
    assert not [status for status in run.statuses if status >= 500]
