from integrations_cli.actions import audit
from integrations_cli.cli.quickly import quickly
from integrations_cli.cli.tools import Tools

MARKS = ""
NEEDS = "store"


def command(tools: Tools) -> None:
    """print one line to keep elsewhere

    Keep it where nobody who can write to the store can change it: a CI log, a ticket, an e-mail. With it, audit verify --since finds a
    log that was cut, and a database that was put back, also when somebody with the key has written it anew.

    \b
    examples:
      integrations audit checkpoint >> heads.log

    exit codes: 0, 3 no store yet, 6 locked, 7
    """
    tools.out.text(quickly(tools, audit.checkpoint))
