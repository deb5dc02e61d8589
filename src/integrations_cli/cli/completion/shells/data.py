"""What the scripts answer by themselves, in the form that all four share."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from integrations_cli.cli.completion.tree import Command
from integrations_cli.cli.plain import WRAPS

_BY_THE_PROGRAM = {"website", "catalogue", "integration", "field", "credential", "optional", "setting=", "person"}
_SAID = {"text": "none", "credential=file": "ask=file", "credential=variable": "ask=variable"}


@dataclass(frozen=True)
class Row:
    """An option."""

    names: tuple[str, ...]
    help: str
    repeatable: bool


@dataclass(frozen=True)
class Value:
    """What stands in a place: `ask` the program, `words`, `file`, `folder`, `variable`, `none`, or `ask=file`, `ask=variable`.

    `keys` are `command:--option`, `*:--option`, or the command alone for its arguments.
    """

    keys: tuple[str, ...]
    takes: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """`first` are the words after `integrations`, `second` those after a group; both with help lines.

    `values` is read from top to bottom: the first key that fits counts. `options` belong to the commands in front of them;
    no commands means all.
    """

    first: tuple[tuple[str, str], ...]
    second: Mapping[str, tuple[tuple[str, str], ...]]
    verbs: Mapping[str, str]
    aliases: Mapping[str, str]
    options: tuple[tuple[tuple[str, ...], tuple[Row, ...]], ...]
    values: tuple[Value, ...]
    places: tuple[Value, ...]
    wraps: tuple[str, ...]


def of(commands: Mapping[str, Command], groups: Mapping[str, tuple[str, str]], aliases: Mapping[str, str]) -> Facts:
    """The facts of a command table."""
    names = dict.fromkeys(path.split(" ")[0] for path in commands)
    return Facts(
        first=tuple((name, groups[name][1] if name in groups else commands[name][0]) for name in names),
        second={
            name: tuple((path.split(" ")[1], command[0]) for path, command in commands.items() if path.startswith(f"{name} "))
            for name in groups
        },
        verbs={name: verb for name, (verb, _) in groups.items() if verb},
        aliases=aliases,
        options=_options(commands),
        values=_values(commands),
        places=_places(commands),
        wraps=tuple(path for path in commands if path in WRAPS),
    )


def _options(commands: Mapping[str, Command]) -> tuple[tuple[tuple[str, ...], tuple[Row, ...]], ...]:
    taken: dict[Row, list[str]] = {}
    for path, (_, _, options) in commands.items():
        for names, _, _, repeatable, text in options:
            taken.setdefault(Row(names, text, repeatable), []).append(path)
    together: dict[tuple[str, ...], list[Row]] = {}
    for row, having in taken.items():
        together.setdefault(tuple(having) if len(having) < len(commands) else (), []).append(row)
    everywhere = together.pop((), [])
    return (*((having, tuple(rows)) for having, rows in together.items()), ((), tuple(everywhere)))


def _values(commands: Mapping[str, Command]) -> tuple[Value, ...]:
    """The usual meaning of an option is said once, as `*:--option`; the exceptions come first."""
    rare: list[Value] = []
    usual: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name in dict.fromkeys(name for _, _, options in commands.values() for one in options for name in one[0]):
        meanings = [(path, _said(*one[1:3])) for path, (_, _, options) in commands.items() for one in options if name in one[0]]
        common = max((meaning for _, meaning in meanings), key=[meaning for _, meaning in meanings].count)
        rare += [Value((f"{path}:{name}",), *meaning) for path, meaning in meanings if meaning != common]
        usual.setdefault(common, []).append(f"*:{name}")
    return (*rare, *(Value(tuple(keys), *meaning) for meaning, keys in usual.items() if meaning[0] or rare))


def _said(takes: str, words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    return ("ask" if takes in _BY_THE_PROGRAM else _SAID.get(takes, takes)), words


def _places(commands: Mapping[str, Command]) -> tuple[Value, ...]:
    found = sorted((*_place(command), path) for path, command in commands.items())
    return tuple(
        Value(tuple(one[2] for one in same), *meaning) for meaning, same in groupby(found, lambda one: one[:2]) if meaning[0] != "none"
    )


def _place(command: Command) -> tuple[str, tuple[str, ...]]:
    """One answer for all arguments of a command; where they differ the program decides."""
    kinds = {_said(takes, words) for _, takes, words, _ in command[1]} - {("command", ())}
    return ("none", ()) if not kinds else kinds.pop() if len(kinds) == 1 else ("ask", ())
