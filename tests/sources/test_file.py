"""Exports of ours and of others: every documented shape, and every way to be wrong."""

import json

import pytest
from tests import keys

from integrations_cli.errors import UsageError
from integrations_cli.sources import airflow, file, mapping
from integrations_cli.sources.names import Wanted

KEY = keys.GOOD["openai"]["api_key"]


@pytest.fixture
def read(tmp_path):
    def go(name, text, wanted=Wanted(), delimiter=None):  # noqa: B008
        path = tmp_path / "key"
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o600)
        try:
            return file.read(path, None, wanted, delimiter)
        finally:
            path.unlink()

    return go


def found(reading):
    return [(one.website, one.provider, one.field, one.value.reveal()) for one in reading.findings]


ONE = [("acme", "openai", "api_key", KEY)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", f"website,provider,field,value\nacme,openai,api_key,{KEY}\n"),
        ("a.csv", f"\ufeffwebsite,provider,field,value\r\nacme,openai,api_key,{KEY}\r\n\r\n"),
        ("a.csv", f'provider,website,api_key,organization_id\nopenai,acme,"{KEY}",\n'),
        ("a.tsv", f"website\tprovider\tapi_key\nacme\topenai\t{KEY}\n"),
        ("a.jsonl", json.dumps({"website": "acme", "provider": "openai", "credentials": {"api_key": KEY}}) + "\n\n"),
        ("a.json", json.dumps([{"website": "acme", "provider": "ai/openai", "credentials": {"api_key": KEY}, "settings": {}}])),
        ("a.json", json.dumps({"website": "acme", "provider": "OpenAI", "credentials": {"api_key": KEY}})),
        ("a", json.dumps([{"website": "acme", "provider": "openai", "credentials": {"api_key": KEY, "x": None}}])),
    ],
)
def test_the_shapes(read, name, text):
    assert found(read(name, text)) == ONE


def test_a_delimiter(read):
    assert found(read("a.txt", f"website;provider;api_key\nacme;openai;{KEY}\n", delimiter=";")) == ONE


@pytest.mark.parametrize(
    "text",
    [
        {"OPENAI_API_KEY": KEY},
        {"openai_api_key": KEY},  # chamber export
        {"OPENAI_API_KEY": {"computed": KEY}, "DOPPLER_PROJECT": {"computed": "x"}},  # doppler secrets --json
        {"request_id": "1", "data": {"data": {"OPENAI_API_KEY": KEY}, "metadata": {}}},  # vault kv get
    ],
)
def test_a_flat_object_is_read_like_an_environment(read, text):
    assert [(one.provider, one.field, one.value.reveal()) for one in read("a.json", json.dumps(text)).findings] == [
        ("openai", "api_key", KEY)
    ]


def test_what_a_row_says_besides(read):
    row = {
        "website": "acme",
        "provider": "openai",
        "credentials": {"api_key": KEY},
        "settings": {"max_tokens": 8192},
        "enabled": False,
        "expires_at": "2027-01-31",
    }
    reading = read("a.jsonl", json.dumps(row))
    assert [(one.enabled, one.expires_at) for one in reading.entries] == [(False, "2027-01-31T23:59:59Z")]
    assert ("acme", "openai", "max_tokens", "8192") in found(reading)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", f"{KEY},openai,api_key,x\n", "must name the columns"),
        ("a.csv", f"website,provider,{KEY}\nacme,openai,x\n", "column 3 is not a known column"),
        ("a.csv", 'website,provider,api_key\nacme,openai,"open\n', "not valid CSV"),
        ("a.csv", "", "must name the columns"),
        ("a.json", '[{"provider": "openai", "credentials": {"api_key": "' + KEY, "column"),
        ("a.json", '{"a": "1", "a": "' + KEY + '"}', "twice"),
        ("a.json", "7", "must name the columns"),
        ("a.json", "[" * 100_000, ""),
        ("a.json", b"\xff\xfe", "not UTF-8"),
    ],
)
def test_what_is_no_export(read, name, text, says):
    with pytest.raises(UsageError) as refusal:
        read(name, text)
    assert says in f"{refusal.value.what} {refusal.value.why}"
    assert KEY[:12] not in f"{refusal.value.as_data()}"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("[]", "not_an_object"),
        ('{"website": "acme"}', "missing_field"),
        ('{"website": "acme", "provider": "openai", "credentials": []}', "not_an_object"),
        ('{"website": "acme", "provider": "openai", "credentials": {"api_key": 7}}', "bad_type"),
        ('{"website": "acme", "provider": "openai", "credentials": {"api_key": ["x"]}}', "bad_type"),
        ('{"website": "acme", "provider": "openai", "enabled": "perhaps"}', "bad_value"),
        ('{"website": "acme", "provider": "openai", "expires_at": "soon"}', "bad_value"),
    ],
)
def test_a_row_that_is_wrong_is_one_fault_and_the_others_stay(read, row, reason):
    good = json.dumps({"website": "acme", "provider": "openai", "credentials": {"api_key": KEY}})
    reading = read("a.jsonl", f"{row}\n{good}\n")
    assert [one.reason for one in reading.faults] == [reason]
    assert ONE[0] in found(reading)
    assert reading.faults[0].place == "a.jsonl:1"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"provider": "openai", "credentials": {"api_key": "' + KEY.encode(), "not_json"),  # cut off
        (b'{"website": "acme", "website": "beta", "provider": "openai"}', "not_json"),
        (b'{"website": "acme", "provider": "openai", "settings": {"max_tokens": NaN}}', "not_json"),
        (b'{"a":' * 100_000, "not_json"),
        (b"9" * 5000, "not_json"),
        (KEY.encode(), "not_json"),
        (b'{"website": "caf\xe9"}', "not_text"),
        ('{"website": "acme"}'.encode("utf-16"), "not_text"),
    ],
)
def test_a_line_that_cannot_be_parsed_is_one_fault_and_the_others_stay(read, line, reason):
    good = json.dumps({"website": "acme", "provider": "openai", "credentials": {"api_key": KEY}}).encode()
    reading = read("a.jsonl", good + b"\n" + line + b"\n" + good + b"\n")
    (fault,) = reading.faults
    assert (fault.kind, fault.reason, fault.place) == ("unreadable", reason, "a.jsonl:2")
    assert len(reading.findings) == 2
    assert KEY[:12] not in str(fault)


