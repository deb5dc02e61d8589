"""Times as people read them."""

from integrations_cli.quicktime import UTC, datetime

_STEPS = ((60, 1, "s", "second"), (3600, 60, "min", "minute"), (86400, 3600, "h", "hour"), (30 * 86400, 86400, "d", "day"))


def parse(text: str) -> datetime | None:
    """`2026-11-22T09:14:03Z`, or None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def ago(text: str | None, now: datetime, *, words: bool = False, iso: bool = False, never: str = "never") -> str:
    """`2 h ago`, in words `2 hours ago`; after 30 days a date; a clock that is behind gives `just now`; future times `in 3 d`."""
    moment = parse(text) if text else None
    if moment is None or text is None:
        return never
    if iso:
        return text
    seconds = (now - moment).total_seconds()
    if -60 < seconds < 10:
        return "just now"
    span = _span(abs(seconds), words)
    if span is None:
        return moment.strftime("%Y-%m-%d")
    return f"{span} ago" if seconds > 0 else f"in {span}"


def until(text: str | None, iso: bool = False) -> str:
    """A promise, in local time with minutes: `2026-11-23 10:02`."""
    moment = parse(text) if text else None
    if moment is None or text is None:
        return "–"
    return text if iso else moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _span(seconds: float, words: bool) -> str | None:
    for below, unit, short, long in _STEPS:
        if seconds < below:
            count = int(seconds // unit)
            return f"{count} {long}{'' if count == 1 else 's'}" if words else f"{count} {short}"
    return None
