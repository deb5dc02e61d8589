"""What `doctor` found."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from integrations_cli.actions.doctor import Note
from integrations_cli.cli.view.layout import Cell, Column
from integrations_cli.cli.view.out import Out

SIGNS: dict[str, Cell] = {"ok": ("✓ ", "blue"), "warning": ("! ", "yellow"), "problem": ("✗ ", "red"), "skipped": ("– ", "dim")}
PROBLEMS = 23


def notes(out: Out, found: Sequence[Note]) -> int:
    """A line each, with the command that mends it; 23 when something is wrong."""
    counts = Counter(one.state for one in found)
    code = PROBLEMS if counts["problem"] else 0
    rows: list[dict[str, Any]] = [{"about": one.about, "state": one.state, "text": one.text, "fix": one.fix} for one in found]
    if out.tabular:
        for one in found:
            sign, color = SIGNS[one.state]
            out.raw(f"{out.paint(sign, color)}{one.about:<12} {one.text}" + (f"\n{'':>15}{one.fix}" if one.fix else ""))
    else:
        columns = [Column(name, name.upper()) for name in ("about", "state", "text", "fix")]
        out.rows(columns, rows, name="doctor", more={"exit": code})
    told = [f"{counts[word]} {word}{'s' if counts[word] > 1 else ''}" for word in ("problem", "warning") if counts[word]]
    out.note(", ".join(told) or "nothing is wrong")
    return code
