"""The query arguments of pages: each page declares those that it looks at; the others mean nothing and are dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import g, request

#: From the arguments of the path, as the view takes them, to the names of those of the query.
Names = Callable[..., Iterable[str]]
#: More of a value than this is no word, code or column.
_LONGEST = 200

_declared: dict[str, Names] = {}
_passing: set[str] = set()


def declare(endpoint: str, names: Names, *, kept: bool = True) -> None:
    """Say which query arguments a page looks at, and whether it depends on these and its release only."""
    _declared[endpoint] = names
    if not kept:
        _passing.add(endpoint)


def page_arguments() -> dict[str, str]:
    """The query arguments of this request that its page looks at, each once and none empty."""
    if "page_arguments" not in g:
        declared = _declared.get(request.endpoint or "")
        names = declared(**request.view_args or {}) if declared else ()
        given = {name: request.args.get(name, "").strip()[:_LONGEST] for name in names}
        g.page_arguments = {name: value for name, value in given.items() if value}
    return dict(g.page_arguments)


def is_page() -> bool:
    """Whether this request is for a page."""
    return request.endpoint in _declared


def may_be_kept() -> bool:
    """Whether this request is for a page that stays as it is as long as its release does."""
    return is_page() and request.endpoint not in _passing


def forget_arguments() -> None:
    """Go on as if there were none: a page that says what went wrong is the same for all of them."""
    g.page_arguments = {}
