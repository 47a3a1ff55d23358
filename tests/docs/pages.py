"""The hand-written and generated Markdown pages of the project, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A fenced block: its language, whether it is marked `run`, its text."""

    language: str
    run: bool
    text: str


def markdown_files() -> list[Path]:
    """All pages that a reader of the repository sees."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "static" / "vendor").glob("*.md")]
    return sorted(found)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def examples(text: str) -> Iterator[Example]:
    for indent, info, body in FENCE.findall(text):
        language, *words = info.split() or [""]
        yield Example(language, "run" in words, re.sub(rf"^{indent}", "", body, flags=re.MULTILINE))


def without_examples(text: str) -> str:
    return FENCE.sub("", text)


def anchors(text: str) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", without_examples(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
