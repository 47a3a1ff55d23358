"""A downloaded archive: verified as the folder is, and refused when it is made to do harm or to say two things."""

import zipfile
from pathlib import Path

import pytest

from datasets.contract import MANIFEST_FILE, TRUST_FILE
from etl.cli import main
from etl.store.chain import chain
from etl.verify import archive as archive_module


@pytest.fixture
def release(built: Path) -> Path:
    """The earlier of two releases: nothing else has to be at hand."""
    return chain(built / "releases")[0].folder


def _zip(release: Path, target: Path, top: str, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(target, "w", method) as made:
        for path in sorted(release.rglob("*")):
            if path.is_file():
                made.write(path, f"{top}{path.relative_to(release)}")
    return target


def _verify(path: Path, built: Path, *more: str) -> int:
    return main(["verify", str(path), "--trust", str(built / "releases" / TRUST_FILE), *more])


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("named", [True, False])
def test_an_archive_is_verified_as_its_folder(
    built: Path, release: Path, tmp_path: Path, method: int, named: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _zip(release, tmp_path / "release.zip", f"{release.name}/" if named else "", method)
    assert _verify(path, built) == 0
    assert "BROKEN" not in capsys.readouterr().out


def test_earlier_releases_may_be_archives(built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, last = (link.folder for link in chain(built / "releases"))
    earlier = _zip(first, tmp_path / "first.zip", "")
    path = _zip(last, tmp_path / "last.zip", "")
    assert _verify(path, built) == 0
    assert capsys.readouterr().out.count("not checked") == 2
    assert _verify(path, built, "--with", str(earlier)) == 0
    assert "not checked" not in capsys.readouterr().out


@pytest.mark.parametrize("named", [True, False])
def test_keys_that_happen_to_lie_beside_an_archive_are_not_taken(
    built: Path, release: Path, tmp_path: Path, named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither those beside it, nor any in the folder for temporary files, where everybody may write."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / TRUST_FILE).write_bytes((built / "releases" / TRUST_FILE).read_bytes())
    path = _zip(release, tmp_path / "release.zip", f"{release.name}/" if named else "")
    assert main(["verify", str(path)]) == 1
    assert main(["verify", str(path), "--trust", str(tmp_path / TRUST_FILE)]) == 0


def _name(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name)


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    return info


HARMFUL = {
    "outside": lambda: _name("../outside"),
    "absolute": lambda: _name("/outside"),
    "through a folder": lambda: _name("data/../../outside"),
    "backslash": lambda: _name("..\\outside"),
    "drive": lambda: _name("c:outside"),
    "hidden": lambda: _name(".hidden"),
    "deep": lambda: _name("a/b/c/d"),
    "empty": lambda: _name("a//b"),
    "not ASCII": lambda: _name("қалқан"),
    "twice": lambda: _name(MANIFEST_FILE),
    "twice but for case": lambda: _name(MANIFEST_FILE.upper()),
    "link": _link,
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_name_is_refused_and_nothing_is_unpacked(
    built: Path, release: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _zip(release, tmp_path / "release.zip", "")
    with zipfile.ZipFile(path, "a") as made:
        made.writestr(HARMFUL[name](), "x")
    assert _verify(path, built) == 1
    assert capsys.readouterr().out == ""
    assert sorted(each.name for each in tmp_path.iterdir()) == ["release.zip"]


def test_more_than_a_release_has_is_refused(
    built: Path, release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _zip(release, tmp_path / "release.zip", "")
    size = sum(each.stat().st_size for each in release.rglob("*") if each.is_file())
    monkeypatch.setattr(archive_module, "MOST_BYTES", size)
    assert _verify(path, built) == 0
    monkeypatch.setattr(archive_module, "MOST_BYTES", size - 1)
    assert _verify(path, built) == 1
    monkeypatch.setattr(archive_module, "MOST_BYTES", size)
    monkeypatch.setattr(archive_module, "MOST_FILES", 3)
    assert _verify(path, built) == 1


def test_an_archive_that_says_less_than_it_holds_is_refused(built: Path, tmp_path: Path) -> None:
    """The size in the directory of the archive is smaller than what comes out."""
    path = tmp_path / "release.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(MANIFEST_FILE, b"0" * 1_000_000)
    content = path.read_bytes()
    path.write_bytes(content.replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    assert _verify(path, built) == 1


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\5\6" + b"\0" * 18, b"x" * 1000])
def test_what_is_no_archive_is_refused(built: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "release.zip").write_bytes(content)
    assert _verify(tmp_path / "release.zip", built) == 1


@pytest.mark.slow
def test_a_changed_byte_of_an_archive_changes_nothing_or_is_found(
    built: Path, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names and sizes of the archive are not signed; but what comes out of it is the release, or it is refused."""
    path = _zip(release, tmp_path / "release.zip", "")
    content = path.read_bytes()
    for place in range(0, len(content), len(content) // 40):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        code = _verify(path, built)
        said = capsys.readouterr()
        assert (code == 0) is ("BROKEN" not in said.out and not said.err)
