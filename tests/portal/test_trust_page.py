"""The page of keys, the keys and the archive of a release: what anybody needs to check a release with the stock program."""

import io
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from datasets.contract import LANGUAGES, MANIFEST_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.signature import read_trust
from etl.cli import main
from etl.signing.keyring import Keyring
from etl.signing.succession import revoke, rotate
from portal.archive import ARCHIVE_NAME, Archives
from portal.store import ReleaseStore
from tests.datasets.signing import REASON
from tests.portal.signed import CURRENT, open_portal, publish_beds, rewrite

ROTATED, REVOKED = "2098-01-01T00:00:00Z", "2099-01-01T00:00:00Z"


@pytest.fixture
def publisher(tmp_path: Path) -> tuple[Path, Keyring]:
    """A signed store of one release, and its keys."""
    publish_beds(tmp_path, CURRENT)
    return tmp_path / "releases", Keyring(tmp_path / "store")


def _commands(html: str) -> list[str]:
    return [
        line for block in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", html, re.S) for line in block.split("\n")
    ]


def test_the_commands_of_the_page_check_the_release(visitor: FlaskClient, current: str, tmp_path: Path) -> None:
    html = visitor.get("/en/keys").text
    commands = _commands(html)
    (check,) = (line.split() for line in commands if line.startswith("minisign"))
    addresses = [line.split()[-1] for line in commands if line.startswith("curl")]
    for address in addresses:
        answer = visitor.get(address.removeprefix("http://localhost"))
        assert answer.status_code == 200
        (tmp_path / address.rsplit("/", 1)[-1]).write_bytes(answer.data)
    said = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert f"Trusted comment: release={current}" in said.stdout
    assert f"release={current}" in html
    verify = next(line.split() for line in commands if " verify " in line)
    assert main(["verify", str(tmp_path / ARCHIVE_NAME), *verify[-2:]]) == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_the_story_of_the_keys(publisher: tuple[Path, Keyring], language: str) -> None:
    releases, keyring = publisher
    first = keyring.current_id
    second = rotate(keyring, releases, ROTATED)
    third = revoke(keyring, releases, second, REVOKED, REASON, REVOKED)
    with open_portal(releases) as visitor:
        html = visitor.get(f"/{language}/keys").text
        said = visitor.get("/api/v1/keys").json
        assert said is not None
        assert [each["id"] for each in said["keys"]] == [first, second, third]
        assert [each["in_force"] for each in said["keys"]] == [False, False, True]
        assert said["keys"][1]["reason"] == REASON
        assert (said["signed"], said["key"]) == (True, first)
        assert REASON[language] in html
        for each in said["keys"]:
            assert f"{each['id']} {each['public_key']}" in html
            file = visitor.get(each["url"].removeprefix("http://localhost"))
            assert file.text.splitlines()[1] == each["public_key"]
            assert each["id"] in file.text.splitlines()[0]
        assert read_trust(visitor.get("/downloads/trust.json").text) == keyring.trust


def test_keys_that_do_not_exist_are_not_there(visitor: FlaskClient) -> None:
    for name in ("0000000000000000.pub", "x.pub", "..%2ftrust.json", "0000000000000000.key"):
        assert visitor.get(f"/downloads/keys/{name}").status_code == 404


def test_an_unsigned_portal_says_so(unsigned: Path, current: str) -> None:
    with open_portal(unsigned) as visitor:
        html = visitor.get("/en/keys").text
        assert "not signed" in html
        assert "minisign" not in html
        assert visitor.get("/downloads/trust.json").status_code == 404
        said = visitor.get("/api/v1/keys").json
        assert said is not None
        assert (said["signed"], said["key"], said["keys"]) == (False, None, [])


def test_keys_that_the_operator_names_have_no_list(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = read_trust((releases / TRUST_FILE).read_text()).keys[0]
    monkeypatch.setenv("TRUSTED_KEYS", key.public_key)
    (releases / TRUST_FILE).unlink()
    with open_portal(releases) as visitor:
        html = visitor.get("/en/keys").text
        assert key.public_key in html
        assert "trust.json" not in html
        assert visitor.get("/downloads/trust.json").status_code == 404
        assert visitor.get(f"/downloads/keys/{key.id}.pub").status_code == 200


def test_the_archive_is_the_whole_release_and_always_the_same(
    visitor: FlaskClient, releases: Path, current: str, older: str
) -> None:
    latest = visitor.get(f"/downloads/latest/{ARCHIVE_NAME}")
    pinned = visitor.get(f"/downloads/{current}/{ARCHIVE_NAME}")
    assert latest.data == pinned.data
    assert latest.headers["ETag"] != visitor.get(f"/downloads/{older}/{ARCHIVE_NAME}").headers["ETag"]
    assert latest.headers["Content-Type"] == "application/zip"
    assert f"{current}.zip" in latest.headers["Content-Disposition"]
    assert latest.headers["X-Release"] == current
    assert int(latest.headers["Content-Length"]) == len(latest.data)
    folder = releases / current
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with zipfile.ZipFile(io.BytesIO(latest.data)) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == {
            f"{current}/{name}": content for name, content in files.items()
        }
        assert archive.namelist()[:2] == [f"{current}/{MANIFEST_FILE}", f"{current}/{SIGNATURE_FILE}"]
    again = visitor.get(f"/downloads/latest/{ARCHIVE_NAME}", headers={"If-None-Match": latest.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_any_part_of_the_archive_can_be_asked_for(visitor: FlaskClient, current: str) -> None:
    address = f"/downloads/{current}/{ARCHIVE_NAME}"
    whole = visitor.get(address).data
    for start, end in ((0, 0), (1, 90_000), (len(whole) - 7, len(whole) - 1), (len(whole) // 2, len(whole) - 1)):
        part = visitor.get(address, headers={"Range": f"bytes={start}-{end}"})
        assert (part.status_code, part.data) == (206, whole[start : end + 1])
        assert part.headers["Content-Range"] == f"bytes {start}-{end}/{len(whole)}"


def test_the_archive_reads_the_same_from_any_place(signed_store: tuple[Path, str, str]) -> None:
    store = ReleaseStore(signed_store[0])
    file, size = Archives(store).open(store.edition(signed_store[2]))
    with file:
        whole = file.read()
        assert len(whole) == size == file.seek(0, io.SEEK_END)
        assert file.read() == b""
        for place in range(0, size, size // 50):
            file.seek(place)
            assert file.read(501) == whole[place : place + 501]


def test_a_release_with_a_damaged_file_is_not_packed(visitor: FlaskClient, releases: Path, current: str) -> None:
    address = f"/downloads/{current}/{ARCHIVE_NAME}"
    path = releases / current / "data" / "beds.csv"
    content = path.read_bytes()
    for _ in range(2):  # also when it was packed before
        rewrite(path, content + b"x")
        answer = visitor.get(address)
        assert answer.status_code == 503
        assert b"PK" not in answer.data
        rewrite(path, content)
        assert visitor.get(address).status_code == 200


def test_the_signature_can_be_had(visitor: FlaskClient, releases: Path, current: str) -> None:
    for name in (MANIFEST_FILE, SIGNATURE_FILE):
        assert visitor.get(f"/downloads/{current}/{name}").data == (releases / current / name).read_bytes()
