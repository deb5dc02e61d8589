"""Source `rails-credentials`: what stands in an application's encrypted credentials file, by `provider.field` or like a variable's name.

The keys of active_record_encryption are used by `rails-db` and never stored.
"""

from collections.abc import Iterator
from typing import Any

from integrations_cli import registry
from integrations_cli.errors import NotFound
from integrations_cli.masking import Secret
from integrations_cli.provider import Provider
from integrations_cli.sources.finding import Finding, Ignored, Reading
from integrations_cli.sources.flat import NO_TEXT
from integrations_cli.sources.names import Meaning, Named, Wanted, index, interpret
from integrations_cli.sources.rails import app
from integrations_cli.sources.showing import shown

Leaf = tuple[tuple[str, ...], Any]
"""The names on the way, and a text, None or a list."""


def read(where: app.Application, wanted: Wanted, under: str | None = None) -> Reading:
    """Findings of the file that Rails would take. Raises NotFound (3), MissingInput (2), Unreadable (7)."""
    opened = app.read(where)
    reading = Reading("rails-credentials", opened.name)
    reading.notes += opened.notes
    return of_tree(reading, section(opened.document.tree, under), opened.name, wanted)


def section(tree: dict[str, Any], under: str | None) -> dict[str, Any]:
    """The part below `--under NAME`. Raises NotFound (3)."""
    if under is None:
        return tree
    found = tree.get(under)
    if not isinstance(found, dict):
        raise NotFound("--under: there is no such section at the top of the credentials file")
    return found


def of_tree(reading: Reading, tree: dict[str, Any], file: str, wanted: Wanted) -> Reading:
    """Sort the leaves into findings, ignored ones and faults."""
    providers = {name: one for one in registry.all() for name in (one.name, *one.aliases)}
    meanings = {f"{name}.{known.name}": Meaning(one.name, known.name) for name, one in providers.items() for known in one.fields}
    variables = index()
    pairs: list[Named] = []
    for path, value in _leaves(tree, ()):
        place = f"{file} {shown('.'.join(path))}"
        variable = "_".join(path).upper()
        problem = NO_TEXT if isinstance(value, bytes) else None
        value = "x" if problem else value
        if not isinstance(value, str):
            reading.names += 1
            if path[0] in providers or variable in variables:
                reading.ignored.append(Ignored(place, "empty" if value is None else "not_text"))
        elif ".".join(path) in meanings:
            pairs.append(Named(".".join(path), value, place, problem=problem))
        elif variable in variables or path[0] not in providers or len(path) != 2:
            pairs.append(Named(variable, value, place, problem=problem))
        else:
            _unknown(reading, providers[path[0]], path[1], value, place, wanted)
    return interpret(reading, pairs, wanted, meanings)


def _unknown(reading: Reading, one: Provider, name: str, value: str, place: str, wanted: Wanted) -> None:
    """A field that the catalogue lacks: the plan decides, by `--unknown-fields`."""
    reading.names += 1
    if wanted.only and one.name not in wanted.only:
        reading.ignored.append(Ignored(place, "not_asked_for"))
    else:
        reading.findings.append(Finding(one.name, shown(name), Secret(value), place))


def _leaves(tree: dict[str, Any], path: tuple[str, ...]) -> Iterator[Leaf]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value
