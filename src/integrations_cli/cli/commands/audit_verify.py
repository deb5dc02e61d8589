import re
from pathlib import Path
from typing import Annotated

from integrations_cli.actions import audit
from integrations_cli.cli.params import Option
from integrations_cli.cli.quickly import quickly
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import audit as view
from integrations_cli.errors import NotFound

MARKS = "F"
NEEDS = "audit"


def command(
    tools: Tools,
    state: Annotated[bool, Option("--state", help="compare settings, states and versions with the log as well")] = False,
    since: Annotated[str | None, Option("--since", metavar="LINE", help="a checkpoint, a file with checkpoints, or - for stdin")] = None,
) -> int:
    """check that no audit entry was changed, inserted or cut

    Order, gaps and signatures of every chain, and this host's anchor. --state finds settings, switches, names and versions that were
    edited in SQL; what is sealed is not opened: a credential that was damaged is found by `doctor --deep`. A tail that was cut, or an old
    database that was put back, is found by the anchor of this host, or by a checkpoint that was kept elsewhere.

    \b
    examples:
      integrations audit verify
      integrations audit verify --state --since heads.log

    exit codes: 0, 3 no store yet, 6 locked, 7 the log is not what was written
    """
    tools.must_somewhere()
    text = _text(tools, since) if since is not None else None
    found = quickly(tools, lambda store: audit.verify(store, state=state, since=text, websites=tools.some()))
    return view.verified(tools.out, found)


def _text(tools: Tools, since: str) -> str:
    """The line itself, what is piped in, or what stands in a file."""
    if since == "-":
        return tools.standard_input().decode("utf-8", "replace")
    if re.match(r"integrations\.checkpoint/", since):
        return since
    try:
        return Path(since).expanduser().read_text("utf-8", "replace")
    except OSError:
        raise NotFound("--since: there is no such file", "a line of audit checkpoint, a file with such lines, or -") from None
