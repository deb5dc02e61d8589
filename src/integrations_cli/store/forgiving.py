"""What a column holds, read as its type whatever was written there by hand; for both ways into the database. Standard library only."""

from __future__ import annotations

from integrations_cli import quickjson

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LARGEST = 2**53  # the first integer that canonical JSON refuses


def octets(value: Any) -> bytes:
    """Ids, keys and seals."""
    return value if isinstance(value, bytes) else b""


def words(value: Any) -> str:
    """Words, names and times."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def number(value: Any) -> int:
    """Counters, from 0."""
    return value if isinstance(value, int) and 0 <= value < LARGEST else 0


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object."""
    if value == "{}":
        return {}
    try:
        data = quickjson.loads(value.decode() if isinstance(value, bytes) else value)
    except (ValueError, TypeError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
