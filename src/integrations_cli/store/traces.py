"""What a check and a change leave behind: on the version, on its integration, and in the log."""

from __future__ import annotations

from integrations_cli.masking import hint, safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence
    from typing import Any

    from integrations_cli.masking import Secret
    from integrations_cli.provider import Outcome
    from integrations_cli.store.tables import CredentialVersion, Integration

    Active = tuple[int | None, Mapping[str, str], Mapping[str, Any]]  # number, since when each value is there, what was said of them


def note(row: CredentialVersion, outcome: Outcome, at: str) -> None:
    """Remember an attempt; only an answer that speaks about the credentials is a verdict."""
    _put(row, outcome=outcome.word, outcome_cause=outcome.cause, outcome_http=outcome.http_status, outcome_at=at)
    if outcome.proves or outcome.blames:
        _put(row, verdict=outcome.word)


def take(row: Integration, outcome: Outcome, at: str, version: int) -> None:
    """Only a refusal sets the last error, only a proof clears it and tells the account."""
    if outcome.blames:
        _put(row, last_error_outcome=outcome.word, last_error_cause=outcome.cause, last_error_http=outcome.http_status)
        _put(row, last_error_at=at, last_error_version=version, last_error_message=outcome.word)
    elif outcome.proves:
        _put(row, last_error_outcome=None, last_error_cause=None, last_error_http=None)
        _put(row, last_error_at=None, last_error_version=None, last_error_message=None)
        account = safe(outcome.account, 120) if outcome.account else row.account
        _put(row, account=account, account_id=outcome.account_id or row.account_id)


def _put(row: CredentialVersion | Integration, **values: object) -> None:
    """Set what is different: setting a column costs eighty times as much as looking at it."""
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def since(row: CredentialVersion) -> dict[str, str]:
    """When each value came: with this version, or with an older one."""
    return {name: str(mark.get("since") or row.created_at) for name, mark in row.card.items() if isinstance(mark, dict)}


SAID = ("outcome", "outcome_cause", "outcome_http", "outcome_at", "verdict")
UNTESTED: dict[str, Any] = dict.fromkeys(SAID)


def active_of(row: Any) -> Active:
    """What the log keeps in mind of the active version: a row that has these columns of its table, or None."""
    return (row.version, since(row), {name: getattr(row, name) for name in SAID}) if row is not None else (None, {}, UNTESTED)


def marked(values: Mapping[str, Secret], shown: Container[str], fingerprint: Callable[[str, Secret], str]) -> dict[str, Any]:
    """Hint (of those in `shown`) and fingerprint of each value, by field: the card of a version."""
    return {name: {"hint": hint(value.reveal(), name in shown), "fp": fingerprint(name, value)} for name, value in sorted(values.items())}


def marks(row: CredentialVersion | None) -> dict[str, Any]:
    """The fingerprints of a version, by field, as far as they can be read."""
    return {name: mark.get("fp") for name, mark in (row.card if row else {}).items() if isinstance(mark, dict)}


def facts(row: CredentialVersion | None, fields: Sequence[str], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the log keeps of a version: its number, and 8 digits of the old and new fingerprint of changed fields."""
    short = [{name: str(fp)[:8] for name, fp in one.items() if name in fields} for one in (marks(row), before or {})]
    return {"version": row.version if row else None, "fp": short[0] or None, "fp_old": short[1] or None}
