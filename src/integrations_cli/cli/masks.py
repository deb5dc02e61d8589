"""Under GitHub Actions the runner is told every value, line by line, before anything else is done with it: it blots them out of the log."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from integrations_cli.cli.view.out import Out


def announce(out: Out, environ: Mapping[str, str], values: Iterable[str]) -> None:
    """`::add-mask::` on stderr; silent elsewhere."""
    if not environ.get("GITHUB_ACTIONS"):
        return
    from integrations_cli.redaction import SHORTEST  # noqa: PLC0415  only under GitHub Actions

    lines = [line for value in values for line in value.splitlines()]
    for line in lines:
        if len(line) >= SHORTEST:
            escaped = line.replace("%", "%25").replace("\r", "%0D")
            out.stderr.write(f"::add-mask::{escaped}\n")
    if any(line and len(line) < SHORTEST for line in lines):
        out.note(f"a value has fewer than {SHORTEST} characters: the runner is not told to hide it")
    out.stderr.flush()
