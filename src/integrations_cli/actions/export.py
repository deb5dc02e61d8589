"""Take integrations out: as records that `migrate file` reads back, or as lines of a `.env` file."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from integrations_cli import registry
from integrations_cli.card import Card
from integrations_cli.errors import NotFound, Unreadable, UsageError
from integrations_cli.masking import Secret

if TYPE_CHECKING:
    from integrations_cli.store import Conversation, Store

AT_ONCE = 1000  # integrations that are looked at together


def records(cards: Iterable[Card]) -> list[dict[str, Any]]:
    """Everything but the credentials; needs no key."""
    return [
        {
            "website": card.website,
            "category": card.category,
            "provider": card.provider,
            "settings": dict(card.settings),
            "enabled": card.enabled,
            "expires_at": card.expires_at,
        }
        for card in cards
    ]


def revealed(store: "Store", cards: Sequence[Card], how: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The records with their credentials in the clear, and what could not be opened; every one is in the log before this returns.

    `how` is a fixed word of the log: bundle, dotenv, jsonl or rails.
    """
    found, lost = records(cards), list[str]()
    with store.writing() as here:
        for at in range(0, len(found), AT_ONCE):
            _reveal(here, found[at : at + AT_ONCE], how, lost)
    return [record for record in found if "credentials" in record], lost


def _reveal(here: "Conversation", some: Sequence[dict[str, Any]], how: str, lost: list[str]) -> None:
    """Put the credentials into these records, and every one that leaves into the log; name those that do not open."""
    ids = here.websites.ids({record["website"] for record in some})
    rows = here.bulk.find([(ids[record["website"]], record["provider"]) for record in some if record["website"] in ids])
    entries = []
    for record in some:
        website, provider = record["website"], record["provider"]
        row = rows.get((ids.get(website, b""), provider)) or here.integrations.get(website, provider)
        try:
            values = here.integrations.reveal(row)
        except Unreadable:
            lost.append(f"{provider} of {website}")
            continue
        record["credentials"] = {name: value.reveal() for name, value in values.items()}
        entries.append(("credentials.exported", row, {"fields": sorted(values) or None, "cause": how}))
    here.audit.record_many(entries)


def refused(store: "Store", cards: Sequence[Card], cause: str) -> None:
    """Record that these were not handed out, and why."""
    with store.writing() as here:
        for card in cards:
            row = here.integrations.find(card.website, card.provider)
            here.audit.record("credentials.exported", integration=row, outcome="refused", cause=cause)


def as_lines(found: Iterable[dict[str, Any]]) -> bytes:
    """One object a line."""
    return b"".join(json.dumps(record, ensure_ascii=False, sort_keys=True).encode() + b"\n" for record in found)


def as_dotenv(found: Sequence[dict[str, Any]]) -> bytes:
    """`NAME='value'` by the definitions' first names. Raises UsageError (2) for a value that no `.env` file can hold."""
    if len({record["website"] for record in found}) > 1:
        raise UsageError("--as dotenv takes one website", "its lines do not say whose they are", "--as jsonl")
    lines = []
    for record in found:
        try:
            definition = registry.get(record["provider"])
        except NotFound:
            continue
        for field in definition.fields:
            value = record.get("credentials", {}).get(field.name, record["settings"].get(field.name))
            names = (*field.env, *field.env_if_asked)
            if value is not None and names:
                lines.append(f"{names[0]}={_quoted(field.name, value)}\n")
    return "".join(lines).encode()


def _quoted(name: str, value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\\" in text and "'" in text:
        raise UsageError(f"{name} cannot stand in a .env file", "it holds both a backslash and a quote", "--as jsonl")
    return "'" + text.replace("'", "\\'") + "'"


def given(secret: str | None) -> Secret | None:
    """A text as Secret; None stays None."""
    return Secret(secret) if secret else None
