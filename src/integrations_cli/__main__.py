"""The entry: answers what needs no command line at all, then hands over."""

import sys


def main() -> None:
    """Run the tool on `sys.argv`; the process ends with one of the published exit codes."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        from integrations_cli import __version__  # noqa: PLC0415  the whole answer

        print(f"integrations {__version__}")  # noqa: T201
        return
    from integrations_cli.cli.app import run  # noqa: PLC0415  the two answers above must not pay for it

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
