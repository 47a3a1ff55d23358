"""What an operator types and sets: make targets, commands, environment."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import Any

from etl.cli import _parser
from generator.text import NOTICE, ROOT, Meanings, table
from portal.cli import parser as portal_parser


def commands(meanings: Meanings) -> str:
    """`make` targets, the operator's commands, the environment."""
    parts = [NOTICE, "# Commands\n", "## make\n"]
    parts.append(table(("target", "what it does"), ((f"`make {name}`", text) for name, text in make_targets().items())))
    parts.append(
        "## python -m etl\n\nRun it with the Python of `.venv`. Exit code 0: done. 1: faults found, printed to "
        "standard error. 2: the command line is wrong.\n"
    )
    parser = _parser()
    parts.append(f"Before the command:\n\n{table(('option', 'meaning'), _options(parser))}")
    parts.extend(_described("etl", cli_commands()))
    parts.append("## python -m portal\n\nWhat visitors hand in. Exit codes as above.\n")
    parts.extend(_described("portal", cli_commands(portal_parser())))
    parts.append("## Environment\n")
    parts.append(
        table(("variable", "meaning"), ((f"`{name}`", meanings.of("environment", name)) for name in variables()))
    )
    return "\n".join(parts)


def _described(program: str, commands: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, command in commands.items():
        yield f"### `python -m {program} {name}`\n\n{command['help']}.\n"
        if command["options"]:
            yield table(("argument", "meaning"), command["options"])


def make_targets() -> dict[str, str]:
    """The documented targets of the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return {name: said.strip() for name, said in re.findall(r"^([a-z]+):[^#\n]*##(.*)$", text, re.MULTILINE)}


def cli_commands(parser: argparse.ArgumentParser | None = None, before: str = "") -> dict[str, dict[str, Any]]:
    """The operator's commands with help text and arguments; what is below a command comes right after it."""
    found: dict[str, dict[str, Any]] = {}
    for action in (parser or _parser())._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {each.dest: each.help for each in action._choices_actions}
            for name, below in action.choices.items():
                found[f"{before}{name}"] = {"help": helps[name], "options": list(_options(below))}
                found |= cli_commands(below, f"{before}{name} ")
    return found


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            yield f"`{' '.join(action.option_strings) or action.dest}`", action.help or ""


def variables() -> list[str]:
    """The environment variables that the portal and the ETL read."""
    found: set[str] = set()
    for path in (ROOT / "app.py", *ROOT.glob("portal/**/*.py"), *ROOT.glob("etl/**/*.py")):
        found |= set(
            re.findall(r"(?:os\.environ|settings)(?:\.get\(|\[)\"([A-Z_]+)\"", path.read_text(encoding="utf-8"))
        )
    return sorted(found)
