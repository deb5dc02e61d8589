"""Slot `env`: the key comes with the call, by `--key-fd N`, INTEGRATIONS_KEY_FILE or INTEGRATIONS_KEY; nothing is kept."""

from __future__ import annotations

import os
import stat

from integrations_cli.errors import system_says
from integrations_cli.store import vault
from integrations_cli.store.slots import Created, Place, SlotFailed
from integrations_cli.store.slots.file import apart, parse, read_given, readable_by_others

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from integrations_cli.config import Config

LARGEST = 1024


def given(config: Config) -> bool:
    """True when a key came with the call: then it is the only one tried."""
    os.environ.pop("INTEGRATIONS_KEY", None)  # children must not inherit it; the configuration has its copy
    return config.key_fd is not None or bool(config.environ.get("INTEGRATIONS_KEY")) or bool(config.environ.get("INTEGRATIONS_KEY_FILE"))


_GIVEN_ONCE: dict[tuple[int, int, int], bytes] = {}  # a pipe gives its bytes once; several rooms of one run may need them


def read(config: Config) -> bytes:
    """The 32 bytes, from the first of descriptor, file and variable that is there; SlotFailed for none, Locked when it is no key."""
    os.environ.pop("INTEGRATIONS_KEY", None)
    if config.key_fd is not None:
        return _of_descriptor(config.key_fd)
    if config.environ.get("INTEGRATIONS_KEY_FILE"):
        return _of_file(config.environ["INTEGRATIONS_KEY_FILE"], config)
    if config.environ.get("INTEGRATIONS_KEY"):
        return vault.read_key_text(config.environ["INTEGRATIONS_KEY"])
    raise SlotFailed("not given (--key-fd N, INTEGRATIONS_KEY_FILE or INTEGRATIONS_KEY)")


def warning(config: Config) -> str | None:
    """What a person should know about the way the key came; None when there is nothing."""
    path = config.environ.get("INTEGRATIONS_KEY_FILE")
    if path and config.key_fd is None and readable_by_others(path):
        return "other users of this machine can read the file of INTEGRATIONS_KEY_FILE"
    return None


def _of_descriptor(number: int) -> bytes:
    try:
        with os.fdopen(os.dup(number), "rb") as file:
            found = os.fstat(file.fileno())
            ident = (number, found.st_dev, found.st_ino)  # another pipe under the same number is another key
            if ident not in _GIVEN_ONCE:
                if file.isatty():
                    raise SlotFailed(f"descriptor {number} is a terminal: the key would stand on the screen")
                _GIVEN_ONCE[ident] = _key_of(file.read(LARGEST + 1), f"descriptor {number}")
            return _GIVEN_ONCE[ident]
    except (OSError, OverflowError):
        raise SlotFailed(f"descriptor {number} cannot be read") from None


def _of_file(path: str, config: Config) -> bytes:
    try:
        found = os.stat(path)
    except OSError as error:
        raise SlotFailed(f"the file of INTEGRATIONS_KEY_FILE: {system_says(error)}") from None
    ident = (-1, found.st_dev, found.st_ino)
    if not stat.S_ISFIFO(found.st_mode):
        return _key_of(read_given(path, config.data), "the file of INTEGRATIONS_KEY_FILE")
    if ident not in _GIVEN_ONCE:  # `<(pass show …)`
        _GIVEN_ONCE[ident] = _key_of(read_given(path, config.data), "the file of INTEGRATIONS_KEY_FILE")
    return _GIVEN_ONCE[ident]


def _key_of(data: bytes, what: str) -> bytes:
    if len(data) > LARGEST:
        raise SlotFailed(f"{what} holds more than a key")
    return parse(data, None)


def create_file(place: Place, path: Path) -> Created:
    """A new key in a new file, 0600, read back: later calls are given it by INTEGRATIONS_KEY_FILE. Raises Conflict (4), SlotFailed (6)."""
    from integrations_cli.store import files  # noqa: PLC0415  only when a key is made

    apart(path.absolute().parent, place.config.data_dir, given=True)
    key = os.urandom(32)
    files.write_new(path, f"{vault.key_text(key)}\n".encode())
    if parse(read_given(path, place.config.data_dir), None) != key:
        path.unlink(missing_ok=True)
        raise SlotFailed("the key file does not read back")
    return Created("given", key)


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
