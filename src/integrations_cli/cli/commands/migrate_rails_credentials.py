from typing import Annotated

from integrations_cli.cli.params import Option, RailsEnv, Root, Under
from integrations_cli.cli.tools import Tools

MARKS = "WMSYDF"
NEEDS = {"create_websites": "store", "": "edit"}


def command(
    tools: Tools,
    root: Root = None,
    rails_env: RailsEnv = "production",
    content: Annotated[str | None, Option("--content", metavar="FILE", help="this credentials file and no other")] = None,
    under: Under = None,
) -> int:
    """copy keys from a Rails credentials file

    File and key are chosen as Rails does it. The key: --secret-file master_key=PATH, else RAILS_MASTER_KEY, else the key file.

    \b
    examples:
      integrations migrate rails-credentials --root app -w acme --only zoho --dry-run
      integrations migrate rails-credentials --root app -w acme --only zoho --yes

    exit codes: 0, 2 no key, 3, 4 changed meanwhile, 5 no, 6, 7 the key does not open it, 10 --dry-run found changes, 11, 12, 20, 21
    """
    from integrations_cli.cli import migrating  # noqa: PLC0415  its help needs nothing of it

    return migrating.run(tools, "rails-credentials", root=root, rails_env=rails_env, content=content, under=under)
