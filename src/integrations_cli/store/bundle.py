"""Export files: one JSON header line, then what is sealed. Any store can open one, with its passphrase or key.

```
{"format":"integrations.bundle/2","chunk":65536,"salt":"<32 bytes hex>","key":"text"}        or "scrypt":{…} for a passphrase
commitment 32 | chunk, its tag 16 | chunk, its tag 16 | …                                    (stream.py; context, aad: SHA-256 of the line)
```
Format 1 held all of it as one sealed message (SECURITY.md §2.8); it is still read.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from integrations_cli.errors import Conflict, Locked, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.store import stream, vault
from integrations_cli.store.slots import SlotFailed
from integrations_cli.store.slots.passphrase import SHORTEST, N, P, R, stretch

FORMAT, BEFORE = "integrations.bundle/2", "integrations.bundle/1"
START = b'{"format":"integrations.bundle/'
LONGEST = 4096  # bytes of the header line
CHUNK = 64 * 1024
CHUNKS = range(64, 1024 * 1024 + 1)  # sizes of chunks that are read


def is_bundle(data: bytes) -> bool:
    """True for what `sealing` has made, by its first bytes; also where some of these are damaged, so that it is called by its name."""
    return data.startswith(START) or b"integrations.bundle/" in data[: 2 * len(START)]


def is_long(data: bytes) -> bool:
    """True if it is sealed in chunks, so that it can be read piece by piece."""
    return data.startswith(START + b'2"')


# ── writing ──


def sealing(out: Callable[[bytes], object], *, passphrase: Secret | None = None, key: Secret | None = None) -> stream.Sealing:
    """Seal under a passphrase, or under a key text such as a recovery key; the header is written at once.

    Raises UsageError (2), Locked (6) for what is no key text.
    """
    header: dict[str, Any] = {"format": FORMAT, "chunk": CHUNK, "salt": os.urandom(32).hex()}
    if key is not None:
        header["key"], raw = "text", vault.read_key_text(key.reveal())
    elif passphrase is not None:
        if len(passphrase.reveal()) < SHORTEST:
            raise UsageError("the passphrase is too short", f"it needs {SHORTEST} characters", ())
        header["scrypt"] = {"n": N, "r": R, "p": P, "salt": os.urandom(16).hex()}
        raw = _stretched(passphrase, header["scrypt"])
    else:
        raise ValueError("a passphrase or a key")
    line = json.dumps(header, separators=(",", ":")).encode() + b"\n"
    message_key, commitment = stream.keys(raw, bytes.fromhex(header["salt"]), _digest(line))
    out(line + commitment)
    return stream.Sealing(out, message_key, _aad(line), CHUNK)


# ── reading ──


class Box:
    """A sealed file that is read again and again; every time it must be the one it was at first."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._raw = file, b""
        self.header, self._line = _header(file)

    @property
    def wants(self) -> str:
        """What opens it: `passphrase` or `key`."""
        return "key" if self.header.get("key") == "text" else "passphrase"

    def unlock(self, secret: Secret) -> None:
        """Take what it was sealed under; whether it fits is known at the first read. Raises Unreadable (7), Locked (6)."""
        self._raw = vault.read_key_text(secret.reveal()) if self.wants == "key" else _stretched(secret, self.header.get("scrypt"))

    def chunks(self) -> Iterator[bytes]:
        """What is inside, piece by piece. Raises Unreadable (7), Conflict (4) if the file is another one by now."""
        self._file.seek(0)
        if self._file.readline(LONGEST) != self._line:
            raise Conflict("the export file was replaced meanwhile", "it is not the one that was verified", ())
        try:
            if self.header["format"] == BEFORE:
                yield vault.open_(self._raw, bytes.fromhex(self.header["id"]), self._file.read(), _aad(self._line))
            else:
                salt, size = bytes.fromhex(self.header["salt"]), self.header["chunk"]
                yield from stream.opened(self._file, self._raw, salt, _digest(self._line), _aad(self._line), size)
        except Unreadable as error:
            wrong = error.reason == "wrong_key"
            why = "it was sealed with another passphrase or key" if wrong else "it was altered or cut"
            raise Unreadable("the export file cannot be opened", why, (), error.reason) from None

    def lines(self) -> BinaryIO:
        """The same, to be read line by line."""
        return stream.lines(self.chunks())

    def verify(self) -> int:
        """Open all of it, to the mark of its end; the number of lines. Raises as `chunks`."""
        return sum(chunk.count(b"\n") for chunk in self.chunks())


def _stretched(passphrase: Secret, params: Any) -> bytes:
    try:
        return stretch(passphrase, params)
    except SlotFailed as error:
        raise Unreadable("the export file cannot be opened", str(error.why), (), "format") from None


def _header(file: BinaryIO) -> tuple[dict[str, Any], bytes]:
    line = file.readline(LONGEST)
    try:
        header = json.loads(line)
        if line.endswith(b"\n") and (_is_ours(header) or (header["format"] == BEFORE and len(bytes.fromhex(header["id"])) == 16)):
            return header, line
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise Unreadable("the export file cannot be opened", "its first line is not that of an export of ours", (), "format")


def _is_ours(header: Any) -> bool:
    return bool(
        header["format"] == FORMAT
        and len(bytes.fromhex(header["salt"])) == 32
        and type(header["chunk"]) is int
        and header["chunk"] in CHUNKS
    )


def _digest(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()


def _aad(line: bytes) -> bytes:
    return vault.aad("bundle", _digest(line))


__all__ = ["Box", "Locked", "is_bundle", "is_long", "sealing"]
