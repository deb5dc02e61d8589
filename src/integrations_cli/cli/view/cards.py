"""Integrations: the list, the tree, the card."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integrations_cli import registry
from integrations_cli.card import Card, Mark
from integrations_cli.categories import CATEGORIES
from integrations_cli.cli.view.layout import Cell, Column, cells, pad
from integrations_cli.cli.view.moments import ago
from integrations_cli.cli.view.out import Out
from integrations_cli.errors import NotFound
from integrations_cli.masking import mask, safe
from integrations_cli.provider import Provider

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
    """The mark of the main credential: the one with a hint, the definition's secret first."""
    try:
        order = [one.name for one in registry.get(card.provider).credentials if one.name in card.credentials]
    except NotFound:
        order = sorted(card.credentials)
    best = sorted(order, key=lambda name: (card.credentials[name].hint is None, name.endswith("id")))
    return card.credentials[best[0]] if best else None


def listing(out: Out, websites: Sequence[str], found: Sequence[Card], everywhere: bool) -> None:
    """The list of one website, or of all."""
    out.rows(_columns(out, everywhere), [_row(card) for card in found], name="list", items=lambda: [item(card) for card in found])
    if out.json_mode:
        return
    out.note(summary(found, "all websites" if everywhere else websites[0]))
    _next(out, found, websites)


