"""The reader's command `python -m etl verify`."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from datasets.contract import MANIFEST_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.fault import Fault, FaultError
from datasets.library import Library
from datasets.minisig import SignatureError
from datasets.signature import Seal, read_seal
from datasets.strict_json import JSONError, load_strict
from datasets.trust import Trust, read_trust
from etl.verify.archive import unpack
from etl.verify.opened import Opened
from etl.verify.verification import Finding, Outcome, verify


def add_verify(commands: Any) -> None:
    """Add the command to those of `python -m etl`."""
    command = commands.add_parser("verify", help="check a release offline: signature, sums, chain, figures, proofs")
    command.add_argument("release", type=Path, help="folder of a release, or its release.zip")
    trust = command.add_mutually_exclusive_group()
    trust.add_argument("--key", metavar="RW…", help="the publisher's public key, or several in quotes")
    trust.add_argument(
        "--trust", type=Path, metavar="FILE", help=f"the publisher's keys as you keep them ({TRUST_FILE})"
    )
    trust.add_argument("--unsigned", action="store_true", help="leave the signature out")
    command.add_argument(
        "--with",
        dest="earlier",
        action="append",
        default=[],
        type=Path,
        metavar="EARLIER",
        help="an earlier release, folder or release.zip; may be given several times",
    )
    command.add_argument("--all", action="store_true", help="name everything that is broken, not the first thing only")
    command.set_defaults(run=_verify, reads_library=False)


def _verify(_: Library | None, chosen: argparse.Namespace) -> None:
    """Print a line for each check; raises FaultError, which makes the exit code 1, if anything is broken."""
    with ExitStack() as stack:
        folder = _folder(chosen.release, stack)
        earlier = [_folder(each, stack) for each in chosen.earlier]
        release = Opened(folder, _trust(chosen, folder), {_id(each): each for each in earlier})
        broken = []
        for finding in verify(release, everything=chosen.all):
            print(*_lines(finding, release), sep="\n", flush=True)
            broken += list(finding.texts) if finding.outcome is Outcome.BROKEN else []
    if broken:
        remedy = "Do not rely on it. Download it again from the portal; if that does not help, tell the publisher."
        raise FaultError([Fault(chosen.release.name, "release", f"is broken: {broken[0]}.", remedy)])


def _folder(path: Path, stack: ExitStack) -> Path:
    """The folder of a release; an archive is unpacked, for as long as the command runs."""
    if path.is_dir():
        return path.resolve()
    if not path.is_file():
        raise FaultError([Fault(path.name, "release", "is not there.", "Name a release's folder or its release.zip.")])
    # One folder deeper than the temporary one: what is beside a release is looked at, and that must not be what others put there.
    target = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="release-"))) / "archive"
    target.mkdir()
    return unpack(path, target)


def _id(folder: Path) -> str:
    try:
        return str(load_strict((folder / MANIFEST_FILE).read_bytes())["id"])
    except (OSError, JSONError, LookupError):
        remedy = "Name a release's folder or its release.zip."
        raise FaultError([Fault(folder.name, MANIFEST_FILE, "is not that of a release.", remedy)]) from None


def _trust(chosen: argparse.Namespace, folder: Path) -> Trust | None:
    """The keys that the reader trusts; those beside the release only for want of better ones, and that is said."""
    beside = folder.parent / TRUST_FILE
    if chosen.unsigned:
        return None
    try:
        if chosen.key is not None:
            return Trust.pinned(chosen.key)
        if chosen.trust is not None or beside.is_file():
            trust = read_trust((chosen.trust or beside).read_text(encoding="utf-8"))
            if chosen.trust is None:
                _warn(trust, beside)
            return trust
    except (OSError, ValueError, SignatureError) as error:
        remedy = "Name a file with the publisher's keys, or a key."
        raise FaultError([Fault("command line", "--trust, --key", f"{error}", remedy)]) from None
    remedy = "Give the publisher's key by --key or --trust; or --unsigned, to look at the rest only."
    raise FaultError([Fault("command line", "--key", "is not given: nobody can say whose signature counts.", remedy)])


def _warn(trust: Trust, beside: Path) -> None:
    """The id of a key is no fingerprint, since anybody can make a key with the same one: the whole key is shown."""
    print(f"note: the keys are from {beside.name} beside the release: who changed the one could change the other.")
    for key in trust.keys:
        print(f"      {key.id} {key.public_key}")
    print("      Compare them with the publisher's page of keys, or with what you noted earlier; then give --key.")


def _lines(finding: Finding, release: Opened) -> list[str]:
    texts = [text.replace(f"{release.folder}/", "") for text in finding.texts]
    if finding.outcome is Outcome.OK and finding.check == "signature":
        texts = [_said(read_seal((release.folder / SIGNATURE_FILE).read_bytes()))]
    first, *rest = texts or [""]
    return [
        f"{finding.outcome:<12} {finding.check:<11} {first}".rstrip(),
        *(f"{'':<12} {'':<11} {text}" for text in rest),
    ]


def _said(seal: Seal) -> str:
    later = {"redacted": seal.redacted, "signed anew": seal.resigned}
    more = "".join(f", {name} {instant}" for name, instant in later.items() if instant)
    return f"{seal.release}, number {seal.sequence}, published {seal.published}{more}, by key {seal.key}"
