"""Lines of a plan, as people read them on a terminal: fingerprints, never values."""

from collections.abc import Callable, Sequence

from integrations_cli.actions.plan import Change, Line
from integrations_cli.cli.view.layout import cells, pad, wrapped
from integrations_cli.cli.view.out import Out
from integrations_cli.masking import safe

Sign = tuple[str, str, str]
"""Symbol, word and colour."""

SIGNS = {
    "create": "+",
    "change": "~",
    "unchanged": "=",
    "conflict": "!",
    "incomplete": "?",
    "invalid": "✗",
    "unreadable": "✗",
    "ignored": "-",
}
COLORS = {
    "create": "blue",
    "change": "blue",
    "conflict": "yellow",
    "incomplete": "yellow",
    "invalid": "red",
    "unreadable": "red",
    "unchanged": "dim",
}


def sign_of(line: Line) -> Sign:
    """What would become of it."""
    return SIGNS[line.kind], line.kind, COLORS[line.kind]


def aligned(out: Out, found: Sequence[Line], sign: Callable[[Line], Sign]) -> None:
    """A line each: sign and word, website, provider, fields, places and notes; on a narrow screen it goes on below."""
    places = [_beside(line) for line in found]
    told = [told_fields(line) for line in found]
    wide, provider = max(map(cells, told), default=0), max((len(line.provider) for line in found), default=0)
    shown = [(sign(line), f" {line.website}  {pad(line.provider, provider)}  ") for line in found]
    wholes = [f"{rest}{pad(text, wide)}  {place}".rstrip() for (_, rest), text, place in zip(shown, told, places, strict=True)]
    fits = out.width >= 100 and max(map(cells, wholes), default=0) + 15 <= out.width
    for ((symbol, word, color), rest), text, place, whole in zip(shown, told, places, wholes, strict=True):
        sign_and_word = f"{symbol} {word:<11}"
        if fits:
            out.raw(f"  {out.paint(sign_and_word, color)}{whole}")
            continue
        first, *more = wrapped(f"  {sign_and_word}{rest}{text}".rstrip(), out.width, 6)
        out.raw(first.replace(sign_and_word, out.paint(sign_and_word, color), 1))
        for piece in (*more, *(wrapped(f"      {place}", out.width, 6) if place else ())):
            out.raw(piece)


def _beside(line: Line) -> str:
    """Places and notes."""
    places = ", ".join(dict.fromkeys(_short(one.place) for one in line.fields if one.place))
    return " · ".join(part for part in (places, *map(safe, line.notes)) if part)


def told_fields(line: Line) -> str:
    """The fields of one line: fingerprints, never values."""
    if line.detail:
        return safe(line.detail)
    return ", ".join(_field(one) for one in line.fields)


def _field(one: Change) -> str:
    if one.change == "missing":
        return f"{one.name} missing"
    if one.change == "bad":
        return f"{one.name} refused"
    new = one.fp[:8] if one.fp else ""
    if one.change in {"replace", "kept"} and one.old:
        return f"{one.name} {one.old[:8]} → {new}"
    return f"{one.name} {new}".strip()


def _short(place: str) -> str:
    """`secrets.env:12 NAME` as `NAME:12`; a bare name stays, and so does one in a file without lines."""
    where, _, name = safe(place).partition(" ")
    file, colon, line = where.rpartition(":")
    return (f"{name}:{line}" if colon and file else name) if name else where
