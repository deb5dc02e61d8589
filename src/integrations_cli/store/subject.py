"""An integration as the log sees it, and the MAC over it that every entry about it holds (SECURITY.md §3)."""

from __future__ import annotations

import hmac

from integrations_cli.record import Record
from integrations_cli.store.vault import canonical, lp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from integrations_cli.store.traces import Active

    Columns = tuple[Any, ...]  # those of a row, in this order

ROW = 20  # hex digits of a row; those of 16 are of before, and cover less: they are compared with their like
OLD_ROW = 16
_BEFORE = ("website_id", "category", "provider", "settings", "enabled")
_BEHIND = ("expires_at", "account", "account_id", "created_at")


class Subject(Record):
    """An integration as the log sees it: its plain columns, and its active version: number, since when each value is there, what was said.

    Left out is what is written without an entry: uses and errors; and when it was last changed.
    """

    id: bytes
    website_id: bytes
    category: str
    provider: str
    settings: Mapping[str, Any]
    enabled: bool
    version: int | None
    since: Mapping[str, str] = {}
    said: Mapping[str, Any] = {}
    expires_at: str | None = None
    account: str | None = None
    account_id: str | None = None
    created_at: str | None = None


def columns(get: Callable[[str], Any]) -> Columns:
    """What the log sees of the row itself; `get` gives a column by its name."""
    return tuple([get(name) for name in (*_BEFORE, *_BEHIND)])


def made(ident: bytes, found: Columns, active: Active) -> Subject:
    """From the columns of a row and its active version."""
    return Subject(*[ident, *found[: len(_BEFORE)], *active, *found[len(_BEFORE) :]])


def row_mac(key: bytes, subject: Subject) -> str:
    """20 hex digits over the plain columns and the active version: edits made in SQL show when compared with the newest entry."""
    return hmac.digest(key, row_told(subject), "sha256").hex()[:ROW]


def row_told(subject: Subject) -> bytes:
    """What `row_mac` is taken of."""
    more = {
        "since": subject.since,
        "said": subject.said,
        "expires_at": subject.expires_at,
        "account": subject.account,
        "account_id": subject.account_id,
        "created_at": subject.created_at,
    }
    return lp(b"row/2", plainly(_plain(subject) | more))


def old_row_mac(key: bytes, subject: Subject) -> str:
    """16 hex digits, as entries had them before."""
    return hmac.digest(key, lp(b"row", plainly(_plain(subject))), "sha256").hex()[:OLD_ROW]


def _plain(subject: Subject) -> dict[str, Any]:
    return {
        "website": subject.website_id.hex(),
        "category": subject.category,
        "provider": subject.provider,
        "settings": subject.settings,
        "enabled": bool(subject.enabled),
        "version": subject.version,
    }


def plainly(plain: dict[str, Any]) -> bytes:
    """Canonical, or, for settings that were written by hand and are not in our form, what they are all the same."""
    try:
        return canonical(plain)
    except ValueError:
        import json  # noqa: PLC0415  rare

        return b"odd" + json.dumps(plain, sort_keys=True).encode()
