"""The command that made a plan, to be pasted again: what a plan says of its source, and the secrets the way they came this time."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from integrations_cli.actions.plan import Policy
from integrations_cli.cli.reading import READERS
from integrations_cli.cli.tools import Tools

PATHS = ("db", "root", "mapping", "content")
USUAL = {"test": "none", "rails_env": "production", "prefer": "credentials"}
POSITIONAL = ("files", "file")
FROM_A_FILE = ("dotenv", "file", "airflow")


def command(tools: Tools, source: Mapping[str, Any], policy: Policy, plan: Path) -> str:
    """`integrations migrate dotenv .env -w acme --plan-out plan.json`."""
    words = ["integrations migrate", source["kind"], *_source(tools, source["options"]), *secrets(tools), *_policy(policy)]
    return " ".join([*words, f"--plan-out {tools.pasted(plan)}"])


def of_a_kind(tools: Tools, plan: Any, path: Path) -> str:
    """The same for a plan that is not to be trusted: nothing of it but the kind of its source."""
    source = plan.get("source") if isinstance(plan, dict) else None
    kind = source.get("kind") if isinstance(source, dict) else None
    if not isinstance(kind, str) or kind not in READERS:
        return "integrations migrate --help"
    if kind == "column":  # its table and columns are what matters
        return "integrations migrate column --help"
    file = ["FILE"] if kind in FROM_A_FILE else []
    return " ".join(["integrations migrate", kind, *file, f"--dry-run --plan-out {tools.pasted(path)}"])


def secrets(tools: Tools) -> list[str]:
    """The secret options of this command, which are no part of a plan."""
    given = ("secret_env", "secret_file", "secret_stdin")
    found = {name: getattr(tools.options, name, None) or () for name in given}
    return [
        f"--{name.replace('_', '-')} {quote(one)}" for name, some in found.items() for one in ([some] if isinstance(some, str) else some)
    ]


def _source(tools: Tools, options: Mapping[str, Any]) -> Iterator[str]:
    for name in POSITIONAL:
        given = options.get(name, ())
        yield from (one if one == "-" else tools.pasted(Path(one)) for one in ([given] if isinstance(given, str) else given))
    for name, value in options.items():
        if name in POSITIONAL or value is False or value is None or value == USUAL.get(name):
            continue
        option = "-w" if name == "website" else f"--{name.replace('_', '-')}"
        for one in value if isinstance(value, list | tuple) else [value]:
            yield option if one is True else f"{option} {tools.pasted(Path(one)) if name in PATHS else quote(str(one))}"


def _policy(policy: Policy) -> Iterator[str]:
    usual = Policy()
    if policy.on_conflict != usual.on_conflict:
        yield f"--on-conflict {policy.on_conflict}"
    if policy.unknown_fields != usual.unknown_fields:
        yield f"--unknown-fields {policy.unknown_fields}"
    yield from (f"--{name.replace('_', '-')}" for name in ("allow_incomplete", "continue_on_error") if getattr(policy, name))
    if policy.batch != usual.batch:
        yield f"--batch {'all' if policy.batch == 10**9 else policy.batch}"
