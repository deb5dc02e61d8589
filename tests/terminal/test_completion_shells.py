"""TAB in real bash, zsh and fish, in a pseudo-terminal, as a person installs it; PowerShell where it is installed."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from tests import keys
from tests.conftest import ROOT

from integrations_cli import registry
from integrations_cli.cli.completion import files
from integrations_cli.masking import Secret
from integrations_cli.provider import ok

PROMPT = "ready> "
START = {
    "bash": ["--noprofile", "--norc", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["-i"],
}
SETUP = {
    "bash": "PS1='{prompt}'; bind 'set show-all-if-ambiguous on' 'set bell-style none' 'set enable-bracketed-paste off'; {bash_line}",
    "zsh": "PS1='{prompt}'; PROMPT_SP=; setopt no_beep auto_list no_list_ambiguous; {zsh_line}; autoload -Uz compinit; compinit -u -D",
    "fish": "function fish_prompt; echo '{prompt}'; end; set -g fish_autosuggestion_enabled 0; set -g fish_greeting",
}


class Terminal:
    """A shell with completion installed. The program it starts writes down how it was called and runs only for `__complete`."""

    def __init__(self, shell: str, home: Path, install: bool = True) -> None:
        self.name, self.log, self.home, self.shown = shell, home / "calls", home, ""
        place = files.write(shell, {"HOME": str(home)}) if install else files.place(shell, {"HOME": str(home)})
        advice = files.line(shell, place)
        line = advice[1] if advice else ""
        environ = {"HOME": str(home), "PATH": f"{_program(home, self.log)}:{os.environ['PATH']}", "TERM": "vt100", "LC_ALL": "C.UTF-8"}
        self.shell = pexpect.spawn(
            shutil.which(shell) or shell, START[shell], env=environ, encoding="utf-8", timeout=120, dimensions=(60, 160), cwd=str(home)
        )
        self.shell.delaybeforesend = None
        self.shell.sendline(SETUP[shell].format(prompt=PROMPT, bash_line=line, zsh_line=line))
        self.turn = 0
        self.run("true")

    def run(self, line: str) -> None:
        """Run a line to its end; the program itself tells when it has come."""
        self.turn += 1
        self.shell.sendline(f"{line}; integrations mark {self.turn}")
        for _ in range(400):
            self._read()
            if ["mark", str(self.turn)] in self.calls():
                return
        raise AssertionError(f"the line never ran: {self.shown!r}")

    def _read(self, patience: float = 0.02) -> str:
        """What the shell prints; a shell whose output nobody takes would stop."""
        with contextlib.suppress(pexpect.TIMEOUT):
            while True:
                self.shown += self.shell.read_nonblocking(100_000, timeout=patience)
        return self.shown

    def calls(self) -> list[list[str]]:
        """How the program was called, oldest first."""
        return [line.split("|")[1:-1] for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def asked(self) -> list[list[str]]:
        """How often, and with what, the program was asked for an answer."""
        return [call for call in self.calls() if call[0] == "__complete"]

    def after_tab(self, typed: str, more: str = "") -> list[str]:
        """The arguments on the line after typing, TAB, and what is typed behind it."""
        before = len(self.calls())
        self.run(f"{typed}\t{more}")
        return next(call for call in self.calls()[before:] if call[0] != "__complete")

    def completes(self, typed: str, expected: list[str], more: str = "") -> None:
        """TAB leads there. A busy machine may be late, and then a TAB does nothing: try again."""
        found = []
        for _ in range(4):
            found = self.after_tab(typed, more)
            if found == expected:
                return
        assert found == expected

    def offers(self, typed: str, *expected: str) -> str:
        """TAB lists all of these; what was shown is returned, and the line is dropped."""
        for attempt in range(4):
            self.shown = ""
            self.shell.send(typed + "\t")
            shown = self._read(0.15 * (attempt + 1))
            self.shell.send("\x03")
            self.run("true")
            if all(one in shown for one in expected):
                return shown
        raise AssertionError(f"{expected} not all in {shown!r}")


def _program(home: Path, log: Path) -> Path:
    folder = home / "bin"
    folder.mkdir(exist_ok=True)
    program = folder / "integrations"
    program.write_text(
        f"#!/bin/sh\n{{ printf '|'; printf '%s|' \"$@\"; echo; }} >> {log}\n"
        f'[ "$1" = __complete ] && PYTHONPATH={ROOT / "src"} exec {sys.executable} -m integrations_cli "$@"\nexit 0\n'
    )
    program.chmod(0o755)
    return folder


@pytest.fixture(params=["bash", "zsh", "fish"])
def terminal(request, store, home):
    """Each shell in turn, over a store with two websites."""
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    with store.writing() as here:
        here.websites.add("casa-sol", "$(touch pwned) `touch pwned` ; touch pwned")
        for website, provider in (("acme", "anthropic"), ("acme", "stripe"), ("acme", "hubspot"), ("beta", "openai")):
            definition = registry.get(provider)
            values = {name: Secret(value) for name, value in keys.GOOD[provider].items() if definition.is_credential(name)}
            here.integrations.add(website, definition, values, {}, outcome=ok())
    opened = Terminal(request.param, home)
    yield opened
    opened.shell.close(force=True)


def test_tab(terminal):
    """One story, so that each shell is started once."""
    terminal.completes("integrations sho", ["show"])
    terminal.completes("integrations website ren", ["website", "rename"])
    terminal.completes("integrations list --stat", ["list", "--status"])
    terminal.completes("integrations list --status conn", ["list", "--status", "connected"])
    terminal.completes("integrations list --format=nd", ["list", "--format=ndjson"])
    terminal.completes("integrations ls --all-w", ["ls", "--all-websites"])
    terminal.completes("integrations audit --lim", ["audit", "--limit"])
    assert terminal.asked() == [], "closed values do not start the program"

    terminal.after_tab("integrations show -w be")
    assert len(terminal.asked()) == 1, "one TAB starts it once"
    terminal.completes("integrations show -w be", ["show", "-w", "beta"])
    terminal.completes("integrations list --website=be", ["list", "--website=beta"])
    terminal.completes("integrations show -w acme str", ["show", "-w", "acme", "stripe"])
    terminal.completes("integrations show -w beta ", ["show", "-w", "beta", "openai"])
    terminal.completes("integrations add mapb", ["add", "mapbox"])
    terminal.completes("integrations set anthropic max", ["set", "anthropic", "max_tokens=9"], more="9")
    terminal.completes("integrations set anthropic default_model=claude-h", ["set", "anthropic", "default_model=claude-haiku-4-5"])
    terminal.completes("integrations rotate zoho client_s", ["rotate", "zoho", "client_secret"])
    terminal.completes("integrations add zoho --secret-env refr", ["add", "zoho", "--secret-env", "refresh_token=X"], more="X")


def test_files_and_variables_are_the_shells_own(terminal):
    (terminal.home / "a key.txt").write_text("")
    (terminal.home / "folder").mkdir()
    terminal.run("set -gx MY_OWN_VARIABLE value" if terminal.name == "fish" else "export MY_OWN_VARIABLE=value")

    terminal.completes("integrations add openai --secret-env api_key=MY_OW", ["add", "openai", "--secret-env", "api_key=MY_OWN_VARIABLE"])
    terminal.completes("integrations add openai --secret-file api_key=a", ["add", "openai", "--secret-file", "api_key=a key.txt"])
    terminal.completes("integrations migrate dotenv a", ["migrate", "dotenv", "a key.txt"])
    terminal.completes("integrations list --home fol", ["list", "--home", "folder/x"], more="x")
    assert terminal.asked() == []


def test_what_is_typed_behind_a_name_is_not_handed_on(terminal):
    terminal.after_tab("integrations set stripe secret_key=sk_EXAMPLE")
    terminal.after_tab("integrations set stripe secret_key=sk_EXAMPLE ")

    assert len(terminal.asked()) == 2
    assert "EXAMPLE" not in str(terminal.asked())


def test_choices_are_listed(terminal):
    shown = terminal.offers("integrations ", "add", "rotate", "website", "completion")
    assert " rm " not in shown and "overview" not in shown
    terminal.offers("integrations website ", "remove", "rename", "use")
    terminal.offers("integrations show -w ", "acme", "beta", "casa-sol")
    assert not (terminal.home / "pwned").exists()
    shown = terminal.offers("integrations show -w acme ", "anthropic", "hubspot", "stripe")
    assert "openai" not in shown
    if terminal.name != "bash":
        terminal.offers("integrations ", "rotate", "swap")
        terminal.offers("integrations show -w acme ", "stripe", "payment")


def test_a_missing_program_and_a_missing_store_say_nothing(terminal):
    shutil.rmtree(terminal.home / ".local/share/integrations")

    assert terminal.after_tab("integrations show -w be") == ["show", "-w", "be"]
    assert not (terminal.home / ".local/share/integrations").exists()


def test_behind_two_dashes_stands_a_command_of_its_own(terminal):
    (terminal.home / "bin" / "only_this_one").write_text("#!/bin/sh\n")
    (terminal.home / "bin" / "only_this_one").chmod(0o755)
    (terminal.home / "a_file").write_text("")
    if terminal.name == "zsh":
        terminal.run("rehash")  # it remembers which programs there are

    for typed in ("exec stripe -w acme", "exec --all -w acme --mask off", "exec"):
        terminal.completes(f"integrations {typed} -- only_th", [*typed.split(), "--", "only_this_one"])
    terminal.completes(
        "integrations exec stripe -w acme -- only_this_one a_fi", ["exec", "stripe", "-w", "acme", "--", "only_this_one", "a_file"]
    )
    terminal.completes("integrations show stripe -w acme -- only_th", ["show", "stripe", "-w", "acme", "--", "only_th"])


def test_powershell():
    shell = shutil.which("pwsh")
    if not shell:
        pytest.skip("pwsh is not installed")
    program = f". '{ROOT / 'completions/integrations.ps1'}'; (TabExpansion2 'integrations sho' 16).CompletionMatches.CompletionText"
    assert subprocess.run([shell, "-NoProfile", "-Command", program], capture_output=True, text=True, check=True).stdout.strip() == "show"
