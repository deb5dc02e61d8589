"""The masked view of an integration: the only form in which one leaves the store for people, JSON or programs."""

from __future__ import annotations

from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

STATUSES = ("disabled", "unreadable", "error", "not_configured", "incomplete", "untested", "connected")


class Mark(Record):
    """What may be known of one stored credential without a key: hint (last 4 characters or None), fingerprint (32 hex)."""

    hint: str | None
    fingerprint: str
    changed_at: str | None = None
    expires_at: str | None = None


class Rotation(Record):
    """Where a rotation stands. `state` is idle, pending (a new credential waits, untouched by what is in use), or swapped_unchecked
    (it is in use, and was not tested as stored). `since` is when the new one came, `outcome` what was said about it last.

    `previous` can be brought back until `previous_until`; without a date it is kept until the new one is proven.
    """

    state: str = "idle"
    since: str | None = None
    outcome: str | None = None
    pending: Mapping[str, Mark] = {}
    previous: Mapping[str, Mark] = {}
    previous_until: str | None = None


class Card(Record):
    """One integration, masked. Times are UTC text `2026-11-22T09:14:03Z`, or None.

    `last_test` and `last_error` have the keys outcome, cause, http_status, at; `last_test` is of the active version only.
    `verdict` is the last outcome that said something about them (no answer says nothing).
    `version` is the active credential version or None; `id` is 32 hex characters.
    """

    website: str
    category: str
    provider: str
    id: str
    enabled: bool
    credentials: Mapping[str, Mark]
    settings: Mapping[str, Any]
    version: int | None
    last_test: Mapping[str, Any] | None
    last_error: Mapping[str, Any] | None
    unreadable_since: str | None
    account: str | None
    used_at: str | None
    created_at: str
    updated_at: str
    expires_at: str | None = None
    verdict: str | None = None
    missing: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """The first that fits, in the order of STATUSES."""
        if not self.enabled:
            return "disabled"
        if self.unreadable_since:
            return "unreadable"
        if self.last_error:
            return "error"
        if self.version is None or not self.credentials:
            return "not_configured"
        if self.missing:
            return "incomplete"
        return "connected" if self.verdict in {"ok", "limited"} else "untested"

    @property
    def limited(self) -> bool:
        """Connected, but the last answer named a limit."""
        return self.status == "connected" and self.verdict == "limited"
