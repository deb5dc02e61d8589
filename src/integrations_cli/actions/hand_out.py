"""Hand credentials out: opened, recorded in the audit log, and only then given away."""

from __future__ import annotations

from integrations_cli import registry
from integrations_cli.actions.list import cards
from integrations_cli.actions.show import not_set_up
from integrations_cli.actions.unreadable import named
from integrations_cli.errors import Conflict, IntegrationsError, NotFound, Refused, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from integrations_cli.card import Card
    from integrations_cli.provider import Field, Provider
    from integrations_cli.store import Store

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_NEVER = frozenset({"PATH", "IFS", "BASH_ENV", "ENV", "HOME", "SHELL"})  # they steer the system


class Variable(Record):
    """One variable of an environment. `value` is a Secret for a credential, plain for a setting, None while it is only shown."""

    name: str
    provider: str
    field: str
    value: Secret | str | None = None
    hint: str | None = None
    credential: bool = True

    @property
    def text(self) -> str:
        """The value in the clear."""
        return self.value.reveal() if isinstance(self.value, Secret) else str(self.value or "")


def name_of(provider: str, field: Field) -> str:
    """How a program finds this field in its environment: the vendor's own name, else PROVIDER_FIELD."""
    return next(iter((*field.env, *field.env_if_asked)), f"{provider}_{field.name}".upper())


def chosen(database: Path | str, website: str, names: Sequence[str], category: str | None = None) -> list[tuple[Card, Provider]]:
    """The integrations meant: by name, of a category, or all. Disabled ones are left out; by name they are refused.

    Raises NotFound (3), Refused (8).
    """
    found = {card.provider: card for card in cards(database, [website])}
    if names:
        picked = [registry.get(name).name for name in dict.fromkeys(names)]
        for name in picked:
            must_be_enabled(found.get(name) or _absent(website, name))
        return [(found[name], registry.get(name)) for name in picked]
    rest = [card for card in found.values() if card.enabled and card.credentials and category in (None, card.category)]
    return [(card, definition) for card in rest if (definition := _known(card.provider)) is not None]


def _absent(website: str, name: str) -> Card:
    raise not_set_up(website, name)


def _known(name: str) -> Provider | None:
    try:
        return registry.get(name)
    except NotFound:
        return None


def must_be_enabled(card: Card) -> None:
    """Raises Refused (8) for an integration that a person has switched off."""
    if not card.enabled:
        raise Refused(
            f"{card.provider} of {card.website} is disabled",
            "what is switched off is not handed out",
            f"integrations enable {card.provider} -w {card.website}",
        )


def preview(picks: Iterable[tuple[Card, Provider]], only: Sequence[str] = (), prefix: str = "") -> list[Variable]:
    """What would be handed out, without opening anything: credentials by their hint, settings as they are."""
    found = [
        Variable(prefix + name_of(card.provider, one), card.provider, one.name, hint=mark.hint)
        for card, definition in picks
        for one in definition.credentials
        if (mark := card.credentials.get(one.name))
    ]
    plain = [one for card, definition in picks for one in _settings(definition, card.settings, prefix)]
    return selected(_in_order(picks, [*found, *plain]), only)


def _in_order(picks: Iterable[tuple[Card, Provider]], found: Sequence[Variable]) -> list[Variable]:
    order = [definition.name for _, definition in picks]
    return sorted(found, key=lambda one: order.index(one.provider))


def _settings(definition: Provider, stored: Mapping[str, Any], prefix: str) -> list[Variable]:
    values = [(one, stored.get(one.name, one.default)) for one in definition.settings if one.env]
    return [
        Variable(prefix + name_of(definition.name, one), definition.name, one.name, _plain(value), credential=False)
        for one, value in values
        if value is not None
    ]


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def selected(found: Sequence[Variable], only: Sequence[str] = ()) -> list[Variable]:
    """Those of `only` (names of variables or fields; empty: all). Raises UsageError (2), Conflict (4) for a name that two would set."""
    wanted = [name for word in only for name in word.split(",") if name]
    strange = [name for name in wanted if not any(name in (one.name, one.field, f"{one.provider}.{one.field}") for one in found)]
    if strange:
        raise UsageError("--only: there is no such variable", f"there are {', '.join(one.name for one in found) or 'none'}")
    kept = [one for one in found if not wanted or {one.name, one.field, f"{one.provider}.{one.field}"} & set(wanted)]
    names = [one.name for one in kept]
    for one in kept:
        if not _may_be_set(one.name):
            raise UsageError("a variable cannot have this name", "letters, digits and _, and none that steers the system")
        if names.count(one.name) > 1:
            raise Conflict(f"{one.name} would be set twice", "two providers use this name", "choose one provider, or give --only")
    return kept


