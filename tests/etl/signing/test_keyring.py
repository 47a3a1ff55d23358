"""The keys of a publisher: made once, kept from others, rotated, revoked, and never replaced silently when they are lost."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from datasets.contract import MANIFEST_FILE, SIGNATURE_FILE, TRUST_FILE
from datasets.fault import FaultError
from datasets.signature import SignatureError, check_signature, comment_of, read_trust
from etl.cli import main
from etl.signing import keyring as keyring_module
from etl.signing.keyring import Keyring, ensure_key
from etl.signing.secret_key import key_ids, key_path
from etl.signing.succession import renew, revoke, rotate
from etl.store.chain import chain
from etl.store.seals import seal_of, signature_fault, trust_of
from tests.datasets.signing import REASON
from tests.etl.redactable import BED, withdraw

FIRST, SECOND, THIRD = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-09-01T00:00:00Z"
#: When the releases of the fixtures are long published; before the clock of any machine that runs this.
AFTER = "2099-01-01T00:00:00Z"
RELEASE = "2026-03-16-0123456789ab"
MANIFEST = f'{{"id": "{RELEASE}", "sequence": 1}}'.encode()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    return tmp_path / "releases"


def _sign(keyring: Keyring, published: str = FIRST, **more: object) -> bytes:
    return keyring.sign(MANIFEST, release=RELEASE, sequence=1, published=published, **more)  # type: ignore[arg-type]


def _key_file(store: Path) -> Path:
    keyring = Keyring(store)
    return key_path(keyring.folder, keyring.current_id)


def test_the_first_key_is_made_once_and_is_its_owners_alone(store: Path, releases: Path) -> None:
    keyring = ensure_key(store, releases, FIRST)
    assert ensure_key(store, releases, SECOND).current_id == keyring.current_id
    modes = {path.name: path.stat().st_mode & 0o777 for path in (keyring.folder, _key_file(store))}
    assert set(modes.values()) == {0o700, 0o600}
    public = (releases / TRUST_FILE).read_text()
    assert public == (keyring.folder / TRUST_FILE).read_text()
    assert check_signature(MANIFEST, _sign(keyring), read_trust(public)).key == keyring.current_id


def test_the_stock_program_signs_with_the_key_if_ours_is_lost(store: Path, releases: Path, tmp_path: Path) -> None:
    ensure_key(store, releases, FIRST)
    (tmp_path / MANIFEST_FILE).write_bytes(MANIFEST)
    comments = ["-t", comment_of(RELEASE, 1, FIRST), "-c", f"Ashyq Qalqan release {RELEASE}"]
    command = ["minisign", "-S", "-s", str(_key_file(store)), *comments, "-m", str(tmp_path / MANIFEST_FILE)]
    subprocess.run(command, check=True, capture_output=True)
    check_signature(MANIFEST, (tmp_path / SIGNATURE_FILE).read_bytes(), read_trust((releases / TRUST_FILE).read_text()))


@pytest.mark.slow
def test_a_password_locks_the_key(store: Path, releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNING_PASSWORD", "correct horse")
    keyring = ensure_key(store, releases, FIRST)
    _sign(keyring)
    monkeypatch.setenv("SIGNING_PASSWORD", "wrong")
    with pytest.raises(FaultError, match="does not open with the password"):
        _sign(keyring)
    monkeypatch.delenv("SIGNING_PASSWORD")
    with pytest.raises(FaultError, match="SIGNING_PASSWORD"):
        ensure_key(store, releases, FIRST)


def _open_file(store: Path, _: Path) -> None:
    _key_file(store).chmod(0o640)


def _open_folder(store: Path, _: Path) -> None:
    (store / "keys").chmod(0o755)


def _lose_key(store: Path, _: Path) -> None:
    _key_file(store).unlink()


def _lose_store(store: Path, _: Path) -> None:
    shutil.rmtree(store)


def _damage_key(store: Path, _: Path) -> None:
    file = _key_file(store)
    file.write_bytes(file.read_bytes().replace(b"RW", b"RX"))


def _link_key(store: Path, _: Path) -> None:
    file = _key_file(store)
    file.rename(store / "key")
    file.symlink_to(store / "key")


def _damage_record(store: Path, _: Path) -> None:
    (store / "keys" / TRUST_FILE).write_text("{}")


def _take_another_store(store: Path, releases: Path) -> None:
    shutil.rmtree(store)
    ensure_key(store, releases.parent / "elsewhere", FIRST)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_open_file, "chmod 600"),
        (_open_folder, "chmod 700"),
        (_lose_key, "is lost"),
        (_lose_store, "names a key that the work folder does not have"),
        (_damage_key, "is no secret key"),
        (_link_key, "cannot be read"),
        (_damage_record, "trust.json"),
        (_take_another_store, "belong together"),
    ],
)
def test_what_is_wrong_with_the_keys_is_said_and_no_new_key_is_made(
    store: Path, releases: Path, harm: Callable[[Path, Path], None], said: str
) -> None:
    ensure_key(store, releases, FIRST)
    before = (releases / TRUST_FILE).read_bytes()
    harm(store, releases)
    with pytest.raises(FaultError, match=said):
        ensure_key(store, releases, SECOND)
    assert (releases / TRUST_FILE).read_bytes() == before


def test_a_changed_secret_key_signs_nothing(store: Path, releases: Path) -> None:
    """Each byte of the key itself; the comment of the file and the unused fields of its form may be any."""
    keyring = ensure_key(store, releases, FIRST)
    file = _key_file(store)
    heading, text = file.read_bytes().splitlines()
    good = _sign(keyring)
    for place in range(0, len(text), 3):
        changed = text[:place] + (b"A" if text[place : place + 1] != b"A" else b"B") + text[place + 1 :]
        file.write_bytes(heading + b"\n" + changed + b"\n")
        try:
            assert _sign(keyring) == good
        except FaultError:
            continue


def test_a_key_of_a_command_that_was_killed_is_taken_up(
    store: Path, releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Keyring, "record", die)
        with pytest.raises(KeyboardInterrupt):
            ensure_key(store, releases, FIRST)
    (left,) = key_ids(store / "keys")
    assert ensure_key(store, releases, FIRST).current_id == left
    (releases / TRUST_FILE).unlink()
    assert ensure_key(store, releases, FIRST).current_id == left
    assert (releases / TRUST_FILE).exists()
    (store / "keys" / TRUST_FILE).unlink()
    assert ensure_key(store, releases, FIRST).current_id == left


@pytest.mark.parametrize("writes", [0, 1])
def test_a_rotation_that_was_killed_leaves_keys_that_agree(
    store: Path, releases: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    keyring = ensure_key(store, releases, FIRST)
    old, write, done = keyring.current_id, keyring_module.write_durably, []

    def failing(*what: object) -> None:
        if len(done) == writes:
            raise OSError(28, "No space left on device")
        done.append(write(*what))  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(keyring_module, "write_durably", failing)
        with pytest.raises(OSError, match="No space"):
            rotate(keyring, releases, SECOND)
    again = ensure_key(store, releases, THIRD)
    assert (again.current_id == old) is (writes == 0)
    assert (releases / TRUST_FILE).read_text() == (again.folder / TRUST_FILE).read_text()
    _sign(again, THIRD)


def test_after_a_rotation_the_new_key_signs_and_old_signatures_count(store: Path, releases: Path) -> None:
    keyring = ensure_key(store, releases, FIRST)
    earlier, old = _sign(keyring), keyring.current_id
    new = rotate(keyring, releases, SECOND)
    trust = read_trust((releases / TRUST_FILE).read_text())
    assert key_ids(keyring.folder) == (new,)
    assert check_signature(MANIFEST, earlier, trust).key == old
    assert check_signature(MANIFEST, _sign(keyring, THIRD), trust).key == new
    late = check_signature(MANIFEST, _sign(Keyring(store, lambda: THIRD)), trust)
    assert (late.published, late.resigned) == (FIRST, THIRD), "the new key says that it signed later"
    with pytest.raises(FaultError, match="clock"):
        rotate(keyring, releases, SECOND)


def test_a_rotation_does_not_cut_off_what_was_signed_this_second(place: Path) -> None:
    keyring = Keyring(place / "store")
    latest = max(seal.made for link in chain(place / "releases") if (seal := seal_of(link.folder)))
    with pytest.raises(FaultError, match="this very second"):
        rotate(keyring, place / "releases", latest)


def test_a_redaction_after_a_rotation_leaves_every_release_valid(place: Path) -> None:
    rotate(Keyring(place / "store"), place / "releases", _now(place))
    withdraw(place, BED)
    trust = trust_of(place / "releases")
    assert [signature_fault(link.folder, trust) for link in chain(place / "releases")] == [None, None]


def _now(place: Path) -> str:
    """The second after the last signature: the keys of a rotation must not begin in what machines call the future."""
    import time

    from etl.store.instant import now

    latest = max(seal.made for link in chain(place / "releases") if (seal := seal_of(link.folder)))
    while now() <= latest:
        time.sleep(0.05)
    return now()


def test_a_revocation_takes_back_what_was_signed_and_renewal_signs_it_anew(place: Path) -> None:
    releases, keyring = place / "releases", Keyring(place / "store")
    stolen, links = keyring.current_id, chain(releases)
    begun = keyring.current.since or ""
    published = [seal_of(link.folder).published for link in links]  # type: ignore[union-attr]
    new = revoke(keyring, releases, stolen, begun, REASON, _now(place))
    trust = trust_of(releases)
    assert all("revoked" in str(signature_fault(link.folder, trust)) for link in links)
    assert renew(keyring, releases) == tuple(link.id for link in links)
    assert [signature_fault(link.folder, trust) for link in links] == [None, None]
    seals = [seal_of(link.folder) for link in links]
    assert [seal.published for seal in seals if seal and seal.resigned and seal.key == new] == published
    assert renew(keyring, releases) == ()
    with pytest.raises(FaultError, match="revoked already"):
        revoke(keyring, releases, stolen, begun, REASON, AFTER)


@pytest.mark.parametrize("name", [MANIFEST_FILE, SIGNATURE_FILE, "release.db"])
def test_renewal_signs_nothing_that_somebody_has_changed(place: Path, name: str) -> None:
    releases, keyring = place / "releases", Keyring(place / "store")
    begun = keyring.current.since or ""
    revoke(keyring, releases, keyring.current_id, begun, REASON, _now(place))
    first, last = chain(releases)
    content = bytearray((last.folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (last.folder / name).write_bytes(content)
    before = (first.folder / SIGNATURE_FILE).read_bytes()
    with pytest.raises(FaultError):
        renew(keyring, releases)
    assert (first.folder / SIGNATURE_FILE).read_bytes() == before


@pytest.mark.parametrize("lost", [_lose_key, _lose_store])
def test_a_lost_key_is_revoked_and_publication_goes_on(
    store: Path, releases: Path, lost: Callable[[Path, Path], None]
) -> None:
    keyring = ensure_key(store, releases, FIRST)
    key = keyring.current_id
    lost(store, releases)
    new = revoke(keyring, releases, key, SECOND, REASON, SECOND)
    assert ensure_key(store, releases, THIRD).current_id == new != key
    _sign(keyring, THIRD)


def test_the_commands(store: Path, releases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def keys(*words: str) -> tuple[int, str]:
        code = main(["keys", *words, "--store", str(store), "--releases", str(releases)])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert keys("list")[0] == 1
    assert keys("new")[0] == 0
    first = Keyring(store).current_id
    assert f"{first}  RW" in keys("list")[1]
    reason = [f"--reason-{language}={text}" for language, text in REASON.items()]
    code, said = keys("revoke", first, *reason)
    assert code == 0
    assert f"key {first} is revoked" in said
    assert "revoked as of" in keys("list")[1]
    assert keys("revoke", "0" * 16, *reason)[0] == 1
    assert keys("renew") == (0, "no release had to be signed anew\n")


def test_a_signature_is_never_given_out_that_readers_would_refuse(store: Path, releases: Path) -> None:
    keyring = ensure_key(store, releases, FIRST)
    with pytest.raises(FaultError):
        keyring.sign(MANIFEST, release="other", sequence=1, published=FIRST)
    with pytest.raises(FaultError):
        keyring.sign(MANIFEST, release=RELEASE, sequence=1, published="yesterday")
    with pytest.raises(SignatureError):
        comment_of(RELEASE, 0, FIRST)
