"""The quick way and the store give the same results and the same refusals, and leave the same traces."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import keys

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.actions import hand_out
from integrations_cli.actions.settings import set_plain
from integrations_cli.actions.switch import switch
from integrations_cli.actions.values import Values
from integrations_cli.cli.quickly import quickly
from integrations_cli.cli.tools import Doors, Tools
from integrations_cli.errors import IntegrationsError
from integrations_cli.masking import Secret
from integrations_cli.store import create, inspection, open_store, plain, quick, reencrypt, turn
from integrations_cli.store.store import utcnow

WEBSITES = ("acme", "beta")
PROVIDERS = ("anthropic", "twilio", "zoho", "mailgun")
DAMAGE = (
    "UPDATE credential_version SET blob = zeroblob(200)",
    "UPDATE credential_version SET blob = substr(blob, 1, 120)",
    "UPDATE credential_version SET card = '{\"broken'",
    'UPDATE credential_version SET card = replace(card, \'"fp": "\', \'"fp": "0\')',
    "UPDATE credential_version SET version = version + 1",
    "UPDATE credential_version SET state = 'previous'",
    "UPDATE credential_version SET data_key_id = zeroblob(16)",
    'UPDATE credential_version SET bound = \'{"region": "elsewhere"}\'',
    "UPDATE credential_version SET destroy_after = '2020-01-01T00:00:00Z', state = 'previous', ended_by = 'rotated' WHERE rowid = 1",
    "UPDATE integration SET settings = '{\"broken'",
    "UPDATE integration SET settings = '{\"api_domain\": \"https://elsewhere.example\"}' WHERE provider = 'zoho'",
    "UPDATE integration SET enabled = 0",
    "UPDATE integration SET provider = 'openai' WHERE provider = 'anthropic'",
    "UPDATE integration SET website_id = (SELECT id FROM website WHERE slug = 'beta') WHERE provider = 'twilio' AND "
    "website_id = (SELECT id FROM website WHERE slug = 'acme') AND NOT EXISTS (SELECT 1 FROM integration i JOIN website w ON "
    "w.id = i.website_id WHERE w.slug = 'beta' AND i.provider = 'twilio')",
    "UPDATE data_key SET wrapped = zeroblob(131) WHERE scope = 'website'",
    "UPDATE data_key SET wrapped = zeroblob(131) WHERE scope = 'audit'",
    "UPDATE data_key SET wrapped = x'' WHERE scope = 'fingerprint'",
    "DELETE FROM integration WHERE provider = 'mailgun'",
    "DELETE FROM credential_version WHERE rowid = 1",
    "DELETE FROM audit_row WHERE seq = (SELECT max(seq) FROM audit_row)",
    "UPDATE key_slot SET kind = 'passphrase'",
    "UPDATE key_slot SET state = 'retired'",
    "UPDATE key_slot SET wrapped_root = zeroblob(131)",
    "UPDATE store SET format = 99",
    "INSERT INTO access_grant (principal, website_id, role) SELECT 'uid:99999', id, 'viewer' FROM website",
    "INSERT INTO key_operation (id, kind, step, started_at, host, pid) VALUES (zeroblob(16), 'vacuum', 'due', '2026-01-01T00:00:00Z', 'h', 1)",
    "INSERT INTO key_operation (id, kind, step, started_at, host, pid) VALUES (zeroblob(16), 'restore', 'waiting', '2026-01-01T00:00:00Z', 'h', 1)",
)
FILES = ("none", "no key file", "wrong key file", "open database", "broken anchor", "no anchor")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two websites and some integrations in each."""
    home = tmp_path_factory.mktemp("built")
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=False).commit()
    with open_store(config) as store, store.writing() as here:
        for website in WEBSITES:
            here.websites.add(website, website)
            for name in PROVIDERS[: 4 if website == "acme" else 2]:
                values = {field: Secret(text) for field, text in keys.GOOD[name].items() if registry.get(name).is_credential(field)}
                here.integrations.add(website, registry.get(name), values, {})
    return home


