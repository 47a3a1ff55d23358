"""The code lists and the datasets, from the library."""

from __future__ import annotations

from pathlib import Path

from datasets import contract
from datasets.library import Library
from etl.registry.engine import tables_of
from generator.text import NOTICE, code_names, table


def code_lists(library: Library) -> str:
    """Shared lists in full, lists of one dataset by name."""
    users: dict[str, list[str]] = {}
    for each in library.declarations.values():
        for column in each.columns:
            if column.codelist:
                users.setdefault(column.codelist, []).append(each.slug)
    shared = [each for each in library.codelists.values() if each.path.parent.name == "_codelists"]
    own = [each for each in library.codelists.values() if each not in shared]
    parts = [NOTICE, "# Code lists\n", "In a release each list is a table `code_<name>`.\n", "## Shared lists\n"]
    for each in shared:
        rows = [(f"`{code.code}`", *(code.label[lang] for lang in contract.LANGUAGES)) for code in each.codes]
        parts.append(f"### `{each.name}`: {each.title['en']}\n\n{table(('code', 'kk', 'ru', 'en'), rows)}")
    parts.append("## Lists of one dataset\n")
    rows = [
        (
            f"[`{each.name}`]({_link(each.path, library)})",
            each.title["en"],
            len(each.codes),
            code_names(users.get(each.name, [])),
        )
        for each in own
    ]
    parts.append(table(("list", "title", "codes", "used by"), rows))
    return "\n".join(parts)


def _link(path: Path, library: Library) -> str:
    return f"../../datasets/{path.relative_to(library.root)}"


def datasets(library: Library) -> str:
    """The datasets by topic."""
    parts = [
        NOTICE,
        "# Datasets\n",
        f"{len(library.declarations)} datasets. The slug is the name of the table, of the files and of the page.\n",
    ]
    for topic in library.codelists["topic"].codes:
        rows = [
            (
                f"[`{each.slug}`]({_link(each.path, library)})",
                each.title["en"],
                code_names(each.grain),
                ", ".join(f"`{m.name}` ({m.unit or 'unit in ' + str(m.unit_column)})" for m in each.measures),
                f"`{each.source.document}`" if each.source else f"Registry: {code_names(tables_of(each.transform))}",
            )
            for each in library.declarations.values()
            if each.topic == topic.code
        ]
        if rows:
            heads = ("dataset", "title", "one row is a", "measures (unit)", "document, or tables of the Registry")
            parts.append(f"## {topic.label['en']}\n\n{table(heads, rows)}")
    rows = [
        (f"`{each.code}`", each.title["en"], each.publisher["en"], each.date, each.language)
        for each in library.documents.values()
    ]
    parts.append(f"## Documents\n\n{table(('document', 'title', 'publisher', 'date', 'language'), rows)}")
    return "\n".join(parts)
