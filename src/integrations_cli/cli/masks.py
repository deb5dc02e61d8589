"""Under GitHub Actions the runner is told every value, line by line, before anything else is done with it: it blots them out of the log."""

from collections.abc import Iterable, Mapping

from integrations_cli.cli.view.out import Out
from integrations_cli.redaction import SHORTEST


def announce(out: Out, environ: Mapping[str, str], values: Iterable[str]) -> None:
    """`::add-mask::` on stderr; silent elsewhere."""
    if not environ.get("GITHUB_ACTIONS"):
        return
    lines = [line for value in values for line in value.splitlines()]
    for line in lines:
        if len(line) >= SHORTEST:
            escaped = line.replace("%", "%25").replace("\r", "%0D")
            out.stderr.write(f"::add-mask::{escaped}\n")
    if any(line and len(line) < SHORTEST for line in lines):
        out.note(f"a value has fewer than {SHORTEST} characters: the runner is not told to hide it")
    out.stderr.flush()
