import re

from integrations_cli.actions import usage
from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import Option, ProviderName
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError
from integrations_cli.store.usage import word

MARKS = "W"
NEEDS = "use"


def command(
    tools: Tools,
    provider: ProviderName,
    count: Annotated[str, Option("--count", metavar="N", help="how many uses", show_default=False)] = "1",
    error: Annotated[str | None, Option("--error", metavar="WORD", help="they failed: the class of the error")] = None,
    action: Annotated[str, Option("--action", metavar="WORD", help="what was done", show_default=False)] = "use",
) -> None:
    """count a use (fast, no key, no audit entry)

    For programs that are not written in Python; those that are have integrations_cli.connect.

    \b
    examples:
      integrations usage record openai -w acme
      integrations usage record openai -w acme --error timeout

    exit codes: 0, 2, 3 no such website or integration, 74 the use was not recorded
    """
    if not re.fullmatch("[1-9][0-9]{0,9}", count):
        raise UsageError("--count: not a number it takes", "a number from 1 to 9999999999")
    for name, text in (("--error", error), ("--action", action)):
        if text is not None and word(text) != text:
            raise UsageError(f"{name}: a short word such as timeout", "letters, digits, _ . and -, at most 40")
    definition = tools.provider(provider)
    usage.record(tools.config.database, tools.website(), definition.name, tools.clock(), count=int(count), action=action, error=error)