def _may_be_set(name: str) -> bool:
    steers = name in _NEVER or name.startswith(("LD_", "DYLD_", "PYTHON", "INTEGRATIONS_"))
    return bool(name) and _LETTERS.issuperset(name) and not name[0].isdigit() and not steers


def hand_out(
    store: Store, website: str, names: Sequence[str], via: str, fields: Sequence[tuple[str, str]] | None = None, prefix: str = ""
) -> list[Variable]:
    """Open these integrations and return their variables; the audit log says so before this returns, and they count as used.

    `fields` are the (provider, field) pairs that leave; the rest is not even named in the log.
    Raises NotFound (3), Refused (8), Locked (6), Unreadable (7), NotWritten (74: then nothing leaves).
    """
    given: list[Variable] = []
    name = ""
    try:
        with store.writing() as here:
            for name in names:
                definition, integration = registry.get(name), here.integrations.get(website, name)
                must_be_enabled(here.integrations.card(integration, definition))
                values = here.integrations.reveal(integration)
                leaving = [one for one in definition.credentials if one.name in values and _wanted(fields, name, one.name)]
                if leaving:
                    told = [one.name for one in leaving]
                    version = here.integrations.version(integration)
                    here.audit.record("credential.revealed", integration=integration, fields=told, via=via, version=version)
                    here.integrations.used(integration, store.clock())
                given += [Variable(prefix + name_of(name, one), name, one.name, values[one.name]) for one in leaving]
                given += [one for one in _settings(definition, integration.settings, prefix) if _wanted(fields, name, one.field)]
    except Unreadable as error:
        mark_unreadable(store, website, names)
        raise named(error, website, name) from None
    return given


def opened(store: Store, website: str, definition: Provider, via: str) -> tuple[int | None, dict[str, Secret], dict[str, Any]]:
    """All credentials of one integration, the number of their version, and the settings that decide where they are sent.

    The audit log says so before this returns.

    Raises NotFound (3), Refused (8), Locked (6), Unreadable (7), NotWritten (74: then nothing leaves).
    """
    try:
        with store.writing() as here:
            integration = here.integrations.get(website, definition.name)
            must_be_enabled(here.integrations.card(integration, definition))
            values = here.integrations.reveal(integration)
            version = here.integrations.version(integration)
            here.audit.record("credential.revealed", integration=integration, fields=sorted(values), via=via, version=version)
            return version, values, {name: integration.settings.get(name) for name in definition.destinations}
    except Unreadable as error:
        mark_unreadable(store, website, [definition.name])
        raise named(error, website, definition.name) from None


def _wanted(fields: Sequence[tuple[str, str]] | None, provider: str, field: str) -> bool:
    return fields is None or (provider, field) in fields


def mark_unreadable(store: Store, website: str, names: Sequence[str]) -> None:
    """Lists show which one could not be opened."""
    for name in names:
        with store.reading() as here:
            try:
                here.integrations.reveal(here.integrations.get(website, name))
                continue
            except Unreadable:
                pass
        with store.writing() as here:
            here.integrations.mark_unreadable(here.integrations.get(website, name))


def refused(store: Store, website: str, name: str, fields: Sequence[str], cause: str) -> None:
    """Record that revealing was refused; a refusal that cannot be recorded stays one."""
    try:
        with store.writing() as here:
            integration = here.integrations.get(website, name)
            here.audit.record("credential.revealed", integration=integration, fields=fields, outcome="refused", cause=cause)
    except IntegrationsError:
        return
