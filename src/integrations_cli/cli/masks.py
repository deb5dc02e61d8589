"""Under GitHub Actions the runner is told every value, line by line, before anything else is done with it: it blots them out of the log."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from integrations_cli.cli.view.out import Out
    from integrations_cli.sources.finding import Finding


def announce(out: Out, environ: Mapping[str, str], values: Iterable[str]) -> None:
    """`::add-mask::` on stderr; silent elsewhere."""
    if environ.get("GITHUB_ACTIONS") and not _told(out, values):
        _too_short(out)


class Findings:
    """Announces what a source yields, piece by piece; what is too short to be hidden is said once."""

    def __init__(self, out: Out, environ: Mapping[str, str]) -> None:
        self._out, self.wanted, self._said = out, bool(environ.get("GITHUB_ACTIONS")), False

    def announce(self, found: Iterable[Finding]) -> None:
        """The values among them that go to a credential; silent elsewhere than under GitHub Actions."""
        if not self.wanted or _told(self._out, (one.value.reveal() for one in found if _is_secret(one))) or self._said:
            return
        self._said = True
        _too_short(self._out)


def _told(out: Out, values: Iterable[str]) -> bool:
    """False if one of them is too short to be told."""
    from integrations_cli.redaction import SHORTEST  # noqa: PLC0415  only under GitHub Actions

    all_told = True
    for line in (line for value in values for line in value.splitlines()):
        if len(line) >= SHORTEST:
            escaped = line.replace("%", "%25").replace("\r", "%0D")
            out.stderr.write(f"::add-mask::{escaped}\n")
        elif line:
            all_told = False
    out.stderr.flush()
    return all_told


def _too_short(out: Out) -> None:
    from integrations_cli.redaction import SHORTEST  # noqa: PLC0415  only under GitHub Actions

    out.note(f"a value has fewer than {SHORTEST} characters: the runner is not told to hide it")


def _is_secret(found: Finding) -> bool:
    """True unless it goes to a setting: what nobody knows is taken for a secret."""
    from integrations_cli import registry  # noqa: PLC0415  only under GitHub Actions
    from integrations_cli.errors import NotFound  # noqa: PLC0415

    try:
        return registry.get(found.provider).is_credential(found.field)
    except NotFound:
        return True
