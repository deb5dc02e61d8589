"""Tables measured in cells: wide columns drop out by priority, names and states are never cut."""

from __future__ import annotations

from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

Cell = tuple[str, str | None]
"""Text and colour."""
Line = list[Cell]


def _nothing(row: Mapping[str, Any]) -> str:
    return ""


class Column(Record):
    """One column. `name` is the data's name; `title` None: data only; `data` False: for people only.

    `keep`: the higher, the longer it stays when the screen is narrow; 9 and above are never dropped. `show` makes the text (and colour).
    """

    name: str
    title: str | None
    show: Callable[[Mapping[str, Any]], str | Cell] = _nothing
    keep: int = 5
    data: bool = True


def plainly(name: str, title: str | None = "", keep: int = 5, empty: str = "–") -> Column:
    """A column that shows its value as it is."""
    return Column(
        name, name.upper() if title == "" else title, lambda row: str(row.get(name)) if row.get(name) not in (None, "") else empty, keep
    )


def cells(text: str) -> int:
    """The width on a screen."""
    if text.isascii():
        return len(text)
    import unicodedata  # noqa: PLC0415  only for what is more than ASCII

    return sum(0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in {"W", "F"} else 1 for one in text)


def pad(text: str, width: int) -> str:
    """Filled with spaces to a width in cells."""
    return text + " " * max(0, width - cells(text))


def wrapped(line: str, width: int, indent: int) -> list[str]:
    """The line in pieces that fit, broken between words; all but the first begin with `indent` spaces."""
    pieces = []
    while cells(line) > width:
        cut = line.rfind(" ", indent + 1, width + 1)
        cut = cut if cut > indent else width
        pieces.append(line[:cut].rstrip())
        line = " " * min(indent, width - 8) + line[cut:].lstrip()
    return [*pieces, line]


def table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int, header: bool = True) -> list[Line]:
    """Aligned lines; the columns with the lowest `keep` drop out until it fits, then the last text column is shortened."""
    shown = list(range(len(columns)))
    widths = [max([cells(columns[at].title or ""), *(cells(row[at][0]) for row in rows)]) for at in shown]
    while sum(widths[at] + 2 for at in shown) > width and any(columns[at].keep < 9 for at in shown):
        shown.remove(min(shown, key=lambda at: (columns[at].keep, -at)))
    lines: list[Line] = []
    if header:
        lines.append([(" ", None), *((pad(columns[at].title or "", widths[at]) + "  ", None) for at in shown)])
        lines.append([(" " + "─" * (min(width - 1, sum(widths[at] + 2 for at in shown)) - 1), "dim")])
    for row in rows:
        lines.append([(" ", None), *((pad(row[at][0], widths[at]) + "  ", row[at][1]) for at in shown)])
    return lines


def stacked(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> list[Line]:
    """For narrow screens: the kept columns on one line, the next two below, broken between words."""
    order = sorted(range(len(columns)), key=lambda at: -columns[at].keep)
    first = sorted(order[:2])
    second = sorted(at for at in order[2:4])
    lines: list[Line] = []
    for row in rows:
        lines.append([(pad(row[first[0]][0], 16) + "  ", row[first[0]][1]), row[first[-1]] if len(first) > 1 else ("", None)])
        below: Line = [("  ", None), *((row[at][0] + "  ", row[at][1]) for at in second)]
        text = "".join(piece for piece, _ in below).rstrip()
        lines.extend([below] if cells(text) <= width else [[(piece, None)] for piece in wrapped(text, width, 4)])
    return lines


def block(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[Line]:
    """For screen readers: `NAME: value`, an empty line between rows."""
    lines: list[Line] = []
    for row in rows:
        lines.extend([(f"{column.title}: {cell[0]}", None)] for column, cell in zip(columns, row, strict=True))
        lines.append([("", None)])
    return lines
