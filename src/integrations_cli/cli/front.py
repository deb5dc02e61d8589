"""The front door: what is answered before Typer is imported. Standard library only, and little of it."""

import os
import sys

NEVER_ASKS = frozenset(  # first words of what is answered from names, times and masks: no passphrase, no credential
    {"list", "ls", "show", "due", "history", "overview", "providers", "provider", "available", "usage", "completion", "help", "demo"}
)
_quiet: list[bool] = []  # something, as long as we have switched the echo off


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
    if arguments and arguments[0] not in NEVER_ASKS:
        keep_quiet()
    from integrations_cli.cli import plain  # noqa: PLC0415  the answers above do without the table

    return plain.run(arguments)


def keep_quiet() -> None:
    """Switch the echo off before anything slow is imported: a key that is pasted early must not stand on the screen.

    Questions switch it on for what may be seen (ask.py); the end of the process puts it back. Whoever runs in the background leaves
    the terminal alone: the system would stop it.
    """
    if not os.isatty(0) or _is_in_the_background():
        return
    try:
        import atexit  # noqa: PLC0415  only on a terminal
        import termios  # noqa: PLC0415  not there on Windows

        modes = termios.tcgetattr(0)
        if modes[3] & termios.ECHO:
            termios.tcsetattr(0, termios.TCSADRAIN, [*modes[:3], modes[3] & ~termios.ECHO, *modes[4:]])
            _quiet.append(True)
            atexit.register(put_back)
    except Exception as error:  # termios.error is no OSError
        if not _is_of_the_terminal(error):
            raise


def put_back() -> None:
    """The echo is on again: at the end, and for a program that is started with the terminal. All else is left as it is by now: a pager
    behind our pipe has modes of its own.
    """
    if not _quiet:
        return
    import termios  # noqa: PLC0415  imported by now

    _quiet.clear()
    try:
        modes = termios.tcgetattr(0)
        termios.tcsetattr(0, termios.TCSADRAIN, [*modes[:3], modes[3] | termios.ECHO, *modes[4:]])
    except termios.error:  # it is gone
        return


def _is_in_the_background() -> bool:
    try:
        return os.tcgetpgrp(0) != os.getpgrp()
    except (AttributeError, OSError):  # another system, or not the terminal of our session
        return False


def _is_of_the_terminal(error: Exception) -> bool:
    return isinstance(error, ImportError | OSError | ValueError) or type(error).__name__ == "error"


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
