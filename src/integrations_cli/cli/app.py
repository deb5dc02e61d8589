"""The commands, found by file name and loaded when typed; the one place where errors end."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from integrations_cli.cli import endings, front, needs, params
from integrations_cli.cli.manual import Command
from integrations_cli.cli.marks import shared as marked
from integrations_cli.cli.notes import Words
from integrations_cli.cli.plain import split
from integrations_cli.cli.tools import Doors, Tools
from integrations_cli.errors import UsageError

if TYPE_CHECKING:
    from typer import Context

GROUPS: Mapping[str, tuple[str, str]] = {  # a group's reading verb runs when the group stands alone
    "website": ("list", "the websites you look after"),
    "providers": ("list", "the catalogue"),
    "migrate": ("", "copy keys from where they lie now"),
    "audit": ("list", "who did what"),
    "usage": ("show", "calls and errors"),
    "key": ("status", "how the store is unlocked"),
    "access": ("list", "who may do what"),
    "store": ("status", "where the data is"),
    "completion": ("", "TAB"),
}
PANELS: Mapping[str, tuple[str, ...]] = {
    "Everyday": ("add", "list", "show", "test", "set", "rotate", "exec", "due"),
    "Change": ("edit", "enable", "disable", "rollback", "rebind", "remove", "get", "env"),
    "Websites and providers": ("website", "providers"),
    "Bring in and take out": ("migrate", "export"),
    "Watch": ("audit", "history", "usage", "who-uses", "doctor"),
    "Keys, access, store": ("init", "key", "access", "store"),
    "Help": ("completion", "demo", "help"),
}
ALIASES: Mapping[str, tuple[str, ...]] = {  # the seed's words and old habits; in no help
    "ls": ("list",),
    "rm": ("remove",),
    "create": ("add",),
    "update": ("set",),
    "delete": ("remove",),
    "configure": ("edit",),
    "available": ("providers", "list"),
    "websites": ("website",),
    "provider": ("providers",),
    "keys": ("key",),
    "import": ("migrate", "file"),
}
_FOLDER = Path(__file__).parent / "commands"


@cache
def paths() -> tuple[tuple[str, ...], ...]:
    """Every command as its words: `("website", "add")`; from the names of the files, nothing is imported."""
    stems = sorted(file.stem for file in _FOLDER.glob("*.py") if not file.stem.startswith("_"))
    return tuple(_words(stem) for stem in stems)


def _words(stem: str) -> tuple[str, ...]:
    first, _, rest = stem.partition("_")
    return (first, rest.replace("_", "-")) if first in GROUPS and rest else (stem.replace("_", "-"),)


@cache
def load(path: tuple[str, ...]) -> TyperCommand:
    """The Typer command behind the words; imports that one file."""
    module = import_module("integrations_cli.cli.commands." + "_".join(path).replace("-", "_"))
    small = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    hidden = getattr(module, "HIDDEN", False)
    settings = {"help_option_names": ["-h", "--help"]}
    small.command(name=path[-1], cls=Command, hidden=hidden, context_settings=settings)(_wrapped(module))
    found = typer.main.get_command(small)
    assert isinstance(found, TyperCommand)
    return found


def _wrapped(module: Any) -> Callable[..., None]:
    command, marks = module.command, getattr(module, "MARKS", "")
    names = [name for name, _, _ in marked(marks)]

    def run_it(context: "Context", **given: Any) -> None:
        tools: Tools = context.obj
        _must_have_values(context)
        tools.options = params.Options(**{name: given.pop(name) for name in names})
        tools.begin(needs.of(module, given | vars(tools.options)))
        code = command(tools, **given)
        if code:
            raise typer.Exit(code)

    run_it.__doc__ = module.command.__doc__
    run_it.__signature__ = _full_signature(command, marks)  # type: ignore[attr-defined]
    run_it.__annotations__ = {name: one.annotation for name, one in run_it.__signature__.parameters.items()}  # type: ignore[attr-defined]
    return run_it


def _must_have_values(context: "Context") -> None:
    """An empty value is a variable that was not set, never a wish for all, or for the website at hand. Raises UsageError (2)."""
    for one in context.command.params:
        value = context.params.get(one.name or "")
        texts = value if isinstance(value, list | tuple) else [value]
        if one.param_type_name == "option" and value != one.default and any(params.is_nothing(text, texts is value) for text in texts):
            name = next((name for name in one.opts if name.startswith("--")), one.opts[0])
            raise UsageError(f"{name} needs a value", "the one that was given is empty", f"{context.command_path} --help")


def _full_signature(command: Any, marks: str) -> Signature:
    """What Typer reads: the command's own parameters (without `tools`), the context, and the shared ones."""
    own = [
        one.replace(kind=Parameter.KEYWORD_ONLY) for name, one in signature(command, eval_str=True).parameters.items() if name != "tools"
    ]
    context = Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context)
    brought = [Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind) for name, kind, default in marked(marks)]
    return Signature([context, *(one.replace(annotation=_in_typers_words(one.annotation)) for one in [*own, *brought])])


