from integrations_cli.cli.tools import Tools

MARKS = "WMYDF"
NEEDS = {"create_websites": "store", "": "edit"}


def command(tools: Tools) -> int:
    """copy keys from the environment of this process

    A plan first, always. The source is never changed; a second run finds nothing to do.

    \b
    examples:
      integrations migrate env -w acme --dry-run
      integrations migrate env -w acme --yes --report report.json

    exit codes: 0, 2, 3, 4 changed meanwhile, 5 no, 6, 10 --dry-run found changes, 11 errors, 12 partly written, 20, 21
    """
    from integrations_cli.cli import migrating  # noqa: PLC0415  its help needs nothing of it

    return migrating.run(tools, "env")
