"""The story that `integrations demo` tells: every line a real command, run as a person would type it."""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from integrations_cli.cli.demo import standin
from integrations_cli.cli.tools import Doors
from integrations_cli.web import Web

KEPT = ("PATH", "TERM", "COLUMNS", "LANG", "LC_ALL", "NO_COLOR", "FORCE_COLOR", "TMPDIR", "SYSTEMROOT", "INTEGRATIONS_PLAIN")
LEGACY = "\n".join(
    [
        "# what a platform's .env often looks like; every key here is made up",
        "ANTHROPIC_API_KEY=" + "sk-ant-api03-" + "0" * 80 + "oldEXAMPLEAA",
        'export STRIPE_SECRET_KEY="' + "sk_test_" + '4eC39HqEXAMPLE"',
        "STRIPE_PUBLISHABLE_KEY=" + "pk_test_" + "4eC39HqEXAMPLE   # public",
        "MAILCHIMP_API_KEY=" + "e" * 32 + "-us21",
        "SENDGRID_API_KEY=" + "SG." + "revoked-long-ago-00000." + "0" * 43,
        "GMAPS_API_KEY=changeme",
        "SECRET_KEY_BASE=" + "f" * 32,
        "",
    ]
)
STEPS: tuple[tuple[str, int], ...] = (  # the command, and the exit code that is right here
    ("init --slot file --recovery-file recovery.key", 0),
    ('website add acme --name "Acme Realty" --use', 0),
    ("migrate dotenv legacy.env -w acme --dry-run", 10),
    ("migrate dotenv legacy.env -w acme --yes", 0),
    ("list -w acme", 0),
    ("test anthropic -w acme", 0),
    ("test stripe -w acme", 0),
    ("test sendgrid -w acme", 20),
    ("rotate anthropic -w acme --secret-env api_key=NEW_KEY", 0),
    ("show anthropic -w acme", 0),
    ("audit verify", 0),
)


def tell(run: Callable[[list[str], Doors], int], say: Callable[[str], None], environ: Mapping[str, str]) -> int:
    """Run every step in a home that is gone afterwards; the first step that ends differently ends the demo with its code, or 1."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="integrations-demo-") as home, standin.serve() as (resolve, trust):
        kept = {name: environ[name] for name in KEPT if name in environ}
        doors = Doors(
            environ=kept | {"HOME": home, "NEW_KEY": "sk-ant-api03-" + "0" * 80 + "newEXAMPLEAA"},
            web=lambda deadline: Web(deadline, resolve=resolve, trust=trust, allows=lambda address: address == "127.0.0.1"),
        )
        Path(home, "legacy.env").write_text(LEGACY)
        Path(home, "legacy.env").chmod(0o600)
        os.chdir(home)
        try:
            return _steps(run, say, doors)
        finally:
            os.chdir(before)


def _steps(run: Callable[[list[str], Doors], int], say: Callable[[str], None], doors: Doors) -> int:
    import shlex  # noqa: PLC0415  for the quotes of one step

    for command, expected in STEPS:
        say(f"$ integrations {command}")
        code = run(shlex.split(command), doors)
        say(f"(exit {code})\n" if code else "")
        if code != expected:
            return code or 1
    return 0
