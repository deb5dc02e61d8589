"""When every key is lost: all credentials are given up, and the store goes on with a new root key and a new audit epoch.

Websites, settings and the audit history stay; what the lost keys signed cannot be verified any more, and `audit verify` says so.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlmodel import col, delete, select, update

from integrations_cli.config import Config
from integrations_cli.errors import Conflict, Locked, Unreadable
from integrations_cli.store import operations, slots
from integrations_cli.store.key_slots import Fresh
from integrations_cli.store.keys import Keyring
from integrations_cli.store.tables import Carried, CredentialVersion, DataKey, Integration, KeyOperation, KeySlot, Website
from integrations_cli.store.versions import destroy

if TYPE_CHECKING:
    from integrations_cli.store.store import Conversation, Store


@dataclass(frozen=True, slots=True)
class Lost:
    """The credentials of an integration that must be entered again: names of fields, never anything of their values."""

    website: str
    provider: str
    fields: tuple[str, ...]


def must_be_lost(store: "Store") -> str:
    """Why no slot opens the store. Raises Conflict (4) when one does, also when the key that came with the call is a wrong one."""
    reasons = []
    for config in (store.config, _without_given(store.config)):
        keys = Keyring(config, store.id, store.keys.ask)
        try:
            with store.reading() as here:
                keys.unlock(here.session)
        except (Locked, Unreadable) as error:
            reasons.append(error.why or error.what)
            continue
        raise Conflict("the store still opens, so nothing is given up", f"by its {keys.opened_title}", "integrations key status")
    return reasons[-1]


def _without_given(config: Config) -> Config:
    environ = {name: value for name, value in config.environ.items() if name not in {"INTEGRATIONS_KEY", "INTEGRATIONS_KEY_FILE"}}
    return replace(config, environ=environ, key_fd=None)


def abandon(store: "Store", fresh: Sequence[Fresh]) -> list[Lost]:
    """One transaction: all versions lost, all keys new, the slots replaced by `fresh`. Then free pages are cleared.

    Raises Conflict (4) while another key operation runs, NotWritten (74).
    """
    with operations.alone(store.path), store.renewing() as here:
        root, root_id = os.urandom(32), os.urandom(16)
        _new_slots(store, here, fresh, root, root_id)
        store.keys.adopt(root, root_id)
        lost = _lose_versions(here)
        _new_keys(store, here)
        here.audit.new_epoch_after_loss()
        gone = update(DataKey).where(col(DataKey.root_key_id) != root_id)
        here.session.exec(gone.values(state="destroyed", wrapped=b""))
        # nothing of it can be finished; what is known of slot keys that lie about stays, for the next work on keys to say
        here.session.exec(delete(KeyOperation).where(col(KeyOperation.kind) != operations.SLOT_KEY))
        here.audit.record("store.credentials_abandoned", integrations=len(lost), slots=[one.kind for one in fresh])
        here.vacuum()
        return lost


def _new_slots(store: "Store", here: "Conversation", fresh: Sequence[Fresh], root: bytes, root_id: bytes) -> None:
    here.session.exec(delete(KeySlot))
    now = store.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    for position, one in enumerate(fresh, 1):
        wrapped = slots.wrap(one.made.key, one.id, root, store.id, one.kind, root_id)
        here.session.add(one.row(position, (root_id, wrapped), now, verified=position == 1))
    here.session.flush()


def _lose_versions(here: "Conversation") -> list[Lost]:
    slugs = {row.id: row.slug for row in here.session.exec(select(Website))}
    found: dict[bytes, set[str]] = {}
    here.session.exec(delete(Carried))
    for row in here.session.exec(select(CredentialVersion).where(CredentialVersion.state != "destroyed")):
        found.setdefault(row.integration_id, set()).update(row.card if row.state == "active" else ())
        destroy(row, "lost")
        here.session.add(row)
    lost = []
    for ident, fields in found.items():
        owner = here.session.get(Integration, ident)
        if owner is not None:
            _forget(owner)
            here.session.add(owner)
            lost.append(Lost(slugs.get(owner.website_id, "?"), owner.provider, tuple(sorted(fields))))
    return sorted(lost, key=lambda one: (one.website, one.provider))


def _forget(row: Integration) -> None:
    """What was known of the credentials goes with them."""
    row.last_error_outcome = row.last_error_cause = row.last_error_message = row.last_error_at = None
    row.last_error_http = row.last_error_version = row.unreadable_since = row.expires_at = None


def _new_keys(store: "Store", here: "Conversation") -> None:
    others = update(DataKey).where(col(DataKey.scope) != "audit")
    here.session.exec(others.values(state="destroyed", wrapped=b""))
    here.session.flush()
    store.keys.make(here.session, "fingerprint", store.id)
    for website in here.session.exec(select(Website)):
        store.keys.make(here.session, "website", website.id)
    here.session.flush()
