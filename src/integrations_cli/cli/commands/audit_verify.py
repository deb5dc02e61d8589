from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import audit as view

MARKS = ""
NEEDS = "audit"


def command(tools: Tools) -> int:
    """check that no audit entry was changed, inserted or cut

    \b
    examples:
      integrations audit verify

    exit codes: 0, 3 no store yet, 6 locked, 7 the log is not what was written
    """
    tools.must_somewhere()
    with tools.store() as store, store.reading() as here:
        reports = here.audit.verify()
    return view.verified(tools.out, reports)
