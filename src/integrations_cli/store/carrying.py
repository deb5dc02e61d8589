"""What changes together with a version is signed with the audit key: otherwise whoever can write to the database would have the tool
itself put their settings in, with an entry in the log that says so.

The state is inside: what a waiting version brings must not be put back as what a replaced one takes along.
"""

import hmac

from sqlmodel import Session

from integrations_cli.store.audit import epoch_key
from integrations_cli.store.keys import Keyring
from integrations_cli.store.subject import plainly
from integrations_cli.store.tables import Carried
from integrations_cli.store.vault import lp, u64

PURPOSE = b"integrations/carried/v1"


def sign(session: Session, keys: Keyring, row: Carried, state: str) -> Carried:
    """The row, signed for a version that is `pending` or `previous`. Raises Locked (6)."""
    signer = keys.signer(session)
    row.epoch, row.mac = signer.epoch, _mac(signer.key, keys.store_id, row, state)
    return row


def is_signed(session: Session, keys: Keyring, row: Carried | None, state: str) -> bool:
    """True if this tool has written it, for this version in this state. Raises Locked (6)."""
    key = epoch_key(session, keys, row.epoch or 0) if row is not None else None
    return row is not None and key is not None and hmac.compare_digest(_mac(key, keys.store_id, row, state), row.mac or b"")


def _mac(key: bytes, store_id: bytes, row: Carried, state: str) -> bytes:
    told = plainly({"settings": row.settings, "expires_at": row.expires_at, "keep": row.keep})
    return hmac.digest(key, lp(PURPOSE, store_id, row.integration_id, u64(row.version), state.encode(), told), "sha256")
