"""The anchor: where each audit chain ended when this host last wrote. A store older than that was restored or cut."""

import hmac
import json
from contextlib import suppress
from pathlib import Path

from sqlmodel import Session, select

from integrations_cli.errors import NotWritten, Unreadable
from integrations_cli.store import files
from integrations_cli.store.tables import AuditHead, AuditRow
from integrations_cli.store.vault import lp

Heads = dict[str, list[object]]  # chain hex → [seq, mac hex]


def _mac(key: bytes, store_id: bytes, heads: Heads) -> str:
    return hmac.digest(key, lp(b"integrations/anchor/v1", store_id, json.dumps(heads, sort_keys=True).encode()), "sha256").hex()


def write(path: Path, key: bytes, store_id: bytes, session: Session, touched: set[bytes]) -> None:
    """Remember the heads that this run moved on. A failure is not one of the change, which is committed already."""
    heads = _load(path, key, store_id)
    for head in session.exec(select(AuditHead)):
        if head.chain in touched or head.chain.hex() not in heads:
            heads[head.chain.hex()] = [head.seq, head.mac.hex()]
    with suppress(NotWritten):  # an older anchor is still a true one
        _put(path, key, store_id, heads)


def renew(path: Path, key: bytes, store_id: bytes, session: Session) -> None:
    """Remember every head as it is now, whatever stood here: a person has said that this store is the one. Raises NotWritten (74)."""
    _put(path, key, store_id, {head.chain.hex(): [head.seq, head.mac.hex()] for head in session.exec(select(AuditHead))})


def _put(path: Path, key: bytes, store_id: bytes, heads: Heads) -> None:
    data = {"format": "integrations.anchor/1", "store": store_id.hex(), "heads": heads, "mac": _mac(key, store_id, heads)}
    files.private_directory(path.parent)
    files.replace(path, json.dumps(data, sort_keys=True).encode())


def _load(path: Path, key: bytes, store_id: bytes) -> Heads:
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise _broken(path) from None
    if not isinstance(data, dict):
        raise _broken(path)
    if data.get("store") != store_id.hex():
        return {}  # another store's: this one has none on this host yet
    heads = data.get("heads")
    if not isinstance(heads, dict) or not hmac.compare_digest(str(data.get("mac")), _mac(key, store_id, heads)):
        raise _broken(path)
    return heads


def must_not_be_older(path: Path, key: bytes, store_id: bytes, session: Session) -> None:
    """Raises Unreadable (7) when the store is older than what this host has written: it was restored, or its end was cut."""
    anchored = _load(path, key, store_id)
    heads = {head.chain.hex(): head for head in session.exec(select(AuditHead))}
    for chain, (seq, mac) in anchored.items():
        head = heads.get(chain)
        if head is None or not isinstance(seq, int) or head.seq < seq:
            raise _older()
        found = head.mac if head.seq == seq else getattr(session.get(AuditRow, (bytes.fromhex(chain), seq)), "mac", b"")
        if found.hex() != mac:
            raise _older()


def _older() -> Unreadable:
    return Unreadable(
        "the store is older than what this host has written",
        "its audit log ends before the anchor: it was restored, or its end was cut; nothing was written",
        ("integrations audit verify", "integrations store accept-restore"),
        "restored",
    )


def _broken(path: Path) -> Unreadable:
    return Unreadable(f"{path} was changed", "it is not what this store wrote; nothing was written", "integrations audit verify", "anchor")
