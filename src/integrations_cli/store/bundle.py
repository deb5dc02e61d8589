"""Export files: one JSON header line, then one sealed message (SECURITY.md §2.4). Any store can open one, with its passphrase or key."""

import hashlib
import json
import os
from typing import Any

from integrations_cli.errors import Locked, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.store import vault
from integrations_cli.store.slots import SlotFailed
from integrations_cli.store.slots.passphrase import SHORTEST, N, P, R, stretch

FORMAT = "integrations.bundle/1"
LARGEST = 64 * 1024 * 1024  # bytes of what is inside


def is_bundle(data: bytes) -> bool:
    """True for what `seal` has made, by its first bytes."""
    return data.startswith(b'{"format":"integrations.bundle/')


def seal(plaintext: bytes, *, passphrase: Secret | None = None, key: Secret | None = None) -> bytes:
    """Seal under a passphrase, or under a key text such as a recovery key. Raises UsageError (2), Locked (6) for what is no key text."""
    if len(plaintext) > LARGEST:
        raise UsageError("an export holds at most 64 MiB", "export fewer websites at once", ())
    ident = os.urandom(16)
    header: dict[str, Any] = {"format": FORMAT, "id": ident.hex()}
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
    return line + vault.seal(raw, ident, plaintext, _aad(line))


def wants(data: bytes) -> str:
    """What opens it: `passphrase` or `key`. Raises Unreadable (7) for what is no bundle."""
    return "key" if _header(data)[0].get("key") == "text" else "passphrase"


def open_(data: bytes, secret: Secret) -> bytes:
    """What is inside. Raises Unreadable (7), Locked (6) for what is no key text."""
    header, line = _header(data)
    raw = vault.read_key_text(secret.reveal()) if header.get("key") == "text" else _stretched(secret, header.get("scrypt"))
    try:
        return vault.open_(raw, bytes.fromhex(header["id"]), data[len(line) :], _aad(line))
    except Unreadable as error:
        wrong = error.reason == "wrong_key"
        why = "it was sealed with another passphrase or key" if wrong else "it was altered or cut"
        raise Unreadable("the export file cannot be opened", why, (), error.reason) from None


def _stretched(passphrase: Secret, params: Any) -> bytes:
    try:
        return stretch(passphrase, params)
    except SlotFailed as error:
        raise Unreadable("the export file cannot be opened", str(error.why), (), "format") from None


def _header(data: bytes) -> tuple[dict[str, Any], bytes]:
    line = data[: data.find(b"\n") + 1][:4096]
    try:
        header = json.loads(line)
        if header["format"] == FORMAT and len(bytes.fromhex(header["id"])) == 16 and line.endswith(b"\n"):
            return header, line
    except (ValueError, KeyError, TypeError):
        pass
    raise Unreadable("the export file cannot be opened", "its first line is not that of an export of ours", (), "format")


def _aad(line: bytes) -> bytes:
    return vault.aad("bundle", hashlib.sha256(line).digest())


__all__ = ["Locked", "is_bundle", "open_", "seal", "wants"]
