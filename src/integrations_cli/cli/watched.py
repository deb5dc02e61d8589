"""Whether somebody else reads along: a CI log, or a coding assistant that keeps what it sees. Then nothing is revealed unasked."""

from collections.abc import Mapping

from integrations_cli.cli.view.screen import in_ci
from integrations_cli.errors import Refused

ASSISTANTS = (  # variables that they set for the programs they start; a * stands for any ending
    "CLAUDECODE",
    "CLAUDE_CODE_ENTRYPOINT",
    "CODEX_*",
    "GEMINI_CLI",
    "CLINE_ACTIVE",
    "CURSOR_AGENT",
    "OPENCODE",
    "COPILOT_AGENT*",
    "GOOSE_TERMINAL",
    "AUGMENT_AGENT",
    "ROO_ACTIVE",
    "AI_AGENT",
)


def by(environ: Mapping[str, str]) -> str | None:
    """`in_ci`, `assistant`, or None: the word of the audit log."""
    if any(_is_set(name, environ) for name in ASSISTANTS):
        return "assistant"
    return "in_ci" if in_ci(environ) else None


def _is_set(name: str, environ: Mapping[str, str]) -> bool:
    if name.endswith("*"):
        return any(one.startswith(name[:-1]) and value for one, value in environ.items())
    return environ.get(name, "") not in {"", "0", "false"}


def refusal(cause: str, provider: str, website: str, again: str) -> Refused:
    """What a person or a program is told instead, with the way that shows no key; `again` is what was typed."""
    where = "in CI the output is a log" if cause == "in_ci" else "a coding assistant keeps what it reads"
    return Refused(
        "a credential is not revealed here",
        where,
        [f"integrations exec {provider} -w {website} -- COMMAND", f"{again} --allow-reveal"],
    )
