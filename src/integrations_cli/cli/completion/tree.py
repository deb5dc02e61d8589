"""The command table, made from the Typer tree: the one truth behind completion files, `__complete` and the root help.

A command is `(help, arguments, options)`, an argument `(metavar, takes, words, repeatable)`, an option
`(names, takes, words, repeatable, help)`. `takes` says what may stand there: "" a flag, `text` anything, `words` one of the
words, `file`, `folder`, `variable` (its name), `website`, `catalogue` (any provider), `integration` (one the website has),
`person` (of this machine, or with a role), `field`, `credential`, `optional`, `setting=`, `credential=file`,
`credential=variable`, `command`.
"""

from typing import Any, Literal, get_args, get_origin

from integrations_cli.card import STATUSES
from integrations_cli.categories import CATEGORIES
from integrations_cli.cli import app, topics
from integrations_cli.cli.completion.shells import NAMES
from integrations_cli.store.slots import KINDS

Argument = tuple[str, str, tuple[str, ...], bool]
Option = tuple[tuple[str, ...], str, tuple[str, ...], bool, str]
Command = tuple[str, tuple[Argument, ...], tuple[Option, ...]]

HELP: Option = (("-h", "--help"), "", (), False, "show this help")
_WORDS: dict[str, tuple[str, ...]] = {
    "C": tuple(CATEGORIES),
    "S": STATUSES,
    "KIND": KINDS[:-1],
    "SHELL": tuple(NAMES),
    "TOPIC": tuple(topics.PAGES),
}
_TAKES = {
    "SLUG": "website",
    "PROVIDER": "integration",
    "P": "integration",
    "P,": "catalogue",
    "FIELD": "field",
    "NAME=VALUE": "setting=",
    "FIELD=PATH": "credential=file",
    "FIELD=NAME": "credential=variable",
    "FILE": "file",
    "PATH": "file",
    "DIR": "folder",
    "COMMAND": "command",
}
_EXCEPTIONS = {  # the command decides, not the metavar
    ("website add", "SLUG"): "text",
    ("init", "--website"): "text",
    ("add", "PROVIDER"): "catalogue",
    ("providers show", "PROVIDER"): "catalogue",
    ("rotate", "FIELD"): "credential",
    ("set", "--unset"): "optional",
    ("access grant", "WHO"): "person",
    ("access revoke", "WHO"): "person",
}
_BY_OPTION = {"--secret-stdin": "credential", "--include": "variable"}


def commands() -> dict[str, Command]:
    """Every command that is not hidden, by its words, in the order of the help page; imports all of them."""
    order = app.root().list_commands(None)
    paths = sorted(app.paths(), key=lambda path: (order.index(path[0]), path))
    return {" ".join(path): _command(" ".join(path), app.load(path)) for path in paths if not app.load(path).hidden}


def groups() -> dict[str, tuple[str, str]]:
    """The groups that have commands: their reading verb and help line."""
    there = {path[0] for path in app.paths() if len(path) == 2}
    return {name: group for name, group in app.GROUPS.items() if name in there}


def aliases() -> dict[str, str]:
    """The hidden other words, and what they stand for, of those that lead somewhere."""
    known = {" ".join(path) for path in app.paths()} | set(groups())
    return {alias: " ".join(words) for alias, words in app.ALIASES.items() if " ".join(words) in known}


def _command(path: str, command: Any) -> Command:
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    arguments = tuple(_argument(path, one) for one in shown if one.param_type_name == "argument")
    options = tuple(_option(path, one) for one in shown if one.param_type_name == "option" and "--help" not in one.opts)
    return first_line(command.help), arguments, (*options, HELP)


def first_line(help_text: str | None) -> str:
    """The help line of a command."""
    return (help_text or "").strip().partition("\n")[0]


def _argument(path: str, argument: Any) -> Argument:
    metavar = (argument.metavar or argument.name.upper()).strip("[].")
    takes, words = _place(path, metavar, metavar, argument)
    return metavar, takes, words, argument.nargs == -1


def _option(path: str, option: Any) -> Option:
    if option.is_flag:
        return tuple(option.opts), "", (), False, option.help or ""
    takes, words = _place(path, (option.metavar or "").strip("[]."), option.opts[-1], option)
    return tuple(option.opts), takes, words, option.multiple, option.help or ""


def _place(path: str, metavar: str, name: str, parameter: Any) -> tuple[str, tuple[str, ...]]:
    words = _literal(parameter.type_descriptor.annotation) or _WORDS.get(metavar, ())
    if words:
        return "words", words
    return _EXCEPTIONS.get((path, name)) or _BY_OPTION.get(name) or _TAKES.get(metavar, "text"), ()


def _literal(annotation: Any) -> tuple[str, ...]:
    """The words of a Literal, also inside a list or beside None."""
    if get_origin(annotation) is Literal:
        return tuple(map(str, get_args(annotation)))
    return next((found for one in get_args(annotation) if (found := _literal(one))), ())
