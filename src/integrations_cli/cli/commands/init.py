from typing import Annotated

from integrations_cli.cli import setup
from integrations_cli.cli.params import Option
from integrations_cli.cli.tools import Tools
from integrations_cli.store.slugs import must_be_slug

MARKS = "Y"
NEEDS = "store"


def command(
    tools: Tools,
    slot: Annotated[str | None, Option("--slot", metavar="KIND", help="keyring, file, env, passphrase, vault, aws-kms")] = None,
    key_file: Annotated[
        str | None, Option("--key-file", metavar="PATH", help="make a key in this new file, 0600, for INTEGRATIONS_KEY_FILE")
    ] = None,
    recovery_file: Annotated[
        str | None, Option("--recovery-file", metavar="PATH", help="write the recovery key to this new file, 0600")
    ] = None,
    no_recovery: Annotated[bool, Option("--no-recovery", help="go without a recovery key")] = False,
    website: Annotated[str | None, Option("--website", metavar="SLUG", help="add this website as well")] = None,
) -> None:
    """create store, slot and recovery key; safe to repeat

    Run again it brings the schema up to date and verifies the key; it never makes a second key for a store that has one.

    \b
    examples:
      integrations init
      integrations init --slot file --recovery-file recovery.key --yes
      integrations init --key-file /run/secrets/integrations --no-recovery

    exit codes: 0, 2 a choice is missing and nobody can be asked, 6 no usable key
    """
    if website:
        must_be_slug(website)
    if setup.is_made(tools):
        setup.again(tools)
    else:
        setup.first(tools, slot, key_file, recovery_file, no_recovery)
    if website:
        setup.ensure_website(tools, website)
    elif not tools.slugs():
        tools.out.next('integrations website add acme --name "Acme Realty"')
