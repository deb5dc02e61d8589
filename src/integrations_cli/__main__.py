"""The entry: answers what needs no command line at all, then hands over."""

import gc
import os
import sys

from integrations_cli.cli import front

SELDOM = 200_000  # new objects between two rounds of the collector: importing makes many and drops none


def main() -> None:
    """Run the tool on `sys.argv`; the process ends with one of the published exit codes."""
    gc.set_threshold(SELDOM, 20, 50)
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        from integrations_cli.cli import standard  # noqa: PLC0415  rare

        standard.complete()
    arguments = sys.argv[1:]
    code = front.answer(arguments)
    if code is None:
        from integrations_cli.cli.app import run  # noqa: PLC0415  the front door must not pay for it

        code = run(arguments)
    leave(code)


def leave(code: int) -> None:
    """End the process without taking apart what was imported: everything is written by now (cli/endings.py).

    Threads that Python would wait for, and what wants to be done at the end, get their usual time.
    """
    threading = sys.modules.get("threading")
    if threading is not None and sum(not one.daemon for one in threading.enumerate()) > 1:
        sys.exit(code)
    if "atexit" in sys.modules:
        sys.modules["atexit"]._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # closed from the start
        sys.exit(code)
    os._exit(code)


if __name__ == "__main__":
    main()
