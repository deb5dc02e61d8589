"""What several commands say when they are done."""

from collections.abc import Callable, Sequence

from integrations_cli.cli.tools import Tools
from integrations_cli.provider import Outcome, Provider

NOT_CHECKED = 21


def notes(tools: Tools, texts: Sequence[str]) -> None:
    """Things worth knowing that refuse nothing."""
    for text in texts:
        tools.out.warn(text)


def steps(tools: Tools) -> Callable[[int, str, str], None]:
    """Tells each of the three steps of a rotation as it is done."""
    return lambda number, name, result: tools.out.step(f"{number} of 3", name, result)


def outcome(tools: Tools, definition: Provider, found: Outcome) -> None:
    """One line: what the provider said."""
    from integrations_cli.cli.view import checks  # noqa: PLC0415  only when a provider was asked

    tools.out.note(checks.line(definition, found))


def unchanged(tools: Tools, website: str, definition: Provider) -> int:
    """The last line where everything was so already."""
    tools.out.done(f"{definition.name} of {website} is unchanged")
    return 0


def saved(tools: Tools, website: str, definition: Provider, outcome: Outcome | None, *, new: bool = False) -> int:
    """The last lines after a write; 21 when the provider could not be asked. `new`: there was nothing before."""
    if outcome is None or outcome.word == "untestable":
        tools.out.done(f"{definition.name} of {website} is saved" + ("; it was not tested" if outcome or new else ""))
        if outcome is not None:  # it can never be tested
            tools.out.next(f"integrations exec {definition.name} -w {website} -- COMMAND")
        elif new:
            tools.out.next(f"integrations test {definition.name} -w {website}")
        return 0
    if not outcome.proves:
        tools.out.warn(f"{definition.name} of {website} is saved, but could not be checked: {outcome.message}")
        tools.out.next(f"integrations test {definition.name} -w {website}")
        return NOT_CHECKED
    tools.out.done(f"{definition.name} is connected for {website}")
    tools.out.next(f"integrations {'exec' if new else 'show'} {definition.name} -w {website}{' -- COMMAND' if new else ''}")
    return 0
