"""Writes `docs/reference/` from the code: `python docs/generate.py [folder]`.

What a key, column or route is called and takes is read from the code; what it means stands in `docs/meanings.yaml`.
A name without a meaning, or a meaning without a name, stops the run.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from generator.addresses import api  # noqa: E402
from generator.catalogue import code_lists, datasets  # noqa: E402
from generator.commands import commands  # noqa: E402
from generator.declarations import declaration  # noqa: E402
from generator.extract_contract import extract_contract  # noqa: E402
from generator.releases import release  # noqa: E402
from generator.text import NOTICE, Meanings  # noqa: E402
from generator.visitor_sql import sql  # noqa: E402

from datasets.library import Library, load_library  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"


def pages(library: Library) -> dict[str, str]:
    """Every generated page, by file name."""
    meanings = Meanings()
    made = {
        "declaration.md": declaration(meanings),
        "release.md": release(meanings, library),
        "extract-contract.md": extract_contract(meanings, library),
        "code-lists.md": code_lists(library),
        "datasets.md": datasets(library),
        "api.md": api(meanings),
        "sql.md": sql(meanings),
        "commands.md": commands(meanings),
    }
    meanings.check_all_used()
    return {"README.md": index(made), **made}


def index(made: dict[str, str]) -> str:
    """The list of the generated pages."""
    titles = {name: text.split("\n# ", 1)[1].split("\n", 1)[0] for name, text in made.items()}
    return (
        f"{NOTICE}\n# Reference\n\nThese pages are generated; a test compares them with the code.\n\n"
        + "".join(f"- [{title}]({name})\n" for name, title in titles.items())
        + "- [Glossary](../glossary.md)\n"
    )


def write(folder: Path) -> None:
    """Write all pages into `folder`; remove pages that no longer are."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages(load_library())
    for stale in set(folder.glob("*.md")) - {folder / name for name in made}:
        stale.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else REFERENCE)
