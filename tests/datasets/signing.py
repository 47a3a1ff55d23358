"""Keys and signatures made by hand, as a publisher with minisign would make them."""

from dataclasses import replace

import minisign

from datasets.minisig import key_id
from datasets.signature import comment_of, untrusted_comment_of
from datasets.trust import Trust, TrustedKey, heading_of, statement_of

SINCE, PUBLISHED, LATER = "2026-01-01T00:00:00Z", "2026-05-01T10:00:00Z", "2026-09-01T00:00:00Z"
RELEASE = "2026-03-16-0123456789ab"
MANIFEST = f'{{\n "id": "{RELEASE}",\n "sequence": 3\n}}\n'.encode()
REASON = {"kk": "ұрланды", "ru": "украден", "en": "stolen"}


class Signer:
    """A key pair."""

    def __init__(self) -> None:
        pair = minisign.KeyPair.generate()
        self.secret, self.public = pair.secret_key, pair.public_key.to_base64().decode()
        self.id = key_id(self.public)

    def key(self, **more: object) -> TrustedKey:
        return TrustedKey(**{"id": self.id, "public_key": self.public, "since": SINCE} | more)

    def trust(self, **more: object) -> Trust:
        return Trust((self.key(**more),))

    def write(self, content: bytes, trusted: str, untrusted: str, **how: bool) -> bytes:
        return bytes(self.secret.sign(content, untrusted_comment=untrusted, trusted_comment=trusted, **how)) + b"\n"

    def sign(self, manifest: bytes = MANIFEST, release: str = RELEASE, sequence: int = 3, **instants: str) -> bytes:
        comment = comment_of(release, sequence, **{"published": PUBLISHED} | instants)
        return self.write(manifest, comment, untrusted_comment_of(release))

    def vouch(self, key: TrustedKey) -> TrustedKey:
        """The key, signed by this one."""
        text = self.write(key.public_key.encode(), statement_of(key), heading_of(key)).decode()
        return replace(key, signed_by=self.id, signature=text)
