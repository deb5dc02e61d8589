from integrations_cli.actions import due
from integrations_cli.cli.notes import Annotated
from integrations_cli.cli.params import Annotate, Option, duration, span
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import annotations
from integrations_cli.cli.view import due as view

MARKS = "WAF"
NEEDS = "see"


def command(
    tools: Tools,
    within: Annotated[str, Option("--within", metavar="14d", help="how far ahead", show_default=False)] = "14d",
    older_than: Annotated[
        str, Option("--older-than", metavar="180d", help="the age at which to replace a key, or never", show_default=False)
    ] = "180d",
    unused_for: Annotated[str | None, Option("--unused-for", metavar="90d", help="also what was not used for this time")] = None,
    annotate: Annotate = "auto",
) -> int:
    """what expires, or should be replaced soon

    Expiry dates, the age of the credentials, and on request those that nobody uses. Needs no key. What is switched off is left out.

    \b
    examples:
      integrations due -w acme
      integrations due -A --within 30d --unused-for 90d
      integrations due -A --older-than never --json

    exit codes: 0 nothing is due, 2 which website, 3 no such website, 22 something is due
    """
    age = None if older_than == "never" else duration(older_than)
    limits = due.Limits(duration(within), age, span(unused_for))
    tools.catalogue()
    with tools.looking():
        websites = tools.websites()
        found = due.due(tools.config.store, None if tools.options.all_websites else websites, limits, tools.clock())
    code = view.listing(tools.out, found, limits, everywhere=tools.options.all_websites)
    if annotations.wanted(annotate, tools.doors.environ):
        annotations.write(tools.out.stderr, view.annotated(tools.out, found, limits))
        annotations.summarize(tools.doors.environ, view.summary(tools.out, found, limits))
    return code
