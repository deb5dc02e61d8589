"""The Secret Service of a Linux desktop (specifications.freedesktop.org/secret-service), by SecretStorage.

It finds and leaves what the `keyring` library does, items with the attributes `service` and `username`, and is written like one of its
backends; that library takes three times as long to import as all that is done here. Deadlines are the caller's.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import secretstorage

from integrations_cli.store.slots import SlotFailed

APPLICATION = "integrations"


class Keyring:
    """The default collection. `closed`: the next call makes the desktop ask a person."""

    priority = 5

    def __init__(self) -> None:
        with closing(secretstorage.dbus_init()) as bus:
            if not secretstorage.check_service_availability(bus):
                raise SlotFailed("no keyring service answers")
            self.closed = _is_closed(bus)

    def get_password(self, service: str, user: str) -> str | None:
        """The text of the first such item."""
        with self._items(service, user) as found:
            item = next(iter(found), None)
            if item is None:
                return None
            _unlock(item)
            return str(item.get_secret().decode())

    def set_password(self, service: str, user: str, text: str) -> None:
        """A new item, or another text in the one there is."""
        with _collection() as found:
            named = _attributes(service, user) | {"application": APPLICATION}
            found.create_item(f"Password for '{user}' on '{service}'", named, text.encode(), replace=True)

    def delete_password(self, service: str, user: str) -> None:
        """The first such item goes."""
        with self._items(service, user) as found:
            item = next(iter(found), None)
            if item is not None:
                item.delete()

    @contextmanager
    def _items(self, service: str, user: str) -> Iterator[Any]:
        with _collection() as found:
            yield found.search_items(_attributes(service, user))


def _is_closed(bus: Any) -> bool:
    try:
        return bool(secretstorage.Collection(bus).is_locked())
    except secretstorage.ItemNotFoundException:
        return True  # there is no default collection yet: the desktop asks for a password for one


@contextmanager
def _collection() -> Iterator[Any]:
    with closing(secretstorage.dbus_init()) as bus:
        found = secretstorage.get_default_collection(bus)
        _unlock(found)
        yield found


def _unlock(what: Any) -> None:
    """A collection or an item; a person may be asked. Raises SlotFailed."""
    if what.is_locked():
        what.unlock()
        if what.is_locked():
            raise SlotFailed("the keyring stayed locked")


def _attributes(service: str, user: str) -> dict[str, str]:
    return {"service": service, "username": user}
