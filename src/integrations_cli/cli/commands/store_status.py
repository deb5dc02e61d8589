from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import status as view

MARKS = "F"
NEEDS = "store"


def command(tools: Tools) -> None:
    """say where the store is, and which schema it has

    Needs no key. With -v it says where each value came from.

    \b
    examples:
      integrations store status

    exit codes: 0, 3 no store yet
    """
    from integrations_cli.store import create  # noqa: PLC0415  the store is entered late

    tools.must_exist()
    told = tools.options.verbose
    view.store(tools.out, create.status(tools.config), tools.config if told else None, _origins(tools) if told else ())


def _origins(tools: Tools) -> list[tuple[str, str | None]]:
    """Where each value came from: the option, the environment, a file, or nothing of these."""

    def first(*named: str) -> str | None:
        return next((name for name in named if tools.doors.environ.get(name, "").strip() not in {"", "0"}), None)

    website, how = tools.chosen(), first("INTEGRATIONS_WEBSITE")
    return [
        ("place from", "--home" if tools.options.home else first("INTEGRATIONS_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME") or "the system"),
        ("website", website),
        ("website from", how or ("website use" if website else None)),
        ("key from", "--key-fd" if tools.options.key_fd is not None else first("INTEGRATIONS_KEY_FILE", "INTEGRATIONS_KEY") or "its slots"),
        ("plain from", first("INTEGRATIONS_PLAIN")),
        ("debug from", "--debug" if tools.options.debug else first("INTEGRATIONS_DEBUG")),
    ]
