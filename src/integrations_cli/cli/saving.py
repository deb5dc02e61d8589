"""`--plan-out`: a plan is saved for review, and nothing is written to the store."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integrations_cli.actions.plan import Plan
from integrations_cli.actions.report import signed
from integrations_cli.cli import anew
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import plan as view
from integrations_cli.store import files

if TYPE_CHECKING:
    from integrations_cli.store import Store

STANDARD = "-"  # input or output, in place of a file


def save(tools: Tools, store: "Store", made: Plan, shown: dict[str, Any], name: str) -> int:
    """Write the plan, signed, to the file, or to standard output for `-`. Returns its exit code. Raises NotWritten (74)."""
    made_of = signed(shown, store.audit_key())
    try:
        data = json.dumps(made_of, indent=1, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # the name of a file that is no text
        data = json.dumps(made_of, indent=1).encode()
    if name == STANDARD:
        tools.out.data(made_of)
    else:
        files.replace(Path(name).expanduser().absolute(), data + b"\n")
    if tools.out.json_mode and name != STANDARD:
        tools.out.data(shown)
    view.summary(tools.out, made)
    if not tools.out.json_mode and made.exit_code() == 10:
        where = STANDARD if name == STANDARD else tools.pasted(Path(name))
        tools.out.next(" ".join(["integrations migrate apply", where, *anew.secrets(tools), "--yes"]))
    return made.exit_code()
