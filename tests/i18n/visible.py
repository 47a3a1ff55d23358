"""What a reader sees or hears of a page: its texts and spoken attributes, without code and marked foreign words."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

SPOKEN = ("alt", "aria-label", "data-ascending", "data-descending", "data-watermark", "placeholder", "title")
UNSEEN = ("code", "pre", "style")
VOID = ("br", "circle", "hr", "img", "input", "link", "meta", "path", "rect")


class _Reader(HTMLParser):
    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language
        self.texts: list[str] = []
        self.charts: list[Any] = []
        self._open: list[tuple[str, bool, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        foreign = attributes.get("lang", self.language) != self.language
        hidden = foreign or tag in UNSEEN or (bool(self._open) and self._open[-1][1])
        if tag not in VOID:
            chart = tag == "script" and attributes.get("type") == "application/json"
            self._open.append((tag, hidden or tag == "script", chart))
        spoken = [attributes.get(name) for name in SPOKEN]
        if tag == "meta" and attributes.get("name") == "description":
            spoken.append(attributes.get("content"))
        if not hidden:
            self._add(*spoken)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self._open[-1][0] == tag, f"</{tag}> closes <{self._open[-1][0]}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        _tag, hidden, chart = self._open[-1] if self._open else ("", False, False)
        if chart:
            self.charts.append(json.loads(data))
        elif not hidden:
            self._add(data)

    def _add(self, *texts: str | None) -> None:
        self.texts.extend(" ".join(text.split()) for text in texts if text and text.strip())


def read_page(html: str, language: str) -> list[str]:
    """The texts of a page, chart labels included."""
    reader = _Reader(language)
    reader.feed(html)
    return [*reader.texts, *(text for chart in reader.charts for text in _chart_texts(chart))]


def _chart_texts(chart: dict[str, Any]) -> list[str]:
    """The names, categories and labels of a Plotly figure."""
    texts: list[str] = []
    for trace in chart["data"]:
        texts += [trace.get("name") or "", *(each for axis in "xy" for each in trace[axis] if isinstance(each, str))]
    for axis in ("xaxis", "yaxis"):
        texts += [chart["layout"][axis].get("title", {}).get("text") or "", *chart["layout"][axis].get("ticktext", [])]
    return [text for text in texts if text.strip()]
