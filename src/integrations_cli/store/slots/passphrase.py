"""Slot `passphrase`: asked each time; scrypt (RFC 7914) makes the key."""

import os
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from integrations_cli.errors import UsageError
from integrations_cli.masking import Secret
from integrations_cli.store.slots import Created, Place, SlotFailed

SHORTEST = 14  # characters
N, R, P = 2**17, 8, 1


def stretch(passphrase: Secret, params: Mapping[str, Any]) -> bytes:
    """32 bytes; parameters outside the safe range are refused before anything runs (they come from the database)."""
    n, salt = _checked(params)
    try:
        text = unicodedata.normalize("NFC", passphrase.reveal()).encode()
    except UnicodeEncodeError:
        raise SlotFailed("what was typed is no text") from None
    try:
        return Scrypt(salt, 32, n, R, P).derive(text)
    except MemoryError:
        raise SlotFailed(f"not enough memory ({n // 1024} MiB are needed)") from None


def _checked(params: object) -> tuple[int, bytes]:
    found: dict[str, Any] = dict(params) if isinstance(params, Mapping) else {}
    n: Any = found.get("n")
    salt = found.get("salt")
    numbers = [type(found.get(name)) is int for name in ("n", "r", "p")]  # True and 8.0 are equal to numbers, and none
    if not all(numbers) or not 2**15 <= n <= 2**20 or n & (n - 1) or (found["r"], found["p"]) != (R, P):
        raise SlotFailed("its parameters are out of range")
    if not isinstance(salt, str) or not re.fullmatch("[0-9a-f]{32}", salt):
        raise SlotFailed("its parameters are out of range")
    return n, bytes.fromhex(salt)


class PassphraseSlot:
    """A passphrase of at least 14 characters."""

    title = "passphrase"

    def create(self, place: Place, slot_id: bytes) -> Created:
        """Asks for a new passphrase."""
        if place.ask is None:
            raise SlotFailed("nobody can be asked")
        passphrase = place.ask("New passphrase")
        if not passphrase or len(unicodedata.normalize("NFC", passphrase.reveal())) < SHORTEST:
            raise UsageError("the passphrase is too short", f"it needs {SHORTEST} characters")
        params = {"n": N, "r": R, "p": P, "salt": os.urandom(16).hex()}
        return Created("asked", stretch(passphrase, params), params)

    def unlock(self, place: Place, slot_id: bytes, locator: str, params: Mapping[str, Any]) -> bytes:
        """Asks; a wrong passphrase shows itself when the root key does not open."""
        if place.ask is None:
            raise SlotFailed("nobody can be asked")
        return stretch(place.ask("Passphrase of the store"), params)

    def destroy(self, place: Place, slot_id: bytes, locator: str) -> None:
        """Nothing of it is kept."""

    def probe(self, place: Place) -> str | None:
        """Usable wherever a person can be asked."""
        return None if place.ask is not None else "nobody can be asked"


slot = PassphraseSlot()
