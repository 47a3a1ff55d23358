"""JSON of which there is one reading: a repeated key, NaN, half a character or bytes that are not UTF-8 are refused."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class JSONError(ValueError):
    """The text is not such JSON; the message says why and repeats nothing of it but a key."""


def load_strict(content: bytes) -> dict[str, Any]:
    """The JSON object in `content`; raises JSONError.

    Two programs that read a repeated key differently could be shown two releases under one signature, so it is refused.
    """
    try:
        said = json.loads(content.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
        json.dumps(said, ensure_ascii=False).encode()  # lone surrogates could be written nowhere
    except UnicodeError:
        raise JSONError("is not UTF-8.") from None
    except RecursionError:
        raise JSONError("is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise JSONError(f"is not JSON: {error.msg} in line {error.lineno}.") from None
    if not isinstance(said, dict):
        raise JSONError("is no JSON object.")
    return said


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise JSONError(f"has the key {key[:40]!a} twice.")
        found[key] = value
    return found


def _refuse(name: str) -> NoReturn:
    raise JSONError(f"holds {name}, which is no number.")
