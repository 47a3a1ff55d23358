"""Reads a YAML file through a marshmallow schema and turns every complaint into a Fault with file, key and remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError

from datasets.fault import Fault, FaultError


class _StrictLoader(yaml.SafeLoader):
    """YAML of maps, lists and scalars only: every scalar but true, false and null is a text, a repeated key an error."""


_SCALARS = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"}
# Dates, octal numbers and `no` (Norway) must stay the texts that the author wrote.
_StrictLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag in _SCALARS and not (tag.endswith(":bool") and first not in "tTfF")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# Sets, ordered maps and the like have no place here, and a set's order changes from run to run.
_StrictLoader.yaml_constructors = {
    tag: construct
    for tag, construct in yaml.SafeLoader.yaml_constructors.items()
    if tag in _SCALARS | {"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", None}
}


def _unique_map(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    repeated = [key for key in keys if keys.count(key) > 1]
    if repeated:
        raise yaml.constructor.ConstructorError(None, None, f"key '{repeated[0]}' is there twice", node.start_mark)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _unique_map)


def load_yaml(path: Path, schema: Schema, root: Path) -> Any:
    """Read `path` through `schema`; raises FaultError that names the file (relative to `root`), the key and the remedy."""
    shown = str(path.relative_to(root))
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506 - derived from SafeLoader
        json.dumps(raw, ensure_ascii=False).encode()  # lone surrogates could be written nowhere
    except OSError as error:
        raise FaultError(
            [Fault(shown, "file", f"cannot be read: {error.strerror}.", "Add it, or name the right folder.")]
        ) from None
    except UnicodeDecodeError as error:
        raise FaultError([Fault(shown, f"byte {error.start}", "is not UTF-8.", "Save the file as UTF-8.")]) from None
    except (RecursionError, UnicodeEncodeError):
        message = "is nested too deeply or holds half a character."
        raise FaultError([Fault(shown, "file", message, "Write it as the reference describes.")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "file"
        message = f"is not valid YAML: {getattr(error, 'problem', error)}."
        raise FaultError(
            [Fault(shown, place, message, "Correct the syntax; quote texts that hold ': ' or '#'.")]
        ) from None
    if not isinstance(raw, dict):
        raise FaultError([Fault(shown, "file", "holds no keys.", "Write it as the reference describes.")])
    try:
        return schema.load(raw)
    except ValidationError as error:
        raise FaultError(_faults(shown, error.messages)) from None


def _faults(shown: str, messages: Any) -> Iterator[Fault]:
    for place, message in _flatten(messages, ""):
        if message == "Unknown field.":
            yield Fault(shown, place, "is not a known key.", "Correct its spelling or remove it.")
        elif message == "Missing data for required field.":
            yield Fault(shown, place, "is missing.", "Add it.")
        else:
            yield Fault(shown, place, message, "See docs/reference/declaration.md for what this key takes.")


def _flatten(messages: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            step = f"[{key}]" if isinstance(key, int) else f".{key}" if place else str(key)
            yield from _flatten(inner, place if key == "_schema" else f"{place}{step}")
    elif isinstance(messages, list):
        for inner in messages:
            yield from _flatten(inner, place)
    else:
        yield place or "file", str(messages)
