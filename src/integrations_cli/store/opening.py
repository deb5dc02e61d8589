"""Opening a sealed version in its own place: one truth for both ways into the database, the session and the plain connection."""

from __future__ import annotations

from integrations_cli.masking import hint
from integrations_cli.store import vault
from integrations_cli.store.settings import patched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from typing import Any

    from integrations_cli.masking import Secret
    from integrations_cli.store.keys import Keyring
    from integrations_cli.store.tables import Carried, CredentialVersion, Integration


class Opening:
    """Sealed versions as they are opened, inside one conversation; `in_state` knows where the rows come from."""

    def __init__(self, session: Any, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self._session, self._keys, self._clock = session, keys, clock

    def in_state(self, integration: Integration, state: str) -> CredentialVersion | None:
        """The newest version in a state, or None."""
        raise NotImplementedError

    def carried(self, integration: Integration, row: CredentialVersion) -> Carried:
        """What goes with a version that is not the active one. Raises Unreadable (7) for what this tool has not written."""
        raise NotImplementedError

    def active(self, integration: Integration) -> CredentialVersion | None:
        """The version in use, or None."""
        return self.in_state(integration, "active")

    def fingerprint(self, website_id: bytes, provider: str, field: str, value: Secret) -> str:
        """32 hex digits; needs the key."""
        key = self._keys.data_key(self._session, "fingerprint", self._keys.store_id)[1]
        return vault.fingerprint(key, website_id, provider, field, value).hex()

    def reveal(self, integration: Integration, row: CredentialVersion) -> dict[str, Secret]:
        """Open a version in its own place. Raises Unreadable (7), Locked (6).

        Numbers only grow from previous to active to pending: otherwise an old one was put back by hand, and none is opened.
        Hints and fingerprints must fit what is inside; the destination settings must be those the seal was made for.
        """
        found = [self.in_state(integration, state) for state in ("previous", "active", "pending")]
        numbers = [one.version for one in found if one is not None]
        if numbers != sorted(numbers):
            raise vault.unreadable("altered_or_moved", "an old version was put back")
        settings = self.settings_with(integration, row)
        if any(settings.get(name) != value for name, value in row.bound.items()):
            raise vault.unreadable("altered_or_moved", "a setting that decides where it is sent was changed outside of this tool")
        return self.opened(integration, row)

    def settings_with(self, integration: Integration, row: CredentialVersion) -> dict[str, Any]:
        """The settings as they are while this version is the active one."""
        if row.state == "active":
            return integration.settings
        return patched(integration.settings, self.carried(integration, row).settings)

    def opened(self, integration: Integration, row: CredentialVersion) -> dict[str, Secret]:
        """What is sealed in a version, if it is in its own place and its marks fit. Raises Unreadable (7), Locked (6)."""
        key = self._keys.by_id(self._session, row.data_key_id)
        values = vault.unpack_credentials(vault.open_(key, row.data_key_id, row.blob, self._aad(integration, row.version, row.bound)))
        self._must_fit(integration, row, values)
        return values

    def is_of(self, integration: Integration, row: CredentialVersion, name: str, value: Secret) -> bool:
        """True if the version's fingerprint of this field is that of the value; in the middle of a re-encryption too."""
        mark = row.card.get(name)
        keys = self._keys.mark_keys(self._session, row.data_key_id)
        found = [vault.fingerprint(key, integration.website_id, integration.provider, name, value).hex() for key in keys]
        return isinstance(mark, dict) and mark.get("fp") in found

    def _must_fit(self, integration: Integration, row: CredentialVersion, values: Mapping[str, Secret]) -> None:
        for name, value in values.items():
            if not self.is_of(integration, row, name, value) or row.card[name].get("hint") not in (None, hint(value.reveal())):
                raise vault.unreadable("altered_or_moved", "what is shown of it is not what is stored")
        if set(row.card) != set(values):
            raise vault.unreadable("altered_or_moved", "what is shown of it is not what is stored")

    def _aad(self, integration: Integration, version: int, bound: Mapping[str, Any]) -> bytes:
        try:
            destination = vault.destination_hash(bound)
        except ValueError:
            raise vault.unreadable("altered_or_moved", "the settings it was sealed for are not in our form") from None
        return vault.credential_aad(self._keys.store_id, integration.website_id, integration.id, version, integration.provider, destination)

    def _now(self) -> str:
        return self._clock().strftime("%Y-%m-%dT%H:%M:%SZ")
