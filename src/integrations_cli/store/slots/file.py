"""Slot `file`: a key file of ours, 0600 in a directory 0700, never beside the database; or the one INTEGRATIONS_KEY_FILE names."""

from __future__ import annotations

import os
import stat

from integrations_cli.errors import Locked, system_says
from integrations_cli.store import vault
from integrations_cli.store.slots import Created, Place, SlotFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

LARGEST = 1024  # bytes: one line
_WORD = "integrations-key-v1"


class FileSlot:
    """`<config>/keys/<slot id>.key`, one line: `integrations-key-v1 <slot id> <key text>`."""

    title = "key file"

    def create(self, place: Place, slot_id: bytes) -> Created:
        """A new file, never over an old one; synced, then read back."""
        from integrations_cli.store import files  # noqa: PLC0415  only when a key is made

        directory = place.config.keys_dir
        apart(directory, place.config.data_dir)
        files.private_directory(directory)
        key = os.urandom(32)
        path = directory / f"{slot_id.hex()}.key"
        files.write_new(path, f"{_WORD} {slot_id.hex()} {vault.key_text(key)}\n".encode())
        try:
            if self.unlock(place, slot_id, path.name, {}) != key:
                raise SlotFailed("the key file does not read back")
        except Locked:
            path.unlink(missing_ok=True)
            raise
        return Created(path.name, key)

    def unlock(self, place: Place, slot_id: bytes, locator: str, params: Mapping[str, Any]) -> bytes:
        """Read and check the file; SlotFailed names what is wrong with it."""
        folder = os.path.join(place.config.folder, "keys")
        apart(folder, place.config.data)
        return parse(_read_ours(os.path.join(folder, os.path.basename(locator.rstrip("/")))), slot_id)

    def destroy(self, place: Place, slot_id: bytes, locator: str) -> None:
        """Remove the file of this slot, whatever the locator says; it is gone after a power cut too."""
        from integrations_cli.store import files  # noqa: PLC0415  only when a key is destroyed

        path = place.config.keys_dir / f"{slot_id.hex()}.key"
        try:
            path.unlink()
            files.sync_directory(path.parent)
        except FileNotFoundError:
            return
        except OSError as error:
            raise SlotFailed(f"{path} cannot be removed: {system_says(error)}") from None

    def probe(self, place: Place) -> str | None:
        """A file can be made where the configuration may be written, unless that is where the database lies."""
        directory = place.config.keys_dir
        try:
            apart(directory, place.config.data_dir)
        except SlotFailed as error:
            return error.why
        above = next(one for one in (directory, *directory.parents) if one.exists())
        if above == directory and above.stat().st_mode & 0o022:
            return f"others may write to {above}"
        return None if os.access(above, os.W_OK) else f"{above} cannot be written"


def parse(data: bytes, slot_id: bytes | None) -> bytes:
    """The key of one line; a bare key text is taken when no slot is named. Raises SlotFailed, Locked."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise SlotFailed("it holds something else than a key") from None
    words = text.split()
    if words[:1] == [_WORD] and len(words) == 3:
        if slot_id is not None and words[1] != slot_id.hex():
            raise SlotFailed("the key file belongs to another slot")
        return vault.read_key_text(words[2])
    return vault.read_key_text(text)


def _read_ours(path: str) -> bytes:
    try:
        # without O_NONBLOCK a named pipe in its place would hold us for ever
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise SlotFailed(f"{path} is missing") from None
    except OSError:
        raise SlotFailed(f"{path} cannot be opened, or is a link") from None
    with os.fdopen(descriptor, "rb") as file:
        found, folder = os.fstat(descriptor), os.stat(os.path.dirname(path))
        problems = (
            (not stat.S_ISREG(found.st_mode), "is not a plain file"),
            (found.st_nlink != 1, "has another link"),
            (found.st_uid != os.geteuid(), "belongs to another user"),
            (bool(found.st_mode & 0o077), f"can be read by others ({found.st_mode & 0o777:04o}): chmod 600"),
            (found.st_size > LARGEST, "is too large"),
            (bool(folder.st_mode & 0o022), "lies in a directory that others may write to"),
            (folder.st_uid not in {0, os.geteuid()}, "lies in a directory of another user"),
        )
        for wrong, reason in problems:
            if wrong:
                raise SlotFailed(f"{path} {reason}")
        return file.read(LARGEST + 1)


def read_given(path: Path | str, data_dir: Path | str) -> bytes:
    """A file that INTEGRATIONS_KEY_FILE names: a container's or systemd's secret, often a link, owned by root or by us; or a pipe."""
    what = "the file of INTEGRATIONS_KEY_FILE"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not (stat.S_ISREG(found.st_mode) or stat.S_ISFIFO(found.st_mode)):
                raise SlotFailed(f"{what} is no file")
            if found.st_uid not in {0, os.geteuid()} or found.st_mode & 0o022 or found.st_size > LARGEST:
                raise SlotFailed(f"{what} belongs to somebody else, may be written by others, or is too large")
            apart(os.path.dirname(os.path.realpath(path)), data_dir, given=True)
            os.set_blocking(descriptor, True)  # a pipe may not have its bytes yet
            return file.read(LARGEST + 1)
    except OSError as error:
        raise SlotFailed(f"{what}: {system_says(error)}") from None


def readable_by_others(path: Path | str) -> bool:
    """True for a file that other users of this machine may read: fine inside a container, worth a warning elsewhere."""
    try:
        return bool(os.stat(path).st_mode & 0o044)
    except OSError:
        return False


def apart(keys: Path | str, data: Path | str, *, given: bool = False) -> None:
    """The keys' directory must not be the database's, lie in it, or hold it: whoever copies one must not get the other.

    A file that somebody names may lie above the database: a home folder holds everything anyway.
    """
    inner, outer = _trail(keys), _trail(data)
    if outer[0] in inner or (inner[0] in outer and not given):
        raise SlotFailed("the key file must not lie beside the database")


def _trail(directory: Path | str) -> list[object]:
    """The real directory and what is above it, each by device and inode, or by name as long as it is not there."""
    real = os.path.realpath(directory)
    above = [real]
    while os.path.dirname(above[-1]) != above[-1]:
        above.append(os.path.dirname(above[-1]))
    return [_ident(one) for one in above]


def _ident(path: str) -> object:
    try:
        found = os.stat(path)
    except OSError:
        return path
    return found.st_dev, found.st_ino


slot = FileSlot()
