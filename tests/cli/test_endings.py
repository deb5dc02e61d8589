"""How commands end: exit codes, the three lines of an error, JSON errors, broken pipes, signals, a full disk, no terminal."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from tests import keys

from integrations_cli.cli import app


@pytest.fixture
def tool(home):
    """The tool as a process of its own."""
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}

    def go(*words, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environ} | options
        return subprocess.Popen([sys.executable, "-m", "integrations_cli", *words], **options)

    return go


CASES = [
    (("list", "--nonsense"), 2, "there is no option --nonsense"),
    (("shwo", "x"), 2, "integrations show"),
    (("website", "ad", "x"), 2, "integrations website add"),
    (("show",), 2, "missing: PROVIDER"),
    (("list", "--format", "yaml"), 2, "one of table, json"),
    (("list", "--status", "eror"), 2, "did you mean error"),
    (("list", "--category", "mail"), 2, "email_marketing"),
    (("list", "--expiring", "soon"), 2, "14d"),
    (("show", "anthropik"), 3, "integrations show anthropic"),
    (("show", "anthropic"), 3, "integrations add anthropic -w acme"),
    (("show", "crm/anthropic"), 3, "not in the category"),
    (("list", "-w", "acm"), 3, "the closest is acme"),
    (("website", "remove", "nope", "--confirm", "nope"), 3, "there is no website nope"),
    (("website", "add", "acme"), 4, "integrations website show acme"),
    (("website", "add", "Not A Slug"), 2, "a-z"),
    (("website", "rename", "acme", "beta"), 2, "--yes"),
    (("website", "remove", "acme", "--confirm", "other"), 5, "nothing changed"),
    (("add",), 2, "integrations providers list"),
    (("add", "stripe"), 2, "missing: secret_key, publishable_key"),
    (("add", "anthropic", "--secret-env", "api_key=NOPE"), 3, "no variable"),
    (("add", "anthropic", "--secret-file", "api_key=/nowhere"), 3, "cannot read"),
    (("add", "anthropic", "--secret-env", "apikey=HOME"), 3, "api_key"),
    (("set", "anthropic", "x=1"), 3, "default_model"),
    (("set", "anthropic"), 2, "nothing to set"),
    (("edit", "anthropic"), 3, "integrations add anthropic"),
    (("get", "anthropic", "nope"), 3, "integrations add anthropic"),
    (("rotate", "anthropic", "--secret-env", "api_key=K"), 3, "integrations add anthropic"),
    (("rollback", "anthropic", "-y"), 3, "integrations add anthropic"),
    (("migrate", "dotenv", "nowhere.env"), 3, "cannot be read"),
    (("migrate", "env", "--batch", "0"), 2, "a number, or all"),
    (("migrate",), 2, "which command?"),
    (("init", "--slot", "paper", "--no-recovery"), 0, "nothing to do"),
    (("help", "nothing"), 3, "exit-codes"),
    (("website", "use"), 2, "--clear"),
]


@pytest.mark.parametrize(("words", "code", "told"), CASES, ids=[" ".join(words) for words, _, _ in CASES])
def test_a_clear_error_a_published_code_and_a_next_command(ready, words, code, told):
    ran = ready(*words, K=keys.ANTHROPIC)
    assert ran.code == code, ran.err
    assert told in ran.err
    if code:
        assert ran.out == ""
        assert ran.err.count("error: ") == 1
        assert "  try: " in ran.err or "  why: " in ran.err

    data = ready(*words, "--json", K=keys.ANTHROPIC) if _takes_json(words) else None
    if data is not None and code:
        told_data = json.loads(data.err.splitlines()[-1])["error"]
        assert (data.code, told_data["exit"], data.out) == (code, code, "")
        assert set(told_data) >= {"code", "exit", "message", "why", "hint"}


def _takes_json(words):
    path = next((path for path in app.paths() if path == words[: len(path)]), None)
    return path is not None and any("--json" in parameter.opts for parameter in app.load(path).params)


def test_missing_input_names_every_field_and_how_to_give_it(ready):
    ran = ready("add", "stripe", "--json")
    missing = json.loads(ran.err.splitlines()[-1])["error"]["missing"]
    assert [(one["field"], one["secret"], one["options"][0]) for one in missing] == [
        ("secret_key", True, "--secret-stdin secret_key"),
        ("publishable_key", True, "--secret-stdin publishable_key"),
    ]


def test_which_website(ready):
    assert ready("list").code == 0  # the only one there is
    ready("website", "add", "beta")
    ran = ready("list")
    assert (ran.code, "acme, beta" in ran.err) == (2, True)
    assert ready("list", INTEGRATIONS_WEBSITE="beta").code == 0
    assert ready("list", INTEGRATIONS_WEBSITE="gamma").code == 3
    assert ready("website", "use", "beta").code == 0
    said = ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    assert "website: beta (current)" in said.err
    assert "website:" not in ready("list").err
    assert ready("website", "rename", "beta", "gamma", "--yes").code == 0
    assert ready("list").code == 0
    assert ready("website", "use", "--clear").code == 0
    assert ready("list").code == 2


def test_no_store_yet(run):
    for words in (
        ("list",),
        ("show", "anthropic"),
        ("website", "list"),
        ("website", "add", "acme"),
        ("test", "anthropic"),
        ("key", "status"),
        ("store", "status"),
        ("audit", "verify"),
    ):
        ran = run(*words)
        assert (ran.code, "integrations init" in ran.err) == (3, True), words
    assert run("providers", "list").code == 0
    assert run().code == 0


def test_a_reader_who_has_seen_enough(ready, tool):
    ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    for words in (("list",), ("providers", "list"), ("--help",), ("providers", "show", "zoho")):
        read, write = os.pipe()
        os.close(read)
        running = tool(*words, stdout=write)
        os.close(write)
        err = running.communicate(timeout=120)[1]
        assert (running.returncode, b"Traceback" in err, b"error" in err) == (0, False, False), err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_never_looks_like_success(ready, tool):
    for words in (("providers", "list"), ("website", "list"), ("--help",), ("list", "--json")):
        with open("/dev/full", "w") as full:
            running = tool(*words, stdout=full)
            err = running.communicate(timeout=120)[1]
        assert (running.returncode, b"could not write" in err) == (74, True), (words, err)


CLOSED = [  # what is typed, and its code where results cannot be written, where messages cannot, and where neither can
    (("list",), 74, 0, 74),
    (("--version",), 74, 0, 74),
    (("--help",), 74, 0, 74),
    (("show", "anthropic"), 74, 0, 74),
    (("test", "--all"), 74, 0, 74),
    (("list", "--help"), 74, 0, 74),
    (("shwo",), 2, 2, 2),
    (("list", "-w", "nope"), 3, 3, 3),
    (("__complete", "bash", ""), 0, 0, 0),
]


@pytest.mark.parametrize(
    ("words", "no_results", "no_messages", "neither"), CLOSED, ids=lambda one: " ".join(one) if isinstance(one, tuple) else ""
)
def test_streams_that_are_closed_from_the_start_are_no_success_and_no_fault(ready, tool, words, no_results, no_messages, neither):
    """`>&-` and `2>&-`, as some schedulers start their jobs."""
    ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    ready("disable", "anthropic")
    for descriptors, code in (((1,), no_results), ((2,), no_messages), ((0, 1, 2), neither)):
        running = tool(*words, preexec_fn=lambda closed=descriptors: [os.close(one) for one in closed])
        out, err = running.communicate(timeout=120)
        assert (running.returncode, b"Traceback" in err, b"error: unexpected" in out + err) == (code, False, False), (
            words,
            descriptors,
            out,
            err,
        )
        assert 1 not in descriptors or out == b""
        assert 2 in descriptors or code != 74 or b"could not write the result" in err


@pytest.mark.parametrize("stdin", ["closed", "devnull", "pipe"])
def test_nobody_is_asked_without_a_terminal(ready, tool, stdin):
    for words in (
        ("add",),
        ("add", "anthropic"),
        ("init", "--home", "elsewhere"),
        ("remove", "anthropic"),
        ("website", "remove", "acme"),
        ("edit", "anthropic"),
        ("migrate", "env"),
    ):
        options = (
            {"stdin": subprocess.PIPE}
            if stdin == "pipe"
            else {"stdin": subprocess.DEVNULL}
            if stdin == "devnull"
            else {"stdin": None, "preexec_fn": lambda: os.close(0)}
        )
        running = tool(*words, **options)
        out, err = running.communicate(b"y\n" if stdin == "pipe" else None, timeout=120)
        assert running.returncode in {0, 2, 3}, (words, err)
        assert b"Traceback" not in err and b"?" not in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_with_130_and_nothing_half_done(ready, home, number, third_party, environ):
    """A test that hangs at the provider is interrupted."""
    ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    program = f"""
