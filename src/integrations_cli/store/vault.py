"""Seal and open: ciphertext suite 0x01 (SECURITY.md §2.2–2.4). Everything else handles opaque bytes.

AES-256-GCM under a key derived for each message by HKDF-SHA256 (RFC 5869) with a fresh salt, a commitment to exactly one key,
and length-prefixed associated data. Each step of `open_` has its own reason; there is no trial decryption and no plaintext fallback.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping

from integrations_cli import quickjson
from integrations_cli.errors import Locked, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store.ciphers import decrypt, encrypt, encrypt_and_open, hkdf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAGIC = b"IS\x01"
HEADER = 19  # magic 2, suite 1, key id 16
OVERHEAD = 99  # header, salt 32, commitment 32, tag 16
BLOCK = 64
LARGEST = 64 * 1024  # bytes of plaintext
_FIRST = frozenset("abcdefghijklmnopqrstuvwxyz")
_REST = _FIRST | frozenset("0123456789_")
_NAMES: set[str] = set()
_DESTINATIONS: dict[tuple[tuple[str, str | None], ...], bytes] = {}
REMEMBERED = 1000
INFO = b"integrations/v1/msg"
_LARGE = 2**53


def u64(number: int) -> bytes:
    """8 bytes, big-endian."""
    return number.to_bytes(8, "big")


def lp(*parts: bytes) -> bytes:
    """Each part with its 4-byte big-endian length in front: injective, unlike any join."""
    return b"".join([LENGTHS[len(part)] + part for part in parts])


class _Lengths(dict[int, bytes]):
    """A length as 4 bytes, big-endian; the short ones come again at every seal, mark and entry, so they are remembered."""

    def __missing__(self, length: int) -> bytes:
        found = length.to_bytes(4, "big")
        if length < REMEMBERED:
            self[length] = found
        return found


LENGTHS = _Lengths()


def aad(purpose: str, *parts: bytes) -> bytes:
    """The associated data of one purpose (§2.3)."""
    return lp(b"integrations/aead/v1", purpose.encode(), *parts)


def credential_aad(store_id: bytes, website_id: bytes, integration_id: bytes, version: int, provider: str, destination: bytes) -> bytes:
    """Where a credential belongs: it opens nowhere else. `destination` is `destination_hash` of the bound settings."""
    return aad("credential", store_id, website_id, integration_id, u64(version), provider.encode(), destination)


def destination_hash(bound: Mapping[str, Any]) -> bytes:
    """SHA-256 of the canonical JSON of the settings that decide where a credential is sent."""
    if not all(value is None or type(value) is str for value in bound.values()):
        return hashlib.sha256(canonical(bound)).digest()  # 1 and True look alike as keys of what is remembered
    known = tuple(bound.items())
    found = _DESTINATIONS.get(known)
    if found is None:
        found = hashlib.sha256(canonical(bound)).digest()
        if len(_DESTINATIONS) < REMEMBERED:  # the few hosts there are come again at every seal
            _DESTINATIONS[known] = found
    return found


def _derive(key: bytes, salt: bytes, header: bytes) -> tuple[bytes, bytes, bytes]:
    okm = hkdf(key, salt, INFO + header, 76)
    return okm[:32], okm[32:44], okm[44:]


def seal(key: bytes, key_id: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt under `key` (32 bytes), named by `key_id` (16 bytes). The result is 99 bytes longer than the plaintext."""
    return seal_with_salt(key, key_id, plaintext, aad, os.urandom(32))


def seal_with_salt(key: bytes, key_id: bytes, plaintext: bytes, aad: bytes, salt: bytes) -> bytes:
    """`seal` with a given salt: for vectors only, a salt must never be used twice."""
    if len(key) != 32 or len(key_id) != 16 or len(salt) != 32:
        raise ValueError("key 32, key id 16, salt 32 bytes")
    header = MAGIC + key_id
    message_key, nonce, commitment = _derive(key, salt, header)
    return header + salt + commitment + encrypt(message_key, nonce, plaintext, lp(header, aad))


def seal_and_open(key: bytes, key_id: bytes, plaintext: bytes, aad: bytes, salt: bytes) -> bytes:
    """As `seal_with_salt`, opened again before it is handed out. Raises Unreadable (7), reason read_back.

    It is opened with the key that was just derived: deriving it once more for the same key and salt would take as long as all the rest.
    That shows that these bytes, in this place, give the plaintext; that they are the ones in the database is for who reads them there.
    """
    if len(key) != 32 or len(key_id) != 16 or len(salt) != 32:
        raise ValueError("key 32, key id 16, salt 32 bytes")
    header = MAGIC + key_id
    message_key, nonce, commitment = _derive(key, salt, header)
    sealed = encrypt_and_open(message_key, nonce, plaintext, LENGTHS[HEADER] + header + LENGTHS[len(aad)] + aad)
    if sealed is None:
        raise unreadable("read_back", "what was sealed does not open again")
    return header + salt + commitment + sealed


def open_(key: bytes, key_id: bytes, blob: bytes, aad: bytes) -> bytes:
    """Decrypt. Raises Unreadable (7) with the reason format, unknown_key, wrong_key or altered_or_moved."""
    if len(blob) < OVERHEAD or blob[:3] != MAGIC or (len(blob) - OVERHEAD) > LARGEST * 1024:
        raise unreadable("format", "not one of our ciphertexts")
    header, salt, commitment = blob[:HEADER], blob[HEADER:51], blob[51:83]
    if header[3:] != key_id:
        raise unreadable("unknown_key", "sealed with a key this store does not have")
    message_key, nonce, expected = _derive(key, salt, header)
    if not hmac.compare_digest(commitment, expected):
        raise unreadable("wrong_key", "sealed with another key")
    plaintext = decrypt(message_key, nonce, blob[83:], LENGTHS[HEADER] + header + LENGTHS[len(aad)] + aad)
    if plaintext is None:
        raise unreadable("altered_or_moved", "altered, or moved from where it belongs")
    return plaintext


