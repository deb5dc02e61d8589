"""Questions to a person: only when stdin and stderr are terminals. Ctrl-C and Ctrl-D end the command with 130."""

import os
import sys
import termios
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from integrations_cli.errors import BadValue, UsageError
from integrations_cli.masking import Secret, safe
from integrations_cli.provider import Field

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyBindings

    from integrations_cli.cli.view.out import Out

LONGEST = 64 * 1024


class Ask:
    """One per command."""

    def __init__(self, out: "Out", environ: Mapping[str, str], no_input: bool = False) -> None:
        self._out, self._environ, self._no_input = out, environ, no_input

    def may_ask(self) -> bool:
        """True if a person can answer: not piped, not in CI, not told otherwise. stdout does not count, so `$(…)` works."""
        from integrations_cli.cli.view.screen import in_ci  # noqa: PLC0415  view is loaded by now

        if self._no_input or in_ci(self._environ):
            return False
        try:
            return sys.stdin.isatty() and sys.stderr.isatty()
        except (AttributeError, ValueError):
            return False

    # ── hidden ──

    def hidden(self, title: str) -> Secret:
        """One hidden line. What was typed ahead is dropped; nothing tells the length."""
        with _no_echo():
            self._write(f"? {title}  ")
            text = _line()
            self._write("\n")
        return Secret(text)

    def credential(self, field: Field, *, optional: bool = False, current: str | None = None, new: bool = False) -> Secret | None:
        """A credential, asked again until it can be one; an empty answer to an optional one is None."""
        star = "" if optional else " *"
        extra = f" ({current}, Enter keeps)" if current else " (Enter skips)" if optional else ""
        while True:
            raw = self.hidden(f"{'New ' if new else ''}{field.label}{star}{extra}")
            if optional and not raw:
                return None
            try:
                value, notes = field.accept_credential(raw.reveal())
            except BadValue as problem:
                self._complain(problem.reason)
                continue
            for note in notes:
                self._complain(note)
            return value

    def passphrase(self, title: str) -> Secret:
        """The passphrase of the store."""
        return self.hidden(title)

    def new_passphrase(self, title: str) -> Secret:
        """A new passphrase, typed twice; asked again until it is long enough and both are the same."""
        from integrations_cli.store.slots.passphrase import SHORTEST  # noqa: PLC0415  only where one is made

        while True:
            first = self.hidden(f"{title}, {SHORTEST} characters or more")
            if len(unicodedata.normalize("NFC", first.reveal())) < SHORTEST:
                self._complain("too short")
            elif first == self.hidden("Again"):
                return first
            else:
                self._complain("the two differ")

    def show_once(self, text: str) -> None:
        """Something a person must write down now."""
        self._write(f"\n    {text}\n\n")

    # ── open ──

    def confirm(self, question: str, default: bool = False) -> bool:
        """Yes or no; Enter takes the default. A question begins with a capital; as the reason of a refusal it does not."""
        question = question[:1].upper() + question[1:].rstrip("?")
        choices = "[Y/n]" if default else "[y/N]"
        while True:
            answer = self._read(f"? {question}  {choices} ").strip().lower()
            if answer in {"", "y", "yes", "n", "no"}:
                return default if not answer else answer.startswith("y")
            self._complain("y or n")

    def yes_edit_no(self, question: str) -> str:
        """`y`, `e` or `n`; Enter is yes."""
        while True:
            answer = self._read(f"? {question}  [Y]es, [e]dit an answer, [n]o  ").strip().lower()
            if answer in {"", "y", "yes", "e", "edit", "n", "no"}:
                return answer[:1] or "y"
            self._complain("y, e or n")

    def typed(self, name: str) -> str:
        """Whatever is typed, for comparing with the name."""
        return self._read(f"? Type {name} to go on  ").strip()

    def setting(self, field: Field, current: Any) -> Any:
        """A setting, asked again until it is accepted; Enter keeps what is shown and gives None when there is nothing."""
        shown = current if current is not None else field.default
        if field.choices and not self._simple():
            return self._arrows(field, shown)
        told = str(shown).lower() if isinstance(shown, bool) else "" if shown is None else str(shown)
        star = " *" if field.required and shown is None else ""
        if field.choices:
            self._write(f"  {', '.join(field.choices)}\n")
        while True:
            answer = self._read(f"? {field.label}{star}  {f'[{told}] ' if told else ''}").strip()
            if not answer and not (star and shown is None):
                return shown
            try:
                return self._accepted(field, answer)
            except BadValue as problem:
                self._complain(problem.reason)

    def _arrows(self, field: Field, shown: Any) -> Any:
        another = "another one"
        kept = [] if shown is None or shown in field.choices else [(str(shown), str(shown), "as it is")]  # Enter keeps this one, too
        choices = [*kept, *((one, one, "") for one in field.choices)]
        choices += [(another, another, "type it")] if field.open or field.pattern else []
        while True:
            chosen = self.choose(field.label, choices, default=None if shown is None else str(shown))
            if kept and chosen == kept[0][0]:
                return shown
            try:
                return self._accepted(field, self._read(f"? {field.label}  ") if chosen == another else chosen)
            except BadValue as problem:
                self._complain(problem.reason)

    def _accepted(self, field: Field, answer: str) -> Any:
        value, notes = field.accept(answer)
        for note in notes:
            self._complain(note)
        return value

    def choose(self, title: str, choices: Sequence[tuple[str, str, str]], default: str | None = None) -> str:
        """One of several: (value, title, remark). With arrows and typing on a full terminal, by number on a simple one."""
        if not choices:
            raise UsageError(f"{title}: there is nothing to choose from", "there is none yet")
        if self._simple():
            return self._numbered(title, choices)
        import questionary  # noqa: PLC0415  prompt_toolkit comes with it
        from prompt_toolkit.key_binding import merge_key_bindings  # noqa: PLC0415
        from prompt_toolkit.output import create_output  # noqa: PLC0415

        many = len(choices) > 9
        options = [questionary.Choice(f"{safe(name):<18} {safe(remark)}".rstrip(), value=value) for value, name, remark in choices]
        question = questionary.select(
            title,
            choices=options,
            default=default,
            use_search_filter=many,
            use_jk_keys=False,
            qmark="?",
            instruction="(type to filter)" if many else " ",
            output=create_output(stdout=sys.stderr),
        )
        keys = question.application.key_bindings
        question.application.key_bindings = merge_key_bindings([*([keys] if keys else []), _ends_at_once()])
        return str(question.unsafe_ask())

    def _numbered(self, title: str, choices: Sequence[tuple[str, str, str]]) -> str:
        for number, (_, name, remark) in enumerate(choices, 1):
            self._write(f"  {number}  {safe(name)}  {safe(remark)}\n")
        while True:
            answer = self._read(f"? {title}  ").strip()
            if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(choices):
                return choices[int(answer) - 1][0]
            named = [value for value, name, _ in choices if answer in {value, name}]
            if named:
                return named[0]
            self._complain(f"a number from 1 to {len(choices)}")

    def _simple(self) -> bool:
        return self._out.plain

    def _complain(self, text: str) -> None:
        self._write(self._out.fitting(f"  ! {safe(text)}") + "\n")

    def _write(self, text: str) -> None:
        sys.stderr.write(self._out.glyphs(text))
        sys.stderr.flush()

    def _read(self, prompt: str) -> str:
        with _echo():
            self._write(prompt)
            line = sys.stdin.readline()
        if not line:
            raise KeyboardInterrupt
        return line.rstrip("\n")


