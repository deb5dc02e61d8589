"""What a person or a script gave, turned into values a provider accepts: one set of rules for every verb."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from integrations_cli.errors import BadValue, Refused, UsageError
from integrations_cli.masking import Secret, safe
from integrations_cli.provider import Provider, is_a_name


@dataclass
class Values:
    """Accepted values: credentials as Secret, settings plain, and notes for the person."""

    credentials: dict[str, Secret] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    custom: bool = False  # a host that is not the vendor's is allowed


def accept(definition: Provider, secrets: Mapping[str, str], assignments: Iterable[str], website: str, *, new: bool = False) -> Values:
    """Check every value by its field. Raises BadValue or UsageError (2), NotFound (3); no error repeats a value."""
    values = Values()
    try:
        for name, raw in secrets.items():
            values.credentials[name], notes = definition.credential(name).accept_credential(raw)
            values.notes.extend(notes)
        for text in assignments:
            name, raw = split(definition, text, website, new=new)
            values.settings[name], notes = definition.field(name).accept(raw)
            values.notes.extend(notes)
    except BadValue as problem:
        problem.tries = problem.tries or (f"integrations providers show {definition.name}",)
        raise
    return values


def split(definition: Provider, text: str, website: str, *, new: bool = False) -> tuple[str, str]:
    """`name=value` of a setting. A credential is refused without being repeated: it is in the shell's history now.

    `new`: nothing is set up yet, so there is nothing to rotate.
    """
    name, equals, raw = text.partition("=")
    if not equals:
        verb = "add" if new else "set"
        raise UsageError(
            "a setting is given as NAME=VALUE",
            "there is no = in what was typed",
            f"integrations {verb} {definition.name} NAME=VALUE -w {website}",
        )
    if definition.is_credential(name):
        raise UsageError(
            f"{name} is a credential, and credentials never come from the command line",
            "what you typed is now in your shell history; it was not stored",
            f"make a new key, then integrations {f'add {definition.name}' if new else f'rotate {definition.name} {name}'} -w {website}",
        )
    return name, raw


def renewed(definition: Provider, old: Mapping[str, Secret], fresh: Mapping[str, Secret], gone: Collection[str] = ()) -> dict[str, Secret]:
    """The old credentials without those that are `gone`, and with the fresh ones.

    What follows from a fresh one is left out, unless it is given too: `settle` fills it in.
    """
    follows = definition.completes({name: value.reveal() for name, value in fresh.items()})
    return {**{name: value for name, value in old.items() if name not in follows and name not in gone}, **fresh}


def must_be_gone(credentials: Mapping[str, Secret], gone: Collection[str]) -> None:
    """Raises UsageError (2) when one that should be gone follows from the others, or nothing is left."""
    for name in gone:
        if name in credentials:
            raise UsageError(f"{name} cannot be unset", "it follows from the other credentials", ())
        if not credentials:
            raise UsageError(f"{name} cannot be unset", "it is the only credential there is: it goes with its integration (remove)", ())


def vouched(
    definition: Provider, old: Mapping[str, Secret], stored: Mapping[str, Any], named: Collection[str], website: str
) -> Mapping[str, Any]:
    """The stored settings, as far as a host of one's own in them may be believed: what was opened is sealed for it.

    Where nothing was opened (a new value repairs it, or is the first), such a host may have been written into the database: it has to be
    `named` with the new value. Raises Refused (8).
    """
    if old:
        return stored
    for name, host in definition.own_hosts(stored).items():
        if name not in named:
            why = f"{safe(host, 80)} is stored, and nothing opens that is sealed for it: it may have been changed outside of this tool"
            again = f"integrations set {definition.name} {name}=https://… -w {website}    (together with the new credential)"
            raise Refused(f"it is not sure where the new credential of {definition.name} belongs", why, again)
    return {name: value for name, value in stored.items() if name not in definition.own_hosts(stored)}


def settle(
    definition: Provider,
    credentials: dict[str, Secret],
    settings: dict[str, Any],
    *,
    stored: Mapping[str, Any] = MappingProxyType({}),
    custom: bool = False,
) -> tuple[str, ...]:
    """Fill in what follows from other values, and refuse contradictions (BadValue, 2). Returns the names filled in.

    A host that is not the vendor's needs `custom`, unless it is `stored` already: raises Refused (8).
    """
    for name, host in definition.own_hosts(settings).items():
        if not is_a_name(host):
            raise BadValue(name, "the name of a host is needed: an address, or a name of one part, is never asked")
        if not custom and settings.get(name) != stored.get(name):
            raise Refused(
                f"{name}: {safe(host, 80)} is not a host of {definition.title}",
                "the credentials would be sent there",
                "--allow-custom-endpoint    (only if the server is your own)",
            )
    clear = {name: value.reveal() for name, value in credentials.items()} | settings
    filled = {name: value for name, value in definition.completes(clear).items() if name not in clear}
    for name, value in filled.items():
        if definition.is_credential(name):
            credentials[name] = definition.credential(name).accept_credential(value)[0]
        else:
            settings[name] = definition.field(name).accept(value)[0]
    for problem in definition.refuses(clear | filled):
        raise BadValue(definition.name, problem)
    return tuple(filled)
