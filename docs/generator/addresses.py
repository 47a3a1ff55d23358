"""The addresses: operations and answers of the OpenAPI description, downloads, pages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generator.text import NOTICE, Meanings, code_names, table
from portal.factory import create_app

Document = dict[str, Any]
#: In every operation, and said once at the top of the page.
_EVERYWHERE = ("304", "422", "default")


def api(meanings: Meanings) -> str:
    """The operations of the OpenAPI description, what they answer, and the addresses of pages and downloads."""
    with tempfile.TemporaryDirectory() as no_releases:
        app = create_app(Path(no_releases))
        try:
            spec: Document = app.extensions["api_description"].to_dict()
            rules = sorted((rule.rule, rule.endpoint) for rule in app.url_map.iter_rules())
            views = {name: (view.__doc__ or "").strip().split("\n")[0] for name, view in app.view_functions.items()}
        finally:
            app.extensions["sql_pool"].close()
    return "\n".join(
        (
            NOTICE,
            "# API routes and other addresses\n",
            f"{spec['info']['description']}\n",
            "Every route answers GET, HEAD and OPTIONS. The machine-readable form of this page, in OpenAPI 3.1 with "
            "examples from the current release, is `/api/v1/openapi.json`. Besides the listed statuses: 304 nothing has "
            "changed, 405 another method, 414 a question that is too long, 422 an argument that is not as described, 503 no "
            "release can be served.\n",
            "## Operations\n",
            *(_operation(spec, path, item["get"], meanings) for path, item in sorted(spec["paths"].items())),
            "## Answers\n",
            *(
                _answer(name, schema)
                for name, schema in spec["components"]["schemas"].items()
                if "properties" in schema
            ),
            "## Downloads\n",
            table(("address", "what it gives"), _addresses(rules, views, "downloads.")),
            "## Pages\n",
            "`<lang>` is `kk`, `ru` or `en`.\n",
            table(("address", "what it gives"), _addresses(rules, views, "pages.")),
            "## For monitors\n",
            table(("address", "what it gives"), _addresses(rules, views, "health.")),
            f"## SQL\n\n{meanings.of('addresses', '/data/')} See [visitor SQL](sql.md).\n",
        )
    )


def _operation(spec: Document, path: str, operation: Document, meanings: Meanings) -> str:
    said = " ".join(filter(None, (operation.get("summary"), operation.get("description"))))
    parts = [f"### `GET {path}`\n\n{said}\n"]
    parameters = [*spec["paths"][path].get("parameters", []), *operation.get("parameters", [])]
    if parameters:
        rows = [_parameter(each, meanings) for each in parameters]
        parts.append(table(("parameter", "in", "takes", "meaning"), rows))
    for code, response in sorted(operation["responses"].items()):
        if code == "200":
            content = response["content"]
            kinds = [f"{_type(kind['schema'])} as {name}" for name, kind in content.items()]
            parts.append(f"Answer: {', or '.join(kinds)}.\n")
        elif code not in _EVERYWHERE:
            parts.append(f"{code}: there is no such thing in the release.\n")
    return "\n".join(parts)


def _parameter(parameter: Document, meanings: Meanings) -> tuple[str, ...]:
    name, place = parameter["name"], parameter["in"]
    meaning = meanings.of("path parameters", name) if place == "path" else parameter["description"]
    return f"`{name}`", place, _takes(parameter.get("schema", {})), meaning


def _takes(schema: Document) -> str:
    bounds = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    if "default" in schema:
        bounds.append(f"default {schema['default']}")
    return ", ".join((_type(schema), *bounds))


def _answer(name: str, schema: Document) -> str:
    rows = ((f"`{key}`", _type(each), each.get("description", "")) for key, each in schema["properties"].items())
    return f"### {name}\n\n{table(('field', 'type', 'meaning'), rows)}"


def _type(schema: Document) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return code_names(str(value) for value in schema["enum"] if value is not None)
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(_type(each) for each in schema.get("anyOf") or schema["oneOf"])
    kinds = schema.get("type", "any")
    text = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    return f"list of {_type(schema['items'])}" if text == "array" and "items" in schema else text


def _addresses(rules: list[tuple[str, str]], views: dict[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    for rule, endpoint in rules:
        if endpoint.startswith(prefix):
            yield f"`{rule}`", views[endpoint]
