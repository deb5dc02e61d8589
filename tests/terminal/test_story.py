"""The real tool in a real pseudo-terminal: init, add, list, show, test, rotate, edit, remove; what is typed hidden is never seen."""

import os
import re
import sys
import termios
import time
from pathlib import Path

import pexpect
import pytest
from tests import keys
from tests.conftest import ROOT
from tests.loopback import ThirdParty, answers

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.store import open_store

DRIVER = """
import sys
from integrations_cli.cli import front
from integrations_cli.cli.app import run
from integrations_cli.cli.tools import Doors
from integrations_cli.web import Web
import ssl
port, pem = int(sys.argv[1]), sys.argv[2]
trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
trust.load_verify_locations(pem)
web = lambda deadline: Web(5, resolve=lambda host: [("127.0.0.1", port)], trust=trust, allows=lambda address: address == "127.0.0.1")
front.keep_quiet()
sys.exit(run(sys.argv[3:], Doors(web=web)))
"""


class Terminal:
    """A pseudo-terminal in which commands run one after the other; `seen` is everything that was on it."""

    def __init__(self, home, third_party: ThirdParty, columns: int = 80) -> None:
        self.home, self.seen, self.columns = home, "", columns
        self.environ = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "PROMPT_TOOLKIT_NO_CPR": "1",
                        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}  # fmt: skip
        (home / "driver.py").write_text(DRIVER)
        (home / "trust.pem").write_text(_pem(third_party))
        self.port = third_party.port

    def start(self, *words: str, **environ: str) -> pexpect.spawn:
        command = [str(self.home / "driver.py"), str(self.port), str(self.home / "trust.pem"), *words]
        child = pexpect.spawn(
            sys.executable, command, env=self.environ | environ, dimensions=(40, self.columns), encoding="utf-8", timeout=120
        )
        child.logfile_read = self
        child.delaybeforesend = None  # the tests wait where a person would
        return child

    def write(self, text: str) -> None:
        self.seen += text

    def flush(self) -> None:
        pass

    def end(self, child: pexpect.spawn, code: int = 0) -> str:
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == code, self.seen[-600:]
        return plain(child.before)

    def run(self, *words: str, code: int = 0, **environ: str) -> str:
        return self.end(self.start(*words, **environ), code)


def _pem(third_party: ThirdParty) -> str:
    import ssl

    der = third_party.trust.get_ca_certs(binary_form=True)[0]
    return ssl.DER_cert_to_PEM_cert(der)


def waits(child: pexpect.spawn) -> None:
    """Until it sleeps until something is typed, however long a busy machine takes to get there: what came earlier would be forgotten."""
    state, seen = Path(f"/proc/{child.pid}/stat"), ""
    while state.exists() and not seen.endswith(("SSSS", "Z")):
        time.sleep(0.04)
        seen += state.read_text().rpartition(") ")[2][:1]
    if not seen:
        time.sleep(0.5)  # a system that does not tell


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r\n", "\n")


@pytest.fixture
def narrow(home, third_party):
    """A terminal of forty columns, with a store in which acme is."""
    found = Terminal(home, third_party, columns=40)
    found.run("init", "--slot", "file", "--no-recovery", "--website", "acme", "--yes")
    return found


def test_what_the_log_says_fits_a_narrow_screen(narrow):
    made = plain(narrow.seen)
    assert "  2 of 3  unlock  key file, written and\n    read back\n" in made
    assert [line for line in made.splitlines() if len(line) > 40 and "integrations " not in line] == []
    shown = narrow.run("audit", "verify")
    assert "✓ acme: 1 entry, unbroken; the head\n  matches this host's anchor\n" in shown
    assert [line for line in shown.splitlines() if len(line) > 40] == []


@pytest.fixture
def terminal(home, third_party):
    third_party.says(200, b'{"data": []}')
    return Terminal(home, third_party)


@pytest.fixture
def settled(terminal):
    terminal.run("init", "--slot", "file", "--no-recovery", "--website", "acme")
    return terminal


