"""The pages of `integrations help TOPIC`."""

from difflib import get_close_matches

from integrations_cli.errors import NotFound

EXIT_CODES = """\
exit codes, published and never renumbered

   0  ok
   1  unexpected error: a fault of ours
   2  usage, or something is missing and nobody can be asked
   3  not found
   4  exists already, or changed meanwhile
   5  a person said no
   6  locked: no usable key
   7  unreadable: tampered with, moved, or sealed with another key
   8  refused by policy or permission
  10  plan: changes are pending
  11  plan has errors; nothing was written
  12  partly applied
  20  the provider says rejected or misconfigured
  21  could not be checked: unreachable, rate limited, untestable
  22  due or expiring
  23  doctor found problems
  74  the store, the audit log or a result could not be written
 130  interrupted

with several results the worst wins: 7, then 20, then 21, then 0"""

ENVIRONMENT = """\
what is read from the environment

  INTEGRATIONS_WEBSITE    the website, when -w is not given
  INTEGRATIONS_HOME       keep everything under this folder
  INTEGRATIONS_KEY_FILE   a file with the store's key: a slot key or the recovery key
  INTEGRATIONS_KEY        the key itself, 14 groups of 4, where there is no such file; --key-fd N is better
  INTEGRATIONS_PLAIN      1: plain question lines and tables, nothing redrawn
  INTEGRATIONS_DEBUG      1: the same as --debug
  XDG_DATA_HOME, XDG_CONFIG_HOME, HOME
  CI, GITHUB_ACTIONS, GITLAB_CI, TF_BUILD, JENKINS_URL    nobody is asked
  NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE, TERM, COLUMNS

an option wins over the environment, the environment over config.toml, that over the default"""

FORMATS = """\
how results are printed

  on a terminal   a table or a card
  piped           TSV with a header, one line per row; nothing is cut; UTC times; empty for nothing
  --format        table, json, ndjson, csv, tsv        --json is short for --format json
  --fields A,B    only these columns                   --no-header, --iso

results go to stdout, everything else to stderr; with JSON, stderr is JSON lines too: {"error": ...} or {"notice": ...}
every JSON shape names its format and version; keys are not renamed or removed, new ones may come; unknown is null
TSV writes tab, newline and backslash as \\t \\n \\\\; CSV puts ' before a cell that begins with = + - @"""

WALLS = """\
With a local database file, website permissions prevent mistakes, not attacks: whoever can read the file and use the key can
read every credential. Use PostgreSQL or the HTTP API when admins do not trust each other. Removing an admin never un-reads
what they have read: change those credentials; `access revoke` prints the list."""

_INDENTED = WALLS.replace("\n", "\n  ")

SECURITY = f"""\
what is promised, and what is not

  a copy of the database without a slot key shows no credential; it does show website names, providers, settings, dates,
  the audit log, and the last 4 characters of long values
  a credential opens only in its own place: store, website, integration, version, provider, destination
  no option takes a secret; none is printed, logged or put into an error
  a credential goes only to the hosts of its provider, over verified TLS, without redirects

  not promised: protection from root, or from anyone who runs as you and can use a slot key; walls between website admins on
  a local file; wiping memory, swap or old backups

  {_INDENTED}

  audit: tamper-evident against people without the audit key; against people with it, only up to the last checkpoint that
  left their reach"""

LEAKS = """\
a key has leaked

  1  who uses it   integrations who-uses < leaked.txt        all websites, also replaced versions that are still kept
  2  a new one     make it at the page that stands beside each answer
  3  put it in     integrations rotate PROVIDER -w SLUG      for each place; tested before the old one goes
  4  revoke        the old key at that page: until then whoever has it can use it
  5  look again    integrations who-uses < leaked.txt        nothing is in use any more
                   integrations doctor --deep                one key in several websites, and what else is wrong

  what ran meanwhile: integrations history PROVIDER -w SLUG, integrations usage show PROVIDER -w SLUG
  the store's own key has leaked: integrations key rotate --help; integrations key affected lists what to change
  who has asked is in the audit log; the leaked value is nowhere: not stored, not shown, not logged"""

WORDS = """\
words

  website       a tenant; it has a slug, such as acme
  provider      a service in the catalogue, such as anthropic
  integration   one website's connection to one provider
  credential    a secret field: sealed and masked      setting   a plain field
  slot          a way to unlock the store: keyring, key file, environment, passphrase, recovery key
  fingerprint   8 hex digits that are equal exactly for equal values in one place

outcomes of a test

  ok             the provider has accepted the credentials
  limited        proven, but scope, plan, billing or quota is in the way
  rejected       the provider says they are wrong
  misconfigured  a setting is wrong: host, region, account
  rate_limited   too many requests              unreachable   no verdict: network, TLS, 5xx
  untestable     nothing was sent

status of an integration, the first that fits

  disabled, unreadable, error, not_configured, incomplete, untested, connected"""

PAGES = {"exit-codes": EXIT_CODES, "environment": ENVIRONMENT, "formats": FORMATS, "leaks": LEAKS, "security": SECURITY, "words": WORDS}


def page(topic: str | None) -> str:
    """The page; without a topic the list of them. Raises NotFound (3)."""
    if topic is None:
        return "topics: " + ", ".join(PAGES) + "\n  integrations help TOPIC        integrations COMMAND --help"
    if topic not in PAGES:
        near = get_close_matches(topic, PAGES, 1)
        raise NotFound(
            "there is no such topic", f"there are {', '.join(PAGES)}", f"integrations help {near[0]}" if near else "integrations help"
        )
    return PAGES[topic]
