"""The gate: a release is attacked before anybody can see it, and what it hides is recorded before it is published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE
from datasets.fault import Fault, FaultError
from etl.audit.command import packed
from etl.audit.report import audit_release
from etl.disclosure import Disclosed
from etl.disclosure.vault import Vault


def gate(release: str, disclosed: Disclosed, releases: Path, vault: Vault | None) -> Callable[[Path], None]:
    """The last check of `release`, to be called with the folder of its files.

    It attacks the files together with all earlier releases of the ledger that are still in `releases`, and writes the
    report and the certificates beside them. Raises FaultError for whatever could be worked out.
    """

    def check(staging: Path) -> None:
        earlier = [releases / each for each in (vault.ledger.releases if vault else ()) if each != release]
        report = audit_release(staging, [folder for folder in earlier if folder.is_dir()])
        if not report.passed:
            raise FaultError(
                [
                    Fault(release, "audit", line, "Nothing was published. Mend the rules or the stage that hides.")
                    for line in report.faults
                ]
            )
        (staging / AUDIT_FILE).write_text(report.to_json(), encoding="utf-8")
        (staging / CERTIFICATES_FILE).write_bytes(packed(report))
        if vault is not None and disclosed.secret is not None:
            vault.ledger.record(release, disclosed.secret.system, disclosed.secret.hidden)

    return check
