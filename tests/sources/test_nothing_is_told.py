"""Pieces of real files thrown together: whatever a source makes of them, it ends, and nothing it says holds a piece of a key."""

import random

import pytest

from integrations_cli.errors import IntegrationsError
from integrations_cli.sources import airflow, dotenv, file, rails_credentials
from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import Wanted
from integrations_cli.sources.rails import document

KEY = "k9Zx7Qw2Lm4Vb8Nt5Rd"
ROW = '{"website":"acme","provider":"openai","credentials":{'
PIECES = {
    "dotenv": ["STRIPE_SECRET_KEY", "=", KEY, "'", '"', "\n", "#", " ", "export ", "OPENAI_API_KEY=", "\\", "${", "}", ": ", "-----BEGIN ", "\r\n", "`"],
    "csv": ["website", "provider", "field", "value", ",", KEY, '"', "\n", "acme", "openai", "api_key", "website,provider,field,value\n", ";", "enabled"],
    "json": ["{", "}", "[", "]", ":", ",", '"website"', '"provider"', '"credentials"', '"openai"', '"api_key"', f'"{KEY}"', KEY, '"OPENAI_API_KEY"', '"data"', ROW, "\n", '"password"', '"acme_openai"', "null", "1"],
    "lines": ["acme_openai=", "openai=", "AIRFLOW_CONN_GROQ=", "http://", "my-type://", ":", "@", "/", "?", "__extra__=", KEY, "{", "}", '"password": ', f'"{KEY}"', "'", "\n", "%", "[", "#", "export ", "&a=", " "],
    "yaml": ["zoho", ": ", "\n  ", "\n", "client_id", "- ", KEY, "'", '"', "&a ", "*a", "<<: ", "{", "}", "[", "]", ", ", "|", "!ruby/object:", "#", "? ", "openai:\n  ", "api_key", "r2"],
}  # fmt: skip


def credentials(path):
    found = document.read(path.read_text())
    return rails_credentials.of_tree(Reading("yaml", path.name, notes=found.notes), found.tree, path.name, Wanted())


READ = {
    "dotenv": [lambda path: dotenv.read([path])],
    "csv": [lambda path: file.read(path, None, Wanted())],
    "json": [lambda path: file.read(path, None, Wanted()), lambda path: airflow.read(path, Wanted(), ("acme",))],
    "yaml": [credentials, lambda path: airflow.read(path, Wanted(), ("acme",))],
    "lines": [lambda path: airflow.read(path, Wanted(), ("acme",))],
}


def said(read, path):
    """Everything that could reach a plan, besides the values and their websites."""
    try:
        found = read(path)
    except IntegrationsError as error:
        return f"{error.what} {error.why} {error.tries}"
    findings = [(one.place, one.field, one.provider, one.notes) for one in found.findings]
    faults = [(one.place, one.detail, one.reason, one.provider, one.field) for one in found.faults]
    return f"{findings} {faults} {found.ignored} {found.notes} {found.title} {[(one.place, one.provider) for one in found.entries]}"


@pytest.mark.parametrize("kind", PIECES)
@pytest.mark.parametrize("many", [300, pytest.param(20_000, marks=pytest.mark.slow)])
def test_no_piece_of_a_key_is_told(tmp_path, kind, many):
    chance = random.Random(f"{kind}{many}")
    path = tmp_path / {"csv": "x.csv", "json": "x.json"}.get(kind, "x.env")
    for number in range(many):
        text = "".join(chance.choice(PIECES[kind]) for _ in range(chance.randint(2, 16)))
        path.write_text(text)
        for read in READ[kind]:
            assert KEY[:8] not in said(read, path), f"{kind} {many} {number}: {text!r}"
