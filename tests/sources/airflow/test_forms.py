"""Exports of a genuine Airflow 3.3.2 (values invented), and what people make of them by hand."""

import json
from pathlib import Path

import pytest

from integrations_cli.errors import UsageError
from integrations_cli.sources import airflow, mapping
from integrations_cli.sources.airflow_forms import AS_JSON, connections
from integrations_cli.sources.names import Wanted

EXPORTS = Path(__file__).parent / "exports"
KEY = "sk-0123456789abcdefghijEXAMPLE"
MAIL = {
    "login": "post@acme.example",
    "password": "pässwörd %25 EXAMPLE",
    "host": "smtp.acme.example",
    "port": "587",
    "extra.api_key": "extra key EXAMPLE",
    "extra.limits.daily.calls": "500",
}
STRIPE = {"password": "p%@EXAMPLE", "host": "https://api.stripe.com", "extra.webhook": "whsec/EXAMPLE"}
SENDGRID = {"password": "SG.not-a%real/key@EXAMPLE", "host": "https://api.sendgrid.com"}
WAREHOUSE = {"login": "etl", "host": "db", "port": "5432", "schema": "dwh"}


def parts(text, name="x"):
    return {one.name: one.parts for one in connections(text, name)}


@pytest.mark.parametrize("form", ["json", "yaml", "env", "json.env"])
def test_every_form_of_an_export_says_the_same(form):
    found = parts((EXPORTS / f"connections.{form}").read_text())
    sandbox = {"extra.sandbox": "true"}
    assert found == {"acme_mail": MAIL | sandbox, "acme_sendgrid": SENDGRID, "stripe": STRIPE, "warehouse": WAREHOUSE}


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_listing_with_values_says_the_same(form):
    found = parts((EXPORTS / f"list.{form}").read_text())
    sandbox = {"extra.sandbox": "True"}  # a listing makes texts of everything
    assert found == {"acme_mail": MAIL | sandbox, "acme_sendgrid": SENDGRID, "stripe": STRIPE, "warehouse": WAREHOUSE}


