"""Questions of several commands: which provider, which values, and what to say when it is done."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from integrations_cli import registry
from integrations_cli.actions import add as adding
from integrations_cli.actions.values import Values, accept, settle
from integrations_cli.categories import CATEGORIES
from integrations_cli.cli import said
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import Aborted, BadValue, IntegrationsError, MissingInput
from integrations_cli.masking import Secret, hint, mask
from integrations_cli.provider import Field, Outcome, Provider, is_placeholder

if TYPE_CHECKING:
    from integrations_cli.store import Store


def must(provider: str | None) -> str:
    """The provider, or MissingInput (2)."""
    if provider is None:
        raise MissingInput(
            "missing: PROVIDER", "there is no terminal to ask on", ["integrations providers list", "integrations add PROVIDER"]
        )
    return provider


def choose_provider(tools: Tools, website: str, provider: str | None) -> Provider:
    """The definition named, or chosen from the catalogue."""
    if provider is not None or not tools.ask.may_ask():
        return tools.provider(must(provider))
    from integrations_cli.actions.list import cards  # noqa: PLC0415  only when somebody is asked

    there = {card.provider: card.status for card in cards(tools.config.database, [website])}
    choices = [
        (one.name, one.name, f"{one.title} · {CATEGORIES[one.category].title} · {there.get(one.name, 'not configured').replace('_', ' ')}")
        for one in sorted(registry.all(), key=lambda one: (one.name in there, one.category, one.name))
    ]
    return registry.get(tools.ask.choose("Provider", choices))


# ── add ──


def add(
    tools: Tools,
    website: str,
    definition: Provider,
    assignments: Sequence[str],
    test: bool,
    on_conflict: str,
    expires: str | None,
    custom: bool = False,
) -> int:
    """The whole of `add`: conflict first, then the questions, the test, the last yes, and the one write."""
    with tools.store() as store:
        if _there(store, website, definition, on_conflict):
            return _on_conflict(tools, website, definition, assignments, test, on_conflict, custom)
        values = accept(definition, tools.secrets(), assignments, website, new=True)
        values.custom = custom
        asked = tools.ask.may_ask()
        if asked:
            _ask_all(tools, definition, values)
        settle(definition, values.credentials, values.settings, custom=custom)
        must_be_complete(definition, values, website)
        said.notes(tools, values.notes)
        outcome = _until_accepted(tools, website, definition, values) if test else None
        while asked and _last_word(tools, store, website, definition, values) == "e":
            _edit_all(tools, definition, values)
            settle(definition, values.credentials, values.settings, custom=custom)
            outcome = _until_accepted(tools, website, definition, values) if test else None
        adding.add(store, website, definition, values, outcome, expires)
    return said.saved(tools, website, definition, outcome, new=True)


def _there(store: "Store", website: str, definition: Provider, on_conflict: str) -> bool:
    try:
        adding.must_be_free(store, website, definition)
    except IntegrationsError:
        if on_conflict == "fail":
            raise
        return True
    return False


def _on_conflict(
    tools: Tools, website: str, definition: Provider, assignments: Sequence[str], test: bool, policy: str, custom: bool
) -> int:
    if policy == "skip":
        tools.out.note(f"{definition.name} is already set up for {website}; nothing changed")
        return 0
    from integrations_cli.cli import rotating  # noqa: PLC0415  only on --on-conflict update

    values = accept(definition, tools.secrets(), assignments, website)
    values.custom = custom
    return rotating.save(tools, website, definition, values, tools.check(website=website) if test else None)


def _ask_all(tools: Tools, definition: Provider, values: Values) -> None:
    tools.out.note(f"{definition.title}: {definition.description}. Get a key: {definition.keys_url}")
    for field in definition.credentials:
        if field.name not in values.credentials:
            _ask_credential(tools, definition, field, values)
    for field in definition.settings:
        if field.name not in values.settings:
            given = tools.ask.setting(field, None)
            if given is not None and given != field.default:
                values.settings[field.name] = given


def _ask_credential(tools: Tools, definition: Provider, field: Field, values: Values) -> None:
    found = _candidate(tools, field)
    if found is not None and tools.ask.confirm(f"Use it for {field.label}", default=True):
        values.credentials[field.name] = found
        return
    derived = definition.completes({name: value.reveal() for name, value in values.credentials.items()} | values.settings)
    optional = not field.required or field.name in derived
    answer = tools.ask.credential(field, optional=optional)
    if answer is not None:
        values.credentials[field.name] = answer


def _candidate(tools: Tools, field: Field) -> Secret | None:
    """A key that lies about in the environment: offered, never taken unasked, and never removed there."""
    for name in (*field.env, *field.env_if_asked):
        raw = tools.doors.environ.get(name, "").strip()
        if not raw or is_placeholder(raw):
            continue
        try:
            value, _ = field.accept_credential(raw)
        except BadValue:
            continue
        tools.out.note(f"found {name} in the environment ({mask(hint(raw, field.hint))}); it stays there, a copy is stored")
        return value
    return None


def must_be_complete(definition: Provider, values: Values, website: str) -> None:
    """Raises MissingInput (2) with all missing fields at once, and how to give each."""
    missing = definition.missing({*values.credentials, *values.settings})
    if not missing:
        return
    start = f"integrations add {definition.name} -w {website}"
    entries: list[dict[str, Any]] = [
        {"field": name, "secret": definition.is_credential(name), "options": ways(definition, name)} for name in missing
    ]
    first = entries[0]["options"]
    piped = " < key.txt" if entries[0]["secret"] else ""
    given = [{"secret": True, "options": ways(definition, name)} for name in values.credentials if definition.is_credential(name)]
    alone = len(missing) == 1 and not given
    tries = [f"{start} {first[0]}{piped}", *(f"or {way}" for way in first[1:])] if alone else [all_at_once(start, [*given, *entries])]
    raise MissingInput(f"missing: {', '.join(missing)}", "required, and there is no terminal to ask on", tries, entries)


def ways(definition: Provider, name: str) -> list[str]:
    """What answers for a field on the command line: a credential never as a value."""
    if not definition.is_credential(name):
        return [f"{name}=VALUE"]
    return [f"--secret-stdin {name}", f"--secret-file {name}=PATH", f"--secret-env {name}=NAME"]


def all_at_once(start: str, entries: Sequence[Mapping[str, Any]]) -> str:
    """One command that gives all of them, credentials by variables: standard input can be read only once."""
    return " ".join([start, *(entry["options"][-1] if entry["secret"] else entry["options"][0] for entry in entries)])


def _until_accepted(tools: Tools, website: str, definition: Provider, values: Values) -> Outcome:
    """Ask the provider; on a refusal ask the person again for the credentials only, the other answers are kept."""
    check = tools.check(website=website)
    while True:
        tools.out.note(f"  asking {_asks(definition, values)}, {definition.cost}")
        outcome = check(definition, values.credentials, values.settings)
        said.outcome(tools, definition, outcome)
        if not outcome.blames:
            return outcome
        if not tools.ask.may_ask():
            raise adding.refused(definition, website, outcome)
        for field in definition.credentials:
            if field.name in values.credentials and (outcome.word == "rejected" or field.destination):
                answer = tools.ask.credential(field, optional=len(definition.credentials) > 1)
                values.credentials[field.name] = answer or values.credentials[field.name]
        if outcome.word == "misconfigured":
            _ask_destinations(tools, definition, values)


def _asks(definition: Provider, values: Values) -> str:
    """`api.anthropic.com: GET /v1/models`: the first request, without a value of a credential."""
    from integrations_cli.web import explain  # noqa: PLC0415  the network is needed now anyway

    hidden = {field.name for field in definition.credentials if not field.destination}
    lines = explain(definition, definition.given(values.credentials, values.settings))
    shown = f"{lines[0].host}: {lines[0].method} {lines[0].path}" if lines else definition.title
    secret = any(values.credentials[name].reveal() in shown for name in hidden & set(values.credentials))
    return definition.title if secret else shown


def _ask_destinations(tools: Tools, definition: Provider, values: Values) -> None:
    for field in definition.settings:
        if field.destination or field.name in values.settings:
            given = tools.ask.setting(field, values.settings.get(field.name, field.default))
            if given is not None:
                values.settings[field.name] = given


def _last_word(tools: Tools, store: "Store", website: str, definition: Provider, values: Values) -> str:
    marks = adding.marks(store, website, definition, values)
    shown = [
        f"{definition.field(name).label} {mask(hint(value.reveal(), definition.field(name).hint))}, fp {marks[name]}"
        for name, value in values.credentials.items()
    ]
    tools.out.note(f"  will save: {definition.name} for {website}, {', '.join([*shown, *values.settings])}")
    answer = tools.ask.yes_edit_no("Save")
    if answer == "n":
        raise Aborted("nothing was saved", "the answer was no")
    return answer


def _edit_all(tools: Tools, definition: Provider, values: Values) -> None:
    """Every answer once more; Enter keeps it."""
    for field in definition.credentials:
        there = values.credentials.get(field.name)
        current = mask(hint(there.reveal(), field.hint)) if there else None
        answer = tools.ask.credential(field, optional=there is not None or not field.required, current=current)
        if answer is not None:
            values.credentials[field.name] = answer
    for field in definition.settings:
        given = tools.ask.setting(field, values.settings.get(field.name, field.default))
        if given is not None and given != values.settings.get(field.name, field.default):
            values.settings[field.name] = given
