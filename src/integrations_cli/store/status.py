"""How a store is: what it holds, and which of its slots can be used here."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, func, select

from integrations_cli.config import Config
from integrations_cli.errors import IntegrationsError
from integrations_cli.masking import Secret
from integrations_cli.store import engine, migrations, operations, slots
from integrations_cli.store.key_rows import active_slots, title_of
from integrations_cli.store.keys import Keyring
from integrations_cli.store.schema import must_be_made
from integrations_cli.store.tables import Integration, KeySlot, StoreRow, Website

_Ask = Callable[[str], Secret] | None


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Where the store is and what it holds; needs no key."""

    path: str
    mode: str
    schema: int
    latest: int
    websites: int
    integrations: int
    bytes: int
    created_at: str
    reencryption_since: str | None = None  # begun, and not finished


def status(config: Config) -> StoreStatus:
    """Raises NotFound (3), Unreadable (7)."""
    found = must_be_made(config)
    with engine.in_our_words("the store cannot be read"):
        maker = engine.make(config.database)
        with Session(maker) as session:
            websites = session.exec(select(func.count()).select_from(Website)).one()
            integrations = session.exec(select(func.count()).select_from(Integration)).one()
            created = session.exec(select(StoreRow.created_at)).one()
            begun = operations.unfinished(session)
        maker.dispose()
    info = config.database.stat()
    return StoreStatus(
        str(config.database),
        f"{info.st_mode & 0o777:04o}",
        found,
        migrations.LATEST,
        websites,
        integrations,
        info.st_size,
        created,
        begun.started_at if begun else None,
    )


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One slot and whether it can be used here; `opened` is None when that was not tried."""

    position: int
    kind: str
    title: str
    state: str
    usable: bool
    reason: str | None
    opened: bool | None
    created_at: str
    verified_at: str | None = None  # of the recovery key: when somebody last proved to have it
    took_ms: int | None = None  # to open it, where that was tried


def key_status(config: Config, verify: bool = False, ask_passphrase: _Ask = None) -> list[SlotLine]:
    """Each slot in the order in which it is tried. Without `verify` nothing is opened but what needs no prompt."""
    must_be_made(config)
    with engine.in_our_words("the store cannot be read"):
        maker = engine.make(config.database)
        with Session(maker) as session:
            store_id = session.exec(select(StoreRow.id)).one()
            rows = active_slots(session)
            session.expunge_all()
        maker.dispose()
    keys = Keyring(config, store_id, ask_passphrase)
    return [_line(keys, row, verify) for row in rows]


def _line(keys: Keyring, row: KeySlot, verify: bool) -> SlotLine:
    reason: str | None = None
    opened: bool | None = None
    began = time.monotonic()
    if verify or row.kind not in slots.ASKED:
        reason = _why_not(keys, row)
        opened = reason is None
    else:
        reason = slots.kind(row.kind).probe(keys.place)
    took = round((time.monotonic() - began) * 1000) if opened else None
    title = row.locator if row.kind == "keyring" else title_of(row)
    return SlotLine(row.position, row.kind, title, row.state, reason is None, reason, opened, row.created_at, row.verified_at, took)


def _why_not(keys: Keyring, row: KeySlot) -> str | None:
    try:
        keys.open_slot(row)
    except IntegrationsError as error:
        return error.why or error.what
    return None


def facts(line: Any) -> Mapping[str, Any]:
    """A status as data."""
    return {name: getattr(line, name) for name in line.__slots__}
