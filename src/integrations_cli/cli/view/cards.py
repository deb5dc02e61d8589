"""Integrations: the list, the tree, the card."""

from __future__ import annotations

from integrations_cli import registry
from integrations_cli.actions.list import main_credential
from integrations_cli.cli.view.layout import Column
from integrations_cli.cli.view.listed import Counts, below
from integrations_cli.masking import mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from integrations_cli.card import Card, Mark
    from integrations_cli.cli.view.layout import Cell
    from integrations_cli.cli.view.out import Out

SYMBOLS: Mapping[str, Cell] = {
    "disabled": ("– ", "dim"),
    "unreadable": ("? ", "magenta"),
    "error": ("✗ ", "red"),
    "not_configured": ("", "dim"),
    "incomplete": ("! ", "yellow"),
    "untested": ("○ ", None),
    "connected": ("✓ ", "blue"),
}
LABELS = {
    "disabled": "Disabled",
    "unreadable": "Unreadable",
    "error": "Error",
    "not_configured": "Not configured",
    "incomplete": "Incomplete",
    "untested": "Not tested",
    "connected": "Connected",
}


def main_mark(card: Card) -> Mark | None:
    """The mark of the main credential."""
    name = main_credential(card)
    return card.credentials[name] if name is not None else None


def listing(out: Out, websites: Sequence[str], found: Sequence[Card], everywhere: bool, *, narrowed: bool = False) -> None:
    """The list of one website, or of all; `narrowed`: there may be more than what was asked for."""
    out.rows(_columns(out, everywhere), [_row(card) for card in found], name="list", items=lambda: [item(card) for card in found])
    below(out, websites, Counts().cards(found), everywhere, narrowed)


def items(out: Out, pages: Iterable[Iterable[Card]]) -> None:
    """The same as JSON, page by page."""
    out.stream_items("list", ([item(card) for card in page] for page in pages))


def _columns(out: Out, everywhere: bool) -> list[Column]:
    def time(name: str, title: str, keep: int, never: str) -> Column:
        if not out.tabular:  # data are never told as people read them
            return Column(name, title)
        from integrations_cli.cli.view.moments import ago  # noqa: PLC0415

        now = out.now()
        return Column(name, title, lambda row: ago(row[name], now, iso=out.options.iso, never=never), keep)

    return [
        Column("website", "WEBSITE" if everywhere else None, lambda row: row["website"], 9),
        Column("category", "CATEGORY", lambda row: row["category"], 4),
        Column("provider", "PROVIDER", lambda row: row["provider"], 10),
        Column("status", "STATUS", lambda row: status(row["card"]), 10),
        Column("enabled", None),
        Column("key", "KEY", lambda row: key(row["card"]), 8, data=False),
        Column("hint", None),
        Column("fingerprint", "FP", lambda row: row["fingerprint"] or "–", 3),
        time("tested_at", "TESTED", 7, "never"),
        time("used_at", "USED", 2, "never"),
        time("expires_at", "EXPIRES", 1, "–"),
        Column("last_error", "LAST ERROR", lambda row: row["last_error"] or "–", 4),
    ]


def _row(card: Card) -> dict[str, Any]:
    mark = main_mark(card)
    return {
        "card": card,
        "website": card.website,
        "category": card.category,
        "provider": card.provider,
        "status": card.status,
        "enabled": card.enabled,
        "hint": mark.hint if mark else None,
        "fingerprint": mark.fingerprint[:8] if mark else None,
        "tested_at": (card.last_test or {}).get("at"),
        "used_at": card.used_at,
        "expires_at": card.expires_at,
        "last_error": (card.last_error or {}).get("outcome"),
    }


def status(card: Card) -> Cell:
    """Symbol, word and colour; a limit shows by the symbol."""
    symbol, color = ("! ", "yellow") if card.limited else SYMBOLS[card.status]
    return symbol + card.status.replace("_", " "), color


def key(card: Card) -> str:
    """The mask of the main credential, and how many more there are."""
    mark = main_mark(card)
    more = len(card.credentials) - 1
    return "–" if mark is None else mask(mark.hint) + (f" +{more}" if more > 0 else "")


def summary(found: Iterable[Card], where: str) -> str:
    """`7 integrations of acme: 2 connected (1 limited), 1 error, …`"""
    return Counts().cards(found).text(where)


def item(card: Card) -> dict[str, Any]:
    """The JSON of one integration in a list."""
    outline = registry.outline(card.provider)
    fields = outline.credentials if outline else [(name, False) for name in card.credentials]
    return {
        "website": card.website,
        "category": card.category,
        "provider": card.provider,
        "title": outline.title if outline else card.provider,
        "status": card.status,
        "enabled": card.enabled,
        "credentials": [_credential(card, name, required) for name, required in fields],
        "last_test": card.last_test,
        "last_error": card.last_error,
        "used_at": card.used_at,
        "created_at": card.created_at,
        "updated_at": card.updated_at,
    }


def _credential(card: Card, name: str, required: bool) -> dict[str, Any]:
    mark = card.credentials.get(name)
    return {
        "name": name,
        "required": required,
        "set": mark is not None,
        "hint": mark.hint if mark else None,
        "fingerprint": mark.fingerprint[:8] if mark else None,
        "changed_at": mark.changed_at if mark else None,
        "expires_at": mark.expires_at if mark else None,
    }


def label(card: Card | None) -> str:
    """`[Connected, limited]`, as on the seed's card."""
    if card is None:
        return "[Not configured]"
    return f"[{LABELS[card.status]}{', limited' if card.limited else ''}]"