def _columns(out: Out, everywhere: bool) -> list[Column]:
    now = out.now()

    def time(name: str, title: str, keep: int, never: str) -> Column:
        return Column(name, title, lambda row: ago(row[name], now, iso=out.options.iso, never=never), keep)

    return [
        Column("website", "WEBSITE" if everywhere else None, lambda row: row["website"], 9),
        Column("category", "CATEGORY", lambda row: row["category"], 6),
        Column("provider", "PROVIDER", lambda row: row["provider"], 10),
        Column("status", "STATUS", lambda row: status(row["card"]), 10),
        Column("enabled", None),
        Column("key", "KEY", lambda row: key(row["card"]), 8, data=False),
        Column("hint", None),
        Column("fingerprint", "FP", lambda row: row["fingerprint"] or "–", 3),
        time("tested_at", "TESTED", 7, "never"),
        time("used_at", "USED", 2, "–"),
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
    cards = list(found)
    counts = Counter(card.status for card in cards)
    limited = sum(card.limited for card in cards)
    order = ("connected", "error", "unreadable", "incomplete", "untested", "not_configured", "disabled")
    parts = [f"{counts[word]} {word.replace('_', ' ')}" for word in order if counts[word]]
    if limited:
        parts[0] += f" ({limited} limited)"
    noun = "integration" if len(cards) == 1 else "integrations"
    return f"{len(cards)} {noun} of {where}" + (f": {', '.join(parts)}" if parts else "")


def _next(out: Out, found: Sequence[Card], websites: Sequence[str]) -> None:
    steps = [f"integrations rotate {card.provider} -w {card.website}" for card in found if card.status in {"error", "unreadable"}]
    steps += [f"integrations test {card.provider} -w {card.website}" for card in found if card.status == "untested"]
    if not found and len(websites) == 1:
        steps = [f"integrations add -w {websites[0]}", f"integrations migrate env -w {websites[0]} --dry-run"]
    out.next(*steps[:2])


def item(card: Card) -> dict[str, Any]:
    """The JSON of one integration in a list."""
    try:
        definition: Provider | None = registry.get(card.provider)
    except NotFound:
        definition = None
    fields = [(one.name, one.required) for one in definition.credentials] if definition else [(name, False) for name in card.credentials]
    return {
        "website": card.website,
        "category": card.category,
        "provider": card.provider,
        "title": definition.title if definition else card.provider,
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


# ── the tree of the seed ──


def tree(out: Out, websites: Sequence[str], found: Sequence[Card]) -> None:
    """The whole catalogue by category, with the state of each integration."""
    if not out.tabular:
        listing(out, websites, found, everywhere=len(websites) > 1)
        return
    for website in websites:
        there = {card.provider: card for card in found if card.website == website}
        out.raw(f"Integrations of {safe(website)}")
        groups = [(name, [one for one in registry.all() if one.category == name]) for name in sorted(CATEGORIES)]
        groups = [(name, members) for name, members in groups if members]
        width = max(cells(one.title) for _, members in groups for one in members) + 3
        for at, (name, members) in enumerate(groups):
            _branch(out, CATEGORIES[name].title, members, there, last=at == len(groups) - 1, width=width)


def _branch(out: Out, title: str, members: Sequence[Provider], there: Mapping[str, Card], *, last: bool, width: int) -> None:
    out.raw(f"{'└' if last else '├'}── {title}")
    for at, one in enumerate(members):
        end = at == len(members) - 1
        card = there.get(one.name)
        color = SYMBOLS[card.status][1] if card else "dim"
        out.raw(f"{' ' if last else '│'}   {'└' if end else '├'}── {pad(one.title, width)}{out.paint(label(card), color)}")


def label(card: Card | None) -> str:
    """`[Connected, limited]`, as on the seed's card."""
    if card is None:
        return "[Not configured]"
    return f"[{LABELS[card.status]}{', limited' if card.limited else ''}]"


# ── the card ──


def card(out: Out, shown: Card, definition: Provider) -> None:
    """One integration: a box on a terminal, `name⇥value` piped, or JSON."""
    if out.json_mode:
        out.data({"format": "integrations.show/1", "item": _full(shown, definition)})
    elif out.tabular:
        _box(out, shown, definition)
    else:
        out.pairs(_pairs(shown, definition))


def _full(shown: Card, definition: Provider) -> dict[str, Any]:
    settings = [
        {
            "name": one.name,
            "value": shown.settings.get(one.name, one.default),
            "default": one.name not in shown.settings,
            "type": one.type,
            "choices": list(one.choices) or None,
        }
        for one in definition.settings
    ]
    more = {
        "description": definition.description,
        "keys_url": definition.keys_url,
        "settings": settings,
        "account": shown.account,
        "missing": list(shown.missing),
        "rotation": {"state": "idle", "previous_fingerprint": None, "previous_until": None},
    }
    return item(shown) | more


def _pairs(shown: Card, definition: Provider) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = [(name, getattr(shown, name)) for name in ("website", "category", "provider", "status", "enabled")]
    for name, mark in shown.credentials.items():
        pairs += [(f"{name}.hint", mark.hint), (f"{name}.fingerprint", mark.fingerprint[:8])]
    pairs += [(one.name, shown.settings.get(one.name, one.default)) for one in definition.settings]
    test, error = shown.last_test or {}, shown.last_error or {}
    return [
        *pairs,
        ("account", shown.account),
        ("tested_at", test.get("at")),
        ("last_test", test.get("outcome")),
        ("last_error", error.get("outcome")),
        ("used_at", shown.used_at),
        ("missing", shown.missing),
    ]


def _box(out: Out, shown: Card, definition: Provider) -> None:
    lines = list(_lines(out, shown, definition))
    head = label(shown)
    names = max(cells(name) for name, _ in lines) + 2
    body = [definition.description, "", *(f"{pad(name + ':', names)}{text}" for name, text in lines)]
    inner = min(max([*(cells(line) for line in body), cells(definition.title) + cells(head) + 2]), max(out.width - 4, 30))
    color = SYMBOLS[shown.status][1]
    out.raw(f"┌{'─' * (inner + 2)}┐")
    out.raw(f"│ {pad(definition.title, inner - cells(head))}{out.paint(head, color)} │")
    for line in body:
        for piece in _wrapped(line, inner, names):
            out.raw(f"│ {pad(piece, inner)} │")
    out.raw(f"└{'─' * (inner + 2)}┘")
    _buttons(out, shown)


def _wrapped(line: str, width: int, indent: int) -> list[str]:
    pieces = []
    while cells(line) > width:
        cut = line.rfind(" ", indent + 1, width + 1)
        cut = cut if cut > indent else width
        pieces.append(line[:cut].rstrip())
        line = " " * min(indent, width - 8) + line[cut:].lstrip()
    return [*pieces, line]


def _lines(out: Out, shown: Card, definition: Provider) -> Iterable[tuple[str, str]]:
    now, iso = out.now(), out.options.iso
    for one in definition.credentials:
        mark = shown.credentials.get(one.name)
        text = (
            f"{mask(mark.hint)}  fp {mark.fingerprint[:8]}, {ago(mark.changed_at, now, words=True, iso=iso)}"
            if mark
            else _absent(one.required)
        )
        yield one.label, text
    for setting in definition.settings:
        stored = setting.name in shown.settings
        value = shown.settings.get(setting.name, setting.default)
        if value is not None:
            told = str(value).lower() if isinstance(value, bool) else str(value)
            yield setting.label, safe(told, 200) + ("" if stored else " (default)")
    yield "Last tested", _tested(out, shown)
    if shown.last_error:
        yield "Last error", f"{shown.last_error['outcome']}, {ago(shown.last_error['at'], now, words=True, iso=iso)}"
    if shown.expires_at:
        yield "Expires", ago(shown.expires_at, now, words=True, iso=iso)
    yield "Last used", ago(shown.used_at, now, words=True, iso=iso)


def _absent(required: bool) -> str:
    return "missing" if required else "not set"


def _tested(out: Out, shown: Card) -> str:
    if not shown.last_test:
        return "never"
    account = f', account "{safe(shown.account, 80)}"' if shown.account else ""
    return f"{ago(shown.last_test['at'], out.now(), words=True, iso=out.options.iso)}: {shown.last_test['outcome']}{account}"


def _buttons(out: Out, shown: Card) -> None:
    """The seed's three buttons, as commands."""
    if out.options.quiet:
        return
    verb = "disable" if shown.enabled else "enable"
    for title, command in (("test", "test"), ("change", "edit"), (verb, verb)):
        out.raw(f"  {title:<8} integrations {command} {shown.provider} -w {shown.website}")
