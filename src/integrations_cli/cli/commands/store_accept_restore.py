from integrations_cli.cli.tools import Tools

MARKS = "Y"
NEEDS = "keys"  # of the store: the recovery key will do as well, so it is asked when the store is open


def command(tools: Tools) -> None:
    """allow writing to a restored store

    Recorded in the audit log. What was changed after the backup was made is gone; entries that this host remembers of it are given up.

    \b
    examples:
      integrations store accept-restore
      integrations store accept-restore --yes

    exit codes: 0, 3 no store yet, 5 no, 6 locked, 7 unreadable, 8 for owners, or with the recovery key, 74
    """
    with tools.store() as store:
        problem = store.refusal()
        if not store.keys.recovered:
            tools.must_own()
        if problem is None:
            tools.out.done("nothing waits to be accepted: the store can be written to")
            return
        tools.confirm(f"{problem.what}: take the store as it is now")
        store.accept()
    tools.out.done("the store is accepted and can be written to; the audit log says so")
    tools.out.next("integrations doctor --deep", "integrations audit verify")
