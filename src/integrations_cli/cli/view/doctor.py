"""What `doctor` found."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from integrations_cli.actions.doctor import Note
from integrations_cli.cli.view.annotations import Annotation, markdown
from integrations_cli.cli.view.layout import Cell, Column, cells, pad, wrapped
from integrations_cli.cli.view.out import NARROW, Out
from integrations_cli.masking import counted, safe

SIGNS: dict[str, Cell] = {"ok": ("✓ ", "blue"), "warning": ("! ", "yellow"), "problem": ("✗ ", "red"), "skipped": ("– ", "dim")}
PROBLEMS = 23
MOST = 10  # of a kind on the screen; data has them all
NAMES = 13  # cells for what a line is about
_TYPED = ("integrations ", "chmod ", "chown ", "df ", "edit ", "ls ", "pip ", "revoke at ")  # how a fix begins that is there to be copied


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
    shown = [(one, _short(one.text, home), [_short(fix, home) for fix in _fixes(one)]) for one in _few(found)]
    column = _column(out, [(cells(text), cells("; ".join(fixes))) for _, text, fixes in shown if fixes])
    for one, text, fixes in shown:
        sign, color = (f"{one.state:<8} ", None) if out.plain else SIGNS[one.state]
        begin = out.paint(sign, color)
        if fixes and cells(text) <= column and NAMES + 4 + column + cells("; ".join(fixes)) <= out.width:
            out.raw(f"{begin}{one.about:<{NAMES}}{pad(text, column)}  {'; '.join(fixes)}")
        elif out.width < NARROW:
            _below(out, f"{begin}{one.about}", [text, *fixes], 2)
        else:
            first, *rest = _pieces(out, text, NAMES + 2) or [""]
            _below(out, f"{begin}{one.about:<{NAMES}}{first}".rstrip(), [*rest, *fixes], NAMES + 2)


def _below(out: Out, head: str, texts: Sequence[str], indent: int) -> None:
    out.raw(head)
    for text in texts:
        for piece in _pieces(out, text, indent):
            out.raw(" " * indent + piece)


def _pieces(out: Out, text: str, indent: int) -> list[str]:
    """In lines that fit; what is there to be copied stays whole."""
    return [text] if text.startswith(_TYPED) else wrapped(text, max(20, out.width - indent), 0, links=True)


def _column(out: Out, wide: Sequence[tuple[int, int]]) -> int:
    """Cells for the texts (and behind them what mends it), so that as many as possible have both on one line."""

    def beside(column: int) -> int:
        return sum(text <= column and NAMES + 4 + column + fix <= out.width for text, fix in wide)

    return max((text for text, _ in wide), key=lambda column: (beside(column), -column), default=0)


def _fixes(one: Note) -> list[str]:
    return [part for part in (one.fix, f"revoke at {one.page}" if one.page else None) if part]


def _short(text: str, home: str) -> str:
    """One harmless line, with `~` for the person's home; not inside of quotes, where no shell would read it."""
    found = safe(text, 400)
    return re.sub(rf"(?<!'){re.escape(home)}/", "~/", found) if home != "/" else found


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
