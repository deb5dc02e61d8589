from integrations_cli.actions import hand_out
from integrations_cli.cli import child, handing
from integrations_cli.cli.notes import Annotated, Literal
from integrations_cli.cli.params import Option
from integrations_cli.cli.params import Providers as Names
from integrations_cli.cli.quickly import quickly
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError

MARKS = "W"
NEEDS = "disclose"


def command(
    tools: Tools,
    providers: Names = None,
    category: Annotated[str | None, Option("--category", metavar="C", help="every enabled one of this category")] = None,
    everything: Annotated[bool, Option("--all", help="every enabled one")] = False,
    only: Annotated[list[str] | None, Option("--only", metavar="NAME,...", help="only these variables or fields")] = None,
    prefix: Annotated[str, Option("--prefix", metavar="P", help="put this before every name")] = "",
    pristine: Annotated[bool, Option("--pristine", help="keep only PATH, HOME and the like of this environment")] = False,
    strict: Annotated[bool, Option("--strict", help="refuse if a variable is set already, or a field is missing")] = False,
    stdin: Annotated[str | None, Option("--stdin", metavar="FIELD", help="feed this credential to its standard input")] = None,
    file: Annotated[list[str] | None, Option("--file", metavar="FIELD", help="a file with this credential, its path in NAME_FILE")] = None,
    mask: Annotated[Literal["auto", "on", "off"], Option("--mask", help="take values out of its output", show_default=False)] = "auto",
) -> int:
    """run a command with credentials in its environment

    On a terminal the command gets the terminal; where its output is logged, values are taken out of it. The store's own key is
    never handed on, and the audit log knows before the command starts.

    \b
    examples:
      integrations exec openai -w acme -- ./job
      integrations exec --all -w acme --pristine -- ./nightly.sh
      integrations exec stripe -w acme --file secret_key -- ./job

    exit codes: the command's own, 126 it cannot be run, 127 it is not there, 2, 3, 4 set already (--strict), 6, 7, 8 disabled
    """
    if not tools.behind:
        raise UsageError("which command?", "what to run stands behind --", handing.with_dashes(tools, providers or []))
    if not (providers or category or everything):
        said = tools.retyped().removeprefix("integrations exec")
        tries = [f"integrations exec PROVIDER{said} -- COMMAND", f"integrations exec --all{said} -- COMMAND"]
        raise UsageError("which integrations?", "none was named, and neither --all nor --category was given", tries)
    if providers and (category or everything):
        raise UsageError("either names, or --all and --category", "both were given")
    with tools.looking():
        website = tools.website(aloud=True)
        picks = hand_out.chosen(tools.config.store, website, providers or [], category)
    environ = child.cleaned(tools.doors.environ, pristine)
    wanted = handing.Wanted.of(hand_out.preview(picks, (), prefix), only or (), stdin, file or ())
    if strict:
        handing.must_be_clear(tools, wanted.inside, environ, [card for card, _ in picks])
    if code := child.found(tools.behind[0], environ):
        return handing.not_started(tools, code)
    handing.say(tools, website, wanted, environ)
    names = [card.provider for card, _ in picks]
    given = quickly(tools, lambda store: hand_out.hand_out(store, website, names, "exec", wanted.fields, prefix))
    handing.announce(tools, given)
    child.keep_to_ourselves(tools.config.key_fd)
    return child.run(handing.plan(tools, wanted, given, environ, mask))
