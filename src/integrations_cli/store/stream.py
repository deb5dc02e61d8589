"""A long message in chunks, each sealed on its own (the STREAM construction): it is read and written without holding all of it.

```
okm    = HKDF-SHA256(key, salt, info = "integrations/v1/stream" ‖ context, 64 bytes) → message key 32 | commitment 32
chunk  = AES-256-GCM(message key, nonce = number of the chunk, 11 bytes big-endian ‖ 1 for the last one, else 0, plaintext, aad)
```
Every chunk but the last is full, and only the last of an empty message is empty. The number and the mark of the last one are in the nonce,
so chunks that were cut off, swapped, repeated or left out do not open. A salt is used once, so no nonce comes twice under one key.
"""

import hmac
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

from integrations_cli.errors import Unreadable
from integrations_cli.store import ciphers, vault

TAG = 16
COMMITMENT = 32
_INFO = b"integrations/v1/stream"


def keys(key: bytes, salt: bytes, context: bytes) -> tuple[bytes, bytes]:
    """The message key, and the commitment that ties the message to exactly one key."""
    okm = ciphers.hkdf(key, salt, _INFO + context, 64)
    return okm[:32], okm[32:]


def nonce(number: int, last: bool) -> bytes:
    """Of one chunk."""
    return number.to_bytes(11, "big") + bytes([last])


class Sealing:
    """Seals what is written to it, a chunk at a time. Without `close` the message has no end, and does not open."""

    def __init__(self, out: Callable[[bytes], object], message_key: bytes, aad: bytes, size: int) -> None:
        self._out, self._key, self._aad, self._size = out, message_key, aad, size
        self._rest, self._number = bytearray(), 0

    def write(self, data: bytes) -> None:
        """The next piece. A full chunk waits until it is known not to be the last."""
        self._rest += data
        while len(self._rest) > self._size:
            self._put(bytes(self._rest[: self._size]), last=False)
            del self._rest[: self._size]

    def close(self) -> None:
        """The last chunk."""
        self._put(bytes(self._rest), last=True)

    def _put(self, plaintext: bytes, last: bool) -> None:
        self._out(ciphers.encrypt(self._key, nonce(self._number, last), plaintext, self._aad))
        self._number += 1


def opened(file: BinaryIO, key: bytes, salt: bytes, context: bytes, aad: bytes, size: int) -> Iterator[bytes]:
    """What is in each chunk, from where the commitment stands to the end of the file.

    Raises Unreadable (7): `wrong_key` before the first one, `altered_or_moved` at the first that is not what was written there.
    """
    message_key, expected = keys(key, salt, context)
    if not hmac.compare_digest(file.read(COMMITMENT), expected):
        raise vault.unreadable("wrong_key", "sealed with another key")
    number, piece = 0, file.read(size + TAG)
    while True:
        following = file.read(size + TAG)
        last = not following
        plaintext = ciphers.decrypt(message_key, nonce(number, last), piece, aad) if len(piece) >= TAG else None
        if plaintext is None or (number and not plaintext):
            raise vault.unreadable("altered_or_moved", f"chunk {number + 1} was altered, or is not where it belongs")
        yield plaintext
        if last:
            return
        number, piece = number + 1, following


class Reader(io.RawIOBase):
    """Chunks as a file that is read from its start to its end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        """As many bytes as there are at hand, 0 at the end. Raises Unreadable (7)."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(into), len(self._rest))
        into[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def lines(chunks: Iterator[bytes]) -> BinaryIO:
    """The same, to be read line by line."""
    return io.BufferedReader(Reader(chunks))


__all__ = ["COMMITMENT", "TAG", "Reader", "Sealing", "Unreadable", "keys", "lines", "nonce", "opened"]
