"""What `exec` and `env` do with variables: which go where, who is told, and what CI has to hide."""

from __future__ import annotations

import os

from integrations_cli.actions.hand_out import selected
from integrations_cli.cli import masks
from integrations_cli.cli.child import CANNOT, Plan
from integrations_cli.errors import Conflict, MissingInput, UsageError
from integrations_cli.masking import safe
from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from integrations_cli.actions.hand_out import Variable
    from integrations_cli.card import Card
    from integrations_cli.cli.tools import Tools


class Wanted(Record):
    """Which variables go into the environment, which one to standard input, which into files."""

    inside: tuple[Variable, ...]
    stdin: Variable | None = None
    files: tuple[Variable, ...] = ()

    @classmethod
    def of(cls, found: Sequence[Variable], only: Sequence[str], stdin: str | None, files: Sequence[str]) -> Wanted:
        """Raises UsageError (2) for a field that is not there, Conflict (4) for a name that two would set."""
        first = _one(found, stdin, "--stdin") if stdin else None
        filed = tuple(_one(found, name, "--file") for name in dict.fromkeys(files))
        apart = {(one.provider, one.field) for one in [*filed, *([first] if first else [])]}
        rest = [one for one in found if (one.provider, one.field) not in apart]
        kept = () if not only and apart and not rest else selected(rest, only)
        return cls(tuple(kept), first, filed)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Every field that leaves."""
        return [(one.provider, one.field) for one in (*self.inside, *self.files, *([self.stdin] if self.stdin else []))]


def _one(found: Sequence[Variable], name: str, option: str) -> Variable:
    fitting = [one for one in found if one.credential and name in (one.field, one.name, f"{one.provider}.{one.field}")]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(f"{one.provider}.{one.field}" for one in (fitting or found) if one.credential)
    raise UsageError(f"{option}: {'several have such a' if fitting else 'there is no such'} field", f"there are {known}" if known else None)


def with_dashes(tools: Tools, providers: Sequence[str]) -> str:
    """The line with `--` in it: before the first name that is no provider, else at its end."""
    from integrations_cli import registry  # noqa: PLC0415  only after a mistake

    known = {*registry.names(), *tools.words[:1]}
    foreign = next((name for name in providers if name.rpartition("/")[2] not in known), None)
    if foreign is None:
        return f"{tools.retyped()} -- COMMAND"
    at = tools.words.index(foreign)
    return f"{tools.retyped(words=tools.words[:at])} -- {tools.retyped(words=tools.words[at:]).removeprefix('integrations ')}"


def must_be_clear(tools: Tools, inside: Iterable[Variable], environ: Mapping[str, str], cards: Iterable[Card]) -> None:
    """Raises Conflict (4) when a variable is set already, MissingInput (2) when an integration lacks a required field."""
    there = [one.name for one in inside if one.name in environ]
    if there:
        again = f"{tools.retyped()} --pristine -- {tools.retyped(words=tools.behind).removeprefix('integrations ')}"
        raise Conflict(f"set already: {', '.join(there)}", "with --strict nothing is replaced", again)
    for card in cards:
        if card.missing:
            given = " ".join(f"--secret-env {name}=NAME" for name in card.missing)
            raise MissingInput(
                f"{card.provider} lacks {', '.join(card.missing)}",
                "required, and never stored",
                f"integrations set {card.provider} {given} -w {card.website}",
            )


def say(tools: Tools, website: str, wanted: Wanted, environ: Mapping[str, str]) -> None:
    """Which variables the child gets, by name; and which of them were set before."""
    assert tools.behind
    names = [one.name for one in wanted.inside] + [f"{one.name}_FILE" for one in wanted.files]
    names += [f"stdin={wanted.stdin.field}"] if wanted.stdin else []
    tools.out.note(f"{website}: {' '.join(names) or 'nothing'} → {safe(tools.behind[0], 60)}")
    for one in wanted.inside:
        if one.name in environ:
            tools.out.warn(f"{one.name} was set already; replaced for this command")


def not_started(tools: Tools, code: int) -> int:
    """126 and 127, as shells use them; nothing was opened."""
    assert tools.behind
    word = safe(tools.behind[0], 60)
    why = f"{word} is not a program that can be run" if code == CANNOT else f"there is no command {word}"
    tools.out.error(UsageError(why, "no credential was opened"))
    return code


def plan(tools: Tools, wanted: Wanted, given: Sequence[Variable], environ: Mapping[str, str], mask: str) -> Plan:
    """Everything the child gets, and which of its streams are masked."""
    assert tools.behind
    by_field = {(one.provider, one.field): one for one in given}
    text = {one.name: by_field[one.provider, one.field].text for one in wanted.inside if (one.provider, one.field) in by_field}
    return Plan(
        words=tools.behind,
        environ={**environ, **text},
        values=[one.text for one in given if one.credential],
        masked=masked(mask, tools.doors.environ),
        pty=mask == "on",
        stdin=by_field[wanted.stdin.provider, wanted.stdin.field].text if wanted.stdin else None,
        files={f"{one.name}_FILE": by_field[one.provider, one.field].text for one in wanted.files},
    )


def masked(mask: str, environ: Mapping[str, str]) -> frozenset[int]:
    """The streams whose text is masked: all with `on`, none with `off`, else those that are no terminal, and both in CI."""
    from integrations_cli.cli.view.screen import in_ci  # noqa: PLC0415  view is loaded by now

    if mask == "off":
        return frozenset()
    return frozenset(number for number in (1, 2) if mask == "on" or in_ci(environ) or not os.isatty(number))


def announce(tools: Tools, given: Iterable[Variable]) -> None:
    """Under GitHub Actions the runner learns every credential first."""
    masks.announce(tools.out, tools.doors.environ, [one.text for one in given if one.credential])
