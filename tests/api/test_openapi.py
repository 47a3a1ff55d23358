"""The description: valid, complete, and about this release."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator, validate


@pytest.fixture
def document(client: FlaskClient) -> Any:
    return client.get("/api/v1/openapi.json").json


def operations(document: Any) -> Any:
    return {path: item["get"] for path, item in document["paths"].items()}


def test_it_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document, cls=OpenAPIV31SpecValidator)


def test_every_route_is_described_and_nothing_else(app: Flask, document: Any) -> None:
    rules = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
    }
    assert set(document["paths"]) == rules


def test_every_parameter_and_answer_is_described(document: Any) -> None:
    for path, item in document["paths"].items():
        operation = item["get"]
        assert operation["operationId"]
        assert operation["summary"]
        for parameter in [*operation.get("parameters", []), *item.get("parameters", [])]:
            assert parameter["description"], (path, parameter["name"])
            assert parameter["schema"]
        assert {"200", "304", "422", "default"} <= set(operation["responses"])


def test_every_field_is_described(document: Any) -> None:
    for name, schema in document["components"]["schemas"].items():
        for field, said in schema.get("properties", {}).items():
            assert name == "Text" or said.get("description"), (name, field)


def test_references_lead_somewhere(document: Any) -> None:
    for reference in re.findall(r"'\$ref': '#/([^']+)'", str(document)):
        found = document
        for part in reference.split("/"):
            found = found[part]


def test_examples_are_answered(client: FlaskClient, document: Any) -> None:
    for path, operation in operations(document).items():
        places = {each["name"]: each["example"] for each in document["paths"][path].get("parameters", [])}
        query: dict[str, Any] = {}
        for parameter in operation.get("parameters", []):
            if "example" in parameter:
                example = parameter["example"]
                query |= example if parameter["name"] == "dimensions" else {parameter["name"]: example}
        answer = client.get(path.format(**places), query_string=query)
        assert answer.status_code == 200, answer.text
    example = operations(document)["/api/v1/datasets/{slug}/observations"]["responses"]["200"]["content"]
    example = example["application/json"]["example"]
    live = client.get(f"/api/v1/datasets/{example['dataset']}/observations?limit=1").json
    assert example["rows"] == live["rows"]
    assert example["columns"] == live["columns"]


def test_nothing_in_it_leads_to_another_host(document: Any) -> None:
    hosts = set(re.findall(r"https?://([^/'\" ]+)", str(document)))
    assert hosts <= {"localhost"}
