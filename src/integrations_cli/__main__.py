"""The entry: answers what needs no command line at all, then hands over."""

import sys

from integrations_cli.cli import front


def main() -> None:
    """Run the tool on `sys.argv`; the process ends with one of the published exit codes."""
    arguments = sys.argv[1:]
    code = front.answer(arguments)
    if code is None:
        from integrations_cli.cli.app import run  # noqa: PLC0415  the front door must not pay for it

        code = run(arguments)
    sys.exit(code)


if __name__ == "__main__":
    main()
