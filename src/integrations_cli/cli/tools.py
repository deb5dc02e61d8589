"""The doors a command opens: configuration, store, network, the person, the screen. Each is fetched when first reached for.

This is the one file of the command line with imports inside functions: no command pays for a room it does not enter.
"""
# ruff: noqa: PLC0415

from __future__ import annotations

import os
import sys

from integrations_cli import config as configuration
from integrations_cli.access import acting
from integrations_cli.cli.params import Options
from integrations_cli.cli.permitted import Permitted
from integrations_cli.errors import Aborted, IntegrationsError, MissingInput
from integrations_cli.masking import harmless
from integrations_cli.record import once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from integrations_cli.access import Principal
    from integrations_cli.actions.test import Check
    from integrations_cli.cli.ask import Ask
    from integrations_cli.cli.view.out import Out
    from integrations_cli.config import Config
    from integrations_cli.masking import Secret
    from integrations_cli.provider import Provider
    from integrations_cli.store import Store
    from integrations_cli.web import Web


def utcnow() -> datetime:
    """The time, with its zone."""
    from integrations_cli.quicktime import UTC, datetime

    return datetime.now(UTC)


def _wants_json(words: list[str]) -> bool:
    line = f" {' '.join(words)} ".replace(" --format ", " --format=")
    return any(f" {one} " in line for one in ("--json", "--format=json", "--format=ndjson"))


class Doors:
    """What stands outside the process: replaced as a whole by `integrations demo`, which brings its own network and home."""

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        web: Callable[[float], Web] | None = None,
        clock: Callable[[], datetime] = utcnow,
        principal: Principal | None = None,
    ) -> None:
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self.web, self.clock = web, clock
        self.principal = principal  # None: whoever the operating system says, as in the product


