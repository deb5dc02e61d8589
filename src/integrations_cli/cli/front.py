"""The front door: what is answered before Typer is imported. Standard library only, and little of it."""

import os
import sys

ASKING = frozenset(
    {
        "add",
        "create",
        "edit",
        "configure",
        "init",
        "key",
        "keys",
        "rotate",
        "set",
        "update",
        "remove",
        "rm",
        "delete",
        "website",
        "migrate",
        "test",
        "who-uses",
    }
)


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
    if arguments[:1] and arguments[0] in ASKING:
        keep_quiet()
    from integrations_cli.cli import plain  # noqa: PLC0415  the answers above do without the table

    return plain.run(arguments)


def keep_quiet() -> None:
    """Switch the echo off before anything slow is imported: a key that is pasted early must not stand on the screen.

    Questions switch it on for what may be seen (ask.py); the end of the process puts it back.
    """
    try:
        import atexit  # noqa: PLC0415  only for commands that may ask
        import termios  # noqa: PLC0415  not there on Windows

        before = termios.tcgetattr(0)
        termios.tcsetattr(0, termios.TCSADRAIN, [*before[:3], before[3] & ~termios.ECHO, *before[4:]])
        atexit.register(termios.tcsetattr, 0, termios.TCSADRAIN, before)
    except (ImportError, OSError, ValueError):  # no terminal
        return
    except Exception as error:  # termios.error is no OSError
        if type(error).__name__ != "error":
            raise


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
            from integrations_cli.errors import system_says  # noqa: PLC0415  only after a failure

            sys.stderr.write(f"error: could not write the result\n  why: {system_says(error)}\n")
            return 74
    return 0
