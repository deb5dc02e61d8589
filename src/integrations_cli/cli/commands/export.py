from typing import Annotated, Literal

from integrations_cli.actions import export as exporting
from integrations_cli.cli import handing_over
from integrations_cli.cli.params import Argument, Option
from integrations_cli.cli.tools import Tools
from integrations_cli.errors import UsageError

MARKS = "WASC"
NEEDS = {"without_credentials": "see", "": "disclose"}


def command(
    tools: Tools,
    providers: Annotated[list[str] | None, Argument(metavar="PROVIDER", help="only these", show_default=False)] = None,
    out: Annotated[str | None, Option("--out", metavar="FILE", help="a new file, 0600; - is standard output")] = None,
    without_credentials: Annotated[bool, Option("--without-credentials", help="settings and states only; needs no key")] = False,
    plaintext: Annotated[bool, Option("--plaintext", help="not sealed: whoever has the file has the keys")] = False,
    accept_plaintext: Annotated[bool, Option("--accept-plaintext", help="consent where nobody can be asked")] = False,
    form: Annotated[
        Literal["jsonl", "dotenv", "rails-db"], Option("--as", help="the form of a plain file, or rows for Rails", show_default=False)
    ] = "jsonl",
    digest: Annotated[
        Literal["sha256", "sha1"] | None,
        Option("--digest", help="rows for Rails: sha1 where its defaults are those of 7.0 or older", show_default=False),
    ] = None,
) -> int:
    """write a sealed export file

    Another store opens it with `migrate file`, given the passphrase or the key it was sealed under. What leaves is recorded first.

    \b
    examples:
      integrations export -w acme --out acme.export
      integrations export -A --out all.export --secret-file key=recovery.txt
      integrations export -w acme --out acme.env --plaintext --as dotenv
      integrations export -A --out rows.sql --as rails-db --secret-file primary_key=P --secret-file key_derivation_salt=S

    exit codes: 0, 2, 3, 4 the file exists, 5, 6, 7 something could not be opened, 8 not here
    """
    if digest is not None and form != "rails-db":
        raise UsageError("--digest is how keys of a Rails application are derived", "it goes with --as rails-db", ())
    websites = tools.websites(few=True)
    wanted = frozenset(tools.provider(name).name for name in providers or ())
    chosen = exporting.Chosen(tools.some() if tools.options.all_websites else websites, wanted)
    target = handing_over.target(tools, out)
    if without_credentials:
        return handing_over.without_credentials(tools, chosen, target)
    if form == "rails-db":
        return handing_over.for_rails(tools, chosen, target, digest or "sha256")
    if plaintext or accept_plaintext:
        handing_over.must_consent(tools, chosen, accept_plaintext)
        return handing_over.plain(tools, chosen, target, form)
    return handing_over.sealed(tools, chosen, target)