def test_init_asks_for_the_slot_and_the_recovery_key_back(terminal):
    child = terminal.start("init")
    child.expect("Keep the key in")
    child.expect("passphrase")
    waits(child)
    child.send("\r")
    child.expect(r"((?:[A-Z2-7]{4} ){13}[A-Z2-7]{4})")
    groups = child.match.group(1).split()
    child.expect("last two groups")
    waits(child)
    child.send("WRON GONE\r")
    child.expect("these are not the last two groups")
    child.expect("last two groups")
    waits(child)
    child.send(" ".join(groups[-2:]).lower() + "\r")
    assert "store created" in terminal.end(child)
    assert "wron gone" not in terminal.seen.lower()
    assert "nothing to do" in terminal.run("init")
    for path in (terminal.home / ".config/integrations/keys").iterdir():
        path.unlink()
    assert "slot 1, key file" in terminal.run("website", "add", "x", code=6)
    assert "came with the call" in terminal.run("website", "add", "x", INTEGRATIONS_KEY="-".join(groups))


def test_a_wrong_recovery_key_three_times_makes_nothing(terminal):
    child = terminal.start("init", "--slot", "file")
    for _ in range(3):
        child.expect("last two groups")
        waits(child)
        child.send("AAAA BBBB\r")
    terminal.end(child, 5)
    assert not (terminal.home / ".local/share/integrations/store.db").exists()
    assert list((terminal.home / ".config/integrations/keys").iterdir()) == []


def test_add_list_show_test(settled, third_party):
    child = settled.start("add", "anthropic")
    child.expect("API key")
    waits(child)
    child.send("has a space\r")
    child.expect("holds a space")
    child.expect("API key")
    waits(child)
    child.send(keys.ANTHROPIC + "\r")
    child.expect("Default model")
    waits(child)
    child.send("\r")
    child.expect("Max tokens")
    child.send("many\r")
    child.expect("!")
    child.expect("Max tokens")
    child.send("8192\r")
    child.expect("asking api.anthropic.com: GET /v1/models")
    child.expect("Anthropic: ok")
    child.expect(r"will save: anthropic for acme, API key ••••••••LEAA, fp ([0-9a-f]{8}),\s+max_tokens")
    mark = child.match[1]
    child.expect("Save")
    child.send("\r")
    assert "connected for acme" in settled.end(child)
    assert f"fp {mark}" in settled.run("show", "anthropic"), "it is the one that is stored"

    listed = settled.run("list")
    assert "✓ connected" in listed and "••••••••LEAA" in listed
    card = settled.run("show", "anthropic")
    assert "[Connected]" in card and "8192" in card and "┌" in card
    third_party.says(401)
    assert "✗ rejected" in settled.run("test", "anthropic", code=20)
    assert "✗ error" in settled.run("list")
    assert keys.ANTHROPIC not in settled.seen
    assert "has a space" not in settled.seen


def test_only_the_credentials_are_asked_again_after_a_refusal(settled, third_party):
    seen = []

    def behave(connection, request):
        seen.append(request)
        chosen = (
            answers(401, b'{"title": "API Key Invalid"}')
            if len(seen) == 1
            else answers(200, b'{"account_id": "x", "account_name": "Acme"}')
        )
        chosen(connection, request)

    third_party.behave = behave
    key = keys.GOOD["mailchimp"]["api_key"]
    child = settled.start("add", "mailchimp")
    child.expect("API key")
    waits(child)
    child.send("f" + key[1:] + "\r")
    child.expect("Server prefix")
    waits(child)
    child.send("us21.api\r")
    child.expect("it looks like us21")
    child.expect("Server prefix")
    waits(child)
    child.send("\r")  # it follows from the key
    child.expect("Default list id")
    child.send("\r")
    child.expect("Double opt-in")
    child.send("no\r")
    child.expect("rejected")
    child.expect("API key")
    waits(child)
    child.send(key + "\r")
    child.expect("Server prefix")
    waits(child)
    child.send("\r")
    child.expect('account "Acme"')
    child.expect("Save")
    child.send("y\r")
    settled.end(child)
    assert settled.run("get", "mailchimp", "double_optin").strip() == "false"


def test_a_key_in_the_environment_is_offered_and_stays_there(settled):
    child = settled.start("add", "openai", OPENAI_API_KEY=keys.GOOD["openai"]["api_key"])
    child.expect("found OPENAI_API_KEY in the environment")
    child.expect("Use it for API key")
    child.send("\r")
    child.expect("Default model")
    waits(child)
    child.send("\r")
    for _ in range(2):
        child.expect(["Max tokens", "Organisation id"])
        child.send("\r")
    child.expect("Save")
    child.send("n\r")
    assert "nothing was saved" in settled.end(child, 5)
    assert "openai" not in settled.run("list")
    assert keys.GOOD["openai"]["api_key"] not in settled.seen


