"""Texts of the reference: Markdown tables, and the meanings that stand in `docs/meanings.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
MEANINGS = ROOT / "docs" / "meanings.yaml"
NOTICE = "<!-- Written by `make docs` from the code. Do not edit: change the code or docs/meanings.yaml. -->\n"
Row = Iterable[object]


class Meanings:
    """The texts of `meanings.yaml`; remembers which were used, so that idle ones are found."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, str]] = yaml.safe_load(MEANINGS.read_text(encoding="utf-8"))
        self._used: set[tuple[str, str]] = set()

    def of(self, group: str, name: str) -> str:
        """What `name` of `group` means. Raises SystemExit that says where to write it."""
        text = self._texts.get(group, {}).get(name)
        if text is None:
            raise SystemExit(f"docs/meanings.yaml: '{group}' lacks '{name}'. Say in one line what it means.")
        self._used.add((group, name))
        return text

    def check_all_used(self) -> None:
        """Raises SystemExit when a meaning is of something that the code no longer has."""
        idle = [f"{g}.{n}" for g, texts in self._texts.items() for n in texts if (g, n) not in self._used]
        if idle:
            raise SystemExit(f"docs/meanings.yaml: not in the code: {', '.join(idle)}. Remove or rename.")


def table(heads: Row, rows: Iterable[Row]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def code_names(names: Iterable[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)
