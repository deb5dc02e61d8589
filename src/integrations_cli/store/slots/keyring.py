"""Slot `keyring`: the key lies in the keyring of the operating system.

Only backends on our list, made directly: `PYTHON_KEYRING_BACKEND` and the library's own search could hand the key to a plain-text
file, to nothing at all, or to somebody's class. Every call has a deadline, because a frozen daemon blocks the library for ever.
"""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

from integrations_cli.errors import Conflict, Locked
from integrations_cli.store import vault
from integrations_cli.store.slots import Created, Place, SlotFailed

SERVICE = "integrations"
DEADLINE = 5.0  # seconds; nobody waits for a frozen daemon
BACKENDS = (
    ("keyring.backends.SecretService", "Secret Service"),
    ("keyring.backends.libsecret", "Secret Service (libsecret)"),
    ("keyring.backends.kwallet", "KWallet"),
    ("keyring.backends.macOS", "macOS Keychain"),
    ("keyring.backends.Windows", "Windows Credential Manager"),
)
T = TypeVar("T")


def within(seconds: float, work: Callable[[], T]) -> T:
    """The result of `work`, run in a daemon thread; SlotFailed when it takes longer or fails. Foreign texts are replaced."""
    result: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise SlotFailed(f"no answer in {seconds:g} s")
    if failure:
        if isinstance(failure[0], Locked):
            raise failure[0]
        raise SlotFailed(_words(failure[0])) from None
    return result[0]


def _words(error: BaseException) -> str:
    name = type(error).__name__
    return {"KeyringLocked": "the keyring is locked", "InitError": "the keyring cannot be opened"}.get(name, f"the keyring failed ({name})")


def backend() -> tuple[Any, str]:
    """The first allowed backend that works here, and its title; SlotFailed with the reason otherwise."""
    if sys.platform.startswith("linux") and not os.environ.get("DBUS_SESSION_BUS_ADDRESS") and not _user_bus():
        raise SlotFailed("no D-Bus session")
    for module, title in BACKENDS:
        found = getattr(import_module(module), "Keyring" if "Windows" not in module else "WinVaultKeyring", None)
        try:
            if found is not None and found.priority > 0:
                return found(), title
        except Exception:  # noqa: S112  `priority` raises whatever it likes when the backend is not there
            continue
    raise SlotFailed("no keyring service answers")


def _user_bus() -> bool:
    folder = os.environ.get("XDG_RUNTIME_DIR")
    return bool(folder) and os.path.exists(os.path.join(str(folder), "bus"))


def _user(place: Place, slot_id: bytes) -> str:
    return f"{place.store_id.hex()}/{slot_id.hex()}"


class KeyringSlot:
    """One item: service `integrations`, user `<store id>/<slot id>`; never overwritten."""

    title = "keyring"

    def create(self, place: Place, slot_id: bytes) -> Created:
        """Write a new key, then have a fresh process read it back: only then is anything wrapped with it."""
        user, key = _user(place, slot_id), os.urandom(32)
        title = within(DEADLINE, lambda: _store(user, vault.key_text(key)))
        if not read_back(user, hashlib.sha256(key).digest()):
            within(DEADLINE, lambda: _delete(user))
            raise SlotFailed("what was written does not read back from a fresh process")
        return Created(title, key)

    def unlock(self, place: Place, slot_id: bytes, locator: str, params: Mapping[str, Any]) -> bytes:
        """Read the item, within the deadline."""
        text = within(DEADLINE, lambda: backend()[0].get_password(SERVICE, _user(place, slot_id)))
        if text is None:
            raise SlotFailed("the item is missing from the keyring")
        return vault.read_key_text(text)

    def destroy(self, place: Place, slot_id: bytes, locator: str) -> None:
        """Remove the item."""
        within(DEADLINE, lambda: _delete(_user(place, slot_id)))

    def probe(self, place: Place) -> str | None:
        """Write, read back from a fresh process, and remove a test item; the reason if that fails."""
        trial = Place(place.config, os.urandom(16))
        slot_id = os.urandom(16)
        try:
            self.create(trial, slot_id)
            self.destroy(trial, slot_id, "")
        except (Locked, Conflict) as error:
            return error.why
        return None


def _store(user: str, text: str) -> str:
    found, title = backend()
    if found.get_password(SERVICE, user) is not None:
        raise Conflict("the keyring has such an item already", "it is never overwritten")
    found.set_password(SERVICE, user, text)
    return title


def _delete(user: str) -> None:
    found, _ = backend()
    found.delete_password(SERVICE, user)


def read_back(user: str, digest: bytes) -> bool:
    """True if a fresh process finds the key whose SHA-256 it is told over a pipe."""
    command = [sys.executable, "-m", "integrations_cli.store.slots.readback", user]
    try:
        done = subprocess.run(command, input=digest, capture_output=True, timeout=DEADLINE * 4, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


slot = KeyringSlot()
