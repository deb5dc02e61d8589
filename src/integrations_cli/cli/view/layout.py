"""Tables measured in cells: wide columns drop out by priority, names and states are never cut."""

from __future__ import annotations

from itertools import zip_longest

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

    `keep`: the higher, the longer it stays when the screen is narrow; from 8 on it is never dropped. `show` makes the text (and colour).
    `least`: a text that may go on below, but not in fewer cells; 0: always on one line.
    """

    name: str
    title: str | None
    show: Callable[[Mapping[str, Any]], str | Cell] = _nothing
    keep: int = 5
    data: bool = True
    least: int = 0


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


def wrapped(line: str, width: int, indent: int, links: bool = False) -> list[str]:
    """The line in pieces that fit, broken between words; all but the first begin with `indent` spaces.

    With `links` an address that is wider than the screen stays whole, so that it can be copied: the terminal goes on below by itself.
    So does a command at the end, behind `: `.
    """
    pieces, indent = [], max(0, min(indent, width - 8))
    before, sign, command = line.rpartition(": integrations ")
    if links and sign and cells(line) > width:
        return [*wrapped(f"{before}:", width, indent, links), f"{' ' * indent}{sign[2:]}{command}"]
    while cells(line) > width:
        most = next(at for at in range(len(line), 0, -1) if cells(line[:at]) <= width or at == 1)
        cut = line.rfind(" ", indent + 1, most + 1)
        if cut <= indent:
            end = line.find(" ", most)
            long = line[indent:] if end < 0 else line[indent:end]
            cut = most if not (links and "://" in long) else len(line) if end < 0 else end
        pieces.append(line[:cut].rstrip())
        line = " " * indent + line[cut:].lstrip()
    return [*pieces, line] if line.strip() or not pieces else pieces


def table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int, header: bool = True) -> list[Line]:
    """Aligned lines; the columns with the lowest `keep` drop out until it fits, texts that may go on below do, if need be."""
    natural, least = _widths(columns, rows)
    shown = list(range(len(columns)))
    while sum(least[at] + 2 for at in shown) > width + 1 and any(columns[at].keep < 8 for at in shown):
        shown.remove(min(shown, key=lambda at: (columns[at].keep, -at)))
    widths = {at: least[at] for at in shown}
    for at in shown:
        widths[at] += max(0, min(natural[at] - least[at], width + 1 - sum(widths.values()) - 2 * len(shown)))
    lines: list[Line] = []
    if header:
        lines.append([(" ", None), *((pad(columns[at].title or "", widths[at]) + "  ", None) for at in shown)])
        lines.append([(" " + "─" * (min(width - 1, sum(widths.values()) + 2 * len(shown)) - 1), "dim")])
    for row in rows:
        broken = [wrapped(row[at][0], widths[at], 0) for at in shown]
        for below in zip_longest(*broken, fillvalue=""):
            told = zip(shown, below, strict=True)
            lines.append([(" ", None), *((pad(piece, widths[at]) + "  ", row[at][1]) for at, piece in told)])
    return lines


def fits(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> bool:
    """True if a table so wide can hold every column that matters."""
    return sum(wide + 2 for one, wide in zip(columns, _widths(columns, rows)[1], strict=True) if one.keep >= 8) <= width + 1


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> tuple[list[int], list[int]]:
    """What each column would like to have, and what it has to have."""
    natural = [max([cells(one.title or ""), *(cells(row[at][0]) for row in rows)]) for at, one in enumerate(columns)]
    return natural, [min(wide, one.least or wide) for one, wide in zip(columns, natural, strict=True)]


def stacked(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> list[Line]:
    """For narrow screens: the two columns that matter most on one line; below, by name, the others that matter and hold something."""
    order = sorted(range(len(columns)), key=lambda at: -columns[at].keep)
    first, rest = sorted(order[:2]), sorted(at for at in order[2:] if columns[at].keep >= 5)
    lines: list[Line] = []
    for row in rows:
        lines.extend(_head([row[at] for at in first], width))
        facts = [f"{(columns[at].title or '').lower()} {row[at][0]}" for at in rest if row[at][0] not in {"", "–", "-"}]
        lines.extend([(piece, None)] for piece in _filled(facts, width))
    return lines


def _head(head: Sequence[Cell], width: int) -> list[Line]:
    """One or two cells on a line, or below each other where there is no room."""
    (first, color), *rest = head
    if rest and max(cells(first), 16) + 2 + cells(rest[0][0]) > width:
        return [[(first, color)], *([(piece, rest[0][1])] for piece in wrapped(f"  {rest[0][0]}", width, 4))]
    return [[(pad(first, 16) + "  ", color), *rest]]


def _filled(facts: Sequence[str], width: int) -> list[str]:
    """Facts in lines that fit, two spaces apart and two in; one that is wider than a line is broken between words.

    A command and an address are never broken: they are there to be pasted.
    """
    lines: list[str] = []
    for fact in facts:
        if lines and cells(lines[-1]) + 2 + cells(fact) <= width:
            lines[-1] += f"  {fact}"
        else:
            whole = "integrations " in fact or "://" in fact
            lines.extend([f"  {fact}"] if whole else wrapped(f"  {fact}", width, 4))
    return lines


def block(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[Line]:
    """For screen readers: `NAME: value`, an empty line between rows."""
    lines: list[Line] = []
    for row in rows:
        lines.extend([(f"{column.title}: {cell[0]}", None)] for column, cell in zip(columns, row, strict=True))
        lines.append([("", None)])
    return lines
