"""Credentials given without a prompt: standard input, a file, a variable. Never an argument."""

import sys
from collections.abc import Mapping
from pathlib import Path

from integrations_cli.cli.params import Options
from integrations_cli.errors import NotFound, UsageError, system_says

LIMIT = 64 * 1024  # bytes: more than any credential


def given(options: Options, environ: Mapping[str, str]) -> dict[str, str]:
    """Field name → clear text, from `--secret-stdin`, `--secret-file` and `--secret-env`. Exactly one final newline is dropped.

    Raises UsageError (2) for a field given twice, text that is not UTF-8 or too long; NotFound (3) for a missing file or variable.
    """
    found: dict[str, str] = {}
    for text in options.secret_file or ():
        name, path = _pair(text, "--secret-file", "PATH")
        _put(found, name, _file(name, path))
    for text in options.secret_env or ():
        name, variable = _pair(text, "--secret-env", "NAME")
        if variable not in environ:
            raise NotFound(f"{name}: there is no variable of that name in the environment", "it was not exported, or has another name")
        _put(found, name, environ[variable])
    if options.secret_stdin and not sys.stdin.isatty():
        _put(found, options.secret_stdin, _text(options.secret_stdin, sys.stdin.buffer.read(LIMIT + 1)))
    return found


def to_be_typed(options: Options) -> str | None:
    """The field that standard input was named for, where it is a terminal: the person is asked instead, hidden."""
    return options.secret_stdin if options.secret_stdin and sys.stdin.isatty() else None


def _pair(text: str, option: str, what: str) -> tuple[str, str]:
    name, equals, rest = text.partition("=")
    if not equals or not name or not rest:
        raise UsageError(
            f"{option} takes FIELD={what}", "credentials never come from the command line" if not equals else "one of the two is empty"
        )
    return name, rest


def _put(found: dict[str, str], name: str, value: str) -> None:
    if name in found:
        raise UsageError(f"{name} is given twice", "one value is stored")
    found[name] = value


def _file(name: str, path: str) -> str:
    if path == "-":
        return _text(name, sys.stdin.buffer.read(LIMIT + 1))
    try:
        with Path(path).expanduser().open("rb") as file:
            return _text(name, file.read(LIMIT + 1))
    except OSError as error:
        raise NotFound(f"{name}: cannot read the file", system_says(error)) from None


def _text(name: str, data: bytes) -> str:
    if len(data) > LIMIT:
        raise UsageError(f"{name}: too long", f"more than {LIMIT} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{name}: not a value it takes", "it is not UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
