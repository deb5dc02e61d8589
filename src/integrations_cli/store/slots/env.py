"""Slot `env`: the key comes with the call, by `--key-fd N`, INTEGRATIONS_KEY_FILE or INTEGRATIONS_KEY; nothing is kept."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from integrations_cli.config import Config
from integrations_cli.store import vault
from integrations_cli.store.slots import Created, Place, SlotFailed
from integrations_cli.store.slots.file import parse, read_given

LARGEST = 1024


def given(config: Config) -> bool:
    """True when a key came with the call: then it is the only one tried."""
    return config.key_fd is not None or bool(config.environ.get("INTEGRATIONS_KEY")) or bool(config.environ.get("INTEGRATIONS_KEY_FILE"))


_FROM_DESCRIPTOR: dict[int, bytes] = {}  # a pipe gives its bytes once; several rooms of one run may need them


def read(config: Config) -> bytes:
    """The 32 bytes; SlotFailed when none was given or it is none."""
    if config.key_fd is not None:
        return _of_descriptor(config.key_fd)
    if config.environ.get("INTEGRATIONS_KEY"):
        os.environ.pop("INTEGRATIONS_KEY", None)  # children must not inherit it
        return vault.read_key_text(config.environ["INTEGRATIONS_KEY"])
    if config.environ.get("INTEGRATIONS_KEY_FILE"):
        return parse(read_given(Path(config.environ["INTEGRATIONS_KEY_FILE"]), config.data_dir), None)
    raise SlotFailed("not given (--key-fd N, INTEGRATIONS_KEY_FILE or INTEGRATIONS_KEY)")


def _of_descriptor(number: int) -> bytes:
    if number not in _FROM_DESCRIPTOR:
        try:
            with os.fdopen(os.dup(number), "rb") as file:
                data = file.read(LARGEST + 1)
        except OSError as error:
            raise SlotFailed(f"descriptor {number}: {os.strerror(error.errno or 0)}") from None
        if len(data) > LARGEST:
            raise SlotFailed(f"descriptor {number} gives more than a key")
        _FROM_DESCRIPTOR[number] = parse(data.decode("ascii", "replace"), None)
    return _FROM_DESCRIPTOR[number]


class EnvSlot:
    """Whoever calls the tool brings the key, as key text (14 groups of 4)."""

    title = "environment"

    def create(self, place: Place, slot_id: bytes) -> Created:
        """Takes the key that was given; it is not made here, because it could be kept nowhere."""
        return Created("given", read(place.config))

    def unlock(self, place: Place, slot_id: bytes, locator: str, params: Mapping[str, Any]) -> bytes:
        """The key that came with the call."""
        return read(place.config)

    def destroy(self, place: Place, slot_id: bytes, locator: str) -> None:
        """Nothing of it is kept here."""

    def probe(self, place: Place) -> str | None:
        """Usable only while a key is given."""
        return None if given(place.config) else "no key was given (--key-fd N, INTEGRATIONS_KEY_FILE or INTEGRATIONS_KEY)"


slot = EnvSlot()
