"""The two stories of docs/access.md, run for real on a terminal; root owns the store, `daemon` stands for a colleague."""

import os
import sys
import tempfile
from importlib import import_module

from tests import keys

from integrations_cli.access import ACTIONS, PER_WEBSITE, ROLES, Principal
from integrations_cli.cli import app
from integrations_cli.cli.tools import Doors

ROOT, COLLEAGUE = Principal(0, "root"), Principal(1, "daemon")
STORIES = {
    "granting": (
        (ROOT, "access grant daemon operator -w acme"),
        (ROOT, "access list -A"),
        (COLLEAGUE, "website list"),
        (COLLEAGUE, "set anthropic max_tokens=100 -w acme"),
        (COLLEAGUE, "list -w beta"),
    ),
    "revoking": ((ROOT, "access revoke daemon -w acme --yes"),),
}
BEFORE = {"granting": (), "revoking": ("access grant daemon operator -w acme",)}


def main(name: str) -> None:
    """Print the commands of one story and what they say; a `#` line tells when it is the colleague who types."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            "HOME": folder,
            "TERM": "xterm",
            "NO_COLOR": "1",
            "LANG": "C.UTF-8",
            "KEY": keys.ANTHROPIC,
            "HUBSPOT": keys.GOOD["hubspot"]["api_key"],
        }
        _quietly(
            environ,
            "init --slot file --no-recovery --website acme",
            "website add beta",
            "add anthropic -w acme --no-test --secret-env api_key=KEY",
            "add hubspot -w acme --no-test --secret-env api_key=HUBSPOT",
            *BEFORE[name],
        )
        last = ROOT
        for who, words in STORIES[name]:
            if who is not last:
                print(f"# {who.name} types")
            last = who
            print(f"$ integrations {words}", flush=True)
            app.run(words.split(), Doors(environ=environ, principal=who))
            print(flush=True)


def _quietly(environ: dict[str, str], *lines: str) -> None:
    out, err = os.dup(1), os.dup(2)
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 1), os.dup2(nothing.fileno(), 2)
        for line in lines:
            app.run(line.split(), Doors(environ=environ, principal=ROOT))
    os.dup2(out, 1), os.dup2(err, 2)


def roles() -> str:
    """The table of roles and actions."""
    lines = [f"| role | {' | '.join(ACTIONS)} |", f"|---|{'---|' * len(ACTIONS)}"]
    for role in ("owner", *PER_WEBSITE):
        lines.append(f"| {role} | {' | '.join('yes' if action in ROLES[role] else '–' for action in ACTIONS)} |")
    return "\n".join(lines)


def commands() -> str:
    """Which action each command needs, from the commands themselves."""
    found: dict[str, list[str]] = {}
    for path in app.paths():
        module = import_module("integrations_cli.cli.commands." + "_".join(path).replace("-", "_"))
        if getattr(module, "HIDDEN", False):
            continue
        declared = {"": module.NEEDS} if isinstance(module.NEEDS, str) else module.NEEDS
        for option, need in declared.items():
            words = "migrate …" if path[0] == "migrate" else " ".join(path)
            name = f"`{words}{' --' + option.replace('_', '-') if option else ''}`"
            if name not in found.setdefault(need, []):
                found[need].append(name)
    titles = {"store": "owner of the store", "": "nobody's permission"}
    return "\n".join(
        ["| needs | commands |", "|---|---|"]
        + [f"| {titles.get(need, need)} | {', '.join(found[need])} |" for need in (*ACTIONS, "store", "") if need in found]
    )


if __name__ == "__main__":
    main(sys.argv[1])
