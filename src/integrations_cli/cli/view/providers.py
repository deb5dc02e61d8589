"""The catalogue: the list, one provider's page, and the questions `add` would ask."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from integrations_cli.cli.view.layout import Column, wrapped
from integrations_cli.cli.view.out import Out
from integrations_cli.masking import counted
from integrations_cli.provider import Field, Provider


def catalogue(out: Out, found: Iterable[Provider]) -> None:
    """One line per provider, sorted by category and name."""
    rows = [
        {
            "category": one.category,
            "provider": one.name,
            "title": one.title,
            "description": one.description,
            "keys_url": one.keys_url,
            "credentials": [field.name for field in one.credentials],
            "settings": [field.name for field in one.settings],
        }
        for one in sorted(found, key=lambda one: (one.category, one.name))
    ]
    columns = [
        Column("category", "CATEGORY", lambda row: row["category"], 7),
        Column("provider", "PROVIDER", lambda row: row["provider"], 10),
        Column("title", "TITLE", lambda row: row["title"], 6),
        Column("credentials", "CREDENTIALS", lambda row: ", ".join(row["credentials"]), 5, least=16),
        Column("settings", "SETTINGS", lambda row: ", ".join(row["settings"]) or "–", 3, least=16),
        Column("keys_url", None),
    ]
    out.rows(columns, rows, name="providers")
    if rows:
        out.next("integrations providers show PROVIDER", "integrations add PROVIDER")
    else:
        out.note("nothing in the catalogue fits")
        out.next("integrations providers list")


def page(out: Out, one: Provider) -> None:
    """Fields, where to get a key, what a test sends and costs."""
    if out.json_mode:
        out.item("provider", _item(one))
        return
    if not out.tabular:
        out.pairs(_pairs(one))
        return
    for text, indent in _lines(one, beside=out.width >= 60):
        for piece in wrapped(text, out.width, indent, links=True):
            out.raw(piece)


def _lines(one: Provider, beside: bool) -> Iterator[tuple[str, int]]:
    """Each line, and where it goes on; what a field is stands `beside` its name, or below it on a narrow screen."""
    yield f"{one.title} ({one.name}), {one.category}", 2
    yield f"  {one.description}", 4
    yield f"  get a key: {one.keys_url}" + (f" ({one.keys_help})" if one.keys_help else ""), 4
    for title, fields in (("credentials, sealed and masked", one.credentials), ("settings", one.settings)):
        if fields:
            yield title, 2
        for field in fields:
            details = [_told(field), *_details(field)]
            if beside:
                yield from ((f"  {'' if at else field.name:<24} {line}", 27) for at, line in enumerate(details))
            else:
                yield f"  {field.name}", 4
                yield from ((f"    {line}", 6) for line in details)
    yield "test", 2
    asks = f"  asks {', '.join(_host(host) for host in one.hosts)}; {one.cost}; at most {one.per_minutes[0]} in {one.per_minutes[1]} min"
    yield asks, 4
    if one.unproven:
        yield f"  does not prove {', '.join(one.unproven)}", 4


def _pairs(one: Provider) -> list[tuple[str, Any]]:
    pairs = []
    for name, value in _item(one).items():
        if name == "fields":
            pairs += [("credentials", [field.name for field in one.credentials]), ("settings", [field.name for field in one.settings])]
        else:
            pairs.append((name, value))
    return pairs


def _host(host: str) -> str:
    return host.strip("^$").replace("\\.", ".") if host.startswith("^") else host


def _told(field: Field) -> str:
    need = "required" if field.required and field.default is None else "optional"
    default = (
        "" if field.default is None else f", default {str(field.default).lower() if isinstance(field.default, bool) else field.default}"
    )
    return f"{field.label}, {field.type}, {need}{default}"


def _details(field: Field) -> list[str]:
    lines = [field.help] if field.help else []
    if field.choices:
        lines.append(f"{'such as' if field.open or field.pattern else 'one of'} {', '.join(field.choices)}")
    names = [*field.env, *(f"{name} (with --include)" for name in field.env_if_asked)]
    if names:
        lines.append(f"environment: {', '.join(names)}")
    return lines


def _field(one: Provider, field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.label,
        "secret": one.is_credential(field.name),
        "type": field.type,
        "required": field.required and field.default is None,
        "default": field.default,
        "choices": list(field.choices) or None,
        "open": field.open or bool(field.choices and field.pattern),
        "help": field.help or None,
        "env": list(field.env),
        "destination": field.destination,
    }


def _item(one: Provider) -> dict[str, Any]:
    return {
        "provider": one.name,
        "title": one.title,
        "category": one.category,
        "description": one.description,
        "keys_url": one.keys_url,
        "aliases": list(one.aliases),
        "fields": [_field(one, field) for field in one.fields],
        "hosts": list(one.hosts),
        "cost": one.cost,
        "unproven": list(one.unproven),
    }


def questions(out: Out, one: Provider, secrets: Mapping[str, str], assignments: Sequence[str]) -> None:
    """What `add` would ask, and the option that answers each; nothing is asked."""
    answered = {*secrets, *(text.partition("=")[0] for text in assignments)}
    rows = []
    for field in one.fields:
        option = f"--secret-stdin {field.name}" if one.is_credential(field.name) else f"{field.name}=VALUE"
        rows.append(_field(one, field) | {"answered": field.name in answered, "option": option})
    columns = [
        Column("name", "FIELD", lambda row: row["name"], 10),
        Column("type", "TYPE", lambda row: row["type"], 5),
        Column("required", "NEEDED", lambda row: "required" if row["required"] else "optional", 8),
        Column("answered", "ANSWERED", lambda row: "yes" if row["answered"] else "no", 4),
        Column("option", "OPTION", lambda row: row["option"], 9),
    ]
    out.rows(columns, rows, name="questions")


def checked(out: Out, file: str, definition: Provider, problems: Sequence[str]) -> None:
    """What is wrong with a definition; how to let it in when nothing is."""
    columns = [Column("problem", "PROBLEM", lambda row: row["problem"], 9)]
    out.rows(columns, [{"problem": one} for one in problems], name="provider-check") if problems or not out.tabular else None
    if problems:
        out.warn(f"{file}: {counted(len(problems), 'problem')}")
        return
    out.done(f"{definition.name} is sound: {counted(len(definition.fields), 'field')}, hosts {', '.join(definition.hosts)}")
    out.note(f'to let it in once its package is installed: [providers] allow = ["{definition.name}"] in config.toml')
