from integrations_cli.cli.tools import Tools

MARKS = "YD"
NEEDS = "store"


def command(tools: Tools) -> int:
    """bring the schema of the store up to date

    One transaction: a kill leaves the old schema whole.

    \b
    examples:
      integrations store upgrade --dry-run

    exit codes: 0, 3 no store yet, 5 no, 7 made by a newer version, 10 --dry-run found steps to run
    """
    from integrations_cli.store import create  # noqa: PLC0415  the store is entered late

    tools.must_exist()
    steps = create.pending_steps(tools.config)
    if not steps:
        tools.out.done("the schema is up to date")
        return 0
    for step in steps:
        tools.out.text(step)
    if tools.options.dry_run:
        return 10
    tools.confirm(f"run {len(steps)} schema steps on {tools.config.database}")
    create.upgrade(tools.config)
    tools.out.done("the schema is up to date")
    return 0
