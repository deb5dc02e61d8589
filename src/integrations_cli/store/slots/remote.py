"""Slots at a service that wraps the slot key and never gives its own: HashiCorp Vault Transit, AWS KMS.

The wrapped slot key is kept in the slot's `params`. It opens only for its own store and slot: that is what the service is given as
context, and a service that ignores it is refused before anything is wrapped.
"""

import base64
import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from integrations_cli.config import Config
from integrations_cli.errors import Locked, UsageError
from integrations_cli.store import vault
from integrations_cli.store.slots import Created, Place, SlotFailed

DEADLINE = 5.0  # seconds, the name's resolution included


class Refused(SlotFailed):
    """The service says that this does not belong together: altered, another key, another context."""


class RemoteSlot:
    """What both kinds have in common; each brings `wrap`, `unwrap` and `settings`."""

    title = ""

    def settings(self, config: Config) -> dict[str, str]:
        """What must be known of the service, without a secret, to be kept with the slot. Raises SlotFailed when something is missing."""
        raise NotImplementedError

    def wrap(self, place: Place, slot_id: bytes, params: Mapping[str, Any], key: bytes) -> str:
        """The slot key, wrapped by the service. Raises SlotFailed."""
        raise NotImplementedError

    def unwrap(self, place: Place, slot_id: bytes, params: Mapping[str, Any], wrapped: str) -> bytes:
        """The slot key. Raises SlotFailed, Refused."""
        raise NotImplementedError

    def create(self, place: Place, slot_id: bytes) -> Created:
        """A new slot key, wrapped, opened again and compared; the service must refuse it for any other slot."""
        params, key = self.settings(place.config), os.urandom(32)
        wrapped = self.wrap(place, slot_id, params, key)
        if self.unwrap(place, slot_id, params, wrapped) != key:
            raise SlotFailed(f"{self.title} gives back another key than it was given")
        if self._opens_elsewhere(place, slot_id, params, wrapped):
            raise SlotFailed(f"the key at {self.title} does not bind its context: {self.binding}")
        return Created(params["key"], key, {**params, "wrapped": wrapped})

    binding = "take another one"

    def _opens_elsewhere(self, place: Place, slot_id: bytes, params: Mapping[str, Any], wrapped: str) -> bool:
        other = bytes(byte ^ 0xFF for byte in slot_id)
        try:
            self.unwrap(place, other, params, wrapped)
        except Refused:
            return False
        return True

    def unlock(self, place: Place, slot_id: bytes, locator: str, params: Mapping[str, Any]) -> bytes:
        """Ask the service, within the deadline."""
        wrapped = params.get("wrapped") if isinstance(params, Mapping) else None
        if not isinstance(wrapped, str) or not 1 <= len(wrapped) <= 8192:
            raise SlotFailed("its parameters are out of range")
        return self.unwrap(place, slot_id, params, wrapped)

    def destroy(self, place: Place, slot_id: bytes, locator: str) -> None:
        """The wrapped key goes with the slot's row; the key at the service is not ours to destroy."""

    def probe(self, place: Place) -> str | None:
        """Whether it is configured here; the service itself is not asked."""
        try:
            self.settings(place.config)
            self.must_have_a_way_in(place)
        except Locked as error:
            return error.why
        return None

    def must_have_a_way_in(self, place: Place) -> None:
        """Raises SlotFailed when there is nothing to sign in with."""


def aad(kind: str, place: Place, slot_id: bytes) -> bytes:
    """Where a slot key belongs."""
    return vault.aad("slot-key", place.store_id, slot_id, kind.encode())


def ask(
    title: str, config: Config, url: str, body: Mapping[str, Any], headers: Mapping[str, str], **more: Any
) -> tuple[int, dict[str, Any]]:
    """Status and JSON object of one POST; what the network does becomes SlotFailed. No word of the service is kept."""
    from integrations_cli.provider import MissingExtra, NoAnswer  # noqa: PLC0415  only when such a slot is used
    from integrations_cli.web import service  # noqa: PLC0415  httpx comes with it

    try:
        proxy = None if urlsplit(url).hostname in config.private_hosts else config.proxy
        status, data = service.post(url, json.dumps(body).encode(), headers, deadline=DEADLINE, proxy=proxy, **more)
    except NoAnswer as error:
        raise SlotFailed(f"{title}: {error.message}") from None
    except ValueError:
        raise SlotFailed(f"{title}: its address is none") from None
    except MissingExtra as error:
        raise UsageError(f"{title} needs an extra", None, error.command) from None
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    return status, found if isinstance(found, dict) else {}


def key_of(title: str, text: Any) -> bytes:
    """32 bytes from base64. Raises SlotFailed."""
    try:
        key = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        key = b""
    if len(key) != 32:
        raise SlotFailed(f"{title} gives back something else than a key")
    return key


def section(config: Config, name: str) -> dict[str, str]:
    """The texts of a section of the configuration file."""
    found = config.choices.get(name, {})
    return {one: text for one, text in found.items() if isinstance(text, str)} if isinstance(found, Mapping) else {}