def unreadable(reason: str, why: str) -> Unreadable:
    """The refusal of a ciphertext; nothing of it is shown."""
    return Unreadable("a stored credential cannot be opened", why, "integrations key status", reason)


# ── canonical forms (§2.4) ──────────────────────────────────────────────────────────────────────────────────────────


def canonical(data: Any) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces; raises ValueError for floats, huge integers, odd keys and lone surrogates."""
    return quickjson.dumps(data if _is_canonical(data) else _canonical_only(data), sort=True, compact=True).encode("utf-8")


def _is_canonical(data: Any) -> bool:
    """True for nearly all that is ever built: of these very types, with names that were seen before. Else it is looked at one by one."""
    kind = type(data)
    if kind is dict:
        return _NAMES.issuperset(data) and all(type(value) is str or _is_canonical(value) for value in data.values())
    if kind is list:
        return all(type(value) is str or _is_canonical(value) for value in data)
    return kind is str or data is None or kind is bool or (kind is int and -_LARGE < data < _LARGE)


def _canonical_only(data: Any) -> Any:
    kind = type(data)
    if kind is str or kind is bool or data is None or (kind is int and -_LARGE < data < _LARGE):
        return data
    if kind is dict or isinstance(data, Mapping):
        if not _NAMES.issuperset(data):
            _must_be_names(data)
        changed = {name: value for name, value in data.items() if type(value) is not str}  # most are, and stay as they are
        return {**data, **{name: _canonical_only(value) for name, value in changed.items()}} if changed or kind is not dict else data
    if isinstance(data, list | tuple):
        return [_canonical_only(value) for value in data]
    if not isinstance(data, str | bool | int):
        raise ValueError("a type that is not canonical")
    if isinstance(data, int) and abs(data) >= _LARGE:
        raise ValueError("an integer that is not canonical")
    return data


def _must_be_names(data: Mapping[Any, Any]) -> None:
    """The names are few and come again in every entry and every seal, so that the good ones are remembered."""
    if not all(isinstance(name, str) and 0 < len(name) <= 64 and name[0] in _FIRST and _REST.issuperset(name) for name in data):
        raise ValueError("a name that is not canonical")
    if len(_NAMES) < REMEMBERED:
        _NAMES.update(data)


def pack_credentials(values: Mapping[str, Secret]) -> bytes:
    """All secret fields of a version: canonical JSON, then spaces up to a multiple of 64 bytes, 64 KiB at most."""
    text = canonical({name: value.reveal() for name, value in values.items()})
    padded = text + b" " * (-len(text) % BLOCK)
    if len(padded) > LARGEST:
        raise ValueError("more than 64 KiB of credentials")
    return padded


def unpack_credentials(plaintext: bytes) -> dict[str, Secret]:
    """The fields; the canonical form is built again and compared. Raises Unreadable (7), reason format."""
    try:
        data = quickjson.loads(plaintext.decode())
        values = {name: Secret(text) for name, text in data.items()}
        if all(isinstance(text, str) for text in data.values()) and hmac.compare_digest(pack_credentials(values), plaintext):
            return values
    except (ValueError, AttributeError, RecursionError):
        pass
    raise unreadable("format", "what was sealed is not in our form")


def fingerprint(key: bytes, website_id: bytes, provider: str, field: str, value: Secret) -> bytes:
    """16 bytes of HMAC-SHA256: equal exactly for equal values of one website, provider and field."""
    return hmac.digest(key, fingerprinted(website_id, provider, field, value.reveal()), "sha256")[:16]


def fingerprinted(website_id: bytes, provider: str, field: str, text: str) -> bytes:
    """What a fingerprint is taken of: it holds the value."""
    return lp(b"integrations/fp/v1", website_id, provider.encode(), field.encode(), text.encode("utf-8", "surrogatepass"))


# ── key text (§2.4) ─────────────────────────────────────────────────────────────────────────────────────────────────

_TEXT = b"integrations/key-text/v1"
_READ = str.maketrans("018", "OIB")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BASE32 = frozenset(_LETTERS)
_DIGITS = str.maketrans(_LETTERS, "0123456789abcdefghijklmnopqrstuv")


def key_text(key: bytes) -> str:
    """32 key bytes and 3 bytes of checksum in base32: 14 groups of 4 characters."""
    import base64  # noqa: PLC0415  only when a key is made

    text = base64.b32encode(key + hashlib.sha256(_TEXT + key).digest()[:3]).decode()
    return "-".join(text[at : at + 4] for at in range(0, 56, 4))


def read_key_text(text: str) -> bytes:
    """The 32 key bytes. Case, spaces and dashes do not matter, 0 1 8 read as O I B. Raises Locked (6)."""
    joined = "".join(text.upper().split()).replace("-", "").translate(_READ)
    if len(joined) != 56 or not _BASE32.issuperset(joined):
        raise Locked("this is not a key", "a key has 14 groups of 4 letters and digits")
    data = int(joined.translate(_DIGITS), 32).to_bytes(35, "big")  # RFC 4648, whose module costs as much as all the rest here
    key, check = data[:32], data[32:]
    if not hmac.compare_digest(hashlib.sha256(_TEXT + key).digest()[:3], check):
        raise Locked("this is not a key", "its checksum is wrong: a letter was mistyped")
    return key
