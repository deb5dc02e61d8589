from integrations_cli.cli import pager, topics
from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import Argument, NoPager
from integrations_cli.cli.tools import Tools

MARKS = ""
NEEDS = ""


def command(
    tools: Tools,
    topic: Annotated[str | None, Argument(metavar="TOPIC", help="one of the topics below", show_default=False)] = None,
    no_pager: NoPager = False,
) -> None:
    """show a page on one topic

    Topics: exit-codes, environment, formats, leaks, security, words.

    \b
    examples:
      integrations help exit-codes

    exit codes: 0, 3 no such topic
    """
    with pager.paged(tools.out, tools.doors.environ, not no_pager):
        tools.out.raw(topics.page(topic))