def _ends_at_once() -> "KeyBindings":
    """Ctrl-D ends a question with arrows as it ends every other one."""
    from prompt_toolkit.key_binding import KeyBindings  # noqa: PLC0415  as above

    keys = KeyBindings()

    @keys.add("c-d")
    def ended(event: Any) -> None:
        event.app.exit(exception=KeyboardInterrupt)

    return keys


def _line() -> str:
    """One line from the terminal, byte by byte: nothing stays in a buffer of ours."""
    data = bytearray()
    descriptor = sys.stdin.fileno()
    while True:
        byte = os.read(descriptor, 1)
        if not byte or (byte == b"\x04" and not data):
            raise KeyboardInterrupt
        if byte in {b"\n", b"\r"}:
            return data.decode("utf-8", "replace")
        data += byte
        if len(data) > LONGEST:
            raise UsageError("what was typed is too long", f"no credential has more than {LONGEST} bytes")


@contextmanager
def _echo() -> Iterator[None]:
    """Echo on for what may be seen: the front door has switched it off."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, [*before[:3], before[3] | termios.ECHO, *before[4:]])
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextmanager
def _no_echo() -> Iterator[None]:
    """Echo off, typed-ahead keys dropped; the terminal is put back however it ends."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    silent = [*before]
    silent[3] = before[3] & ~(termios.ECHO | termios.ECHOE | termios.ECHOK | termios.ECHONL)
    try:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def any_key() -> None:
    """Wait for one key."""
    before = termios.tcgetattr(0)
    try:
        termios.tcsetattr(0, termios.TCSADRAIN, [*before[:3], before[3] & ~(termios.ECHO | termios.ICANON), *before[4:]])
        os.read(0, 64)
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
