"""The one module of `sources` that may import `cryptography`: AES-GCM without additional data, as Rails uses it."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from integrations_cli.errors import Unreadable

IV, TAG = 12, 16


def seal(key: bytes, iv: bytes, clear: bytes) -> tuple[bytes, bytes]:
    """Ciphertext and tag, for rows that go back to Rails. An `iv` is used once."""
    both = AESGCM(key).encrypt(iv, clear, None)
    return both[:-TAG], both[-TAG:]


def open_sealed(key: bytes, iv: bytes, sealed: bytes, tag: bytes) -> bytes | None:
    """The clear bytes, or None when this key does not open them. Raises Unreadable (`bad_tag_length`, `bad_envelope`)."""
    if len(tag) != TAG:  # OpenSSL would accept a shorter one, and 4 bytes can be guessed
        raise Unreadable(f"a tag of {len(tag)} bytes instead of {TAG}", reason="bad_tag_length")
    if len(iv) != IV:
        raise Unreadable(f"an initialization vector of {len(iv)} bytes instead of {IV}", reason="bad_envelope")
    try:
        return AESGCM(key).decrypt(iv, sealed + tag, None)
    except InvalidTag:
        return None
