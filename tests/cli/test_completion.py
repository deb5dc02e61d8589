"""What `integrations __complete` answers, and that it stays quick, silent and harmless."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests import keys
from tests.conftest import ROOT

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.cli.completion import answer, dynamic, table
from integrations_cli.masking import Secret
from integrations_cli.provider import ok, rejected
from integrations_cli.store import glance

HEAVY = [
    "typer",
    "rich",
    "sqlmodel",
    "sqlalchemy",
    "httpx",
    "keyring",
    "questionary",
    "cryptography",
    "pydantic",
    "alembic",
    "dotenv",
    "prompt_toolkit",
]


@pytest.fixture
def stocked(store):
    """acme with four integrations in different states, beta with one."""
    with store.writing() as here:
        _add(here, "acme", "anthropic", outcome=ok())
        _add(here, "acme", "hubspot", outcome=rejected())
        _add(here, "acme", "mapbox")
        _add(here, "acme", "stripe", enabled=False)
        _add(here, "beta", "openai")
    return store


def _add(here, website, provider, **more):
    definition = registry.get(provider)
    values = {name: Secret(value) for name, value in keys.GOOD[provider].items() if definition.is_credential(name)}
    here.integrations.add(website, definition, values, {}, **more)


@pytest.fixture
def tab(environ):
    """The answer to a TAB, as value → description; the last word is the one at the cursor."""

    def press(*words, **more):
        lines = answer.lines(list(words), environ | more).splitlines()
        return dict(line.split("\t") if "\t" in line else (line, "") for line in lines)

    return press


# ── what is offered ──


def test_websites_with_their_names(stocked, tab):
    assert tab("show", "-w", "") == {"acme": "Acme Realty", "beta": "Beta Homes"}
    assert tab("list", "--website=b") == {"--website=beta": "Beta Homes"}
    assert list(tab("website", "use", "")) == ["acme", "beta"]
    assert list(tab("website", "rename", "a")) == ["acme"]
    assert tab("website", "rename", "acme", "") == {}, "a new slug is nobody's to guess"
    assert tab("website", "add", "") == {}


def test_the_integrations_of_the_website_on_the_line_with_their_state(stocked, tab):
    acme = {
        "anthropic": "ai, connected",
        "hubspot": "crm, error",
        "mapbox": "maps, untested",
        "stripe": "payment, disabled",
    }
    assert tab("show", "-w", "acme", "") == acme
    assert tab("show", "--website=acme", "") == acme
    assert tab("show", "-wbeta", "") == {"openai": "ai, untested"}
    assert tab("rotate", "-w", "acme", "h") == {"hubspot": "crm, error"}
    assert tab("show", "-w", "acme", "crm/") == {"crm/hubspot": "crm, error"}
    assert tab("show", "-w", "nobody", "") == {}


def test_the_website_comes_from_the_line_the_environment_the_choice_or_is_the_only_one(stocked, tab, config):
    assert tab("show", "") == {}, "two websites, and none chosen"
    config.config_dir.mkdir(parents=True, exist_ok=True)
    config.current_website.write_text("beta\n")
    assert list(tab("show", "")) == ["openai"]
    assert "anthropic" in tab("show", "", INTEGRATIONS_WEBSITE="acme")
    assert list(tab("show", "-w", "beta", "", INTEGRATIONS_WEBSITE="acme")) == ["openai"]
    config.current_website.unlink()
    with stocked.writing() as here:
        here.websites.remove("acme")
    assert list(tab("show", "")) == ["openai"]


def test_every_website_at_once(stocked, tab):
    assert list(tab("list", "-A", "--provider", "")) == ["anthropic", "hubspot", "mapbox", "openai", "stripe"]


def test_the_catalogue_with_category_and_state(stocked, tab):
    offered = tab("add", "-w", "acme", "")

    assert list(offered) == list(registry.names())
    assert offered["anthropic"] == "ai, connected"
    assert offered["openai"] == "ai, not configured"
    assert list(tab("add", "payment/s")) == ["payment/stripe"]
    assert list(tab("providers", "show", "zo")) == ["zoho"]


def test_the_category_read_from_the_text_is_the_category_of_every_definition():
    assert {one.name: dynamic.category_of(one.name) for one in registry.all()} == {one.name: one.category for one in registry.all()}


@pytest.mark.parametrize(
    "line, offered",
    [
        ("set anthropic ", ["default_model=", "max_tokens="]),
        ("set ai/anthropic d", ["default_model="]),
        ("set anthropic max_tokens=1 ", ["default_model="]),
        ("set anthropic default_model=claude-o", ["default_model=claude-opus-5", "default_model=claude-opus-4-8"]),
        ("set anthropic max_tokens=", []),
        ("set anthropic api_key=", []),
        ("set anthropic --unset m", ["max_tokens"]),
        ("set zoho sync_frequency=h", ["sync_frequency=hourly"]),
        ("get zoho s", ["sync_frequency"]),
        ("get zoho ", ["api_domain", "accounts_url", "sync_frequency", "client_id", "client_secret", "refresh_token"]),
        ("rotate zoho ", ["client_id", "client_secret", "refresh_token"]),
        ("rotate zoho client_id ", ["client_secret", "refresh_token"]),
        ("add anthropic --secret-stdin ", ["api_key"]),
        ("add anthropic --secret-stdin=a", ["--secret-stdin=api_key"]),
        ("add anthropic --secret-env ", ["api_key="]),
        ("add zoho --secret-file client_i", ["client_id="]),
        ("add nobody ", []),
        ("set ", []),
        ("sho", ["show"]),
        ("website re", ["remove", "rename"]),
        ("list --stat", ["--status"]),
        ("list --status e", ["error"]),
        ("list --format=nd", ["--format=ndjson"]),
        ("completion show f", ["fish"]),
        ("ls --json --js", []),
        ("audit --lim", ["--limit"]),
        ("nonsense ", []),
        ("show --no-such-option=", []),
        ("migrate dotenv ", []),
    ],
)
def test_places_on_the_line(stocked, tab, line, offered):
    assert list(tab(*line.split(" "))) == offered


def test_booleans_are_true_or_false(tab):
    found = [(one.name, field.name) for one in registry.all() for field in one.settings if field.type == "boolean"]
    if not found:
        pytest.skip("no provider of the catalogue has a boolean setting")
    provider, field = found[0]
    assert list(tab("set", provider, f"{field}=")) == [f"{field}=true", f"{field}=false"]


def test_every_place_of_every_command_is_known(tab, stocked):
    for path, (_, arguments, options) in table.COMMANDS.items():
        for name in [name for one in options if one[1] for name in one[0]]:
            assert isinstance(tab(*path.split(" "), name, ""), dict)
        assert arguments == () or isinstance(tab(*path.split(" "), ""), dict)


def test_an_untested_integration_that_lacks_a_credential_is_incomplete(store, tab):
    with store.writing() as here:
        here.integrations.add("acme", registry.get("paypal"), {"client_id": Secret(keys.GOOD["paypal"]["client_id"])}, {})
        _add(here, "acme", "anthropic")
        _add(here, "acme", "openai", outcome=ok())
        here.integrations.mark_unreadable(here.integrations.get("acme", "openai"))

    assert tab("show", "-w", "acme", "") == {"anthropic": "ai, untested", "openai": "ai, unreadable", "paypal": "payment, incomplete"}


def test_the_states_are_those_of_the_card(stocked, tab, config):
    cards = {one.provider: f"{one.category}, {one.status.replace('_', ' ')}" for one in glance.cards(config.database, "acme")}

    assert tab("show", "-w", "acme", "") == cards


# ── never ──


def test_never_a_hint_a_fingerprint_or_a_value(stocked, tab, config):
    with stocked.writing() as here:
        integration = here.integrations.get("acme", "anthropic")
        here.integrations.change(integration, registry.get("anthropic"), settings={"max_tokens": 31337}, action="settings.changed")
    every = str(
        [
            tab(*line.split(" "))
            for line in ("show -w acme ", "set anthropic -w acme ", "set anthropic -w acme max_tokens=", "get anthropic -w acme ")
        ]
    )
    marks = [mark for card in glance.cards(config.database) for mark in card.credentials.values()]

    assert len(marks) >= 5
    assert "31337" not in every
    for mark in marks:
        assert mark.fingerprint[:8] not in every
        assert mark.hint is None or f" {mark.hint}" not in every


@pytest.mark.parametrize("evil", ["$(touch x)", "a b", "a;b", "Acme", "ä", "a\x1b[2J", "a\nb", "`id`", "a'b", 'a"b', "a:b", "*"])
def test_a_hostile_name_in_the_database_is_left_out(stocked, tab, config, evil):
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE website SET slug = ? WHERE slug = 'beta'", [evil])
        connection.execute("UPDATE integration SET provider = ? WHERE provider = 'stripe'", [evil])

    assert list(tab("show", "-w", "")) == ["acme"]
    assert list(tab("show", "-w", "acme", "")) == ["anthropic", "hubspot", "mapbox"]


def test_a_hostile_description_becomes_one_harmless_line(stocked, tab, config):
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE website SET name = ? WHERE slug = 'beta'", ["x\n\t\x1b]0;evil\x07\u202ey" + "z" * 500])

    assert tab("show", "-w", "b") == {"beta": "x???]0;evil??y" + "z" * 46}


# ── as a process ──


@pytest.fixture
def process(environ):
    """A TAB in a process of its own: (exit code, stdout, stderr, seconds)."""

    def press(*words, **more):
        start = time.monotonic()
        ran = subprocess.run(
            [sys.executable, "-m", "integrations_cli", "__complete", "zsh", *words],
            env=environ | {"PYTHONPATH": str(ROOT / "src")} | more,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        return ran.returncode, ran.stdout.decode(), ran.stderr.decode(), time.monotonic() - start

    return press


def _in_time(process, *words, **more):
    """A busy machine may be late, and then nothing is the right answer: ask again."""
    for _ in range(10):
        if (got := process(*words, **more))[1]:
            return got
    return got


def test_a_process_answers_in_utf8_whatever_the_locale(stocked, process, config):
    with sqlite3.connect(config.database) as connection:
        connection.execute("UPDATE website SET name = 'Ämter' WHERE slug = 'beta'")

    assert _in_time(process, "show", "-w", "b", LC_ALL="C", PYTHONIOENCODING="ascii")[:3] == (0, "beta\tÄmter\n", "")


def test_home_on_the_line_counts(stocked, process, tmp_path, home):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "data").symlink_to(home / ".local/share/integrations")

    assert _in_time(process, "show", "--home", str(elsewhere), "-w", "b", HOME="/nonexistent")[1] == "beta\tBeta Homes\n"
    assert process("show", "-w", "b", HOME="/nonexistent")[:3] == (0, "", "")


@pytest.mark.parametrize(
    "more", [{}, {"INTEGRATIONS_HOME": "~/x"}, {"INTEGRATIONS_HOME": "y/../z"}, {"XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": ""}]
)
def test_the_places_are_those_of_the_configuration(environ, more, monkeypatch):
    monkeypatch.setenv("HOME", environ["HOME"])
    settled = configuration.load(environ | more)

    data, config = dynamic.places(None, environ | more)

    assert Path(data).resolve() == settled.data_dir.resolve()
    assert Path(config).resolve() == settled.config_dir.resolve()


@pytest.mark.parametrize("line", ["", "sho", "show -w ", "show -w acme ", "add ", "set anthropic ", "list --"])
def test_nothing_heavy_is_imported(stocked, environ, line):
    program = (
        "import sys, os\n"
        "from integrations_cli.cli import front\n"
        "leave = os._exit\n"
        f"os._exit = lambda code: (sys.stderr.write(' '.join(sys.modules)), sys.stderr.flush(), leave(code))\n"
        "from integrations_cli.cli.completion import answer\n"
        "answer.DEADLINE = 60\n"
        f"front.answer(['__complete', 'zsh', *{line.split(' ')!r}])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], env=environ | {"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True)

    loaded = set(ran.stderr.split(" "))
    assert "integrations_cli.cli.completion.table" in loaded
    assert not [name for name in loaded if name.partition(".")[0] in HEAVY]
    assert ran.stdout


def test_a_website_and_an_integration_need_no_dataclass_no_json_no_regular_expression(stocked, environ):
    program = (
        "import sys\nbefore = set(sys.modules)\nfrom integrations_cli.cli.completion import answer\n"
        "answer.lines(['show', '-w', ''], __import__('os').environ)\nanswer.lines(['get', '-w', 'beta', '-w', 'acme', 'a'], __import__('os').environ)\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n{program}"],
        env=environ,
        capture_output=True,
        text=True,
    )

    loaded = set(ran.stdout.split())
    assert "integrations_cli.store.names" in loaded, ran.stderr
    assert not loaded & {
        "dataclasses",
        "json",
        "re",
        "typing",
        "pathlib",
        "inspect",
        "integrations_cli.config",
        "integrations_cli.store.glance",
    }


def test_a_locked_store_gives_nothing_within_the_deadline(stocked, process, config):
    with sqlite3.connect(config.database) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        took = []
        for _ in range(3):
            code, out, err, seconds = process("show", "-w", "")
            assert (code, out, err) == (0, "", "")
            took.append(seconds)
        connection.rollback()

    assert min(took) < 4.0, "150 ms and the start of a process on a busy machine; SQLite by itself waits for 5 s"


def test_a_store_that_never_answers_ends_at_the_deadline(process, config):
    config.data_dir.mkdir(parents=True)
    os.mkfifo(config.database)  # opening it for reading waits for ever

    assert process("show", "-w", "")[:3] == (0, "", "")


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_store_gives_nothing(process, config, content):
    config.data_dir.mkdir(parents=True)
    config.database.write_bytes(content)

    assert process("show", "-w", "")[:3] == (0, "", "")
    assert config.database.read_bytes() == content
    assert sorted(os.listdir(config.data_dir)) == ["store.db"]


def test_a_truncated_store_gives_nothing_or_what_is_left(stocked, process, config):
    whole = config.database.read_bytes()
    config.database.write_bytes(whole[: len(whole) // 2])

    code, out, err, _ = process("show", "-w", "")

    assert (code, err) == (0, "")
    assert out in {"", "acme\tAcme Realty\nbeta\tBeta Homes\n"}


def test_a_missing_store_stays_missing(process, home):
    assert process("show", "-w", "")[:3] == (0, "", "")
    assert process("add", "-w", "acme", "ope")[0] == 0
    assert list(home.iterdir()) == []


def test_an_unreadable_directory_gives_nothing(process, config):
    config.data_dir.parent.mkdir(parents=True)
    config.data_dir.write_text("a file")

    assert process("show", "-w", "")[:3] == (0, "", "")


@pytest.mark.parametrize(
    "words", [[], [""], ["tcsh"], ["bash"], ["zsh", "show", "\udcff"], ["zsh", "-w", "acme", "show", ""], ["zsh", "website"] * 50]
)
def test_whatever_is_asked_it_ends_quietly(environ, words):
    ran = subprocess.run(
        [sys.executable, "-m", "integrations_cli", "__complete", *words],
        env=environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
    )

    assert (ran.returncode, ran.stderr) == (0, b"")


def test_nobody_reading_is_no_failure(environ):
    ran = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m integrations_cli __complete zsh '' >&-; echo $?"],
        env=environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
    )

    assert (ran.stdout, ran.stderr) == (b"0\n", b"")


def test_powershell_sends_its_last_word_behind_a_dot(environ):
    for _ in range(10):
        ran = subprocess.run(
            [sys.executable, "-m", "integrations_cli", "__complete", "powershell", "list", "--format", ".js"],
            env=environ | {"PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
        )
        if ran.stdout:
            break

    assert ran.stdout == b"json\n"


def test_the_store_is_only_read(stocked, process, config):
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in config.data_dir.rglob("*") if path.is_file()}

    _in_time(process, "show", "-w", "acme", "")

    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in config.data_dir.rglob("*") if path.is_file()} == before
