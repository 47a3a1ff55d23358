"""`python -m etl audit`: what it prints, writes and returns."""

import argparse
import gzip
import json
from pathlib import Path

import pytest

from datasets.fault import FaultError
from etl.audit.command import add_audit
from tests.etl.audit.releases import Dataset, write_release

COUNTS = {("A", "x"): 3, ("A", "y"): 12, ("A", "z"): 40, ("B", "x"): 14, ("B", "y"): 8, ("B", "z"): 50}
SPOILT = gzip.compress(b'{"certificate": {}}', mtime=0)[:12] + b"\xff" * 20
RING = [("A", "x"), ("A", "y"), ("B", "x"), ("B", "y")]


def _release(folder: Path, hidden: list[tuple[str, str]], name: str = "2026-03-31-000000000001") -> Path:
    rows = {keys: {"persons": count} for keys, count in COUNTS.items()}
    return write_release(folder, Dataset("visits", rows, hidden=[("persons", keys) for keys in hidden]), name=name)


def _run(*words: str | Path) -> None:
    parser = argparse.ArgumentParser()
    add_audit(parser.add_subparsers())
    chosen = parser.parse_args(["audit", *map(str, words)])
    chosen.run(None, chosen)  # it has no use for the library


def test_release_that_passes_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run(_release(tmp_path, RING))
    printed = capsys.readouterr().out
    assert printed.startswith("release 2026-03-31-000000000001: passed\n")
    assert "visits: 4 of 12 cells hidden (33.3%), narrowest interval 14 values, breaches 0" in printed


def test_breach_is_reported_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FaultError, match="breach"):
        _run(_release(tmp_path, RING[:3]))
    assert "visits.persons (region=A, kind=x): a reader can prove that it is 3" in capsys.readouterr().out


def test_earlier_releases_are_attacked_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = _release(tmp_path, RING)
    earlier = _release(tmp_path, [], "2026-02-28-000000000001")
    _run(last)
    with pytest.raises(FaultError, match="breach"):
        _run(last, "--with", earlier)
    assert "is published (2026-02-28-000000000001)" in capsys.readouterr().out


def test_json_is_the_public_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run(_release(tmp_path, RING), "--json")
    said = json.loads(capsys.readouterr().out)
    assert (said["outcome"], said["datasets"][0]["hidden"]) == ("passed", 4)


def test_written_proofs_verify_without_a_solver(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, proofs = _release(tmp_path, RING), tmp_path / "certificates.json.gz"
    _run(folder, "--certificates", proofs, "--json")
    said = capsys.readouterr().out
    monkeypatch.setattr("etl.audit.report.attack", None)
    _run(folder / "release.db", "--verify", proofs, "--json")
    assert capsys.readouterr().out == said
    # Unpacked they are as good.
    (tmp_path / "proofs.json").write_bytes(gzip.decompress(proofs.read_bytes()))
    _run(folder, "--verify", tmp_path / "proofs.json")


def test_mutated_proofs_are_refused(tmp_path: Path) -> None:
    folder, proofs = _release(tmp_path, RING), tmp_path / "proofs.json.gz"
    _run(folder, "--certificates", proofs)
    said = json.loads(gzip.decompress(proofs.read_bytes()))
    said["certificate"]["base"][0] += 1
    proofs.write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(FaultError, match="The certificate is refused"):
        _run(folder, "--verify", proofs)


def test_proofs_of_another_set_of_releases_are_refused(tmp_path: Path) -> None:
    first, second = (
        _release(tmp_path, RING, "2026-02-28-1"),
        _release(tmp_path, [*RING, ("A", "z"), ("B", "z")], "2026-03-31-2"),
    )
    _run(first, "--certificates", tmp_path / "proofs")
    with pytest.raises(FaultError, match="Name the same earlier releases"):
        _run(second, "--verify", tmp_path / "proofs")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\x1f\x8b broken", SPOILT, b'{"certificate": null}', b'{"certificate": {"base": 1}}']
)
def test_file_without_proofs_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "proofs").write_bytes(content)
    with pytest.raises(FaultError, match="holds no certificate"):
        _run(_release(tmp_path, RING), "--verify", tmp_path / "proofs")
