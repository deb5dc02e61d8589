"""The words a check answers in (decision D7)."""

from __future__ import annotations

from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Word = Literal["ok", "limited", "rejected", "misconfigured", "rate_limited", "unreachable", "untestable"]
else:
    Word = str


class Outcome(Record):
    """What a check found (decision D7). `message` is in our own words: provider texts may repeat a key.

    `account` tells people whose key it is; `account_id` is what a rotation compares. `cause` is a fixed word of the audit log.
    `retry_after` is in seconds.
    """

    word: Word
    message: str = ""
    cause: str | None = None
    http_status: int | None = None
    account: str | None = None
    account_id: str | None = None
    notes: tuple[str, ...] = ()
    retry_after: int | None = None

    @property
    def proves(self) -> bool:
        """The provider has accepted the credentials."""
        return self.word in {"ok", "limited"}

    @property
    def blames(self) -> bool:
        """The provider has refused them, or a setting is wrong: only these two speak about the key."""
        return self.word in {"rejected", "misconfigured"}

    def noting(self, *notes: str | None) -> Outcome:
        """The same, with further notes; None adds nothing."""
        return self.but(notes=(*self.notes, *(note for note in notes if note)))


def ok(account: object = None, account_id: object = None, *notes: str | None) -> Outcome:
    """The provider has accepted the credentials."""
    named = str(account) if account not in (None, "") else None
    ident = str(account_id) if account_id not in (None, "") else None
    return Outcome("ok", account=named, account_id=ident, notes=tuple(note for note in notes if note))


def limited(message: str, account: str | None = None) -> Outcome:
    """Proven, but scope, plan, billing or quota is in the way."""
    return Outcome("limited", message, "forbidden", account=account)


def rejected(message: str = "the key is unknown, revoked or expired") -> Outcome:
    """The provider says the credentials are wrong."""
    return Outcome("rejected", message, "auth_rejected")


def misconfigured(message: str) -> Outcome:
    """A setting is wrong: host, region, environment, account, bucket."""
    return Outcome("misconfigured", message)


def rate_limited(message: str = "too many requests", retry_after: int | None = None) -> Outcome:
    """Too many requests; says nothing about the credentials."""
    return Outcome("rate_limited", message, "rate_limited", retry_after=retry_after)


def unreachable(message: str, cause: str = "bad_response") -> Outcome:
    """No verdict: network, TLS, 5xx, or an answer that is not understood."""
    return Outcome("unreachable", message, cause)


def untestable(message: str = "no harmless test exists") -> Outcome:
    """Nothing was sent."""
    return Outcome("untestable", message)


class MissingExtra(Exception):
    """A library is needed that the base installation does not bring: `extra` is the name of the extra that does."""

    def __init__(self, extra: str) -> None:
        super().__init__(extra)
        self.command = f"pip install 'integrations-cli[{extra}]'"


class NoAnswer(Exception):
    """The network gave no answer. `cause` is a fixed word: dns connect tls timeout redirect too_large bad_response refused_address."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
