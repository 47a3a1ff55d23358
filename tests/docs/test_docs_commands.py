"""Every command, make target and environment variable that a page names is there."""

import re
from pathlib import Path

import pytest
from pages import ROOT, markdown_files, name

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def cli_commands() -> set[str]:
    from etl.cli import _parser

    usage = _parser().format_help()
    return set(re.search(r"\{([a-z,]+)\}", usage)[1].split(","))


@pytest.mark.parametrize("path", markdown_files(), ids=name)
def test_named_commands_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    code = "\n".join([*re.findall(r"```.*?```", text, re.DOTALL), *re.findall(r"`[^`\n]+`", text)])
    assert set(re.findall(r"\bmake ([a-z]+)\b", code)) <= TARGETS
    assert set(re.findall(r"python -m etl (?:--datasets \S+ )?([a-z]+)", code)) <= cli_commands()


def test_every_target_and_command_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split())
    assert {target for target in phony if f"| `make {target}` |" not in text} == set()
    assert {command for command in cli_commands() if f"### `python -m etl {command}`" not in text} == set()


def test_readme_has_the_variables_of_the_reference() -> None:
    reference = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    variables = re.findall(r"^\| `([A-Z_]+)` \|", reference, re.MULTILINE)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert variables
    assert [name for name in variables if f"| `{name}` |" not in readme] == []
