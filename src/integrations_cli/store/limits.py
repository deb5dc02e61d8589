"""How often a provider may be asked for a website: a bucket of tokens in the database, shared by all processes (SECURITY.md §7)."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from math import ceil

from sqlmodel import Session, col, select

from integrations_cli.provider import Provider
from integrations_cli.store.tables import CheckBucket

ROUNDING = 1e-6  # of tokens, and of seconds
LONGEST = 3600  # seconds: a provider that asks for more cannot lock its checks for longer


class Limits:
    """The buckets, inside one conversation. A token is gone once that is committed, whatever happens to the request."""

    def __init__(self, session: Session, clock: Callable[[], datetime]) -> None:
        self._session, self._clock = session, clock
        self._known: dict[tuple[bytes, str], CheckBucket] | None = None

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
        """Fetch the buckets of these websites at once; the database is not asked for others any more."""
        query = select(CheckBucket).where(col(CheckBucket.website_id).in_(website_ids))
        self._known = {(row.website_id, row.provider): row for row in self._session.exec(query)}

    def _refilled(self, website_id: bytes, definition: Provider) -> CheckBucket:
        """The bucket as it is now. A clock set back adds nothing; one set forward fills the bucket once."""
        now, full = self._clock(), float(definition.per_minutes[0])
        key = website_id, definition.name
        bucket = self._session.get(CheckBucket, key) if self._known is None else self._known.get(key)
        if bucket is None:
            bucket = CheckBucket(website_id=website_id, provider=definition.name, tokens=full, refilled_at=_text(now))
        if self._known is not None:
            self._known[key] = bucket
        passed = max(0.0, (now - _moment(bucket.refilled_at, now)).total_seconds())
        bucket.tokens = min(full, bucket.tokens + passed * _rate(definition))
        bucket.refilled_at = _text(now)
        self._session.add(bucket)
        return bucket


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
