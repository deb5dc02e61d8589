from integrations_cli.actions import hand_out
from integrations_cli.cli import handing, revealing
from integrations_cli.cli.notes import Annotated, Literal
from integrations_cli.cli.params import Option
from integrations_cli.cli.params import Providers as Names
from integrations_cli.cli.quickly import quickly
from integrations_cli.cli.tools import Tools
from integrations_cli.cli.view import variables as view
from integrations_cli.errors import UsageError

MARKS = "WF"
NEEDS = {"reveal": "disclose", "github_env": "disclose", "": "see"}


def command(
    tools: Tools,
    providers: Names = None,
    reveal: Annotated[bool, Option("--reveal", help="print the values, as --style says")] = False,
    style: Annotated[
        Literal["dotenv", "shell", "fish", "powershell"], Option("--style", help="how revealed values are written", show_default=False)
    ] = "dotenv",
    github_env: Annotated[bool, Option("--github-env", help="hand them to the later steps of a GitHub job")] = False,
    allow_reveal: Annotated[bool, Option("--allow-reveal", help="reveal even in CI or under a coding assistant")] = False,
) -> None:
    """show what exec would set, masked

    Needs no key unless values are revealed. In CI and under coding assistants revealing is refused, and the refusal is recorded.

    \b
    examples:
      integrations env stripe -w acme
      integrations env stripe -w acme --reveal --style shell
      integrations env stripe -w acme --github-env

    exit codes: 0, 2, 3, 6 locked, 7 unreadable, 8 revealing is refused, or the integration is disabled
    """
    if reveal and (tools.out.json_mode or tools.options.format or tools.options.fields):
        again = " ".join(["integrations env", *(providers or []), "--reveal --style dotenv"])
        raise UsageError("--reveal writes assignments, as --style says", "--json, --format and --fields do not go with it", again)
    with tools.looking():
        website = tools.website(aloud=reveal or github_env)
        picks = hand_out.chosen(tools.config.store, website, providers or [])
    found = hand_out.preview(picks)
    if not (reveal or github_env):
        view.listing(tools.out, website, found)
        return
    names = [card.provider for card, _ in picks]
    secret = [(one.provider, one.field) for one in found if one.credential]
    if reveal and not github_env:
        revealing.must_be_allowed(tools, website, secret, allow_reveal)
    target = revealing.github_file(tools) if github_env else None
    via = "env --github-env" if github_env else "env --reveal"
    given = quickly(tools, lambda store: hand_out.hand_out(store, website, names, via))
    handing.announce(tools, given)
    if target is not None:
        revealing.to_github(tools, target, given)
    else:
        revealing.show(tools, "\n".join(view.assignment(style, one.name, one.text) for one in given) + "\n")
