"""What other readers of .env files make of a line: python-dotenv, dotenv of Node and of Ruby, direnv, and a shell that sources it.

Nothing is taken silently where one of them would take something else: `problem` refuses, `disputed` is told. `hides` finds a name of
ours in a line that is not read as its line.
"""

import re
from collections.abc import Container

_VARIABLE = re.compile(r"\$[A-Z_][A-Z0-9_]*")
_SHELL = re.compile(r"[#\\$;&|<>()'\"`]|(?:^|:)~|\s\w+\+?=")  # what a shell, or another reader, does something with outside of quotes
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_STRANGE_NAME = re.compile(r"(?:.*[^A-Za-z0-9_.-])?(\w+)[^A-Za-z0-9_.-]*", re.DOTALL | re.ASCII)
_COMMENT = (";", "//")  # of other kinds of files: nobody reads such a line
_SECOND = re.compile(r"\S*[;\s]\s*(?:export\s+)?(\w+)\+?=")
_LATER = re.compile(r"^\s*(?:export\s+)?(\w+)\s*=", re.MULTILINE)

Problem = tuple[str, str]
"""A fixed word, and the same in ours."""


def problem(value: str, quote: str) -> Problem | None:
    """Why the value cannot be meant as it stands."""
    if quote != "'" and ("${" in value or "$(" in value or value.startswith("`") or _VARIABLE.fullmatch(value)):
        return "reference", "a reference or a command; nothing is expanded or run"
    if quote:
        return None
    if value.startswith("-----BEGIN"):
        return "needs_quotes", "a value of several lines needs quotes"
    if value.endswith((";", ",")):
        return "needs_quotes", "; or , at its end: quotes say whether it belongs to the value"
    return None


def disputed(value: str, quote: str, rest: str, exported: bool) -> bool:
    """True where another reader sees another value; `rest` is the line from the value on, `exported` says that `export` begins it."""
    if "\r" in rest:
        return True
    if not quote:
        return bool(_SHELL.search(value)) or (exported and len(value.split()) > 1)
    inside = re.match(rf"{quote}((?:\\.|[^{quote}\\])*){quote}", rest, re.DOTALL)
    if inside is None:
        return True
    behind = rest[inside.end() :]
    if behind.startswith("#") or quote in behind.partition("\n")[0]:
        return True
    escapes = _ESCAPED.findall(inside[1])
    return "\\" in escapes or "'" in escapes if quote == "'" else bool(escapes) or "$" in value or "`" in value


def hides(name: str, value: str, quote: str, rest: str, known: Container[str]) -> tuple[str, int] | None:
    """A name of ours in this line, and how many lines below its begin, where a reader like ours would not see it."""
    strange = _STRANGE_NAME.fullmatch(name)
    if strange and strange[1] != name and strange[1] in known and not name.startswith(_COMMENT):
        return strange[1], 0
    if not quote:
        second = _SECOND.match(rest)
        return (second[1], 0) if second and second[1] in known else None
    _, newline, later = value.partition("\n")
    for found in _LATER.finditer(later) if newline else ():
        if found[1] in known:
            return found[1], 1 + later[: found.start(1)].count("\n")
    return None