REFUSED = {
    "a table for people": (EXPORTS / "list.table").read_text(),
    "names only": '[{"conn_id": "stripe", "conn_type": "http"}]',
    "names only, as YAML": "- conn_id: stripe\n  conn_type: http\n",
    "a list of others": "[1]",
    "nothing": "",
    "a remark": "# nothing\n",
    "a text": f"{KEY}\n",
    "cut JSON": '{"stripe": {"password": "' + KEY,
    "a name twice": '{"stripe": {}, "stripe": {"password": "' + KEY + '"}}',
    "broken YAML": f"stripe:\n  password: '{KEY}\n",
    "a list in YAML": f"- {KEY}\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_export_is_refused_with_the_next_command(name):
    with pytest.raises(UsageError) as refusal:
        parts(REFUSED[name], "connections")
    assert refusal.value.tries[0] == AS_JSON
    assert KEY[:8] not in str(refusal.value.as_data())


ADDRESSES = {
    f"http://:{KEY}@h": {"password": KEY, "host": "h"},
    "http://u:p%25%2F%40%3A@h": {"login": "u", "password": "p%/@:", "host": "h"},
    "http://u:p@q@h": {"login": "u", "password": "p@q", "host": "h"},
    "http://h?n=007&e=1e3&t=true&q=%22a%22&z=null&b": {"host": "h", "extra.n": "007", "extra.e": "1e3", "extra.t": "true", "extra.q": "a"},
    "http://h?o=%7B%22a%22%3A%7B%22b%22%3A1%7D%7D": {"host": "h", "extra.o.a.b": "1"},
    "http://h?__extra__=%7B%22a%22%3A%22b%22%7D&c=d": {"host": "h", "extra.a": "b"},
    "http://h?__extra__=x": {"host": "h"},
    "//u:p@h": {"login": "u", "password": "p", "host": "h"},
    KEY: None,
    "": None,
    f"http://{KEY}:x@h:port": None,
    "http://[": None,
    "a://b://c://d": None,
    f"http://{KEY}@https://h": None,
    "{": None,
    "[]": None,
}


@pytest.mark.parametrize("text", ADDRESSES, ids=range(len(ADDRESSES)))
def test_an_address(text):
    found = parts(json.dumps({"x": text}))["x"]
    assert found == (ADDRESSES[text] if ADDRESSES[text] is None else {name: one for name, one in ADDRESSES[text].items() if one})


def test_lines_as_people_keep_them():
    text = (
        "# of the old server\n\n"
        f"export AIRFLOW_CONN_ACME_OPENAI='http://:{KEY}@h'\n"
        'AIRFLOW_CONN_MAIL="smtp://u:p@h"\r\n'
        'json={"password": "a=b #c"}\n'
        "STRIPE_SECRET_KEY=x\n"
    )
    assert parts(text) == {
        "acme_openai": {"password": KEY, "host": "h"},
        "mail": {"login": "u", "password": "p", "host": "h"},
        "json": {"password": "a=b #c"},
        "STRIPE_SECRET_KEY": None,
    }


@pytest.fixture
def read(tmp_path):
    def go(text, rules="", slugs=("acme", "costa-homes"), only=()):
        table = tmp_path / "map.toml"
        table.write_text("version = 1\n" + rules)
        return airflow.read(Path("-"), Wanted(mapped=mapping.load(table, slugs), only=only), slugs, text.encode())

    return go


def found(reading):
    return [(one.website, one.provider, one.field, one.value.reveal(), one.place) for one in reading.findings]


def rule(name, to="openai.api_key", more=""):
    return f'[[map]]\nname = "{name}"\nto = "{to}"\n{more}\n'


def test_a_line_that_names_nothing_is_one_fault_and_the_others_are_read(read):
    reading = read(f"{'openai'}=http://:{KEY}@h\n{KEY}\n")
    assert found(reading) == [(None, "openai", "api_key", KEY, "standard input:1 openai")]
    assert [(one.kind, one.place) for one in reading.faults] == [("unreadable", "standard input:2")]
    assert KEY not in str(reading.faults)


def test_one_connection_on_two_lines_is_two_findings(read):
    """Which agree or are a conflict, as everywhere."""
    assert len(read(f"openai=http://:{KEY}@h\nopenai=http://:{KEY}x@h\n").findings) == 2


def test_a_website_whose_name_has_a_hyphen(read):
    for name in ("costa-homes_openai", "costa_homes_openai"):
        assert found(read(json.dumps({name: {"password": KEY}})))[0][:2] == ("costa-homes", "openai")


def test_of_two_connections_the_one_with_the_longer_name_is_meant(read):
    text = json.dumps({"mail": {"password": "x"}, "mail.eu": {"password": KEY}})
    reading = read(text, rule("mail.eu.password"))
    assert [one[3] for one in found(reading)] == [KEY]
    assert reading.faults == []


def test_a_connection_called_like_a_part(read):
    reading = read(json.dumps({"password": {"password": KEY}}), rule("password"))
    assert [one.reason for one in reading.faults] == ["missing_field"]


def test_a_part_inside_of_another(read):
    reading = read(json.dumps({"mail": {"extra": {"a": {"b": KEY}, "a.b": "on top"}}}), rule("mail.extra.a.b"))
    assert [one[3] for one in found(reading)] == ["on top"]


def test_values_follow_the_rules_of_every_value(read):
    reading = read(
        json.dumps({"openai": {"password": "***"}, "groq": {"password": "changeme"}, "acme_cohere": {"password": "vault:secret/x"}})
    )
    assert [one.reason for one in reading.faults] == ["masked", "reference"]
    assert [one.reason for one in reading.ignored] == ["placeholder"]
    assert reading.findings == []


def test_a_connection_without_a_password_says_so(read):
    reading = read(json.dumps({"openai": {"login": "x"}}))
    assert "no password" in reading.faults[0].detail


def test_only_some_providers(read):
    reading = read(json.dumps({"openai": {"password": KEY}, "groq": "no address"}), only=("openai",))
    assert (len(reading.findings), reading.faults, [one.reason for one in reading.ignored]) == (1, [], ["not_asked_for"])


def test_a_file_that_others_can_read_gets_a_note(tmp_path):
    path = tmp_path / "key"
    path.write_text("{}")
    path.chmod(0o644)
    assert airflow.read(path, Wanted(), ()).notes == ["readable_by_others"]
