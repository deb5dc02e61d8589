"""Questions about what is stored already: every answer once more, or new credentials."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations_cli.actions.show import show
from integrations_cli.card import Card
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view.moments import ago
from integrations_cli.cli.wizard import all_at_once, ways
from integrations_cli.errors import Aborted, MissingInput
from integrations_cli.masking import Secret, mask
from integrations_cli.provider import Field, Provider


def ask_again(tools: Tools, definition: Provider, card: Card) -> tuple[dict[str, Secret], dict[str, Any]]:
    """Every question once more; Enter keeps. Returns only what was changed."""
    credentials: dict[str, Secret] = {}
    for field in definition.credentials:
        answer = tools.ask.credential(
            field, optional=True, current=mask(card.credentials[field.name].hint) if field.name in card.credentials else None
        )
        if answer is not None:
            credentials[field.name] = answer
    settings = {field.name: tools.ask.setting(field, card.settings.get(field.name, field.default)) for field in definition.settings}
    changed = {
        name: value
        for name, value in settings.items()
        if value is not None and value != card.settings.get(name, definition.field(name).default)
    }
    return credentials, changed


def _in_use(tools: Tools, field: Field, card: Card) -> str:
    mark = card.credentials[field.name]
    return f"{field.label} {mask(mark.hint)}, fp {mark.fingerprint[:8]}, {ago(mark.changed_at, tools.clock(), words=True)}"


def ask_new(tools: Tools, website: str, definition: Provider, wanted: Sequence[Field], given: Mapping[str, Secret]) -> dict[str, Secret]:
    """New values for the wanted credentials (else all required), unless options gave some. MissingInput (2) if nobody can be asked."""
    fields = [field for field in wanted or definition.credentials if field.name not in given and (wanted or field.required)]
    if not fields or (given and not wanted):
        return {}
    if not tools.ask.may_ask():
        names = [field.name for field in fields]
        entries = [{"field": name, "secret": True, "options": ways(definition, name)} for name in names]
        start = f"integrations rotate {definition.name} -w {website}"
        raise MissingInput(f"missing: {', '.join(names)}", "there is no terminal to ask on", all_at_once(start, entries), entries)
    card, _ = show(tools.config.database, website, definition.name)
    told = [_in_use(tools, field, card) for field in fields if field.name in card.credentials]
    tools.out.note(f"{definition.name} of {website}: {'; '.join(told) or 'nothing is stored'}. Get a key: {definition.keys_url}")
    several = len(fields) > 1
    answers = {field.name: tools.ask.credential(field, optional=several, new=True) for field in fields}
    fresh = {name: value for name, value in answers.items() if value is not None}
    if not fresh:
        raise Aborted("nothing changed", "no new value was given")
    return fresh