import sys, ssl
from integrations_cli.cli.app import run
from integrations_cli.cli.tools import Doors
from integrations_cli.web import Web
web = lambda deadline: Web(30, resolve=lambda host: [("127.0.0.1", {third_party.port})], allows=lambda address: True)
sys.exit(run(["test", "anthropic"], Doors(web=web)))
"""
    third_party.greet = lambda raw: (time.sleep(20), False)[1]
    env = environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    running = subprocess.Popen(
        [sys.executable, "-c", program], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until = time.monotonic() + 120
    while third_party.connections == 0 and time.monotonic() < until:
        time.sleep(0.02)
    running.send_signal(number)
    _, err = running.communicate(timeout=120)
    assert (running.returncode, b"Traceback" in err) == (130, False), err
    assert ready("audit", "verify").code == 0


def test_aliases_and_groups(ready):
    for words in (
        ("ls",),
        ("website",),
        ("websites", "--json"),
        ("providers",),
        ("available",),
        ("provider", "show", "stripe"),
        ("key",),
        ("keys",),
        ("store",),
        ("audit",),
    ):
        assert ready(*words).code == 0, words


@pytest.mark.parametrize(
    "words",
    [
        ("list", "-A"),
        ("website", "list"),
        ("providers", "list"),
        ("audit", "list", "-A"),
        ("key", "status"),
        ("add", "zoho", "--questions"),
    ],
)
def test_every_format_holds_the_same_rows(ready, words):
    ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    ready("add", "mapbox", "--no-test", "--secret-env", "access_token=K", K=keys.GOOD["mapbox"]["access_token"])
    count = len(json.loads(ready(*words, "--json").out)["items"])
    assert count
    assert len(ready(*words, "--format", "ndjson").out.splitlines()) == count
    assert len(ready(*words, "--format", "tsv", "--no-header").out.splitlines()) == count
    assert len(ready(*words, "--format", "tsv").out.splitlines()) == count + 1
    assert len(ready(*words, "--format", "csv").out.splitlines()) == count + 1
    for width in ("40", "80", "120", "200"):
        text = ready(*words, "--format", "table", COLUMNS=width).out
        assert len(text.splitlines()) >= count
        assert "\x1b" not in text


def test_fields(ready):
    ready("add", "anthropic", "--no-test", "--secret-env", "api_key=K", K=keys.ANTHROPIC)
    assert ready("list", "--fields", "provider,status", "--no-header").out == "anthropic\tuntested\n"
    assert ready("list", "--fields", "nothing").code == 2


FINALISED = """
import signal, sys, time, weakref
from integrations_cli.cli import endings
class Object: pass
endings.listen()
one = Object()
callback = weakref.ref(one, lambda reference: signal.raise_signal(signal.{name}))
try:
    del one  # the callback runs here, and Python drops what it raises
    time.sleep(30)
except KeyboardInterrupt:
    print("came again")
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_that_comes_while_python_tidies_up_is_not_lost(name):
    done = subprocess.run([sys.executable, "-c", FINALISED.format(name=name)], capture_output=True, text=True, timeout=120, check=True)
    assert (done.stdout, done.stderr) == ("came again\n", "")