def copied(built: Path, to: Path, damage: list[str], file: str) -> Tools:
    """The same home again, damaged in the same way."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(built, to)
    tools = Tools(["get"], Doors(environ={"HOME": str(to)}), lambda words, doors: 1)
    with sqlite3.connect(tools.config.store) as connection:
        for statement in damage:
            try:
                connection.execute(statement)
            except sqlite3.IntegrityError:
                continue
    connection.close()
    key = next(tools.config.keys_dir.iterdir())
    if file == "no key file":
        key.unlink()
    elif file == "wrong key file":
        text = key.read_text()
        key.write_text(text[:60] + ("A" if text[60] != "A" else "B") + text[61:])
    elif file == "open database":
        tools.config.database.chmod(0o644)
    elif file == "broken anchor":
        tools.config.anchor.write_text("{}")
    elif file == "no anchor":
        tools.config.anchor.unlink()
    return tools


def ended(work: Any) -> Any:
    """What came out of it: a result, or a refusal in all its parts."""
    try:
        found = work()
    except IntegrationsError as error:
        return type(error).__name__, error.what, error.why, error.tries
    return [(one.name, one.text, one.credential) for one in found] if act_is_handing(found) else found


def act_is_handing(found: Any) -> bool:
    """True for a list of variables."""
    return isinstance(found, list) and bool(found) and isinstance(found[0], hand_out.Variable)


def traces(tools: Tools) -> Any:
    """Everything an act may change, without what differs from run to run."""
    volatile = ("at", "pid", "row")
    with sqlite3.connect(tools.config.store) as connection:
        bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM audit_row ORDER BY chain, seq")]
        columns = "website_id, provider, settings, enabled, last_used_at IS NULL, unreadable_since IS NULL"
        rows = connection.execute(f"SELECT {columns} FROM integration ORDER BY 1, 2").fetchall()
        versions = connection.execute(
            "SELECT integration_id, version, state, length(blob) FROM credential_version ORDER BY 1, 2"
        ).fetchall()
        kept = connection.execute("SELECT kind FROM key_operation").fetchall()
    connection.close()
    return [{name: value for name, value in body.items() if name not in volatile} for body in bodies], rows, versions, kept


def sound(tools: Tools) -> Any:
    """What `audit verify` says of every chain."""
    with open_store(tools.config) as store, store.reading() as here:
        return [(one.name, one.problem) for one in here.audit.verify()]


ACTS = {
    "hand out": lambda store, website, name: hand_out.hand_out(store, website, [name], "test"),
    "hand out two": lambda store, website, name: hand_out.hand_out(store, website, [name, "anthropic"], "test", None, "P_"),
    "disable": lambda store, website, name: switch(store, website, registry.get(name), to=False),
    "enable": lambda store, website, name: switch(store, website, registry.get(name), to=True),
    "set": lambda store, website, name: set_plain(store, website, registry.get(name), Values(settings={"max_tokens": 7}), ()),
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(DAMAGE), max_size=2),
    st.sampled_from(FILES),
    st.sampled_from(sorted(ACTS)),
    st.sampled_from([*WEBSITES, "nope"]),
    st.sampled_from(PROVIDERS),
)
def test_the_quick_way_equals_the_store(built, tmp_path, damage, file, act, website, provider):
    same(built, tmp_path, damage, file, act, website, provider)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(DAMAGE), max_size=3),
    st.sampled_from(FILES),
    st.sampled_from(sorted(ACTS)),
    st.sampled_from([*WEBSITES, "nope"]),
    st.sampled_from(PROVIDERS),
)
def test_the_quick_way_equals_the_store_often(built, tmp_path, damage, file, act, website, provider):
    same(built, tmp_path, damage, file, act, website, provider)


def test_what_changes_nothing_is_asked_for_as_well(built, tmp_path):
    """Somebody without a role is told what the store tells them, also where there would be nothing to do."""
    stranger = "INSERT INTO access_grant (principal, website_id, role) SELECT 'uid:99999', id, 'viewer' FROM website"
    same(built, tmp_path, [stranger], "none", "enable", "acme", "anthropic")


def same(built, tmp_path, damage, file, act, website, provider):
    results = []
    for way in ("quick", "store"):
        tools = copied(built, tmp_path / "home", damage, file)  # the same place: errors name it

        def carried_out(tools=tools, way=way):
            if way == "quick":
                return quickly(tools, lambda store: ACTS[act](store, website, provider))
            with tools.store() as store:
                return ACTS[act](store, website, provider)

        results.append((ended(carried_out), traces(tools), ended(lambda tools=tools: sound(tools))))
    assert results[0] == results[1]


@pytest.mark.parametrize("act", sorted(ACTS))
def test_the_everyday_case_never_needs_the_models(built, tmp_path, act):
    """No fallback: the quick store itself does it."""
    tools = copied(built, tmp_path / "home", [], "none")
    store = quick.QuickStore(tools.config, utcnow)
    ACTS[act](store, "acme", "anthropic")
    assert sound(tools) == [("acme", None), ("beta", None), ("store", None)]


def test_a_write_that_fails_leaves_nothing(built, tmp_path):
    tools = copied(built, tmp_path / "home", [], "none")
    before = traces(tools)
    store = quick.QuickStore(tools.config, utcnow)
    with pytest.raises(ZeroDivisionError), store.writing() as here:
        switched = here.integrations.get("acme", "anthropic")
        here.integrations.change(switched, registry.get("anthropic"), enabled=False, action="integration.disabled")
        raise ZeroDivisionError
    assert traces(tools) == before
    assert switch(quick.QuickStore(tools.config, utcnow), "acme", registry.get("anthropic"), to=False)


def test_the_models_are_not_imported(built, tmp_path):
    tools = copied(built, tmp_path / "home", [], "none")
    program = "import sys\nfrom integrations_cli.cli import front\ncode = front.answer(sys.argv[1:])\nprint(code, 'sqlmodel' in sys.modules, 'sqlalchemy' in sys.modules, 'typer' in sys.modules, file=sys.stderr)"
    for words in (
        ["get", "anthropic", "api_key", "-w", "acme", "--reveal"],
        ["disable", "anthropic", "-w", "acme"],
        ["set", "anthropic", "max_tokens=5", "-w", "acme"],
    ):
        ran = subprocess.run(
            [sys.executable, "-c", program, *words],
            capture_output=True,
            text=True,
            env={"HOME": tools.doors.environ["HOME"], "PATH": "/usr/bin:/bin"},
        )
        assert ran.stderr.splitlines()[-1] == "0 False False False", ran.stderr


@pytest.mark.parametrize("table", ["integration", "credential_version", "data_key", "key_slot", "website"])
def test_the_columns_are_those_of_the_models(table):
    """One truth about the schema: every column that is read is one of the model, and is read as its type."""
    from sqlmodel import SQLModel

    from integrations_cli.store import columns, forgiving, tables  # noqa: F401

    reads: dict = {
        "integration": plain.INTEGRATION,
        "credential_version": plain.VERSION,
        "data_key": plain.KEY,
        "key_slot": plain.SLOT,
        "website": plain.WEBSITE,
    }[table]
    kinds = {
        columns.Bytes: forgiving.octets,
        columns.Text: forgiving.words,
        columns.Number: forgiving.number,
        columns.Object: forgiving.mapping,
    }
    model = SQLModel.metadata.tables[table].columns
    for name, read in reads.items():
        assert kinds.get(type(model[name].type), bool) is read, name


def test_keys_that_are_replaced_while_the_turn_is_waited_for_are_the_ones_that_are_used(made, store, monkeypatch):
    with store.writing() as here:
        here.integrations.add("acme", registry.get("anthropic"), {"api_key": Secret(keys.ANTHROPIC)}, {})
    waiting, queue = quick.QuickStore(made, utcnow), turn.queue

    def slowly(path):
        reencrypt.reencrypt(store, lambda *told: None)
        return queue(path)

    monkeypatch.setattr(quick, "queue", slowly)
    (given,) = hand_out.hand_out(waiting, "acme", ["anthropic"], "exec")
    assert given.text == keys.ANTHROPIC
    with open_store(made) as again:
        assert inspection.inspect(again, state=True).exit == 0
