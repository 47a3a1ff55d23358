"""Runs Schemathesis, all phases and all checks, in this process, and tells what failed and how much was tried."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

#: The names and values that a dataset's parameters can have depend on the path, which OpenAPI cannot say:
#: here a well-formed question may be refused. `one_dataset` describes a dataset so that it may not.
NAMES_DEPEND_ON_PATH = [
    {
        "include-operation-id": name,
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "422"]}},
    }
    for name in ("observations", "history")
]
_SHAPES: dict[str, dict[str, Any]] = {
    "period": {"type": "string", "pattern": "^[0-9]{4}(-Q[1-4]|-[0-9]{2}(-[0-9]{2})?)?$"},
    "integer": {"type": "integer", "minimum": -(10**12), "maximum": 10**12},
}


@dataclass
class Run:
    """What came of a run."""

    failures: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)


def fuzz(
    document: dict[str, Any], app: Flask, *, examples: int, seconds: int, operations: list[dict[str, Any]] | None = None
) -> Run:
    """Try everything that `document` describes against `app`: about `examples` questions an operation and phase."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": 20260316,
            "max-time": seconds,
            "cache": {"enabled": False},
            "continue-on-failure": True,
            "generation": {"max-examples": examples, "deterministic": True},
            "operations": operations or [],
            # An address that is too long is refused as such, before its arguments are read.
            "checks": {"negative_data_rejection": {"expected-statuses": ["400", "404", "405", "409", "414", "422"]}},
        }
    )
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = app
    run = Run()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            run.failures.append(str(getattr(event, "value", None) or getattr(event, "exception", event)))
        if isinstance(event, events.ScenarioFinished):
            run.phases[event.phase.name] += len(event.recorder.cases)
            run.statuses.update(
                interaction.response.status_code
                for interaction in event.recorder.interactions.values()
                if interaction.response
            )
            run.failures.extend(_failures(event.recorder))
    return run


def _failures(recorder: Any) -> list[str]:
    return [
        f"{recorder.cases[case_id].value.as_curl_command()}\n{check.name}: {check.failure_info.failure}"
        for case_id, checks in recorder.checks.items()
        for check in checks
        if check.status == Status.FAILURE
    ]


def one_dataset(document: dict[str, Any], dataset: dict[str, Any], codes: dict[str, list[str]]) -> dict[str, Any]:
    """The description of one dataset's observations alone, with the names and values that it has and no others."""
    narrowed = copy.deepcopy(document)
    item = narrowed["paths"]["/api/v1/datasets/{slug}/observations"]
    del item["parameters"]
    operation = item["get"]
    names = [column["name"] for column in dataset["columns"]]
    parameters = {each["name"]: each for each in operation["parameters"] if each["name"] != "dimensions"}
    for name in ("sort", "select"):
        parameters[name].pop("example")
    parameters["sort"]["schema"] = {"enum": [*names, *(f"-{name}" for name in names)]}
    parameters["select"] |= {"style": "form", "explode": False, "schema": _list_of({"enum": names})}
    for column in dataset["columns"]:
        if column["role"] == "dimension":
            schema = {"enum": codes[column["codelist"]]} if column["codelist"] else _SHAPES[column["type"]]
            parameters[column["name"]] = {"name": column["name"], "in": "query", "schema": _list_of(schema)}
    operation["parameters"] = list(parameters.values())
    narrowed["paths"] = {f"/api/v1/datasets/{dataset['slug']}/observations": item}
    return narrowed


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}