def test_what_vault_prints_of_either_version(read):
    for data in ({"data": {"data": {"OPENAI_API_KEY": KEY}, "metadata": {}}}, {"lease_id": "", "data": {"OPENAI_API_KEY": KEY}}):
        assert [one.value.reveal() for one in read("a.json", json.dumps({"request_id": "x", **data})).findings] == [KEY]


def test_a_mapping_names_providers_of_the_source(read, tmp_path):
    path = tmp_path / "map.toml"
    path.write_text('version = 1\n[providers]\n"crm/zoho_crm" = "zoho"\n"crm/pipedrive" = "ignore"\n')
    wanted = Wanted(mapped=mapping.load(path, []))
    rows = [{"category": "crm", "provider": name, "credentials": {"client_id": "x"}} for name in ("zoho_crm", "pipedrive", "nobody")]
    reading = read("a.json", json.dumps(rows), wanted)
    assert [one.provider for one in reading.findings] == ["zoho", "nobody"]
    assert [one.reason for one in reading.ignored] == ["mapping"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version = 2", "version = 1"),
        ("version = 1\nextra = 1", "not known"),
        ("version = 1\n[[map]]\nname = 'A'", "either to"),
        ("version = 1\n[[map]]\nname = 'A'\nto = 'openai.api_key'\nignore = 'x'", "either to"),
        ("version = 1\n[[map]]\nname = 'A_{WEBSITE}'\nto = 'openai.api_key'\nwebsites = ['acme']", "belongs to that website"),
        ("version = ", "not valid TOML"),
    ],
)
def test_a_mapping_that_is_wrong(tmp_path, text, says):
    path = tmp_path / "map.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as refusal:
        mapping.load(path, ["acme"])
    assert says in refusal.value.why


# ── airflow ──


def connections(tmp_path, data, text=""):
    path, rules = tmp_path / "key", tmp_path / "map.toml"
    path.write_text(json.dumps(data))
    rules.write_text("version = 1\n" + text)
    return airflow.read(path, Wanted(mapped=mapping.load(rules, ["acme"])), ("acme",))


def test_connections_called_like_a_provider(tmp_path):
    one = {"conn_type": "http", "password": KEY, "extra": None}
    reading = connections(tmp_path, {"openai": one, "acme_openai": one, "warehouse": one, "acme_stripe": one})
    assert found(reading) == [(None, "openai", "api_key", KEY), ("acme", "openai", "api_key", KEY)]
    assert [(one.reason) for one in reading.ignored] == ["not_mapped"]
    assert [(one.provider, one.reason) for one in reading.faults] == [("stripe", "missing_field")]  # it needs two


def test_connections_that_the_mapping_names(tmp_path):
    rules = (
        '[[map]]\nname = "mail.extra.api_key"\nto = "sendgrid.api_key"\nwebsites = ["acme"]\n[[map]]\nname = "mail.host"\nignore = "x"\n'
    )
    data = {"mail": {"conn_type": "smtp", "password": "x", "extra": json.dumps({"api_key": keys.GOOD["sendgrid"]["api_key"]})}}
    reading = connections(tmp_path, data, rules)
    assert found(reading) == [("acme", "sendgrid", "api_key", keys.GOOD["sendgrid"]["api_key"])]
    assert connections(tmp_path, {"mail": {"extra": "{"}}, rules).faults[0].reason == "missing_field"


def test_a_connection_written_as_an_address(tmp_path):
    assert [one.reason for one in connections(tmp_path, {"openai": f"http://:{KEY}@x"}).faults] == ["bad_type"]


RULES = [("changeme", "ignored", "placeholder"), ("  ", "ignored", "empty"), ("op://vault/item/field", "faults", "reference")]
RULES += [("${OTHER}", "faults", "reference"), ("••••••••", "faults", "masked"), ("****cdef", "faults", "masked")]


@pytest.mark.parametrize(("value", "where", "reason"), RULES)
def test_the_rules_for_values_are_those_of_every_source(read, tmp_path, value, where, reason):
    row = {"website": "acme", "provider": "openai", "credentials": {"api_key": value}}
    connections = tmp_path / "connections.json"
    connections.write_text(json.dumps({"acme_openai": {"conn_type": "http", "password": value}}))
    readings = [
        read("a.csv", f"website,provider,field,value\nacme,openai,api_key,{value}\n"),
        read("a.csv", f"website,provider,api_key\nacme,openai,{value}\n"),
        read("a.json", json.dumps([row])),
        read("a.jsonl", json.dumps(row)),
        airflow.read(connections, Wanted(), ("acme",)),
    ]
    for reading in readings:
        assert [(one.reason, one.website) for one in getattr(reading, where)] == [(reason, "acme")]
        assert reading.findings == []