def _in_typers_words(annotation: Any) -> Any:
    """From our own short forms (notes.py), or from typing's."""
    kind, declared = annotation.__origin__, annotation.__metadata__[0]
    if isinstance(kind, Words):
        kind = Literal[kind.words] | None if kind.optional else Literal[kind.words]
    if isinstance(declared, params.Option):
        return Annotated[kind, typer.Option(*declared.names, **declared.facts)]
    return Annotated[kind, typer.Argument(**declared.facts)]


class Group(TyperGroup):
    """A group whose commands are loaded only when they are typed."""

    def get_help(self, ctx: Any) -> str:
        """Its commands, and what it does alone: in the words of the other pages."""
        verb, told = GROUPS[str(self.name)]
        lines = {name: self.get_command(ctx, name).get_short_help_str(60) for name in self.list_commands(ctx)}
        alone = [f"Alone: {ctx.command_path} {verb}", ""] if verb else []
        commands = [f"  {name:<{max(map(len, lines))}}  {text}" for name, text in lines.items()]
        page = [f"Usage: {ctx.command_path} COMMAND [ARGUMENTS] [OPTIONS]", "", f"  {told}", "", "Commands:", *commands, "", *alone]
        return "\n".join([*page, f"{ctx.command_path} COMMAND --help tells the rest"])

    def list_commands(self, ctx: Any) -> list[str]:
        return [path[1] for path in paths() if len(path) == 2 and path[0] == self.name]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return load((str(self.name), cmd_name)) if cmd_name in self.list_commands(ctx) else None


class Root(TyperGroup):
    """The tool itself."""

    def get_help(self, ctx: Any) -> str:
        return front.root_help().rstrip("\n")

    def list_commands(self, ctx: Any) -> list[str]:
        there = {path[0] for path in paths()}
        ordered = [name for panel in PANELS.values() for name in panel if name in there]
        return ordered + sorted(there - set(ordered))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in GROUPS:
            return Group(
                name=cmd_name, help=GROUPS[cmd_name][1], rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
            )
        return load((cmd_name,)) if (cmd_name,) in paths() else None


def expand(arguments: Sequence[str]) -> list[str]:
    """Aliases, a group alone, and no command at all, put into full words."""
    words = _apart(list(arguments))
    if not words:
        return ["overview"] if ("overview",) in paths() else ["--help"]
    words[:1] = ALIASES.get(words[0], (words[0],))
    verb = GROUPS.get(words[0], ("", ""))[0]
    if verb and (len(words) == 1 or (words[1].startswith("-") and words[1] not in {"-h", "--help"})):
        words.insert(1, verb)
    return words


def _apart(words: list[str]) -> list[str]:
    """`-w=acme` as `-w acme`: long options are written so, and a slug never begins with `=`."""
    end = words.index("--") if "--" in words else len(words)
    return [part for word in words[:end] for part in (word.split("=", 1) if word.startswith("-w=") else [word])] + words[end:]


def root() -> Root:
    """The command tree; building it imports no command."""
    return Root(
        name="integrations",
        help="keep the third-party credentials of many websites",
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def run(arguments: Sequence[str], doors: Doors | None = None) -> int:
    """Carry out one command line and return its exit code (D8). Nothing is raised, whatever happens."""
    words, behind = split(expand(arguments))
    endings.listen()
    tools = Tools(words, doors or Doors(), run)
    tools.behind = behind
    with tools.acting(), endings.caught(tools, paths) as ending:
        ending.code = int(root().main(words, prog_name="integrations", standalone_mode=False, obj=tools) or 0)
        sys.stdout.flush()
    return ending.code