class Tools(Permitted):
    """Handed to every command. `words` is the command line, `options` the shared options."""

    def __init__(self, words: list[str], doors: Doors, run: Callable[[list[str], Doors], int]) -> None:
        self.words = words
        self.behind: list[str] | None = None  # the command line of a child, behind `--`
        self.run = run  # another command line, for the demo
        self.doors = doors
        self.options = Options(
            json=_wants_json(words), quiet="-q" in words or "--quiet" in words, ascii="--ascii" in words, no_input="--no-input" in words
        )  # until the command line is understood: what an early error needs to know
        self.clock = doors.clock
        self._given: dict[str, str] | None = None
        self._stdin: bytes | None = None
        self.piped: dict[str, bytes | None] = {}  # sources that can be read only once
        self._slot_keys: dict[bytes, bytes] = {}  # asked for, and proven to open the store
        self.unsealed: tuple[bytes, bytes] | None = None  # a sealed source, and what is inside
        super().__init__()

    def acting(self) -> acting:
        """Inside of the block, whoever the doors brought is who acts."""
        return acting(self.doors.principal)

    @once
    def config(self) -> Config:
        """Where things live."""
        found = configuration.load(self.doors.environ, self.options.home, self.options.key_fd)
        if found.choices:  # most installations have no configuration file
            from integrations_cli import registry

            registry.allow(found.providers_allowed)
            self._unknown(found)
        return found

    def _unknown(self, found: Config) -> None:
        """What nobody reads of the file; of the doctor's answer it is a part."""
        from integrations_cli.actions import configuration as written

        if self.words[:1] != ["doctor"]:
            for text in written.unknown(found.choices):
                self.out.warn(f"{self.short(found.file)}: {text}")

    @once
    def out(self) -> Out:
        """The screen, or the pipe."""
        return self._make_out()

    def _make_out(self) -> Out:
        from integrations_cli.cli.view import out

        chosen = self.options
        fields = tuple(chosen.fields.split(",")) if chosen.fields else ()
        options = out.Options(
            format="json" if chosen.json else chosen.format,
            fields=fields,
            header=not chosen.no_header,
            iso=chosen.iso,
            color=chosen.color,
            ascii=chosen.ascii,
            quiet=chosen.quiet,
            plain=self.doors.environ.get("INTEGRATIONS_PLAIN", "") not in {"", "0"},
        )
        return out.Out(options, self.doors.environ, None, None, self.clock)

    @once
    def ask(self) -> Ask:
        """The person, if there is one."""
        from integrations_cli.cli.ask import Ask

        return Ask(self.out, self.doors.environ, no_input=self.options.no_input)

    def interrupted(self) -> None:
        """Ctrl-C: the line of an open question ends, and what is open is rolled back."""
        if sys.stderr.isatty():
            sys.stderr.write("\n")
        self.out.note("interrupted; what was not said to be done is not done")

    def say(self, text: str) -> None:
        """A line on stdout, in its place between the lines of other commands."""
        sys.stderr.flush()
        self.out.raw(text)
        sys.stdout.flush()

    def error(self, error: IntegrationsError) -> None:
        """An error on stderr, also before the command line is understood."""
        self.out.error(error)

    def store(self, *, asks: bool = True) -> AbstractContextManager[Store]:
        """The store, opened; it unlocks itself when something needs the key. Unless it `asks`, nobody is asked for a passphrase."""
        from integrations_cli.store import open_store

        store = open_store(self.config, ask_passphrase=self.passphrase if asks else None, clock=self.clock)
        store.keys.notice, store.needs = self.out.note, self.action
        store.keys.slot_keys = self._slot_keys
        return store

    @property
    def passphrase(self) -> Callable[[str], Secret] | None:
        """Asks for the store's passphrase; None when nobody can be asked."""
        return self.ask.passphrase if self.ask.may_ask() else None

    @property
    def new_passphrase(self) -> Callable[[str], Secret] | None:
        """Asks for a new passphrase, twice; None when nobody can be asked."""
        return self.ask.new_passphrase if self.ask.may_ask() else None

    def web(self, deadline: float = 10.0) -> Web:
        """The door to the network."""
        if self.doors.web is not None:
            return self.doors.web(deadline)
        from integrations_cli.web import Web

        return Web(deadline=deadline, private=self.config.private_hosts, proxy=self.config.proxy)

    def custom(self, definition: Provider, asked: bool) -> bool:
        """True if this provider may be pointed at a server of one's own: by option, or by the configuration."""
        return asked or definition.name in self.config.custom_endpoints

    def check(self, deadline: float = 10.0, website: str | None = None) -> Check:
        """Asks a provider, over the network; with a website, within what that website may ask, and recorded there."""
        from functools import partial

        from integrations_cli.actions import check

        web = self.web(deadline)
        return check.within(self.store, web, website) if website else partial(check.run, web)

    def checks(self, deadline: float) -> AbstractContextManager[Check]:
        """As `check`, for many: those of one host go over the same connections, as long as they answer well."""
        from integrations_cli.actions import check

        return check.together(self.web(deadline))

    def short(self, path: object) -> str:
        """A path as people write it, with `~` for their home; a key that was pasted in its place is not repeated."""
        from integrations_cli import pasted

        home = self.doors.environ.get("HOME")
        text = pasted.path(path)
        return f"~{text.removeprefix(home)}" if home and home != "/" and text.startswith(home + "/") else text

    def pasted(self, path: object) -> str:
        """The same as one word of a command to paste."""
        from shlex import quote

        text = self.short(path)
        return f"~/{quote(text[2:])}" if text.startswith("~/") else quote(text)

    def standard_input(self) -> bytes:
        """What is piped in, read once and kept; at most 64 MiB and one byte."""
        if self._stdin is None:
            self._stdin = sys.stdin.buffer.read(64 * 1024 * 1024 + 1)
        return self._stdin

    def secrets(self, ask: bool = True) -> dict[str, str]:
        """Credentials given by `--secret-stdin`, `--secret-file` and `--secret-env`: field → clear text.

        Where standard input is a terminal, the person is told so and asked, hidden; not without `ask`.

        Under GitHub Actions the runner is told each of them before anything else is done with it.
        """
        from integrations_cli.cli import masks, secrets

        if self._given is None:  # standard input can be read only once
            self._given = secrets.given(self.options, self.doors.environ)
            field = secrets.to_be_typed(self.options) if ask else None
            if field is not None:
                self._given[field] = self._typed(field)
            masks.announce(self.out, self.doors.environ, self._given.values())
        return dict(self._given)

    def _typed(self, field: str) -> str:
        if not self.ask.may_ask():
            raise MissingInput(f"missing: {field}", "standard input is a terminal, and nobody can be asked", f"{self.retyped()} < FILE")
        self.out.note("standard input is a terminal: what you type now is hidden, and ends with Enter")
        return self.ask.hidden(field if harmless(field) else "the credential").reveal()

    def catalogue(self) -> None:
        """Settle what the catalogue holds: third-party providers are in it only if the configuration allows them."""
        assert self.config

    def provider(self, name: str) -> Provider:
        """The definition; raises NotFound (3)."""
        from integrations_cli import registry

        self.catalogue()
        return registry.get(name)

    def retyped(self, instead: Mapping[str, str] | None = None, words: list[str] | None = None) -> str:
        """The command line (or `words` of it) as it may be shown again: a word that could be a key or a value is left out."""
        shown = [(instead or {}).get(word, word if harmless(word) else "…") for word in (self.words if words is None else words)]
        return " ".join(["integrations", *(word for word in shown if word)])

    def corrected(self, instead: Mapping[str, str]) -> str | None:
        """The whole line with what was probably meant in the place of what was typed; None if it cannot be shown as it stands.

        A yes was for what was typed: it is not handed on to something else.
        """
        words = [*self.words, *(["--", *self.behind] if self.behind is not None else [])]
        agreed = any(word in {"-y", "--yes"} or word.startswith("--confirm") for word in self.words)
        if agreed or not instead or not all(word in words for word in instead):
            return None
        if not all(word in instead or harmless(word) for word in words):
            return None
        return self.retyped(instead, words)

    # ── yes, no, and names typed ──

    def confirm(self, question: str) -> None:
        """Go on, or raise Aborted (5); without `--yes` and without a terminal MissingInput (2)."""
        if self.options.yes:
            return
        if not self.ask.may_ask():
            raise MissingInput("a yes is needed", question, self.retyped() + " --yes")
        if not self.ask.confirm(question):
            raise Aborted("nothing changed", "the answer was no")

    def confirm_name(self, name: str, lost: str) -> None:
        """Go on if the name is typed or given by `--confirm`; else Aborted (5), or MissingInput (2) without a terminal."""
        given = self.options.confirm
        if given is None:
            if not self.ask.may_ask():
                raise MissingInput("a confirmation is needed", lost, f"{self.retyped()} --confirm {name}")
            self.out.warn(lost)
            given = self.ask.typed(name)
        if given != name:
            at = next((at for at, word in enumerate(self.words) if word.startswith("--confirm")), len(self.words))
            left = self.words[:at] + self.words[at + 1 + ("--confirm" in self.words) :]
            again = " ".join([self.retyped(words=left), "--confirm", name] if self.options.confirm else [self.retyped()])
            raise Aborted("nothing changed", "the name that was typed is another one", again)
