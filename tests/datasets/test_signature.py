"""Signatures: the stock minisign agrees on them, each changed byte is found, and only keys in force count."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from datasets.signature import Seal, SignatureError, Trust, check_signature, comment_of, read_seal, read_trust
from datasets.trust import write_trust
from tests.datasets.signing import LATER, MANIFEST, PUBLISHED, REASON, RELEASE, SINCE, Signer


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


def _stock_accepts(folder: Path, manifest: bytes, signature: bytes, public: str) -> bool:
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "manifest.json.minisig").write_bytes(signature)
    command = ["minisign", "-Vqm", str(folder / "manifest.json"), "-P", public]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _accepts(manifest: bytes, signature: bytes, trust: Trust) -> bool:
    try:
        check_signature(manifest, signature, trust)
    except SignatureError:
        return False
    return True


def _flips(content: bytes) -> list[bytes]:
    """The content with one bit of one byte turned, for each byte."""
    return [
        content[:place] + bytes([byte ^ 1 << place % 8]) + content[place + 1 :] for place, byte in enumerate(content)
    ]


def test_the_seal_says_what_was_signed_and_the_stock_program_agrees(signer: Signer, tmp_path: Path) -> None:
    signature = signer.sign(redacted=LATER)
    seal = Seal(RELEASE, 3, PUBLISHED, LATER, signer.id)
    assert check_signature(MANIFEST, signature, signer.trust()) == read_seal(signature) == seal
    assert seal.made == LATER
    assert _stock_accepts(tmp_path, MANIFEST, signature, signer.public)


def test_a_signature_of_the_stock_program_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(MANIFEST)
    names = {"-p": tmp_path / "key.pub", "-s": tmp_path / "key.key"}
    subprocess.run(
        ["minisign", "-GW", *(str(each) for pair in names.items() for each in pair)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    comments = ["-t", comment_of(RELEASE, 3, PUBLISHED), "-c", f"Ashyq Qalqan release {RELEASE}"]
    subprocess.run(
        ["minisign", "-S", "-s", str(names["-s"]), *comments, "-m", str(tmp_path / "manifest.json")], check=True
    )
    heading, public = (tmp_path / "key.pub").read_text().splitlines()
    seal = check_signature(MANIFEST, (tmp_path / "manifest.json.minisig").read_bytes(), Trust.pinned(public))
    # Some versions of the stock program leave noughts at the beginning out.
    assert heading.split()[-1].zfill(16) == seal.key, "our id of a key is the one that minisign shows"


def test_each_changed_byte_is_found(signer: Signer) -> None:
    signature, trust = signer.sign(), signer.trust()
    assert not [flipped for flipped in _flips(MANIFEST) if _accepts(flipped, signature, trust)]
    assert not [flipped for flipped in _flips(signature) if _accepts(MANIFEST, flipped, trust)]
    assert not [cut for cut in range(len(signature)) if _accepts(MANIFEST, signature[:cut], trust)]
    assert not [each for each in (b"\n", b" ", b"\r\n", b"x") if _accepts(MANIFEST, signature + each, trust)]
    assert not _accepts(MANIFEST, signature.replace(b"\n", b"\r\n"), trust)
    assert not _accepts(MANIFEST + b"\n", signature, trust)


@pytest.mark.slow
def test_the_stock_program_finds_each_changed_byte_but_those_of_the_untrusted_comment(
    signer: Signer, tmp_path: Path
) -> None:
    signature = signer.sign()
    first = signature.index(b"\n")
    changed = _flips(signature)
    accepted = {
        place for place in range(len(signature)) if _stock_accepts(tmp_path, MANIFEST, changed[place], signer.public)
    }
    # It looks at the first line no further than to its beginning, nor at what ends the last one; we do.
    assert accepted <= {*range(len("untrusted comment: "), first), len(signature) - 1}
    assert accepted >= set(range(len("untrusted comment: "), first - 1))
    assert not [flipped for flipped in _flips(MANIFEST) if _stock_accepts(tmp_path, flipped, signature, signer.public)]


def test_what_is_signed_by_another_or_in_another_way_is_refused(signer: Signer) -> None:
    trust = signer.trust()
    assert not _accepts(MANIFEST, Signer().sign(), trust)
    comment, untrusted = comment_of(RELEASE, 3, PUBLISHED), f"Ashyq Qalqan release {RELEASE}"
    assert _accepts(MANIFEST, signer.write(MANIFEST, comment, untrusted), trust)
    assert not _accepts(MANIFEST, signer.write(MANIFEST, comment, untrusted, prehash=False), trust)
    assert not _accepts(MANIFEST, signer.write(MANIFEST, comment, "Ashyq Qalqan release other"), trust)
    for wrong in (
        comment + " ",
        comment.replace("sequence=3", "sequence=03"),
        comment.replace("=2026-05-01", "=2026-02-30"),
        f"{comment} redacted={SINCE}",
        comment.replace("release=", "key="),
    ):
        assert not _accepts(MANIFEST, signer.write(MANIFEST, wrong, untrusted), trust), wrong


def test_another_key_under_the_same_id_is_refused(signer: Signer) -> None:
    other = Signer()
    forged = replace(signer.key(), public_key=other.public)
    assert not _accepts(MANIFEST, signer.sign(), Trust((forged,)))


@pytest.mark.parametrize(
    "manifest",
    [
        b'{"id": "other", "sequence": 3}',
        f'{{"id": "{RELEASE}", "sequence": 4}}'.encode(),
        f'{{"id": "{RELEASE}", "sequence": 3.0}}'.encode(),
        f'{{"id": "other", "id": "{RELEASE}", "sequence": 3}}'.encode(),
        f'{{"id": "{RELEASE}", "sequence": 3, "files": [{{"path": "a", "path": "b"}}]}}'.encode(),
        b"[]",
        b"\xff",
        b'{"id": NaN}',
    ],
)
def test_a_manifest_of_something_else_is_refused_though_it_is_signed(signer: Signer, manifest: bytes) -> None:
    assert not _accepts(manifest, signer.sign(manifest), signer.trust())


@pytest.mark.parametrize(
    ("ends", "instants", "counts"),
    [
        ({}, {}, True),
        ({"since": LATER}, {}, False),
        ({"since": PUBLISHED}, {}, True),
        ({"until": PUBLISHED}, {}, False),
        ({"until": LATER}, {}, True),
        ({"until": LATER}, {"redacted": LATER}, False),
        ({"since": LATER}, {"redacted": LATER}, True),
        ({"since": LATER}, {"resigned": LATER}, True),
        ({"revoked": PUBLISHED, "reason": REASON}, {}, False),
        ({"revoked": LATER, "reason": REASON}, {}, True),
    ],
)
def test_a_key_counts_when_it_is_in_force(signer: Signer, ends: dict, instants: dict, counts: bool) -> None:
    assert _accepts(MANIFEST, signer.sign(**instants), signer.trust(**ends)) is counts


def _succession() -> tuple[Signer, Signer, Trust]:
    old, new = Signer(), Signer()
    return old, new, Trust((old.key(until=LATER), old.vouch(new.key(since=LATER))))


def test_a_key_vouches_for_the_next() -> None:
    _, new, trust = _succession()
    assert read_trust(write_trust(trust)) == trust
    assert trust.current is not None
    assert trust.current.id == new.id


def test_pinned_keys_count_without_dates(signer: Signer) -> None:
    trust = Trust.pinned(f"{Signer().public},  {signer.public}\n")
    assert check_signature(MANIFEST, signer.sign(), trust).key == signer.id
    for wrong in ("", "RW", signer.public[:-1], signer.public.lower()):
        with pytest.raises(SignatureError):
            Trust.pinned(wrong)


def _wrong_trusts() -> dict[str, str]:
    old, new, trust = _succession()
    first, second = trust.keys
    thief = Signer()
    keys = {
        "key swapped under its id": [replace(first, public_key=thief.public), second],
        "next key swapped": [first, replace(second, public_key=thief.public, id=thief.id)],
        "next key unsigned": [first, replace(second, signed_by=None, signature=None)],
        "next key signed by itself": [first, new.vouch(replace(second, signed_by=None))],
        "next key signed for another time": [replace(first, until=PUBLISHED), replace(second, since=PUBLISHED)],
        "next key signed by a key not there": [second],
        "two keys at once": [replace(first, until=None), second],
        "next key too early": [replace(first, until="2026-09-02T00:00:00Z"), second],
        "end before beginning": [old.key(until="2025-01-01T00:00:00Z")],
        "revoked without a reason": [old.key(revoked=LATER)],
        "reason without revocation": [old.key(reason=REASON)],
        "reason in two languages": [old.key(revoked=LATER, reason={"kk": "x", "ru": "y"})],
        "key twice": [old.key(until=LATER), old.vouch(old.key(since=LATER))],
        "no keys": [],
        "impossible instant": [old.key(since="2026-13-01T00:00:00Z")],
    }
    whole = write_trust(trust)
    texts = {
        "key of JSON twice": whole.replace('"until": null,', '"until": null, "until": null,', 1),
        "unknown key": whole.replace('"until": null,', '"until": null, "note": "x",', 1),
        "missing key": whole.replace('"until": null,', "", 1),
        "no JSON": "keys",
        "a list": "[]",
    }
    assert all(text != whole for text in texts.values())
    return {name: write_trust(Trust(tuple(each))) for name, each in keys.items()} | texts


@pytest.mark.parametrize(("name", "text"), _wrong_trusts().items(), ids=lambda each: each if len(each) < 60 else "")
def test_a_list_of_keys_that_does_not_hang_together_is_refused(name: str, text: str) -> None:
    with pytest.raises(SignatureError):
        read_trust(text)


def test_after_a_revocation_a_key_begins_by_itself() -> None:
    old, new = Signer(), Signer()
    trust = Trust((old.key(revoked=PUBLISHED, reason=REASON), new.key(since=LATER)))
    assert read_trust(write_trust(trust)) == trust
