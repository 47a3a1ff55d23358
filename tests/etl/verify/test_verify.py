"""Verification: an untouched release passes, any changed byte is found, and so is what a holder of the key signs wrongly."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from datasets.contract import DATABASE_FILE, MANIFEST_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.trust import Trust, TrustedKey, read_trust
from etl.cli import main
from etl.signing.keyring import Keyring
from etl.signing.succession import revoke, rotate
from etl.store.chain import chain
from etl.store.manifest import read_manifest
from etl.verify.verification import CHECKS
from tests.datasets.signing import REASON, Signer
from tests.etl.redactable import BED, VISIT, withdraw
from tests.etl.verify.forgery import (
    Forge,
    add,
    audit,
    certificates,
    csv_cell,
    findings,
    first_broken,
    parquet_row,
    remove,
    sign_again,
    sql,
    text,
)

#: A file up to this size is changed at each of its bytes, a larger one at so many.
SMALL, SAMPLES = 450, 24


def _releases(place: Path) -> list[Path]:
    return [link.folder for link in chain(place / "releases")]


@pytest.fixture
def release(place: Path) -> Path:
    """The later of two releases."""
    return _releases(place)[-1]


def test_releases_as_they_are_published_pass(built: Path) -> None:
    for folder in _releases(built):
        assert {name: each.outcome for name, each in findings(folder).items()} == dict.fromkeys(dict(CHECKS), "ok")


def test_releases_from_which_figures_were_withdrawn_pass(place: Path) -> None:
    withdraw(place, BED)
    withdraw(place, VISIT)
    for folder in _releases(place):
        assert "redactions" in read_manifest(folder)
        assert {each.outcome for each in findings(folder, everything=True).values()} == {"ok"}


def test_an_earlier_release_that_is_not_at_hand_is_said(release: Path, tmp_path: Path) -> None:
    alone = Path(shutil.copytree(release, tmp_path / "alone"))
    said = findings(alone, trust=None)
    assert {name for name, each in said.items() if each.outcome == "not checked"} == {
        "signature",
        "chain",
        "disclosure",
    }
    assert "--with" in said["chain"].texts[0]


def _flips(path: Path) -> Iterator[None]:
    """The file with one bit of one byte turned, once for each byte or for some; then as it was."""
    content = path.read_bytes()
    size = len(content)
    places = range(size) if size <= SMALL else sorted({*range(0, size, max(1, size // SAMPLES)), 0, size - 1})
    for place in places:
        with path.open("r+b") as file:
            file.seek(place)
            file.write(bytes([content[place] ^ 1 << place % 8]))
        yield
        path.write_bytes(content)


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
def test_each_changed_byte_of_each_file_is_found(release: Path) -> None:
    tried = 0
    for name in _files(release):
        for _ in _flips(release / name):
            found = first_broken(release)
            tried += 1
            assert found is not None, name
            wanted = {MANIFEST_FILE: ("manifest", "signature", "sums"), SIGNATURE_FILE: ("signature",)}
            assert found.startswith(wanted.get(name, ("sums",))), f"{name}: {found}"
            assert name.rsplit("/", 1)[-1] in found or name == MANIFEST_FILE, f"{name}: {found}"
    assert tried > 2000
    assert first_broken(release) is None


@pytest.mark.slow
def test_each_changed_byte_of_the_manifest_is_found(release: Path) -> None:
    content = (release / MANIFEST_FILE).read_bytes()
    trust = read_trust((release.parent / TRUST_FILE).read_text())
    for place in range(len(content)):
        (release / MANIFEST_FILE).write_bytes(
            content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :]
        )
        assert first_broken(release, trust=trust), f"byte {place}"


@pytest.mark.parametrize("keep", [0, 1, -1])
def test_a_file_cut_off_is_found(release: Path, keep: int) -> None:
    for name in _files(release):
        content = (release / name).read_bytes()
        (release / name).write_bytes(content[:keep])
        assert first_broken(release) is not None, name
        (release / name).write_bytes(content)


def test_the_stock_program_agrees(release: Path) -> None:
    key = read_trust((release.parent / TRUST_FILE).read_text()).keys[0].public_key
    path, command = release / MANIFEST_FILE, ["minisign", "-Vqm", str(release / MANIFEST_FILE), "-P", key]
    content = path.read_bytes()
    assert subprocess.run(command, check=False).returncode == 0
    for place in (*range(0, len(content), len(content) // 40), len(content) - 1):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        assert subprocess.run(command, check=False, capture_output=True).returncode != 0, place
    withdrawn = release.parent.parent
    path.write_bytes(content)
    withdraw(withdrawn, BED)
    assert subprocess.run(command, check=False).returncode == 0, "what was signed anew after a redaction"


def _swap(folder: Path) -> None:
    one, other = folder / "data" / "visits_kk_excel.csv", folder / "data" / "visits_ru_excel.csv"
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def _link(folder: Path) -> None:
    (folder / "data" / "beds.csv").rename(folder.parent / "beds.csv")
    (folder / "data" / "beds.csv").symlink_to(folder.parent / "beds.csv")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "data" / "pipe")


def _folder_for_file(folder: Path) -> None:
    (folder / "data" / "beds.csv").unlink()
    (folder / "data" / "beds.csv").mkdir()


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_swap, "sums"),
        (_link, "link"),
        (_pipe, "link, or no plain file"),
        (_folder_for_file, "is missing"),
        (remove("data/beds.csv"), "data/beds.csv is missing"),
        (remove(DATABASE_FILE), "release.db is missing"),
        (remove(MANIFEST_FILE), "manifest: "),
        (remove(SIGNATURE_FILE), "signature: "),
        (add("data/extra.csv"), "data/extra.csv is not listed"),
        (add(".hidden"), ".hidden is not listed"),
        (add("release.db-wal"), "release.db-wal is not listed"),
    ],
)
def test_files_that_are_not_those_of_the_manifest_are_found(release: Path, harm: Forge, said: str) -> None:
    harm(release)
    found = first_broken(release)
    assert found is not None
    assert said in found


def test_an_old_signature_on_a_new_manifest_is_found(place: Path) -> None:
    first, last = _releases(place)
    old = {folder: (folder / SIGNATURE_FILE).read_bytes() for folder in (first, last)}
    withdraw(place, BED)
    for folder in (first, last):
        (folder / SIGNATURE_FILE).write_bytes(old[folder])
        assert "has not signed these bytes" in str(first_broken(folder))
    (first / SIGNATURE_FILE).write_bytes(old[last])
    assert str(first_broken(first)).startswith("signature: ")


def test_two_releases_mixed_are_found(place: Path) -> None:
    first, last = _releases(place)
    for names in ((MANIFEST_FILE,), (MANIFEST_FILE, SIGNATURE_FILE), (DATABASE_FILE,), ("data/visits.csv",)):
        mixed = Path(shutil.copytree(last, last.parent / "mixed"))
        for name in names:
            shutil.copyfile(first / name, mixed / name)
        assert first_broken(mixed) is not None, names
        shutil.rmtree(mixed)


def test_an_earlier_release_that_was_replaced_is_found(place: Path) -> None:
    """Each is whole and signed; but the later one names another one before it."""
    first, last = _releases(place)
    text("data/beds.csv", "10", "11")(first)
    sign_again(first, place / "store")
    assert str(first_broken(first)).startswith("totals: ")
    assert "is not the one that manifest.json names" in str(first_broken(last))


def test_only_trusted_keys_in_force_count(place: Path, tmp_path: Path) -> None:
    first, last = _releases(place)
    key = read_trust((place / "releases" / TRUST_FILE).read_text()).keys[0]
    pinned = Trust.pinned(key.public_key)
    assert first_broken(last, trust=pinned) is None
    assert "not among the trusted ones" in str(first_broken(last, trust=Signer().trust()))
    assert "not in force" in str(first_broken(last, trust=Trust((_with(key, since="2098-01-01T00:00:00Z"),))))
    assert "not in force" in str(first_broken(last, trust=Trust((_with(key, until=key.since),))))
    assert "revoked" in str(first_broken(last, trust=Trust((_with(key, revoked=key.since, reason=REASON),))))
    swapped = json.loads((place / "releases" / TRUST_FILE).read_text())
    swapped["keys"][0]["public_key"] = Signer().public
    (place / "releases" / TRUST_FILE).write_text(json.dumps(swapped))
    assert main(["verify", str(last)]) == 1
    assert main(["verify", str(last), "--key", key.public_key]) == 0
    assert first_broken(first, trust=pinned) is None


def _with(key: TrustedKey, **changes: object) -> TrustedKey:
    return replace(key, **changes)  # type: ignore[arg-type]


def test_after_rotation_and_revocation_the_keys_beside_the_releases_still_tell(place: Path) -> None:
    keyring, releases = Keyring(place / "store"), place / "releases"
    instant = "2099-01-01T00:00:00Z"
    old = keyring.current_id
    rotate(keyring, releases, instant)
    assert first_broken(_releases(place)[-1]) is None
    revoke(keyring, releases, old, keyring.trust.keys[0].since or "", REASON, "2099-02-01T00:00:00Z")
    assert "revoked" in str(first_broken(_releases(place)[-1]))


def _double(folder: Path) -> None:
    content = (folder / MANIFEST_FILE).read_text()
    (folder / MANIFEST_FILE).write_text(content.replace(' "sequence"', ' "sequence": 9,\n "sequence"', 1))


def _tidy(folder: Path) -> None:
    (folder / MANIFEST_FILE).write_text(json.dumps(read_manifest(folder), indent=2) + "\n")


@pytest.mark.parametrize(("harm", "said"), [(_double, "twice"), (_tidy, "not written as the publisher writes it")])
def test_a_manifest_with_two_readings_is_refused(release: Path, place: Path, harm: Forge, said: str) -> None:
    """Also if it is signed: the check of the signature is made, and the shape is refused by itself."""
    harm(release)
    found = findings(release, everything=True)["manifest"]
    assert found.outcome == "BROKEN"
    assert said in found.texts[0] or found.texts == ("cannot be read (JSONError)",)


def _manifests(said: dict) -> dict[str, dict]:
    one, two, *rest = said["files"]
    return {
        "unknown key": said | {"note": "x"},
        "no extracts": {name: value for name, value in said.items() if name != "extracts"},
        "place 0": said | {"sequence": 0},
        "place true": said | {"sequence": True},
        "no release before": said | {"previous": None},
        "release before without hash": said | {"previous": {"id": said["previous"]["id"]}},
        "other schema": said | {"schema_version": "3"},
        "impossible date": said | {"data_through": "2026-02-30"},
        "files twice": said | {"files": [one, one, two, *rest]},
        "files out of order": said | {"files": [two, one, *rest]},
        "path outside": said | {"files": [one | {"path": "../x"}, two, *rest]},
        "absolute path": said | {"files": [one | {"path": "/etc/passwd"}, two, *rest]},
        "hidden path": said | {"files": [one | {"path": ".x"}, two, *rest]},
        "itself": said | {"files": [one, two, *rest, {"path": MANIFEST_FILE, "bytes": 1, "sha256": "0" * 64}]},
        "negative size": said | {"files": [one | {"bytes": -1}, two, *rest]},
        "short hash": said | {"files": [one | {"sha256": "00"}, two, *rest]},
        "hash in capitals": said | {"files": [one | {"sha256": one["sha256"].upper()}, two, *rest]},
        "no files": said | {"files": []},
        "withdrawn without list": said | {"redactions": "0" * 64},
    }


def test_a_signed_manifest_of_another_shape_is_refused(release: Path, place: Path) -> None:
    said = read_manifest(release)
    for name, wrong in _manifests(said).items():
        sign_again(release, place / "store", wrong)
        found = first_broken(release)
        assert found is not None, name
        assert found.startswith(("manifest: ", "sums: ", "chain: ")), f"{name}: {found}"
    sign_again(release, place / "store", said)
    assert first_broken(release) is None


def _gone(place: int) -> str:
    return f"DELETE FROM visits WHERE rowid = {place}"


WRONG: dict[str, tuple[Forge, str, str]] = {
    "no application id": (sql("PRAGMA application_id = 1"), "schema", "not marked"),
    "a table more": (sql("CREATE TABLE secret (x TEXT)"), "schema", "secret"),
    "a view": (sql("CREATE VIEW visits_view AS SELECT 1"), "schema", "visits_view"),
    "a trigger": (sql("CREATE TRIGGER t AFTER INSERT ON beds BEGIN SELECT 1; END"), "schema", "trigger"),
    "a table less": (sql("DROP TABLE meta_note"), "schema", "meta_note"),
    "a column more": (sql("ALTER TABLE beds ADD COLUMN x TEXT"), "schema", "beds"),
    "a column less": (sql("ALTER TABLE meta_change DROP COLUMN reason"), "schema", "meta_change"),
    "another type": (
        sql("ALTER TABLE meta_change DROP COLUMN correction", "ALTER TABLE meta_change ADD COLUMN correction INTEGER"),
        "schema",
        "another type",
    ),
    "another release in the database": (sql("UPDATE meta_release SET id = 'x'"), "schema", "'id'"),
    "another version": (sql("UPDATE meta_release SET code_version = 'x'"), "schema", "'code_version'"),
    "another release before": (sql("UPDATE meta_release SET previous = NULL"), "chain", "another release before"),
    "a row less": (sql(_gone(1)), "schema", "number of rows"),
    "a code less": (sql("DELETE FROM code_sex"), "schema", "code_sex"),
    "a code that is not in its list": (sql("UPDATE beds SET region = 'XX' WHERE rowid = 1"), "schema", "code"),
    "a number beside a mark": (
        sql("UPDATE visits SET services = 6 WHERE services_status = 'suppressed'"),
        "schema",
        "does not hold what its status says",
    ),
    "an unknown status": (sql("UPDATE visits SET services_status = 'x' WHERE rowid = 1"), "schema", "status"),
    "a file of no dataset": (add("data/notes.csv"), "schema", "data/notes.csv is a file of no dataset"),
    "a file less": (remove("data/visits_kk.xlsx"), "schema", "data/visits_kk.xlsx is missing"),
    "no proofs": (remove("certificates.json.gz"), "schema", "certificates.json.gz is missing"),
    "a figure in the table": (sql("UPDATE visits SET services = services + 1 WHERE rowid = 1"), "totals", "row 1"),
    "a figure in the CSV": (csv_cell("visits.csv"), "totals", "data/visits.csv: row 1 differs"),
    "a figure in the totals": (csv_cell("visits_totals.csv"), "totals", "data/visits_totals.csv"),
    "a figure in the JSON": (text("data/beds.json", '"beds": 10,', '"beds": 11,'), "totals", "data/beds.json"),
    "a fraction in the JSON": (text("data/beds.json", '"beds": 10,', '"beds": 10.0,'), "totals", "data/beds.json"),
    "a label in the CSV": (text("data/beds.csv", "Almaty", "Astana"), "totals", "data/beds.csv"),
    "a row in the Parquet": (parquet_row("visits.parquet"), "totals", "data/visits.parquet"),
    "a figure in the spreadsheet's CSV": (text("data/beds_ru_excel.csv", ";10;", ";11;"), "totals", "row 1 differs"),
    "a row in the spreadsheet's CSV": (
        lambda folder: (folder / "data" / "beds_kk_excel.csv").write_bytes(b"x\r\n"),
        "totals",
        "data/beds_kk_excel.csv",
    ),
    "a workbook that is none": (
        lambda folder: (folder / "data" / "beds_kk.xlsx").write_bytes(b"PK"),
        "totals",
        "cannot be read",
    ),
    "a check in its file": (text("data/reconciliation.csv", "987664", "987665"), "totals", "reconciliation.csv"),
    "a mark without a reason": (
        sql("UPDATE beds SET beds = NULL, beds_status = 'withdrawn' WHERE rowid = 1"),
        "totals",
        "beds",
    ),
    "a title less": (sql("UPDATE meta_dataset SET title_kk = '' WHERE rowid = 1"), "dictionary", "title"),
    "a label less": (sql("UPDATE code_sex SET label_ru = NULL WHERE rowid = 1"), "dictionary", "label"),
    "half a description": (
        sql("UPDATE meta_column SET description_kk = 'x', description_ru = 'x' WHERE rowid = 1"),
        "dictionary",
        "missing in en",
    ),
    "another outcome": (audit(lambda said: said.update(outcome="undecided")), "disclosure", "audit.json"),
    "another count": (audit(lambda said: said.update(unknowns=said["unknowns"] + 1)), "disclosure", "audit.json"),
    "fewer releases": (audit(lambda said: said.update(earlier=[])), "disclosure", ""),
    "half the proofs": (certificates, "disclosure", "certificates.json.gz"),
    "no proofs in the file": (
        lambda folder: (folder / "certificates.json.gz").write_bytes(b"{}"),
        "disclosure",
        "certificates.json.gz",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_in_a_signed_release_is_found(release: Path, place: Path, name: str) -> None:
    harm, check, said = WRONG[name]
    harm(release)
    sign_again(release, place / "store")
    found = first_broken(release)
    assert found is not None
    assert found.startswith(f"{check}: "), found
    assert said in found


def test_a_hidden_figure_that_is_shown_is_found_and_not_repeated(place: Path, release: Path) -> None:
    sql("UPDATE visits SET patients = 4077, patients_status = 'ok' WHERE patients_status = 'suppressed'")(release)
    sign_again(release, place / "store")
    said = findings(release, everything=True)
    assert said["totals"].outcome == said["disclosure"].outcome == "BROKEN"
    assert "4077" not in str(said)


def test_a_wrong_sum_in_the_checks_is_found(place: Path, release: Path) -> None:
    sql("UPDATE meta_reconciliation SET computed = 1, gap = 987663, class = 'source_error'")(release)
    for name, old, new in (
        ("csv", "987664.0,987664.0,0.0", "987664.0,1.0,987663.0"),
        ("csv", "match", "source_error"),
        ("json", '"computed": 987664.0,\n   "gap": 0.0', '"computed": 1.0,\n   "gap": 987663.0'),
        ("json", '"class": "match"', '"class": "source_error"'),
    ):
        text(f"data/reconciliation.{name}", old, new)(release)
    sign_again(release, place / "store")
    assert "is not the sum of the rows" in str(first_broken(release))


def test_a_retired_release_is_checked_as_far_as_it_is_there(release: Path, place: Path) -> None:
    shutil.rmtree(release / "data")
    for name in (DATABASE_FILE, "audit.json", "certificates.json.gz"):
        (release / name).unlink()
    (release / "retired.json").write_text('{"release": "x"}')
    said = {name: each.outcome for name, each in findings(release, everything=True).items()}
    assert {name for name, outcome in said.items() if outcome == "ok"} == {"manifest", "signature", "sums", "chain"}
    (release / DATABASE_FILE).write_text("x")
    assert "although the release is retired" in str(first_broken(release))
    (release / DATABASE_FILE).unlink()
    sign_again(release, place / "store", read_manifest(release) | {"files": []})
    assert first_broken(release) is None, "a redaction takes the digests out of it"


def test_the_command_names_the_first_broken_thing_or_all(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(release)]) == 0
    said = capsys.readouterr().out
    assert "the keys are from trust.json beside the release" in said
    assert said.count("\nok ") == len(CHECKS)
    add("data/extra.csv")(release)
    remove("data/beds.csv")(release)
    assert main(["verify", str(release)]) == 1
    said = capsys.readouterr()
    assert said.out.count("BROKEN") == 1
    assert "data/extra.csv is not listed" in said.err
    assert main(["verify", "--all", str(release)]) == 1
    said = capsys.readouterr()
    assert "data/extra.csv is not listed" in said.out
    assert "data/beds.csv is missing" in said.out


def test_without_a_key_nothing_passes_unless_that_is_asked_for(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = str(shutil.copytree(release, tmp_path / "alone"))
    assert main(["verify", alone]) == 1
    assert "--key" in capsys.readouterr().err
    assert main(["verify", alone, "--unsigned"]) == 0
    for wrong in (["--key", "RW"], ["--trust", str(tmp_path / "none")], ["--trust", str(release / MANIFEST_FILE)]):
        assert main(["verify", alone, *wrong]) == 1
    assert main(["verify", str(tmp_path / "nothing"), "--unsigned"]) == 1
