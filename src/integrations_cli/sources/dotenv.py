"""Source `dotenv`: .env files, by one documented grammar (docs/dotenv.md). Nothing is expanded, executed or written.

Parsed with python-dotenv's parser, which keeps line numbers and marks errors. An error names file and line, and the name only if
it is one of ours: a line of a key file can look like a name.
"""

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from integrations_cli.errors import NotFound, UsageError, system_says
from integrations_cli.sources.finding import Fault, Reading
from integrations_cli.sources.names import Meaning, Named, Wanted, index, interpret

LARGEST = 16 * 1024 * 1024
LONGEST_LINE = 64 * 1024
_HEAD = re.compile(r"\s*(?:export[^\S\r\n]+)?'?([^='\s#]+)'?[^\S\r\n]*=([^\S\r\n]*)(.?)", re.DOTALL)
_NAME = re.compile(r"[A-Z][A-Z0-9]{0,19}(_[A-Z0-9]{1,20}){0,6}")  # of a variable that we do not know: anything else may be a key
_VARIABLE = re.compile(r"\$[A-Z_][A-Z0-9_]*")
_SAMPLE = re.compile(r".*\.(example|sample|dist|template)")


def read(files: Sequence[Path], wanted: Wanted = Wanted()) -> Reading:  # noqa: B008  frozen
    """Findings of all files together. Raises NotFound (3) for a missing file, UsageError (2) for one that is no text."""
    reading = Reading("dotenv", ", ".join(path.name for path in files))
    known = index()
    pairs: list[Named] = []
    for path in files:
        pairs += list(_bindings(reading, path, known))
    return interpret(reading, pairs, wanted)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise NotFound(f"{path}: cannot be read", system_says(error)) from None
    if len(data) > LARGEST:
        raise UsageError(f"{path.name}: more than 16 MiB")
    if b"\0" in data:
        raise UsageError(f"{path.name}:{data[: data.index(0)].count(10) + 1}: a NUL byte")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path.name}:{data[: error.start].count(10) + 1}: not UTF-8 text") from None
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE:
            raise UsageError(f"{path.name}:{number}: a line of more than 64 KiB")
    return text.replace("\r\n", "\n")


def _bindings(reading: Reading, path: Path, known: dict[str, Meaning]) -> Iterator[Named]:
    from dotenv.parser import parse_stream  # noqa: PLC0415  only this source needs it

    text = _text(path)
    if _SAMPLE.fullmatch(path.name):
        reading.notes.append(f"{path.name} looks like a sample file")
    if path.stat().st_mode & 0o077:
        reading.notes.append("readable_by_others")
    for binding in parse_stream(io.StringIO(text)):
        original = binding.original.string
        blank = len(original) - len(original.lstrip())
        line = binding.original.line + original[:blank].count("\n")
        body = original[blank:]
        if binding.error:
            reading.faults.append(_fault(path.name, line, body, known))
        elif binding.key is not None and binding.value is not None:
            yield from _binding(reading, path.name, line, body, binding.key, binding.value, known)


def _binding(reading: Reading, file: str, line: int, body: str, name: str, value: str, known: dict[str, Meaning]) -> Iterator[Named]:
    head = _HEAD.match(body)
    quote = head[3] if head and head[3] in {"'", '"'} else ""
    if head and not quote and head[2] and head[3] == "#":
        value = ""  # `K= # comment`: the parser would take the comment for the value
    place = f"{file}:{line} {name}"
    meaning = known.get(name) or known.get(name.removesuffix("_FILE"))
    if meaning is None:
        yield Named(name, value, place if _NAME.fullmatch(name) else f"{file}:{line}")
        return
    problem = _problem(value, quote, body)
    if problem is not None:
        reading.names += 1
        reading.faults.append(Fault(place, *problem, meaning.provider, meaning.field))
        return
    yield Named(name, value, place, ("readers_disagree",) if _disputed(value, quote, body) else ())


def _problem(value: str, quote: str, body: str) -> tuple[str, str] | None:
    if quote != "'" and ("${" in value or "$(" in value or value.startswith("`") or _VARIABLE.fullmatch(value)):
        return "reference", "a reference or a command; nothing is expanded or run"
    if not quote and value.startswith("-----BEGIN"):
        return "needs_quotes", "a value of several lines needs quotes"
    return None


def _disputed(value: str, quote: str, body: str) -> bool:
    """True where other readers of .env files see another value."""
    if quote:
        written = re.search(rf"=\s*{quote}((?:\\.|[^{quote}\\])*)", body, re.DOTALL)
        escapes = re.findall(r"\\(.)", written[1] if written else "", re.DOTALL)
        return "\\" in escapes if quote == "'" else "$" in value or any(one != '"' for one in escapes)
    return any(sign in value for sign in "#\\$")


def _fault(file: str, line: int, body: str, known: dict[str, Meaning]) -> Fault:
    head = _HEAD.match(body)
    name = head[1] if head and head[1] in known else None
    place = f"{file}:{line}" + (f" {name}" if name else "")
    meaning = known[name] if name else Meaning("", "")
    return Fault(place, "syntax", _syntax(body, head), meaning.provider, meaning.field)


def _syntax(body: str, head: re.Match[str] | None) -> str:
    if head is None or not head[1]:
        return "not NAME=value"
    rest = body[head.start(3) :]
    lines = body.rstrip("\n").count("\n")
    if rest.startswith(('"""', "'''")):
        return "use one pair of quotes"
    if lines or (rest[:1] in {"'", '"'} and rest.count(rest[0]) == 1):
        return "a quote is not closed" + (f"; it swallows {lines} more lines" if lines else "")
    return "text after the closing quote" if rest[:1] in {"'", '"'} else "not NAME=value"
