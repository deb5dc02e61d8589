"""Source `dotenv`: .env files, by one documented grammar (docs/dotenv.md). Nothing is expanded, executed or written.

Parsed with python-dotenv's parser, which keeps line numbers and marks errors. An error names file and line, and the name only if
it is one of ours: a line of a key file can look like a name.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from integrations_cli import pasted
from integrations_cli.errors import NotFound, UsageError, system_says
from integrations_cli.provider import is_placeholder
from integrations_cli.sources import once, readers
from integrations_cli.sources.decoding import UTF_16
from integrations_cli.sources.finding import Fault, Reading
from integrations_cli.sources.names import Meaning, Named, Wanted, index, interpret, keep

LARGEST = 16 * 1024 * 1024
LONGEST_LINE = 64 * 1024
_HEAD = re.compile(r"\s*(?:export[^\S\r\n]+)?'?([^='\s#]+)'?[^\S\r\n]*=([^\S\r\n]*)(.?)", re.DOTALL)
_NAME = re.compile(r"[A-Z][A-Z0-9]{0,19}(_[A-Z0-9]{1,20}){0,6}")  # of a variable that we do not know: anything else may be a key
_SAMPLE = re.compile(r".*\.(example|sample|dist|template)")


def read(files: Sequence[Path], wanted: Wanted = Wanted(), given: Mapping[Path, bytes] = MappingProxyType({})) -> Reading:  # noqa: B008  frozen
    """Findings of all files together; what is `given` was read already. Raises NotFound (3) for a missing file."""
    names = {path: once.named(path) if path in given else path.name for path in files}
    reading = Reading("dotenv", ", ".join(names[path] for path in files))
    known = index() | {name: Meaning(one.provider, one.field) for name, one in wanted.mapped.names.items() if one.ignore is None}
    pairs: list[Named] = []
    for path in files:
        text = _text(given[path] if path in given else _bytes(reading, path), names[path])
        if isinstance(text, Fault):
            _refuse(reading, text, wanted)
        else:
            pairs += _not_overruled(reading, list(_bindings(reading, names[path], text, known, wanted)), known, wanted)
    return interpret(reading, pairs, wanted)


def _not_overruled(reading: Reading, pairs: list[Named], known: Mapping[str, Meaning], wanted: Wanted) -> list[Named]:
    """Without the names that have a value first and none on a later line of the file: every reader takes the later one."""
    last = {pair.name: pair for pair in pairs}
    gone: set[str] = set()
    for pair in pairs:
        meaning, later = known.get(pair.name), last[pair.name]
        asked = meaning is not None and (not meaning.asked or pair.name in wanted.include)
        if meaning is None or not asked or pair.name in gone or _is_blank(pair) or not _is_blank(later):
            continue
        gone.add(pair.name)
        detail = f"{pair.place} and {later.place} differ, and the later one is empty or a placeholder"
        _refuse(reading, Fault(later.place, "source_disagrees", detail, meaning.provider, meaning.field, kind="conflict"), wanted)
    return [pair for pair in pairs if pair.name not in gone]


def _is_blank(pair: Named) -> bool:
    return not pair.value.strip() or is_placeholder(pair.value.strip())


def _bytes(reading: Reading, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise NotFound(f"{pasted.path(path)}: cannot be read", system_says(error)) from None
    if _SAMPLE.fullmatch(path.name):
        reading.notes.append("sample_file")
    if path.stat().st_mode & 0o077:
        reading.notes.append("readable_by_others")
    return data


def _text(data: bytes, name: str) -> str | Fault:
    """The file as text, or why none of it is taken: what cannot be read may be the end of a value that begins above it."""
    if len(data) > LARGEST:
        raise UsageError(f"{name}: more than 16 MiB")
    if data.startswith(UTF_16):  # as PowerShell's > writes it
        return _unreadable(f"{name}:1", "not_text", "not UTF-8 text, but UTF-16: save it as UTF-8")
    if b"\0" in data:
        return _unreadable(f"{name}:{data[: data.index(0)].count(10) + 1}", "not_text", "a NUL byte")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _unreadable(f"{name}:{data[: error.start].count(10) + 1}", "not_text", "not UTF-8 text")
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE:
            return _unreadable(f"{name}:{number}", "too_large", "a line of more than 64 KiB")
    return text.replace("\r\n", "\n")


def _unreadable(place: str, reason: str, detail: str) -> Fault:
    return Fault(place, reason, detail, kind="unreadable")


def _bindings(reading: Reading, file: str, text: str, known: Mapping[str, Meaning], wanted: Wanted) -> Iterator[Named]:
    from dotenv.parser import parse_stream  # noqa: PLC0415  only this source needs it

    for binding in parse_stream(io.StringIO(text)):
        original = binding.original.string
        blank = len(original) - len(original.lstrip())
        line = binding.original.line + original[:blank].count("\n")
        body = original[blank:]
        if binding.error:
            _refuse(reading, _fault(file, line, body, known), wanted)
        elif binding.key is not None and binding.value is not None:
            one, hidden = _read(file, line, body, binding.key, binding.value, known)
            if hidden is not None:
                _refuse(reading, hidden, wanted)
            yield one


def _read(file: str, line: int, body: str, name: str, value: str, known: Mapping[str, Meaning]) -> tuple[Named, Fault | None]:
    """A line as it is read; and a fault if it hides another one."""
    head = _HEAD.match(body)
    quote = head[3] if head and head[3] in {"'", '"'} else ""
    rest = body[head.start(3) :].rstrip("\n") if head else ""
    if head and not quote and head[2] and head[3] == "#":
        value = ""  # `K= # comment`: the parser would take the comment for the value
    place = f"{file}:{line} {name}" if name in known or name.removesuffix("_FILE") in known or _NAME.fullmatch(name) else f"{file}:{line}"
    notes = ("readers_disagree",) if readers.disputed(value, quote, rest, body.startswith("export")) else ()
    hidden = readers.hides(name, value, quote, body[head.start(2) :] if head else "", known)
    return Named(name, value, place, notes, readers.problem(value, quote)), _hidden(file, line, hidden, known) if hidden else None


def _hidden(file: str, line: int, hidden: tuple[str, int], known: Mapping[str, Meaning]) -> Fault:
    name, below = hidden
    inside = f"it stands inside of the quotes that line {line} opens: is one not closed?"
    detail = inside if below else "not a line of its own that begins with the name"
    return Fault(f"{file}:{line + below} {name}", "syntax", detail, known[name].provider, known[name].field)


def _refuse(reading: Reading, fault: Fault, wanted: Wanted) -> None:
    reading.names += 1
    keep(reading, fault, wanted.only)


def _fault(file: str, line: int, body: str, known: Mapping[str, Meaning]) -> Fault:
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
    if lines or (rest[:1] in {"'", '"'} and re.sub(r"\\.", "", rest).count(rest[0]) == 1):
        return "a quote is not closed" + (f"; it swallows {lines} more lines" if lines else "")
    return "text after the closing quote" if rest[:1] in {"'", '"'} else "not NAME=value"
