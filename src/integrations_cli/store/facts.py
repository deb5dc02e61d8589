"""What is stored of integrations, as far as it is compared with a source: read in few questions, without an object of each, and no key."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from integrations_cli.store.glance import marks_of, object_of
from integrations_cli.store.sqlite import sqlite3


class Facts(NamedTuple):
    """One integration: what its card says of it (card.py). `marks`: fingerprints of credentials by field, 32 hex digits each."""

    id: str
    version: int | None
    enabled: bool
    settings: Mapping[str, Any]
    expires_at: str | None
    marks: Mapping[str, str]
    text: str  # of the settings, as stored


def textual(connection: Any, query: str, values: Sequence[bytes | str]) -> Sequence[Sequence[Any]]:
    """All rows. Text is read the fast way first; one bad byte only makes it slower."""
    patient, connection.text_factory = connection.text_factory, str
    try:
        fast: Sequence[Sequence[Any]] = connection.execute(query, values).fetchall()
        return fast
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
    finally:
        connection.text_factory = patient
    slow: Sequence[Sequence[Any]] = connection.execute(query, values).fetchall()
    return slow


def facts_of(rows: Iterable[Sequence[Any]]) -> dict[tuple[bytes, str], Facts | None]:
    """By website id and provider. None: a column holds something of another type, which `card_of` knows how to read."""
    found: dict[tuple[bytes, str], Facts | None] = {}
    for website, provider, ident, enabled, settings, ends, version, card in rows:
        if tuple(map(type, (ident, enabled, settings, ends, version, card))) not in _TYPES:
            found[website, provider] = None
            continue
        marks = {name: one["fp"] for name, one in marks_of(card).items()}
        found[website, provider] = Facts(ident.hex(), version, bool(enabled), object_of(settings), ends, marks, settings)
    return found


_NOTHING = type(None)
_TYPES = frozenset((bytes, int, str, ends, *sealed) for ends in (str, _NOTHING) for sealed in ((int, str), (_NOTHING, _NOTHING)))
