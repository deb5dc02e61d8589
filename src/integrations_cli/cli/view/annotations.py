"""Lines that GitHub's runner turns into annotations, and the table on the page of the run.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os

from integrations_cli.errors import NotWritten, system_says
from integrations_cli.masking import safe
from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal, TextIO

MOST = 10  # of a kind per step: the runner shows no more


class Annotation(Record):
    """One line: `error` or `warning`, what it is about, and what is wrong with it."""

    kind: Literal["error", "warning"]
    title: str
    text: str


def wanted(choice: str, environ: Mapping[str, str]) -> bool:
    """`auto` means: under GitHub Actions."""
    return choice == "on" or (choice == "auto" and environ.get("GITHUB_ACTIONS") == "true")


def write(stream: TextIO, found: Sequence[Annotation]) -> None:
    """The lines, to stderr: stdout stays data. At most ten of a kind; the tenth counts the rest."""
    for kind in ("error", "warning"):
        mine = [one for one in found if one.kind == kind]
        shown = mine if len(mine) <= MOST else [*mine[: MOST - 1], Annotation(mine[0].kind, "more", f"and {len(mine) - MOST + 1} more")]
        for one in shown:
            print(f"::{one.kind} title={_title(one.title)}::{_escaped(safe(one.text, None))}", file=stream)


def summarize(environ: Mapping[str, str], markdown: str) -> None:
    """Append a table without secrets to the page of the run, if there is one. Raises NotWritten (74)."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with open(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "w", encoding="utf-8") as file:
            file.write(markdown + "\n")
    except OSError as error:
        raise NotWritten("the summary of this step could not be written", system_says(error)) from None


def markdown(titles: Sequence[str], rows: Sequence[Sequence[str]], below: str) -> str:
    """A table, and a sentence below it; no cell can start markup."""
    lines = [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles)]
    return "\n".join([*lines, *(f"| {' | '.join(map(_cell, row))} |" for row in rows), "", below])


def _cell(text: str) -> str:
    """Text that starts no markup and leaves its cell alone."""
    text = safe(text)
    for one in "\\`*_{}[]<>#|~":
        text = text.replace(one, f"\\{one}" if one not in "<>" else {"<": "&lt;", ">": "&gt;"}[one])
    return text


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##[", "## [")


def _title(text: str) -> str:
    return _escaped(safe(text, None)).replace(":", "%3A").replace(",", "%2C")