def test_rotate_edit_and_remove(settled, third_party):
    settled.run("add", "anthropic", "--no-input", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    child = settled.start("rotate", "anthropic")
    child.expect("New API key")
    waits(child)
    child.send(keys.ANTHROPIC_NEW + "\r")
    told = settled.end(child)
    assert "3 of 3" in told and "undo: integrations rollback anthropic -w acme" in told

    child = settled.start("edit", "anthropic")
    child.expect("Enter keeps")
    waits(child)
    child.send("\r")
    child.expect("Default model")
    waits(child)
    child.send("\r")
    child.expect("Max tokens")
    child.send("77\r")
    settled.end(child)
    assert settled.run("get", "anthropic", "max_tokens").strip() == "77"

    child = settled.start("website", "remove", "acme")
    child.expect("Type acme to go on")
    child.send("acne\r")
    settled.end(child, 5)
    child = settled.start("remove", "anthropic")
    child.expect("Type anthropic to go on")
    child.send("anthropic\r")
    settled.end(child)
    assert keys.ANTHROPIC_NEW not in settled.seen


QUESTIONS = {
    "hidden": (("add", "anthropic"), "API key", "\x03"),
    "hidden, Ctrl-D": (("add", "anthropic"), "API key", "\x04"),
    "list": (("add",), "Provider", "\x03"),
    "name": (("website", "remove", "acme"), "to go on", "\x03"),
    "name, Ctrl-D": (("website", "remove", "acme"), "to go on", "\x04"),
    "yes or no": (("website", "rename", "acme", "b"), "y/N", "\x03"),
}


@pytest.mark.parametrize(("words", "prompt", "key"), QUESTIONS.values(), ids=QUESTIONS)
def test_ctrl_c_ends_with_130_and_the_echo_is_back(settled, words, prompt, key):
    child = settled.start(*words)
    child.expect(prompt)
    waits(child)
    held = os.dup(child.child_fd)
    child.send(key)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert "interrupted" in plain(child.before)
    assert termios.tcgetattr(held)[3] & termios.ECHO
    os.close(held)
    assert "0 integrations" in settled.run("list")


def test_what_is_typed_before_the_prompt_is_not_shown_and_not_taken(settled):
    child = settled.start("add", "anthropic")
    canary = "typed-too-early-EXAMPLE"
    assert child.waitnoecho(120)  # the first thing the tool does, long before the prompt
    child.send(canary)
    child.expect("API key")
    waits(child)
    child.send(keys.ANTHROPIC + "\r")
    child.expect("Default model")
    waits(child)
    child.sendintr()
    settled.end(child, 130)
    assert canary not in settled.seen


def test_without_arrow_keys(settled):
    child = settled.start("add", INTEGRATIONS_PLAIN="1")
    child.expect("1  anthropic")
    child.expect("Provider")
    child.send("99\r")
    child.expect("a number from 1 to")
    child.send("1\r")
    child.expect("API key")
    waits(child)
    child.send(keys.ANTHROPIC + "\r")
    child.expect("Default model")
    child.send("\r")
    child.expect("Max tokens")
    child.send("\r")
    child.expect("Save")
    child.send("y\r")
    settled.end(child)
    assert "PROVIDER: anthropic" in settled.run("list", INTEGRATIONS_PLAIN="1")
    assert "\x1b[" not in settled.run("show", "anthropic", TERM="dumb")


def test_migrate_asks_before_it_writes(settled):
    path = settled.home / "legacy.env"
    path.write_text(f"ANTHROPIC_API_KEY={keys.ANTHROPIC}\n")
    for answer, code in (("n", 5), ("", 5), ("y", 0)):
        child = settled.start("migrate", "dotenv", str(path))
        child.expect("Write 1 change to acme")
        child.send(answer + "\r")
        settled.end(child, code)
    assert "anthropic" in settled.run("list")
    assert keys.ANTHROPIC not in settled.seen


def test_a_passphrase_is_asked_for_each_time_and_once(terminal, home):
    good = "correct horse battery EXAMPLE"
    child = terminal.start("init", "--slot", "passphrase", "--no-recovery")
    for prompt, answer in (
        ("New passphrase, 14 characters or more", "short"),
        ("too short.*New passphrase", good),
        ("Again", "another one"),
        ("the two differ.*New passphrase", good),
        ("Again", good),
    ):
        child.expect(prompt)
        waits(child)
        child.send(answer + "\r")
    terminal.end(child)
    child = terminal.start("website", "add", "acme")
    child.expect("Passphrase of the store")
    waits(child)
    child.send(good + "\r")
    terminal.end(child)
    assert "acme" in terminal.run("website", "list")
    with open_store(configuration.load({"HOME": str(home)}), lambda title: Secret(good)) as store, store.writing() as here:
        here.integrations.add("acme", registry.get("anthropic"), {"api_key": Secret(keys.ANTHROPIC)}, {})
    child = terminal.start("rotate", "anthropic", "--secret-env", "api_key=NEW", NEW=keys.ANTHROPIC_NEW)  # it opens the store four times
    child.expect("Passphrase of the store")
    waits(child)
    child.send(good + "\r")
    terminal.end(child)
    child = terminal.start("website", "add", "beta")
    child.expect("Passphrase of the store")
    waits(child)
    child.send("another horse battery EXAMPLE\r")
    terminal.end(child, 6)
    assert good not in terminal.seen


def test_colour_and_no_colour(settled):
    settled.run("add", "anthropic", "--no-input", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    settled.run("disable", "anthropic")
    coloured = settled.start("list")
    coloured.expect(pexpect.EOF)
    assert "\x1b[2m" in coloured.before
    for more in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        calm = settled.start("list", **more)
        calm.expect(pexpect.EOF)
        assert "\x1b" not in calm.before
    ascii_only = settled.run("list", "--ascii")
    assert ascii_only.isascii() and "********LEAA" in ascii_only


def test_enter_keeps_a_value_that_is_not_in_our_list(settled):
    settled.run("add", "anthropic", "--no-input", "--no-test", "--secret-env", "api_key=K", "default_model=house-model-1", K=keys.ANTHROPIC)
    child = settled.start("edit", "anthropic")
    for prompt in ("Enter keeps", "Default model", "Max tokens"):
        child.expect(prompt)
        waits(child)
        child.send("\r")
    settled.end(child)
    assert "house-model-1" in settled.run("get", "anthropic", "default_model")


def test_a_provider_is_found_by_its_name(settled):
    child = settled.start("add")
    child.expect("type to filter")
    waits(child)
    child.send("google_m")
    waits(child)
    child.send("\r")
    child.expect("Google Maps: ")
    child.expect("API key")
    child.sendintr()
    settled.end(child, 130)


def test_the_bare_command_fits_forty_columns(home, third_party):
    narrow = Terminal(home, third_party, columns=40)
    narrow.run("init", "--slot", "file", "--no-recovery", "--website", "acme")
    assert [line for line in narrow.run().splitlines() if len(line) > 40] == []


def test_standard_input_that_is_a_terminal_is_asked_hidden(settled):
    """`--secret-stdin` without a pipe: it says so, and asks."""
    settled.run("add", "anthropic", "--secret-env", "api_key=K", "--no-test", "--no-input", K=keys.ANTHROPIC)
    for verb, value in (("set", keys.ANTHROPIC_NEW), ("rotate", keys.ANTHROPIC)):
        child = settled.start(verb, "anthropic", "--secret-stdin", "api_key")
        child.expect("standard input is a terminal: what you type now is hidden, and ends with")
        child.expect(r"\? api_key  ")
        waits(child)
        child.send(value + "\r")
        settled.end(child)
        assert value not in settled.seen
    refused = settled.run("set", "anthropic", "--secret-stdin", "api_key", "--no-input", code=2)
    assert "standard input is a terminal, and nobody can be asked" in refused


@pytest.mark.parametrize("words", ["init --home other", "add -w acme"])
def test_ctrl_d_ends_a_question_with_arrows(settled, words):
    child = settled.start(*words.split())
    child.expect("Keep the key in" if words.startswith("init") else "Provider")
    waits(child)
    child.send("\x04")
    assert "what was not said to be done is not done" in settled.end(child, 130)
