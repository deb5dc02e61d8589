"""Take integrations out: as records that `migrate file` reads back, as lines of a `.env` file, or as rows for Rails.

A page at a time, so memory does not grow with the store. A page is whole websites, each as it was at one moment; others write between two
pages. What there is to be walked is settled at the start, by ids: no website is passed over or comes twice because it was renamed.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from integrations_cli import registry
from integrations_cli.actions import list as listing
from integrations_cli.card import Card
from integrations_cli.errors import NotFound, Unreadable, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from integrations_cli.store import Conversation, Store
    from integrations_cli.store.whole import Row

AT_ONCE = 200  # websites of a page
Record = dict[str, Any]


@dataclass
class Chosen:
    """What is exported: `websites` (None: all), and of those only these providers (none: all)."""

    websites: Sequence[str] | None
    providers: Collection[str] = ()


@dataclass
class Poured:
    """How many left, and what could not be opened (`provider of website`)."""

    count: int = 0
    lost: list[str] = field(default_factory=list)


def cards(database: "Path | str", chosen: Chosen) -> Iterator[list[Card]]:
    """What is chosen, masked, a page at a time; needs no key."""
    for page in listing.card_pages(database, chosen.websites, None, listing.Wanted()):
        yield [card for card in page if not chosen.providers or card.provider in chosen.providers]


def websites(database: "Path | str", chosen: Chosen, most: int) -> list[str]:
    """The first of the websites that have something of it."""
    found: dict[str, None] = {}
    for page in cards(database, chosen):
        found |= dict.fromkeys(card.website for card in page)
        if len(found) >= most:
            break
    return list(found)[:most]


def record(one: "Card | Row") -> Record:
    """Everything but the credentials."""
    return {
        "website": one.website,
        "category": one.category,
        "provider": one.provider,
        "settings": dict(one.settings),
        "enabled": one.enabled,
        "expires_at": one.expires_at,
    }


def pour(store: "Store", chosen: Chosen, how: str, line: Callable[[Record], bytes], out: Callable[[bytes], object]) -> Poured:
    """Hand each record, with its credentials in the clear, to `out` as a `line`; none before the log says on the disk that it leaves.

    `how` is a fixed word of the log: bundle, dotenv, jsonl or rails. Raises Refused (8), Locked (6), NotWritten (74).
    """
    poured = Poured()
    for some in _pages(store, chosen):
        with store.writing() as here:
            found = _revealed(here, here.whole.rows(some, chosen.providers), how, poured.lost)
        out(b"".join(map(line, found)))
        poured.count += len(found)
    return poured


def _pages(store: "Store", chosen: Chosen) -> Iterator[list[bytes]]:
    """The ids of the websites."""
    from integrations_cli.store import whole  # noqa: PLC0415  the store is entered late

    with store.reading() as here:
        ids = here.whole.ids() if chosen.websites is None else b"".join(here.websites.ids(chosen.websites).values())
    return whole.pieces(ids, AT_ONCE)


def _revealed(here: "Conversation", rows: Sequence["Row"], how: str, lost: list[str]) -> list[Record]:
    """The records of what opens, every one in the log; what does not is named in `lost`."""
    found: list[Record] = []
    entries: list[tuple[Any, tuple[str, ...]]] = []
    for row in rows:
        try:
            values = here.whole.reveal(row)
        except Unreadable:
            lost.append(f"{row.provider} of {row.website}")
            continue
        found.append({**record(row), "credentials": {name: value.reveal() for name, value in values.items()}})
        entries.append((row, tuple(sorted(values))))
    here.audit.record_read("credentials.exported", entries, how)
    return found


def refused(store: "Store", chosen: Chosen, cause: str) -> None:
    """Record that these were not handed out, and why."""
    for some in _pages(store, chosen):
        with store.writing() as here:
            rows: list[Any] = [*here.whole.rows(some, chosen.providers)]
            for row in rows:
                here.audit.record("credentials.exported", integration=row, outcome="refused", cause=cause)


# ── forms ──


def as_line(one: Record) -> bytes:
    """One object a line."""
    return json.dumps(one, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def as_dotenv(one: Record) -> bytes:
    """`NAME='value'` by the definition's first names. Raises UsageError (2) for a value that no `.env` file can hold."""
    try:
        definition = registry.get(one["provider"])
    except NotFound:
        return b""
    return "".join(_assigned(one, definition.fields)).encode()


def _assigned(one: Record, fields: Iterable[Any]) -> Iterator[str]:
    for item in fields:
        value = one["credentials"].get(item.name, one["settings"].get(item.name))
        names = (*item.env, *item.env_if_asked)
        if value is not None and names:
            yield f"{names[0]}={_quoted(item.name, value)}\n"


def _quoted(name: str, value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\\" in text and "'" in text:
        raise UsageError(f"{name} cannot stand in a .env file", "it holds both a backslash and a quote", "--as jsonl")
    return "'" + text.replace("'", "\\'") + "'"
