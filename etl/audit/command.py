"""The operator's and the reader's command `python -m etl audit`."""

from __future__ import annotations

import argparse
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from datasets.fault import Fault, FaultError
from datasets.library import Library
from etl.audit.certificate import Certificate
from etl.audit.report import Report, gather, report_on


def add_audit(commands: Any) -> None:
    """Add the command to those of `python -m etl`."""
    command = commands.add_parser("audit", help="attack a release with everything published, and report what gives way")
    command.add_argument("release", type=Path, help="folder of a release, or its release.db downloaded alone")
    command.add_argument(
        "--with",
        dest="earlier",
        action="append",
        default=[],
        type=Path,
        metavar="EARLIER",
        help="an earlier release that the attacker has too; may be given several times",
    )
    command.add_argument("--certificates", type=Path, metavar="FILE", help="write the proofs to this file")
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    command.add_argument(
        "--verify",
        type=Path,
        metavar="CERTIFICATES",
        help="solve nothing: check the proofs in this file, and report them",
    )
    command.set_defaults(run=_audit)


def _audit(_: Library, chosen: argparse.Namespace) -> None:
    """Print the report; raises FaultError, which makes the exit code 1, unless the release passed."""
    gathered = gather(chosen.release, chosen.earlier)
    report = report_on(*gathered, certificate=read_certificate(chosen.verify) if chosen.verify else None)
    if chosen.certificates:
        chosen.certificates.write_bytes(packed(report))
    print(report.to_json() if chosen.json else report.to_text(), end="" if chosen.json else "\n")
    if not report.passed:
        message = f"{report.outcome}: {len(report.faults)} of its figures or equations do not stand the attack."
        raise FaultError(
            [Fault(report.release, "audit", message, "Do not publish it; withdraw it where it is public.")]
        )


def packed(report: Report) -> bytes:
    """The proofs as they are published beside a release: JSON, compressed, the same bytes for the same proofs."""
    return gzip.compress(json.dumps(report.certificates, separators=(",", ":")).encode(), mtime=0)


def read_certificate(file: Path) -> Certificate:
    """The proofs of such a file; raises FaultError if there are none in it."""
    try:
        content = file.read_bytes()
        said = json.loads(gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content)
        return Certificate.from_json(said["certificate"])
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError):
        message = "holds no certificate of an audit."
        raise FaultError(
            [Fault(file.name, "certificate", message, "Name the certificates.json.gz of a release.")]
        ) from None
