"""One integration: the card of the seed on a terminal, `name⇥value` piped, or JSON."""

from __future__ import annotations

from integrations_cli.cli.view import rotation as rotating
from integrations_cli.cli.view.cards import SYMBOLS, item, label
from integrations_cli.cli.view.layout import cells, pad, wrapped
from integrations_cli.cli.view.moments import ago
from integrations_cli.masking import mask, safe

MARK = 26  # cells of a mask and its fingerprint
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from integrations_cli.card import Card, Rotation
    from integrations_cli.cli.view.out import Out
    from integrations_cli.provider import Provider


def card(out: Out, shown: Card, definition: Provider, rotation: Rotation) -> None:
    """One integration: a box on a terminal, `name⇥value` piped, or JSON."""
    if out.json_mode:
        out.item("show", _full(shown, definition, rotation))
    elif out.tabular:
        _box(out, shown, definition, rotation)
    else:
        out.pairs([*_pairs(shown, definition), *rotating.pairs(shown, rotation, definition)])


def _full(shown: Card, definition: Provider, rotation: Rotation) -> dict[str, Any]:
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
        "rotation": rotating.data(shown, rotation, definition),
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


def _box(out: Out, shown: Card, definition: Provider, rotation: Rotation) -> None:
    lines = [*_lines(out, shown, definition), *rotating.lines(out, shown, rotation, definition)]
    if out.plain:
        _plainly(out, shown, definition, lines)
        _buttons(out, shown, rotation)
        return
    head = label(shown)
    names = max(cells(name) for name, _ in lines) + 2
    body = [definition.description, "", *(f"{pad(name + ':', names)}{text}" for name, text in lines)]
    inner = min(max([*(cells(line) for line in body), cells(definition.title) + cells(head) + 2]), max(out.width - 4, 30))
    color = SYMBOLS[shown.status][1]
    out.raw(f"┌{'─' * (inner + 2)}┐")
    out.raw(f"│ {pad(definition.title, inner - cells(head))}{out.paint(head, color)} │")
    torn = max(map(cells, body)) > inner and names + MARK > inner
    if names > inner // 2 or torn:  # no room beside the names: no mask and no word is broken
        body = [definition.description, "", *(part for name, text in lines for part in (f"{name}:", f"  {text}"))]
        names = 2
    for at, line in enumerate(body):
        for piece in wrapped(line, inner, names if at else 0):
            out.raw(f"│ {pad(piece, inner)} │")
    out.raw(f"└{'─' * (inner + 2)}┘")
    _buttons(out, shown, rotation)


def _plainly(out: Out, shown: Card, definition: Provider, lines: Iterable[tuple[str, str]]) -> None:
    """For screen readers: `name: value`, and nothing drawn."""
    out.raw(f"{definition.title}: {label(shown).strip('[]')}")
    out.raw(definition.description)
    for name, text in lines:
        out.raw(f"{name}: {text}")


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


def _buttons(out: Out, shown: Card, rotation: Rotation) -> None:
    """The seed's three buttons, as commands, and what an open rotation needs."""
    if out.options.quiet:
        return
    verb = "disable" if shown.enabled else "enable"
    for title, command in (("test", "test"), ("change", "edit"), (verb, verb), *rotating.commands(rotation)):
        verb, _, option = command.partition(" ")
        out.raw(f"  {title:<8} integrations {verb} {shown.provider} -w {shown.website}{' ' * bool(option)}{option}")
