from integrations_cli.actions.sweep import sweep
from integrations_cli.cli.tools import Tools

NEEDS = "store"


def command(tools: Tools) -> None:
    """destroy old credentials whose grace is over

    Every command that writes does it too; this one is for a timer. What is destroyed leaves no remains in the file.

    \b
    examples:
      integrations store sweep

    exit codes: 0, 3 no store yet, 6 locked, 74 the file could not be written anew
    """
    tools.must_exist()
    with tools.store() as store:
        found = sweep(store)
    for one in found:
        tools.out.text(f"destroyed: {one.provider} of {one.website}, version {one.version}")
    tools.out.done(f"{len(found)} old credentials destroyed" if found else "nothing is overdue")
