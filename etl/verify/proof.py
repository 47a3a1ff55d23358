"""Whether the published proof that nobody can work out what a release hides holds, and the report says what it proves."""

from __future__ import annotations

from datasets.contract import AUDIT_FILE, CERTIFICATES_FILE, RETIRED_FILE
from datasets.fault import FaultError
from datasets.strict_json import load_strict
from etl.audit.command import read_certificate
from etl.audit.report import gather, report_on
from etl.verify.complaint import Complaints, NotCheckedError
from etl.verify.opened import Opened


def check_proof(release: Opened) -> Complaints:
    """The certificates, checked against the release and the earlier ones with which it was attacked; then the report.

    This attacks nothing anew: the certificates prove each interval, and solving them would take longer than checking.
    """
    content = (release.folder / AUDIT_FILE).read_bytes()
    said = load_strict(content)
    folders = {each: release.other(each) for each in said["earlier"]}
    missing = [each for each, folder in folders.items() if folder is None or (folder / RETIRED_FILE).exists()]
    if missing:
        raise NotCheckedError(f"the audit was made with {', '.join(missing)} too, not at hand; name it by --with")
    try:
        earlier = [folder for folder in folders.values() if folder is not None]
        certificate = read_certificate(release.folder / CERTIFICATES_FILE)
        report = report_on(*gather(release.folder, earlier), certificate=certificate)
    except FaultError as error:
        yield f"{CERTIFICATES_FILE}: {error.faults[0].message}"
        return
    if not report.passed:
        yield f"the attack comes to '{report.outcome}': figures that are hidden can be worked out"
    if report.to_json().encode() != content:
        yield f"{AUDIT_FILE} does not say what the certificates prove"
