"""The screen or the pipe. Four separate questions: may we ask (ask.py), table or data, colour, animation.

Results go to stdout, everything else to stderr. In JSON mode stderr is JSON lines too.
"""

from __future__ import annotations

import sys

from integrations_cli.cli.view.formats import csv_lines, to_json, tsv_lines
from integrations_cli.cli.view.screen import in_ci, is_terminal, speaks_utf8, width
from integrations_cli.errors import IntegrationsError, UsageError
from integrations_cli.masking import safe
from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Any, TextIO

    from integrations_cli.cli.view.layout import Column

NARROW = 60  # cells below which nothing stands in columns
COLORS = {"blue": "34", "red": "1;31", "yellow": "33", "magenta": "35", "dim": "2", "bold": "1"}
_ASCII = str.maketrans("•✓✗○…–─│┌┐└┘├→·—", "*+xo.--|++++|>--")


class Options(Record):
    """What was asked for on the command line."""

    format: str | None = None
    fields: tuple[str, ...] = ()
    header: bool = True
    iso: bool = False
    color: str = "auto"
    ascii: bool = False
    quiet: bool = False
    plain: bool = False


class Out:
    """One per command."""

    def __init__(
        self,
        options: Options,
        environ: Mapping[str, str],
        stdout: TextIO | None,
        stderr: TextIO | None,
        now: Callable[[], datetime],
    ) -> None:
        self.options, self.environ, self.now = options, environ, now
        self.stdout, self.stderr = stdout or sys.stdout, stderr or sys.stderr
        if environ.get("GITHUB_ACTIONS"):
            from integrations_cli.cli.view.runner import Defused  # noqa: PLC0415  there only

            streams: Any = Defused(self.stdout, lines=True), Defused(self.stderr, lines=False)
            self.stdout, self.stderr = streams
        self.plain = options.plain or environ.get("TERM") == "dumb"
        self.format = options.format or ("table" if is_terminal(self.stdout) else "tsv")
        self.json_mode = self.format in {"json", "ndjson"}
        self.tabular = self.format == "table"
        self.ascii = options.ascii or not speaks_utf8(self.stdout, environ)
        self.width = width(environ, self.stdout)

    # ── colour and symbols ──

    def colored(self, stream: TextIO) -> bool:
        """Decided per stream: `--color`, NO_COLOR, FORCE_COLOR, TERM=dumb, terminal."""
        if self.options.color != "auto":
            return self.options.color == "always"
        if self.environ.get("NO_COLOR"):
            return False
        forced = self.environ.get("FORCE_COLOR") or self.environ.get("CLICOLOR_FORCE")
        if forced and forced != "0":
            return True
        return is_terminal(stream) and self.environ.get("TERM") != "dumb" and not in_ci(self.environ)

    def paint(self, text: str, color: str | None, stream: TextIO | None = None) -> str:
        """The text in a colour, where there is colour."""
        return f"\x1b[{COLORS[color]}m{text}\x1b[0m" if color and self.colored(stream or self.stdout) else text

    def glyphs(self, text: str) -> str:
        """The text with symbols this screen can show."""
        return text.translate(_ASCII).encode("ascii", "replace").decode() if self.ascii else text

    # ── stderr ──

    def _say(self, text: str, color: str | None = None, notice: str | None = None, indent: int = 2) -> None:
        if self.json_mode:
            import json  # noqa: PLC0415  in JSON mode stderr is ASCII

            print(json.dumps({"notice": notice or text}), file=self.stderr)
        else:
            print(self.glyphs(self.paint(self.fitting(safe(text, None), indent), color, self.stderr)), file=self.stderr)

    def fitting(self, line: str, indent: int = 2) -> str:
        """On a terminal, a line that is longer than the screen is broken between words."""
        if not is_terminal(self.stderr):
            return line
        from integrations_cli.cli.view.layout import wrapped  # noqa: PLC0415  for people only

        return "\n".join(wrapped(line, width(self.environ, self.stderr), indent + len(line) - len(line.lstrip()), links=True))

    def note(self, text: str) -> None:
        """Something worth knowing; silent with --quiet."""
        if not self.options.quiet:
            self._say(text)

    def warn(self, text: str) -> None:
        """Something to look at."""
        self._say(f"! {text}", "yellow", text)

    def done(self, text: str) -> None:
        """It worked."""
        if not self.options.quiet:
            self._say(f"✓ {text}", "blue", text)

    def step(self, number: str, name: str, result: str) -> None:
        """One step of several."""
        if not self.options.quiet:
            wide = not is_terminal(self.stderr) or width(self.environ, self.stderr) >= NARROW
            self._say(f"  {number}  {f'{name:<18} ' if wide else f'{name}  '}{result}", indent=27 if wide else 2)

    def next(self, *commands: str) -> None:
        """What to type next."""
        if self.json_mode or self.options.quiet or not commands:
            return
        line = f"next: {' · '.join(commands)}"
        if "\n" in self.fitting(line):  # never broken inside: it is there to be pasted
            line = "next: " + "\n      ".join(commands)
        self._paste(line)

    def _paste(self, text: str) -> None:
        print(self.glyphs("\n".join(safe(line, None) for line in text.split("\n"))), file=self.stderr)

    def undo(self, command: str) -> None:
        """How to take it back."""
        if not (self.json_mode or self.options.quiet):
            self._paste(f"undo: {command}")

    def error(self, error: IntegrationsError) -> None:
        """What, why, and what to try; never silent."""
        if self.json_mode:
            print(to_json({"error": error.as_data()}), file=self.stderr)
            return
        told = self.fitting(f"error: {safe(error.what)}")
        lines = [told.replace("error: ", self.paint("error: ", "red", self.stderr), 1)]
        lines += [self.fitting(f"  why: {safe(error.why)}", 5)] if error.why else []
        lines += [f"  {'try:' if at == 0 else '    '} {safe(line)}" for at, line in enumerate(error.tries)]
        print(self.glyphs("\n".join(lines)), file=self.stderr)

    # ── stdout ──

    def text(self, text: str) -> None:
        """A result line."""
        print(self.glyphs(safe(text, None)) if self.tabular else safe(text, None), file=self.stdout)

    def sentence(self, text: str) -> None:
        """A result that people read: where it is longer than the screen it goes on below, between words."""
        if not is_terminal(self.stdout) and not self.tabular:
            self.text(text)
            return
        from integrations_cli.cli.view.layout import wrapped  # noqa: PLC0415  for people only

        self.raw("\n".join(wrapped(safe(text, None), self.width, 2 + len(text) - len(text.lstrip()))))

    def raw(self, text: str) -> None:
        """A result that was made safe already."""
        print(self.glyphs(text), file=self.stdout)

    def data(self, shape: Mapping[str, Any]) -> None:
        """One JSON document."""
        print(to_json(shape), file=self.stdout)

    def rows(
        self,
        columns: Sequence[Column],
        rows: Iterable[Mapping[str, Any]],
        *,
        name: str,
        items: Callable[[], Iterable[Mapping[str, Any]]] | None = None,
        part: str = "items",
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """A table on a terminal, else TSV, CSV or JSON. `columns` name the data; `items` are what JSON shows, if it is more than the row.

        A row maps a column's name to its plain value; a column's `show` turns that into what people see.
        """
        found = list(rows)
        if self.json_mode:
            self._json(name, self._chosen(list(items() if items else found)), part, more or {})
            return
        known = {one.name: one for one in columns}
        self._print([known[name] for name in self._picked(list(known))], found)

    def _print(self, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> None:
        if not self.tabular:
            self._separated([one for one in columns if one.data], rows)
            return
        if not rows:  # what is said below tells it
            return
        from integrations_cli.cli.view.layout import block, fits, stacked, table  # noqa: PLC0415  for people only

        shown = [one for one in columns if one.title is not None]
        texts = [[self._cell(one, row) for one in shown] for row in rows]
        lines = (
            block(shown, texts)
            if self.plain
            else table(shown, texts, self.width, self.options.header)
            if self.width >= NARROW and fits(shown, texts, self.width)
            else stacked(shown, texts, self.width)
        )
        for line in lines:
            self.raw("".join(self.paint(piece, color) for piece, color in line).rstrip())

    def _cell(self, column: Column, row: Mapping[str, Any]) -> tuple[str, str | None]:
        shown = column.show(row)
        text, color = shown if isinstance(shown, tuple) else (shown, None)
        return self.glyphs(safe(text, 400)), color

    def _picked(self, known: Sequence[str]) -> Sequence[str]:
        if not self.options.fields:
            return known
        if any(name not in known for name in self.options.fields):
            raise UsageError("--fields: there is no such column", f"there are {', '.join(known)}")
        return self.options.fields

    def _chosen(self, items: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        if not self.options.fields:
            return items
        if items:
            self._picked(list(items[0]))
        return [{name: one.get(name) for name in self.options.fields} for one in items]

    def _json(self, name: str, items: Sequence[Mapping[str, Any]], part: str, more: Mapping[str, Any]) -> None:
        if self.format == "ndjson":
            for one in items:
                print(to_json(one), file=self.stdout)
        else:
            self.data(
                {
                    "format": f"integrations.{name}/1",
                    **{key: value for key, value in more.items() if key == "exit"},
                    part: items,
                    **{key: value for key, value in more.items() if key != "exit"},
                }
            )

    def _separated(self, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> None:
        names = [one.name for one in columns]
        self._written(names, [[[row.get(name) for name in names] for row in rows]])

    def stream(self, columns: Mapping[str, bool], pages: Iterable[Iterable[Sequence[Any]]], *, header: bool = True) -> None:
        """TSV or CSV page by page, as `rows` prints it at once: values in the order of the `columns` that are data; a `header` once."""
        there = [name for name in columns if columns[name]]
        chosen = [name for name in self._picked(list(columns)) if columns[name]]
        places = [there.index(name) for name in chosen]
        self._written(chosen, ([[row[at] for at in places] for row in page] for page in pages) if self.options.fields else pages, header)

    def _written(self, names: list[str], pages: Iterable[Iterable[Sequence[Any]]], header: bool = True) -> None:
        lines = csv_lines if self.format == "csv" else tsv_lines
        if self.options.header and header:
            self.stdout.write(lines([names]))
        for page in pages:
            self.stdout.write(lines(page))

    def stream_items(self, name: str, pages: Iterable[Iterable[Mapping[str, Any]]]) -> None:
        """JSON as `rows` prints it, page by page. A document that is cut short, since a page could not be read, is no JSON."""
        texts = ([to_json(one) for one in self._chosen(list(page))] for page in pages)
        if self.format == "ndjson":
            for page in texts:
                self.stdout.write("".join([f"{text}\n" for text in page]))
            return
        head = between = f'{{"format": "integrations.{name}/1", "items": ['
        for page in filter(None, texts):
            self.stdout.write(between + ", ".join(page))
            between = ", "
        self.stdout.write(f"{head if between is head else ''}]}}\n")

    def item(self, name: str, item: Mapping[str, Any]) -> None:
        """One thing as JSON; with `--format ndjson` it stands alone on its line."""
        (chosen,) = self._chosen([item])
        self.data(chosen if self.format == "ndjson" else {"format": f"integrations.{name}/1", "item": chosen})

    def pairs(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """`name⇥value` lines, or `name,value`; `--fields` are names. Raises UsageError (2)."""
        found = list(pairs)  # two may have one name: a setting is called as its provider likes
        if self.options.fields:
            found = [pair for name in self._picked([name for name, _ in found]) for pair in found if pair[0] == name]
        self.stdout.write(csv_lines(found) if self.format == "csv" else tsv_lines(found))
