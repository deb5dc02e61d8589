"""`integrations __complete SHELL WORDS…`: what may stand at the cursor, one `value⇥description` a line.

Answered before Typer is imported, with the standard library alone. No key, no network, no question, no write, never a word on stderr:
late, locked, missing or damaged means no answer and exit code 0. Never a hint, a fingerprint or the value of a setting.
"""

import os
from _thread import start_new_thread
from time import sleep

from integrations_cli.cli.completion.line import Spot
from integrations_cli.cli.completion.table import COMMANDS, GROUPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Offers = Iterable[tuple[str, str]]

DEADLINE = 0.13  # seconds; the interpreter has taken the rest of the 150 ms
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-./=")


_ready: list[bool] = []


def main(words: list[str]) -> None:
    """Answer and end the process; `words` are the shell's name and the command line, the last word being the one at the cursor."""
    start_new_thread(_late, ())
    try:
        shell, line = words[0], words[1:] or [""]
        if shell == "powershell":  # it loses empty arguments, so its last word comes behind a dot
            line[-1] = line[-1].removeprefix(".")
        text = lines(line, os.environ).encode("utf-8", "replace")
        _ready.append(True)
        os.write(1, text)
    except BaseException:  # noqa: S110  a TAB is no place to complain
        pass
    os._exit(0)


def _late() -> None:
    sleep(DEADLINE)
    if not _ready:  # a reader that takes its time gets all of it, not half a name
        os._exit(0)


def lines(line: "list[str]", environ: "Mapping[str, str]") -> str:
    """The whole answer. Raises what the store raises."""
    spot = Spot(line)
    begin = spot.head + spot.typed
    found = ((spot.head + value, text) for value, text in _offers(spot, environ))
    kept = [f"{value}\t{_clean(text)}".rstrip() for value, text in found if value.startswith(begin) and _ALLOWED.issuperset(value)]
    return "".join(f"{one}\n" for one in kept)


def _clean(text: str) -> str:
    """A description is somebody's text: one harmless line."""
    return "".join(one if one.isprintable() else "?" for one in text[:60])


def _offers(spot: Spot, environ: "Mapping[str, str]") -> "Offers":
    if spot.takes == "verb":
        return [(word, _help(f"{spot.command} {word}".strip())) for word in spot.words]
    if spot.takes == "option":
        return [(name, one[4]) for one in COMMANDS[spot.command][2] for name in one[0] if one[3] or one[0][-1] not in spot.values]
    if spot.takes == "words":
        return [(word, "") for word in spot.words]
    if spot.takes in {"none", "text", "file", "folder", "variable", "command"}:
        return ()
    from integrations_cli.cli.completion import dynamic  # noqa: PLC0415  most answers need no store

    return dynamic.offers(spot, environ)


def _help(path: str) -> str:
    return GROUPS[path][1] if path in GROUPS else COMMANDS[path][0]
