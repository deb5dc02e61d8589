"""What providers said during a migration: the ones worth a line, and how many of each."""

from integrations_cli.actions.answers import Answers
from integrations_cli.cli.view import checks
from integrations_cli.cli.view.out import Out
from integrations_cli.registry import get


def show(out: Out, answers: Answers, *, refusals: bool = True) -> None:
    """On stderr. Without `refusals` those are left out: they stand in the plan, as lines that are invalid."""
    for one in answers.told():
        if refusals or not one.outcome.blames:
            out.note(f"{one.website}{checks.line(get(one.provider), one.outcome)}")
    if answers.words:
        out.note("tested: " + ", ".join(f"{count} {word}" for word, count in answers.counts().items()))


def exit_code(answers: Answers) -> int:
    """0, 20, 21."""
    return checks.exit_code(answers.words)
