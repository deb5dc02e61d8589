"""Slot `vault`: HashiCorp Vault's Transit engine wraps the slot key (https://developer.hashicorp.com/vault/api-docs/secret/transit).

The address and the token come from the environment or the configuration of this machine, never from the database: whoever can write
there must not be able to send the token elsewhere.
"""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from integrations_cli.config import Config
from integrations_cli.store.slots import Place, SlotFailed
from integrations_cli.store.slots.remote import Refused, RemoteSlot, aad, ask, key_of, section

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


class VaultSlot(RemoteSlot):
    """`[vault] address, mount, key, namespace`; VAULT_ADDR, _NAMESPACE, _CACERT, _TOKEN and _TOKEN_FILE, ~/.vault-token."""

    title = "HashiCorp Vault"
    binding = "make it with: vault write transit/keys/integrations derived=true"

    def settings(self, config: Config) -> dict[str, str]:
        """Mount and name of the transit key."""
        chosen = section(config, "vault")
        _address(config)
        return _checked({"mount": chosen.get("mount", "transit"), "key": chosen.get("key", "integrations")})

    def wrap(self, place: Place, slot_id: bytes, params: Mapping[str, Any], key: bytes) -> str:
        """Encrypt: the context is what the transit key derives its own key from."""
        found = self._call(place, "encrypt", slot_id, params, {"plaintext": base64.b64encode(key).decode()}).get("ciphertext")
        if not isinstance(found, str) or not found.startswith("vault:v"):
            raise SlotFailed(f"{self.title} gives back something else than a ciphertext")
        return found

    def unwrap(self, place: Place, slot_id: bytes, params: Mapping[str, Any], wrapped: str) -> bytes:
        """Decrypt, with the same context."""
        return key_of(self.title, self._call(place, "decrypt", slot_id, params, {"ciphertext": wrapped}).get("plaintext"))

    def must_have_a_way_in(self, place: Place) -> None:
        """Raises SlotFailed without a token."""
        _token(place.config)

    def _call(self, place: Place, verb: str, slot_id: bytes, params: Mapping[str, Any], more: Mapping[str, str]) -> Mapping[str, Any]:
        config, where = place.config, _checked(params)
        headers = {"x-vault-token": _token(config), "x-vault-request": "true", "content-type": "application/json"}
        if namespace := config.environ.get("VAULT_NAMESPACE") or section(config, "vault").get("namespace"):
            headers["x-vault-namespace"] = namespace
        body = {"context": base64.b64encode(aad("vault", place, slot_id)).decode(), **more}
        url = f"{_address(config)}/v1/{where['mount']}/{verb}/{where['key']}"
        status, found = ask(self.title, config, url, body, headers, cafile=config.environ.get("VAULT_CACERT"))
        if status == 200 and isinstance(found.get("data"), dict):
            return dict(found["data"])
        raise _refusal(self.title, status)


def _refusal(title: str, status: int) -> SlotFailed:
    if status == 400:
        return Refused(f"{title} does not open it: it was altered, or belongs to another slot or key")
    known = {
        403: "the token is not valid, or its policy does not allow this",
        404: "there is no such transit key or mount",
        429: "asks to wait",
        503: "is sealed, or down for maintenance",
    }
    return SlotFailed(f"{title}: {known.get(status, f'an answer we do not understand ({status})')}")


def _checked(params: Mapping[str, Any]) -> dict[str, str]:
    """Mount and key as they may stand in a path: they come from the database."""
    mount, key = params.get("mount"), params.get("key")
    if not isinstance(mount, str) or not isinstance(key, str) or not all(map(_NAME.fullmatch, [*mount.split("/"), key])):
        raise SlotFailed("its parameters are out of range")
    return {"mount": mount, "key": key}


def _address(config: Config) -> str:
    found = config.environ.get("VAULT_ADDR") or section(config, "vault").get("address")
    if not found:
        raise SlotFailed("VAULT_ADDR is not set")
    if not found.startswith("https://"):
        raise SlotFailed("the address of Vault must start with https://: a token is sent there")
    return found.rstrip("/")


def _token(config: Config) -> str:
    """As Vault's own command finds it. Raises SlotFailed."""
    given = config.environ.get("VAULT_TOKEN", "").strip()
    named = config.environ.get("VAULT_TOKEN_FILE")
    if not given:
        home = config.environ.get("HOME") or str(Path.home())
        path = Path(named) if named else Path(home) / ".vault-token"
        try:
            with path.open("rb") as file:
                given = file.read(8192).decode("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise SlotFailed("no token: VAULT_TOKEN, VAULT_TOKEN_FILE or ~/.vault-token") from None
    if not _TOKEN.fullmatch(given):
        raise SlotFailed("the token of Vault is none")
    return given


slot = VaultSlot()
