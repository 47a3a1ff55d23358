"""Languages of the portal: which one a request is in, and the interface texts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, refresh
from werkzeug.routing import BaseConverter

from datasets.contract import LANGUAGES
from portal.numbers import LOCALES

DEFAULT_LANGUAGE = "kk"


class LanguageConverter(BaseConverter):
    """A language in an address: `<language:lang>`."""

    regex = "|".join(LANGUAGES)


def init_app(app: Flask) -> None:
    """Translate by the language of the address; an address without one by what the browser asks for."""
    app.url_map.converters["language"] = LanguageConverter
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "translations")
    Babel(app, locale_selector=lambda: LOCALES[language()])


def language() -> str:
    """The language of the current request: `kk`, `ru` or `en`."""
    if not has_request_context():
        return DEFAULT_LANGUAGE
    if "lang" not in g:
        first = request.path.strip("/").split("/")[0]
        g.lang = first if first in LANGUAGES else negotiate()
    return str(g.lang)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Within it the current request is in another language."""
    before = language()
    g.lang = code
    refresh()
    try:
        yield
    finally:
        g.lang = before
        refresh()


def negotiate() -> str:
    """The language that the browser prefers, Kazakh if it names none of ours."""
    return request.accept_languages.best_match(LANGUAGES, DEFAULT_LANGUAGE) or DEFAULT_LANGUAGE
