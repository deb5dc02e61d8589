"""Slot `recovery`: a key on paper, shown once by `init` and kept nowhere; the only way back when the others are lost."""

import os
from collections.abc import Mapping
from typing import Any

from integrations_cli.masking import Secret
from integrations_cli.store import vault
from integrations_cli.store.slots import Created, Place, SlotFailed, env


def fresh() -> Created:
    """A new key, in memory only."""
    key = os.urandom(32)
    return Created("paper", key, shown=Secret(vault.key_text(key)))


class RecoverySlot:
    """14 groups of 4 characters. To use it, give it like any key: `--key-fd`, INTEGRATIONS_KEY_FILE or INTEGRATIONS_KEY."""

    title = "recovery key"

    def create(self, place: Place, slot_id: bytes) -> Created:
        """A new key; `shown` must be written down by a person."""
        return fresh()

    def unlock(self, place: Place, slot_id: bytes, locator: str, params: Mapping[str, Any]) -> bytes:
        """Only when it came with the call: nobody is asked for it by surprise."""
        if not env.given(place.config):
            raise SlotFailed("not given")
        return env.read(place.config)

    def destroy(self, place: Place, slot_id: bytes, locator: str) -> None:
        """Nothing of it is kept here."""

    def probe(self, place: Place) -> str | None:
        """Usable only while it is given."""
        return None if env.given(place.config) else "not given"


slot = RecoverySlot()
