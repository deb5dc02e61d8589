"""Ways to unlock the root key, one file per kind. Nothing here is ever created, replaced or tried silently."""

from __future__ import annotations

import sys

from integrations_cli.errors import Locked, UsageError
from integrations_cli.record import Record
from integrations_cli.store import vault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    from integrations_cli.config import Config
    from integrations_cli.masking import Secret

KINDS = ("keyring", "file", "env", "passphrase", "vault", "aws-kms", "recovery")
_FILES = {"vault": "transit", "aws-kms": "aws_kms"}  # a module called vault would hide the vault in this package
ASKED = frozenset({"passphrase", "vault", "aws-kms"})  # a person or a service is asked: not done just to show a status


class Place(Record):
    """What a slot may use. `ask` asks a person for a passphrase; None where nobody can be asked."""

    config: Config
    store_id: bytes
    ask: Callable[[str], Secret] | None = None


class Created(Record, hidden=("key",)):
    """A new slot key, kept where the slot keeps it and read back. `shown` is what a person must write down."""

    locator: str
    key: bytes
    params: Mapping[str, Any] = {}
    shown: Secret | None = None


class SlotFailed(Locked):
    """A slot did not give its key; `why` is a short reason without key material."""

    def __init__(self, why: str) -> None:
        super().__init__("the slot does not open", why, "integrations key status")


if TYPE_CHECKING:

    class Slot(Protocol):
        """One kind. A slot key has 32 bytes; `unlock` keeps its own deadline, `probe` never prompts and returns a reason or None."""

        @property
        def title(self) -> str: ...

        def create(self, place: Place, slot_id: bytes) -> Created: ...

        def unlock(self, place: Place, slot_id: bytes, locator: str, params: Mapping[str, Any]) -> bytes: ...

        def destroy(self, place: Place, slot_id: bytes, locator: str) -> None: ...

        def probe(self, place: Place) -> str | None: ...

else:
    Slot = object


def kind(name: str) -> Slot:
    """The slot kind called `name`; imports that one file. Raises UsageError (2)."""
    if name not in KINDS:
        raise UsageError("there is no such slot kind", f"there are {', '.join(KINDS)}")
    module = f"integrations_cli.store.slots.{_FILES.get(name, name)}"
    __import__(module)  # importlib itself costs more
    found: Slot = sys.modules[module].slot
    return found


def probe(config: Config, name: str) -> str | None:
    """Why this kind cannot be used here, or None. Never prompts."""
    return kind(name).probe(Place(config, b"\0" * 16))


def wrap(slot_key: bytes, slot_id: bytes, root_key: bytes, store_id: bytes, kind_name: str, root_id: bytes) -> bytes:
    """The root key, sealed under a slot key."""
    return vault.seal(slot_key, slot_id, root_key, vault.aad("root-key", store_id, kind_name.encode(), root_id))


def unwrap(slot_key: bytes, slot_id: bytes, wrapped: bytes, store_id: bytes, kind_name: str, root_id: bytes) -> bytes:
    """The root key; raises Unreadable (7) when the slot key is another one."""
    return vault.open_(slot_key, slot_id, wrapped, vault.aad("root-key", store_id, kind_name.encode(), root_id))
