"""Plain command lines of everyday commands, understood without Typer.

Only what the table of commands knows, in its plainest form: a known command, known options with their values apart or behind `=`.
Anything else (an error, help, joined short options, `--`) is left to Typer, which understands the same lines in the same way
(tests/cli/test_plain.py holds one against the other).
"""

from __future__ import annotations

import sys

from integrations_cli.cli.everyday import ALIASES, COMMANDS, GROUPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

READS = frozenset(
    {
        "due",
        "list",
        "show",
        "get",
        "website list",
        "website show",
        "providers list",
        "providers show",
        "help",
        "overview",
        "usage show",
        "usage record",
        "audit list",
        "audit verify",
        "history",
    }
)
WRAPS = ("exec",)  # what stands behind their -- is a command of its own
QUICK = frozenset({"exec", "env", "enable", "disable", "set", "test", "website use"})  # they change something, hand something out, or ask


def split(words: list[str]) -> tuple[list[str], list[str] | None]:
    """`exec … -- COMMAND …`: what stands behind `--` is the child's, untouched; the parser would drop the `--`."""
    if not words or words[0] not in WRAPS or "--" not in words:
        return words, None
    at = words.index("--")
    return words[:at], words[at + 1 :]


def parse(words: list[str]) -> tuple[str, dict[str, Any], list[str]] | None:
    """The command, its options by name, and its arguments in order; None when this is not for us."""
    found = _command(words)
    if found is None:
        return None
    path, rest = found
    known = {name: option for option in COMMANDS[path][1] for name in option[0]} if path in COMMANDS else {}
    values: dict[str, Any] = {}
    arguments: list[str] = []
    left = iter(rest)
    for word in left:
        if not word.startswith("-") or word == "-":
            arguments.append(word)
            continue
        name, equals, value = word.partition("=")
        option = known.get(name)
        if option is None or name in {"-h", "--help"} or (equals and not name.startswith("--") and name != "-w"):
            return None
        names, takes, choices, repeatable = option
        key = names[-1].removeprefix("--").replace("-", "_")
        if not takes:
            if equals:
                return None
            values[key] = True
            continue
        text = value if equals else next(left, None)
        if (
            not text
            or (repeatable and not text.strip(", "))
            or (choices and text not in choices)
            or key == "key_fd"
            or (not equals and text.startswith("-"))
        ):
            return None
        values[key] = [*values.get(key, []), text] if repeatable else text
    return path, values, arguments


def _command(words: list[str]) -> tuple[str, list[str]] | None:
    if not words:
        return "overview", []
    words = [*ALIASES.get(words[0], words[0]).split(" "), *words[1:]]
    if words[0] in GROUPS:
        verb = GROUPS[words[0]]
        if len(words) == 1 or words[1].startswith("-"):
            words.insert(1, verb)
        path, rest = " ".join(words[:2]), words[2:]
    else:
        path, rest = words[0], words[1:]
    return (path, rest) if path in READS or path in QUICK else None


def bound(path: str, values: dict[str, Any], arguments: list[Any]) -> tuple[Any, dict[str, Any], dict[str, Any]] | None:
    """The module, the shared options, and what its function gets; None when an argument is missing or too many."""
    from integrations_cli.cli import params  # noqa: PLC0415  only for lines that are for us

    name = "integrations_cli.cli.commands." + path.replace(" ", "_")
    __import__(name)  # importlib itself costs more
    module: Any = sys.modules[name]
    function = module.command
    names = function.__code__.co_varnames[1 : function.__code__.co_argcount]
    defaults = dict(zip(reversed(names), reversed(function.__defaults__ or ()), strict=False))
    declared = {name: function.__annotations__[name].__metadata__[0] for name in names}
    places = [name for name in names if type(declared[name]) is params.Argument]
    options = {name: declared[name].names[-1].removeprefix("--").replace("-", "_") for name in names if name not in places}
    many = path in COMMANDS and COMMANDS[path][0]
    if many and arguments:  # the last argument takes all that are left
        arguments = [*arguments[: len(places) - 1], arguments[len(places) - 1 :]] if len(arguments) >= len(places) else arguments
    own = defaults | dict(zip(places, arguments, strict=False))
    own |= {name: values.pop(word) for name, word in options.items() if word in values}
    shared = set(params.Options.__annotations__)
    if len(arguments) > len(places) or any(name not in own for name in names) or not set(values) <= shared:
        return None
    if any(type(own[name]) is str and function.__annotations__[name].__origin__ is int for name in names):
        return None  # Typer reads numbers
    return module, values, own


def run(words: list[str]) -> int | None:
    """Carry the line out and return its exit code; None when it is not for us."""
    words, behind = split(words)
    parsed = parse(words)
    if parsed is None:
        return None
    found = bound(*parsed)
    if found is None:
        return None
    module, shared, own = found
    from integrations_cli.cli import endings, needs, params  # noqa: PLC0415
    from integrations_cli.cli.tools import Doors, Tools  # noqa: PLC0415

    if parsed[0] in QUICK:
        endings.listen()
    tools = Tools(_retyped(words, parsed[0]), Doors(), lambda again, doors: 1)
    tools.behind = behind
    with endings.caught(tools, _paths) as ending:
        tools.options = params.Options(**shared)
        tools.begin(needs.of(module, own | vars(tools.options)))
        ending.code = module.command(tools, **own) or 0
        sys.stdout.flush()
    return ending.code


def _paths() -> list[tuple[str, ...]]:
    """Every command there is; asked for after a mistake."""
    from integrations_cli.cli.completion import table  # noqa: PLC0415

    return [tuple(path.split(" ")) for path in table.COMMANDS]


def _retyped(words: list[str], path: str) -> list[str]:
    """The line in full words, as errors repeat it."""
    found = _command(words)
    return [*path.split(" "), *(found[1] if found else [])]
