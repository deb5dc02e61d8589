from integrations_cli.cli.tools import Tools

MARKS = ""
NEEDS = ""


def command(tools: Tools) -> int:
    """show the tool at work, in a throw-away home

    No keys, no network, no keyring, no questions: a sample .env is migrated, listed, tested against a stand-in on this
    machine, rotated and audited. Nothing of it is kept.

    \b
    examples:
      integrations demo

    exit codes: 0, or the code of the step that went wrong
    """
    from integrations_cli.cli.demo import story  # noqa: PLC0415  a server comes with it

    code = story.tell(tools.run, tools.say, tools.doors.environ)
    if code == 0:
        tools.out.done("that was it: the store, the keys and the stand-in are gone")
        tools.out.next("integrations init")
    return code
