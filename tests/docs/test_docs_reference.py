"""The generated reference is that of the code, and leaves nothing out."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from marshmallow import Schema
from pages import ROOT

from datasets import codelist, contract, document, schema
from datasets.library import Library
from etl.registry.contract import TABLES

REFERENCE = ROOT / "docs" / "reference"


def read(page: str) -> str:
    return (REFERENCE / page).read_text(encoding="utf-8")


def test_reference_is_fresh(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "docs/generate.py", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    fresh = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.iterdir()}
    stale = [name for name in fresh.keys() | kept.keys() if fresh.get(name) != kept.get(name)]
    assert not stale, "run 'make docs' and commit the result"


def test_a_name_without_meaning_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    from generator.text import Meanings

    with pytest.raises(SystemExit, match="lacks 'colour'"):
        Meanings().of("ColumnSchema", "colour")
    with pytest.raises(SystemExit, match="not in the code"):
        Meanings().check_all_used()


SCHEMAS = [kind for module in (schema, codelist, document) for kind in vars(module).values() if isinstance(kind, type)]


@pytest.mark.parametrize(
    "kind", [each for each in SCHEMAS if issubclass(each, Schema) and each().fields], ids=lambda kind: kind.__name__
)
def test_every_declaration_key_is_documented(kind: type[Schema]) -> None:
    text = read("declaration.md")
    keys = {field.data_key or name for name, field in kind().fields.items()}
    tables = [set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) for part in text.split("\n## ")]
    # `_documents.yaml` has one key, which the heading of its entries names.
    assert keys in tables or keys == {"documents"}


def test_every_table_column_and_file_of_a_release_is_documented(release_files: set[str]) -> None:
    text = read("release.md")
    for table, columns in contract.META_TABLES.items():
        section = text.split(f"### `{table}`")[1].split("\n### ")[0]
        for column in columns:
            base, _, language = column.rpartition("_")
            localised = language in contract.LANGUAGES and f"{base}_kk" in columns
            shown = f"{base}_{{{','.join(contract.LANGUAGES)}}}" if localised else column
            assert f"| `{shown}` |" in section, f"{table}.{column}"
    for file in release_files:
        assert f"| `{file}` |" in text
    for status in contract.Status:
        assert f"| `{status}` |" in text
    for flag in contract.Flag:
        assert f"| `{flag}` | {contract.FLAG_MARKS[flag]} |" in text


@pytest.fixture
def release_files(releases_dir: Path, library: Library) -> set[str]:
    """The names of a release's files, with the slug and the language left open."""
    (folder,) = (path.parent for path in releases_dir.glob(f"*/{contract.MANIFEST_FILE}"))
    slug = "contracts_by_region"
    assert slug in library.declarations
    others = [each for each in library.declarations if each != slug]
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    names = {name for name in names if not any(name.startswith(f"data/{each}") for each in others)}
    return {
        re.sub(r"_(kk|ru|en)\b|_(kk|ru|en)(?=_excel)", "_{kk,ru,en}", name.replace(slug, "<slug>")) for name in names
    }


def test_every_column_of_the_extract_contract_is_documented() -> None:
    text = read("extract-contract.md")
    for name, table in TABLES.items():
        section = text.split(f"\n### `{name}`\n")[1].split("\n### ")[0]
        assert [each for each in table.by_name if f"| `{each}` |" not in section] == []
        assert [each.name for each in table.rules if f"| `{each.name}` |" not in section] == []


def test_every_route_is_documented(app: Flask) -> None:
    text = read("api.md")
    for rule in app.url_map.iter_rules():
        shown = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) if rule.endpoint.startswith("api.") else rule.rule
        if rule.endpoint in ("static", "api.unknown") or rule.endpoint.startswith("sql."):
            continue
        assert f"`GET {shown}`" in text or f"| `{shown}` |" in text, rule.rule


def test_every_dataset_and_shared_code_is_documented(library: Library) -> None:
    datasets, codes = read("datasets.md"), read("code-lists.md")
    assert [slug for slug in library.declarations if f"[`{slug}`]" not in datasets] == []
    for each in library.codelists.values():
        assert f"### `{each.name}`:" in codes or f"[`{each.name}`]" in codes


def test_every_error_that_points_to_the_documentation_points_to_a_page() -> None:
    for folder in ("datasets", "etl", "portal"):
        for path in (ROOT / folder).rglob("*.py"):
            for page in re.findall(r"docs/[\w/-]+\.md", path.read_text(encoding="utf-8")):
                assert (ROOT / page).exists(), f"{path}: {page}"
