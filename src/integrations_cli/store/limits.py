"""How often a provider may be asked for a website: a bucket of tokens in the database, shared by all processes (SECURITY.md §7)."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from math import ceil
from typing import Any

from integrations_cli.provider import Provider
from integrations_cli.store.chain import Connection
from integrations_cli.store.forgiving import words

ROUNDING = 1e-6  # of tokens, and of seconds
LONGEST = 3600  # seconds: a provider that asks for more cannot lock its checks for longer


_GET = "SELECT website_id, provider, tokens, refilled_at FROM check_bucket WHERE website_id"
_PUT = (
    "INSERT INTO check_bucket (website_id, provider, tokens, refilled_at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (website_id, provider) DO UPDATE SET tokens = excluded.tokens, refilled_at = excluded.refilled_at"
)


class _Bucket:
    """Tokens that were there at a time; whatever else stands in the row counts as a full one."""

    __slots__ = ("at", "tokens")

    def __init__(self, tokens: Any, at: Any) -> None:
        self.tokens: float = tokens if isinstance(tokens, int | float) else float("inf")
        self.at = words(at)


class Limits:
    """The buckets, inside one conversation. A token is gone once that is committed, whatever happens to the request.

    On the plain connection: there is one for each check, and a model would take longer than all the rest of it.
    """

    def __init__(self, connection: Callable[[], Connection], clock: Callable[[], datetime]) -> None:
        self._connection, self._clock = connection, clock
        self._known: dict[tuple[bytes, str], _Bucket] = {}
        self._fetched: set[bytes] = set()
        self._changed: dict[tuple[bytes, str], _Bucket] = {}

    def take(self, website_id: bytes, definition: Provider) -> int | None:
        """Take a token: None. There is none: the seconds until the next one, and nothing is taken."""
        bucket, rate = self._refilled(website_id, definition), _rate(definition)
        if bucket.tokens < 1 - ROUNDING:
            return max(1, ceil((1 - bucket.tokens) / rate - ROUNDING))
        bucket.tokens -= 1
        return None

    def wait(self, website_id: bytes, definition: Provider, seconds: int) -> None:
        """The provider has asked for a pause: no token until then, at most an hour."""
        bucket = self._refilled(website_id, definition)
        bucket.tokens = min(bucket.tokens, 1 - min(seconds, LONGEST) * _rate(definition))

    def preload(self, website_ids: Collection[bytes]) -> None:
        """Fetch the buckets of these websites at once."""
        new = [one for one in website_ids if one not in self._fetched]
        self._fetched.update(new)
        for at in range(0, len(new), AT_ONCE):
            some = new[at : at + AT_ONCE]
            for website_id, provider, tokens, refilled_at in self._connection().execute(f"{_GET} IN ({', '.join('?' * len(some))})", some):
                self._known[website_id, words(provider)] = _Bucket(tokens, refilled_at)

    def save(self) -> None:
        """Write what was taken, with one statement, in the transaction of the conversation; it does so before it commits."""
        if self._changed:
            self._connection().executemany(_PUT, [(*key, bucket.tokens, bucket.at) for key, bucket in self._changed.items()])
            self._changed = {}

    def _refilled(self, website_id: bytes, definition: Provider) -> _Bucket:
        """The bucket as it is now. A clock set back adds nothing; one set forward fills the bucket once."""
        now, full, rate = self._clock(), float(definition.per_minutes[0]), _rate(definition)
        self.preload([website_id])
        key = website_id, definition.name
        bucket = self._known.setdefault(key, _Bucket(full, _text(now)))
        self._changed[key] = bucket
        passed = max(0.0, (now - _moment(bucket.at, now)).total_seconds())
        bucket.tokens = max(1 - LONGEST * rate, min(full, bucket.tokens + passed * rate))
        bucket.at = _text(now)
        return bucket


AT_ONCE = 500  # SQLite bounds the variables of a statement


def _rate(definition: Provider) -> float:
    """Tokens a second."""
    tokens, minutes = definition.per_minutes
    return tokens / (minutes * 60)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(text: str, now: datetime) -> datetime:
    """A time that somebody has damaged counts as now: it adds nothing, and stops nothing."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return now
