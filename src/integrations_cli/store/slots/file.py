"""Slot `file`: a key file of ours, 0600 in a directory 0700, never beside the database; or the one INTEGRATIONS_KEY_FILE names."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from integrations_cli.store import files, vault
from integrations_cli.store.slots import Created, Place, SlotFailed

LARGEST = 1024  # bytes: one line
_WORD = "integrations-key-v1"


class FileSlot:
    """`<config>/keys/<slot id>.key`, one line: `integrations-key-v1 <slot id> <key text>`."""

    title = "key file"

    def create(self, place: Place, slot_id: bytes) -> Created:
        """A new file, never over an old one; synced, then read back."""
        directory = place.config.keys_dir
        files.private_directory(directory)
        _apart(directory, place.config.data_dir)
        key = os.urandom(32)
        path = directory / f"{slot_id.hex()}.key"
        files.write_new(path, f"{_WORD} {slot_id.hex()} {vault.key_text(key)}\n".encode())
        if self.unlock(place, slot_id, path.name, {}) != key:
            raise SlotFailed("the key file does not read back")
        return Created(path.name, key)

    def unlock(self, place: Place, slot_id: bytes, locator: str, params: Mapping[str, Any]) -> bytes:
        """Read and check the file; SlotFailed names what is wrong with it."""
        path = place.config.keys_dir / Path(locator).name
        _apart(path.parent, place.config.data_dir)
        return parse(_read_ours(path), slot_id)

    def destroy(self, place: Place, slot_id: bytes, locator: str) -> None:
        """Remove the file."""
        (place.config.keys_dir / Path(locator).name).unlink(missing_ok=True)

    def probe(self, place: Place) -> str | None:
        """A file can always be made where the configuration may be written."""
        above = next(one for one in (place.config.keys_dir, *place.config.keys_dir.parents) if one.exists())
        return None if os.access(above, os.W_OK) else f"{above} cannot be written"


def parse(text: str, slot_id: bytes | None) -> bytes:
    """The key of one line; a bare key text is taken when no slot is named."""
    words = text.split()
    if words[:1] == [_WORD] and len(words) == 3:
        if slot_id is not None and words[1] != slot_id.hex():
            raise SlotFailed("the key file belongs to another slot")
        return vault.read_key_text(words[2])
    return vault.read_key_text(text)


def _read_ours(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe in its place must not make us wait
    except FileNotFoundError:
        raise SlotFailed(f"{path} is missing") from None
    except (OSError, ValueError):  # ValueError: a NUL in a name that was written by hand
        raise SlotFailed("the key file cannot be opened, or is a link") from None
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SlotFailed(f"{path} is not a plain file")
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(file.fileno())
        folder = path.parent.stat()
        problems = (
            (not stat.S_ISREG(found.st_mode), "is not a plain file"),
            (found.st_nlink != 1, "has another link"),
            (found.st_uid != os.geteuid(), "belongs to another user"),
            (bool(found.st_mode & 0o077), f"can be read by others ({found.st_mode & 0o777:04o}): chmod 600"),
            (found.st_size > LARGEST, "is too large"),
            (bool(folder.st_mode & 0o022), "lies in a directory that others may write to"),
        )
        for wrong, reason in problems:
            if wrong:
                raise SlotFailed(f"{path} {reason}")
        return _ascii(file.read(LARGEST + 1))


def read_given(path: Path, data_dir: Path) -> str:
    """A file that INTEGRATIONS_KEY_FILE names: a container's or systemd's secret, often a link, owned by root or by us."""
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid not in {0, os.geteuid()} or found.st_mode & 0o022 or found.st_size > LARGEST:
                raise SlotFailed("the file of INTEGRATIONS_KEY_FILE belongs to somebody else, may be written by others, or is too large")
            _apart(path.resolve().parent, data_dir, given=True)
            return _ascii(file.read(LARGEST + 1))
    except OSError as error:
        raise SlotFailed(f"the file of INTEGRATIONS_KEY_FILE: {os.strerror(error.errno or 0)}") from None


def _ascii(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise SlotFailed("the key file holds something else") from None


def _apart(keys: Path, data: Path, *, given: bool = False) -> None:
    """The keys' directory must not be the database's, lie in it, or hold it: whoever copies one must not get the other.

    A file that somebody names may lie above the database: a home folder holds everything anyway.
    """
    try:
        inner = [(one.stat().st_dev, one.stat().st_ino) for one in (keys.resolve(), *keys.resolve().parents)]
        outer = [(one.stat().st_dev, one.stat().st_ino) for one in (data.resolve(), *data.resolve().parents)]
    except OSError:
        return  # the database's directory does not exist yet: it will not be made around the keys
    if outer[0] in inner or (inner[0] in outer and not given):
        raise SlotFailed("the key file must not lie beside the database")


slot = FileSlot()
