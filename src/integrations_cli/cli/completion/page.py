"""The page of `integrations --help`: made once from the command tree, printed without loading it."""

from collections.abc import Mapping

from integrations_cli.cli.app import PANELS
from integrations_cli.cli.completion.tree import Command

WIDTH = 80
_HEAD = """\
Usage: integrations COMMAND [ARGUMENTS] [OPTIONS]

Keep the third-party credentials of many websites: encrypted, tested, masked.
"""
_TAIL = """
Options, after the command: -w SLUG the website, -h help, --json data, -q quiet;
  integrations COMMAND --help lists them all; integrations --version
Start: integrations init; a look around first: integrations demo
"""


def text(commands: Mapping[str, Command], groups: Mapping[str, tuple[str, str]]) -> str:
    """The panels of the tool in their order; a group is one line with its commands."""
    there = dict.fromkeys(path.split(" ")[0] for path in commands)
    unplaced = [name for name in there if not any(name in panel for panel in PANELS.values())]
    panels = {title: [name for name in names if name in there] for title, names in PANELS.items()}
    panels["Help"] = panels.get("Help", []) + unplaced
    width = max(map(len, there)) + 2
    lines = [_HEAD]
    for title, names in panels.items():
        if names:
            lines += [f"{title}:", *(_line(name, commands, groups, width) for name in names)]
    return "\n".join(lines) + "\n" + _TAIL


def _line(name: str, commands: Mapping[str, Command], groups: Mapping[str, tuple[str, str]], width: int) -> str:
    if name not in groups:
        return f"  {name:<{width}}{commands[name][0]}"
    verbs = [path.split(" ")[1] for path in commands if path.startswith(name + " ")]
    line = f"  {name:<{width}}{groups[name][1]}: {', '.join(verbs)}"
    return line if len(line) <= WIDTH else f"  {name:<{width}}{groups[name][1]}: {len(verbs)} commands, see {name} --help"
