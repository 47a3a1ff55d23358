"""The commands for what visitors hand in: `python -m portal tickets …`, and for letters: `python -m portal digests …`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from datasets.fault import FaultError
from portal.desk.command import add_tickets
from portal.desk.database import DeskError
from portal.desk.post import PostError
from portal.digests_command import add_digests
from portal.release import ReleaseError

#: Where the portal looks too, wherever the command is run.
DEFAULT_DESK = Path(__file__).parents[1] / "var" / "desk"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 faults found (printed to standard error)."""
    chosen = parser().parse_args(arguments)
    try:
        chosen.run(chosen)
    except (FaultError, DeskError, PostError, ReleaseError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m portal", description="Answer what visitors hand in, send them letters."
    )
    commands = made.add_subparsers(required=True)
    add_tickets(commands, Path(os.environ.get("DESK_DIR") or DEFAULT_DESK))
    add_digests(commands)
    return made
