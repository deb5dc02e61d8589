"""Slot `keyring`: the key lies in the keyring of the operating system.

Only backends on our list, made directly: `PYTHON_KEYRING_BACKEND` and the library's own search could hand the key to a plain-text
file, to nothing at all, or to somebody's class. Every call has a deadline, because a frozen daemon blocks the library for ever.
"""

import hashlib
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, TypeVar

from integrations_cli.errors import Conflict, IntegrationsError, Locked
from integrations_cli.store import vault
from integrations_cli.store.slots import Created, Place, SlotFailed

SERVICE = "integrations"
DEADLINE = 5.0  # seconds; nobody waits for a frozen daemon
ASKED = 60.0  # seconds for a person whom the desktop asks to unlock the keyring
BACKENDS = (
    ("integrations_cli.store.slots.secret_service", "Keyring", "Secret Service"),
    ("keyring.backends.libsecret", "Keyring", "Secret Service (libsecret)"),
    ("keyring.backends.kwallet", "DBusKeyring", "KWallet"),
    ("keyring.backends.macOS", "Keyring", "macOS Keychain"),
    ("keyring.backends.Windows", "WinVaultKeyring", "Windows Credential Manager"),
)
NOT_FOR_CHILDREN = ("INTEGRATIONS_KEY", "INTEGRATIONS_KEY_FILE", "PYTHON_KEYRING_BACKEND")
T = TypeVar("T")


def within(seconds: float, work: Callable[[], T], what: str = "the keyring") -> T:
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
        raise SlotFailed(f"no answer in {max(seconds, 0):.2g} s")
    if failure:
        if isinstance(failure[0], IntegrationsError):
            raise failure[0]
        raise SlotFailed(_words(failure[0], what)) from None
    return result[0]


def _words(error: BaseException, what: str) -> str:
    name = type(error).__name__
    known = {
        "KeyringLocked": "the keyring is locked",
        "InitError": "the keyring cannot be opened",
        "PromptDismissedException": "the keyring stayed locked",
    }
    return known.get(name, f"{what} failed ({name})")


def backend() -> tuple[Any, str]:
    """The first allowed backend that works here, and its title; SlotFailed with the reason otherwise."""
    for module, name, title in BACKENDS:
        try:
            kind = getattr(import_module(module), name)
            if kind.priority > 0:
                return _plain(kind()) if module.startswith("keyring.") else kind(), title
        except Exception:  # noqa: S112  `priority` raises whatever it likes when the backend is not there
            continue
    raise SlotFailed("no keyring service answers")


def _plain(found: Any) -> Any:
    """The backend as its class makes it: `KEYRING_PROPERTY_…` could send the key to a collection that ends with the session."""
    for name in [name for name in vars(found) if f"KEYRING_PROPERTY_{name.upper()}" in os.environ]:
        delattr(found, name)
    found.appid = SERVICE  # KWallet would ask again for the name of each program
    return found


def _bus() -> bool:
    """False on a Linux without a D-Bus session, where no keyring can be."""
    folder = os.environ.get("XDG_RUNTIME_DIR")
    named = os.environ.get("DBUS_SESSION_BUS_ADDRESS") or (folder and os.path.exists(os.path.join(folder, "bus")))
    return bool(named) or not sys.platform.startswith("linux")


def must_be_there() -> None:
    """Raises SlotFailed where there is no keyring at all: then nothing can be left behind in one."""
    if not _bus():
        raise SlotFailed("no D-Bus session")
    _load()
    within(DEADLINE, backend)


def _load() -> None:
    """A cold import takes seconds on a busy machine, and is not the daemon's fault: it is no part of the deadline."""
    import_module(BACKENDS[0][0] if sys.platform.startswith("linux") else "keyring.core")


def _reach() -> tuple[Any, str, bool]:
    """The backend, its title, and whether the next call makes the desktop ask a person."""
    found, title = backend()
    return found, title, getattr(found, "closed", False)


def _desktop() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def call(work: Callable[[Any, str], T], *, may_ask: bool) -> T:
    """Do `work` with the backend and its title, within 5 s in all; a locked keyring gives a person at a desktop 60 s.

    Raises SlotFailed; at once for a locked keyring when nobody can or may be asked.
    """
    if not _bus():
        raise SlotFailed("no D-Bus session")
    _load()
    began = time.monotonic()
    found, title, asks = within(DEADLINE, _reach)
    if asks and not (may_ask and _desktop()):
        raise SlotFailed("the keyring is locked")
    return within(ASKED if asks else DEADLINE - (time.monotonic() - began), lambda: work(found, title))


def _user(place: Place, slot_id: bytes) -> str:
    return f"{place.store_id.hex()}/{slot_id.hex()}"


class KeyringSlot:
    """One item: service `integrations`, user `<store id>/<slot id>`; never overwritten."""

    title = "keyring"

    def create(self, place: Place, slot_id: bytes) -> Created:
        """Write a new key, then have a fresh process read it back: only then is anything wrapped with it."""
        return _create(_user(place, slot_id), may_ask=True)

    def unlock(self, place: Place, slot_id: bytes, locator: str, params: Mapping[str, Any]) -> bytes:
        """Read the item, within the deadline."""
        return read(_user(place, slot_id), may_ask=True)

    def destroy(self, place: Place, slot_id: bytes, locator: str) -> None:
        """Remove the item; that it is gone already is no failure."""
        call(_deleting(_user(place, slot_id)), may_ask=True)

    def probe(self, place: Place) -> str | None:
        """Write, read back from a fresh process, and remove a test item; the reason if that fails."""
        user = f"{os.urandom(16).hex()}/{os.urandom(16).hex()}"
        try:
            _create(user, may_ask=False)
            call(_deleting(user), may_ask=False)
        except (Locked, Conflict) as error:
            return error.why
        return None


def read(user: str, *, may_ask: bool) -> bytes:
    """The key of an item. Raises SlotFailed, and Locked when the item holds something else."""
    text = call(lambda found, _: found.get_password(SERVICE, user), may_ask=may_ask)
    if text is None:
        raise SlotFailed("the item is missing from the keyring")
    return vault.read_key_text(text)


def _create(user: str, *, may_ask: bool) -> Created:
    key = os.urandom(32)
    title = call(_storing(user, vault.key_text(key)), may_ask=may_ask)
    if not read_back(user, hashlib.sha256(key).digest()):
        with suppress(Locked):
            call(_deleting(user), may_ask=False)
        raise SlotFailed("what was written does not read back from a fresh process")
    return Created(title, key)


def _storing(user: str, text: str) -> Callable[[Any, str], str]:
    def store(found: Any, title: str) -> str:
        if found.get_password(SERVICE, user) is not None:
            raise Conflict("the keyring has such an item already", "it is never overwritten")
        found.set_password(SERVICE, user, text)
        return title

    return store


def _deleting(user: str) -> Callable[[Any, str], None]:
    def delete(found: Any, title: str) -> None:
        if found.get_password(SERVICE, user) is not None:
            found.delete_password(SERVICE, user)

    return delete


def read_back(user: str, digest: bytes) -> bool:
    """True if a fresh process finds the key whose SHA-256 it is told over a pipe."""
    import subprocess  # noqa: PLC0415  only where a key is made

    # -P: the directory we were started in must not bring modules of its own
    command = [sys.executable, "-P", "-m", "integrations_cli.store.slots.readback", user]
    environ = {name: value for name, value in os.environ.items() if name not in NOT_FOR_CHILDREN}
    try:
        done = subprocess.run(command, input=digest, capture_output=True, timeout=DEADLINE * 4, check=False, env=environ)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


slot = KeyringSlot()
