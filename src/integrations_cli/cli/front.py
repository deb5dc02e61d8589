"""The front door: what is answered before Typer is imported. Standard library only, and little of it."""

import os
import sys


def answer(arguments: list[str]) -> int | None:
    """Answer `__complete`, `--version`, the root `--help` and plain reads, and return the exit code; None: Typer has to."""
    if arguments[:1] == ["__complete"]:
        from integrations_cli.cli.completion import answer as tab  # noqa: PLC0415  at every TAB: nothing else is imported

        tab.main(arguments[1:])
    if arguments in (["--version"], ["-V"]):
        from integrations_cli import __version__  # noqa: PLC0415  the whole answer

        return _print(f"integrations {__version__}\n")
    if arguments in (["--help"], ["-h"]):
        return _print(root_help())
    from integrations_cli.cli import plain  # noqa: PLC0415  the answers above do without the table

    return plain.run(arguments)


def root_help() -> str:
    """The page of `--help`: made from the command tree by `cli.generate`, compared by a test."""
    with open(os.path.join(os.path.dirname(__file__), "root_help.txt"), encoding="ascii") as file:
        return file.read()


def _print(text: str) -> int:
    """Write a result. A reader who has seen enough is no failure; a full disk is (74)."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"error: could not write the result: {error.strerror}\n")
            return 74
    return 0
