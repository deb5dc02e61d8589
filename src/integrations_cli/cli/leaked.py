"""A leaked value, taken in: from standard input, a file, or a hidden question. Never an argument."""

import sys
from pathlib import Path

from integrations_cli.cli import masks
from integrations_cli.cli.secrets import LIMIT
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import MissingInput, NotFound, UsageError, system_says

_TRIES = ("integrations who-uses < FILE", "integrations who-uses --file FILE", "integrations who-uses --fingerprint HEX")


def given(tools: Tools, file: str | None) -> str:
    """The text without its one final newline. Raises NotFound (3), MissingInput (2), UsageError (2)."""
    if file is not None and file != "-":
        text = _text(_read(file))
    elif not sys.stdin.isatty():
        text = _text(sys.stdin.buffer.read(LIMIT + 1))
    elif tools.ask.may_ask():
        text = tools.ask.hidden("What leaked").reveal()
    else:
        raise MissingInput("missing: what leaked", "there is no terminal to ask on", _TRIES)
    masks.announce(tools.out, tools.doors.environ, [text])
    return text


def _read(path: str) -> bytes:
    try:
        with Path(path).expanduser().open("rb") as file:
            return file.read(LIMIT + 1)
    except OSError as error:
        raise NotFound("cannot read the file", system_says(error), _TRIES[:1]) from None


def _text(data: bytes) -> str:
    if len(data) > LIMIT:
        raise UsageError("this is too much at once", f"more than {LIMIT} bytes", "split it into several files")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise UsageError("this cannot be compared", "it is not UTF-8 text", _TRIES) from None
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
