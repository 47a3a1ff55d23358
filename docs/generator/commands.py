"""What an operator types and sets: make targets, commands, environment."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from typing import Any

from etl.cli import _parser
from generator.text import NOTICE, ROOT, Meanings, table


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
    for name, command in cli_commands().items():
        parts.append(f"### `python -m etl {name}`\n\n{command['help']}.\n")
        if command["options"]:
            parts.append(table(("argument", "meaning"), command["options"]))
    parts.append("## Environment\n")
    parts.append(
        table(("variable", "meaning"), ((f"`{name}`", meanings.of("environment", name)) for name in variables()))
    )
    return "\n".join(parts)


def make_targets() -> dict[str, str]:
    """The documented targets of the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return {name: said.strip() for name, said in re.findall(r"^([a-z]+):[^#\n]*##(.*)$", text, re.MULTILINE)}


def cli_commands() -> dict[str, dict[str, Any]]:
    """The operator's commands with help text and arguments."""
    (action,) = (each for each in _parser()._actions if isinstance(each, argparse._SubParsersAction))
    helps = {each.dest: each.help for each in action._choices_actions}
    return {name: {"help": helps[name], "options": list(_options(parser))} for name, parser in action.choices.items()}


def _options(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in parser._actions:
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            yield f"`{' '.join(action.option_strings) or action.dest}`", action.help or ""


def variables() -> list[str]:
    """The environment variables that the portal and the ETL read."""
    found: set[str] = set()
    for path in (ROOT / "app.py", *ROOT.glob("portal/*.py"), *ROOT.glob("portal/api/*.py"), *ROOT.glob("etl/*.py")):
        found |= set(re.findall(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"", path.read_text(encoding="utf-8")))
    return sorted(found)
