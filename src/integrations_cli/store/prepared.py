"""A key that opens or seals very many values: what is the same in all of them is made once.

What it seals is what `vault.seal_and_open` makes, byte for byte, and what it opens is what `vault.open_` opens (a property test holds them
together). Whatever does not open here is given to `vault.open_`, which says why.
"""

from hmac import compare_digest

from integrations_cli.store import vault
from integrations_cli.store.ciphers import decrypt, encrypt_and_open, hkdf
from integrations_cli.store.vault import HEADER, LENGTHS

_USUAL = range(vault.OVERHEAD, vault.OVERHEAD + vault.LARGEST + 1)  # bytes of what is sealed


class Prepared:
    """A key of 32 bytes, named by an id of 16 bytes."""

    __slots__ = ("_begin", "_header", "_info", "_key", "id")

    def __init__(self, key: bytes, key_id: bytes) -> None:
        if len(key) != 32 or len(key_id) != 16:
            raise ValueError("key 32, key id 16 bytes")
        self._key, self.id, self._header = key, key_id, vault.MAGIC + key_id
        self._info, self._begin = vault.INFO + self._header, LENGTHS[HEADER] + self._header

    def open(self, blob: bytes, aad: bytes) -> bytes:
        """As `vault.open_`. Raises Unreadable (7)."""
        if blob[:HEADER] == self._header and len(blob) in _USUAL:
            made = hkdf(self._key, blob[19:51], self._info, 76)
            if compare_digest(blob[51:83], made[44:]):
                plaintext = decrypt(made[:32], made[32:44], blob[83:], self._begin + LENGTHS[len(aad)] + aad)
                if plaintext is not None:
                    return plaintext
        return vault.open_(self._key, self.id, blob, aad)

    def seal(self, plaintext: bytes, aad: bytes, salt: bytes) -> bytes:
        """As `vault.seal_and_open`: opened again before it is handed out. Raises Unreadable (7), reason read_back."""
        if len(salt) != 32:
            raise ValueError("salt 32 bytes")
        made = hkdf(self._key, salt, self._info, 76)
        sealed = encrypt_and_open(made[:32], made[32:44], plaintext, self._begin + LENGTHS[len(aad)] + aad)
        if sealed is None:
            raise vault.unreadable("read_back", "what was sealed does not open again")
        return self._header + salt + made[44:] + sealed
