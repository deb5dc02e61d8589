"""What `doctor` found."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Any

from integrations_cli.actions.doctor import Note
from integrations_cli.cli.view.annotations import Annotation, markdown
from integrations_cli.cli.view.layout import Cell, Column, cells, pad
from integrations_cli.cli.view.out import Out
from integrations_cli.masking import counted, safe

SIGNS: dict[str, Cell] = {"ok": ("✓ ", "blue"), "warning": ("! ", "yellow"), "problem": ("✗ ", "red"), "skipped": ("– ", "dim")}
PROBLEMS = 23
MOST = 10  # of a kind on the screen; data has them all
NAMES = 13  # cells for what a line is about


def code_of(found: Sequence[Note]) -> int:
    """23 when something is wrong; warnings do not count."""
    return PROBLEMS if any(one.state == "problem" for one in found) else 0


def notes(out: Out, found: Sequence[Note]) -> int:
    """A line each, with what mends it beside or below; 23 when something is wrong."""
    code = code_of(found)
    if out.tabular:
        _screen(out, found)
    else:
        columns = [
            Column(name, name.upper()) for name in ("about", "state", "text", "fix", "code", "website", "provider", "keys_url", "compared")
        ]
        out.rows(columns, [_row(one) for one in found], name="doctor", more={"exit": code, "summary": _counts(found)})
    out.note(sentence(found))
    return code


def _row(one: Note) -> dict[str, Any]:
    return {
        "about": one.about,
        "state": one.state,
        "text": one.text,
        "fix": one.fix,
        "code": one.code,
        "website": one.website,
        "provider": one.provider,
        "keys_url": one.page,
        "compared": one.compared,
    }


def _counts(found: Sequence[Note]) -> dict[str, int]:
    counts = Counter(one.state for one in found)
    return {word: counts[word] for word in ("ok", "warning", "problem", "skipped")}


def sentence(found: Sequence[Note]) -> str:
    """`2 problems, 1 warning`."""
    counts = _counts(found)
    told = [counted(counts[word], word) for word in ("problem", "warning") if counts[word]]
    return ", ".join(told) or "nothing is wrong"


def _screen(out: Out, found: Sequence[Note]) -> None:
    home = out.environ.get("HOME") or "/"
    shown = [(one, _short(one.text, home), _short(_fix(one), home)) for one in _few(found)]
    column = max((cells(text) for _, text, fix in shown if fix and _fits(out, text, fix)), default=0)
    for one, text, fix in shown:
        sign, color = (f"{one.state:<8} ", None) if out.plain else SIGNS[one.state]
        first, *rest = textwrap.wrap(text, max(20, out.width - NAMES - 2)) or [""]
        beside = bool(fix) and not rest and NAMES + 4 + column + cells(fix) <= out.width and cells(text) <= column
        line = out.paint(sign, color) + f"{one.about:<{NAMES}}" + (f"{pad(first, column)}  {fix}" if beside else first)
        out.raw(line.rstrip())
        for more in [*rest, *(textwrap.wrap(fix, max(20, out.width - NAMES - 2), break_long_words=False) if fix and not beside else [])]:
            out.raw(" " * (NAMES + 2) + more)


def _fits(out: Out, text: str, fix: str) -> bool:
    return NAMES + 4 + cells(text) + cells(fix) <= out.width


def _fix(one: Note) -> str:
    return "; ".join(part for part in (one.fix, f"revoke at {one.page}" if one.page else None) if part)


def _short(text: str, home: str) -> str:
    """One harmless line, with `~` for the person's home."""
    found = safe(text, 400)
    return found.replace(f"{home}/", "~/") if home != "/" else found


def _few(found: Sequence[Note]) -> list[Note]:
    """At most so many of a kind, the last one counting the rest."""
    kept: list[Note] = []
    counts = Counter((one.about, one.code) for one in found)
    seen: Counter[tuple[str, str]] = Counter()
    for one in found:
        kind = (one.about, one.code)
        seen[kind] += 1
        if seen[kind] <= MOST or counts[kind] == MOST + 1:
            kept.append(one)
        elif seen[kind] == MOST + 1:
            kept.append(Note(one.about, one.state, one.code, f"and {counts[kind] - MOST} more", "integrations doctor --json"))
    return kept


def annotated(found: Sequence[Note]) -> list[Annotation]:
    """An error for a problem, a warning for a warning."""
    return [
        Annotation("error" if one.state == "problem" else "warning", f"doctor {one.about}", f"{one.text}. Fix: {one.fix or 'see above'}")
        for one in found
        if one.state in {"problem", "warning"}
    ]


def summary(found: Sequence[Note]) -> str:
    """The table for the page of a run."""
    rows = [(one.about, f"{SIGNS[one.state][0]}{one.state}", one.text, one.fix or "") for one in found]
    return markdown(("about", "state", "what", "fix"), rows, sentence(found))
