"""What a genuine Airflow exports, read by us: every login, password, host, port, schema and extra is what Airflow itself reads."""

import json
import random

import pytest
from tests.sources.airflow.genuine import airflow_here

from integrations_cli.errors import UsageError
from integrations_cli.sources import airflow, file
from integrations_cli.sources.airflow_address import taken_apart
from integrations_cli.sources.airflow_forms import connections, parts_of
from integrations_cli.sources.names import Wanted

PIECES = ["a", "Z", "9", "%", "%25", "%zz", "/", ":", "@", "?", "#", "&", "=", "+", " ", "é", "日", "😀", "'", '"', "\\", "{", "}", "[", "]", "://", "***",
          "\n", "\t", "~", "null", "true", "-", "_", ".", ",", ";", "|", "$x", "`", "<", ">", "\u2028", "\x7f", "http://", "__extra__", "- a", "a: b"]  # fmt: skip
KEY = "sk-0123456789abcdefghijEXAMPLE"
NAMES = [
    "acme_sendgrid",
    "stripe",
    "acme-mail",
    "mail",
    "mail.eu",
    "café",
    "日本",
    "0",
    "-x",
    "null",
    "true",
    "1e3",
    "a.b.c",
    "UPPER_case",
    "x" * 100,
]
EXTRAS = [None, "", "{}", '{"api_key": "k"}', '{"n": {"a": {"b": "c"}}}', '{"n": {"a": "b"}, "n.a": "c"}', '{"": "e"}', '{"l": [1, "a"], "z": null}',
          '{"t": true, "f": 1.5, "i": 987654321098765432109876543210}', '{"__extra__": "x"}', '{"extra__http__key": "k"}', '{"a": "\\u00e9 % + & ="}', '{"a": ""}']  # fmt: skip


def text(chance, most=6):
    return "".join(chance.choice(PIECES) for _ in range(chance.randint(0, most)))


def orders(chance):
    """`airflow connections add …` in all its ways."""
    yield ["acme_openai", "--conn-type", "http", "--conn-password", KEY]
    yield [
        "by_json",
        "--conn-json",
        '{"conn_type":"http","login":"l","password":"p","host":"h","port":"99","schema":"s","extra":{"a":{"b":"c"}}}',
    ]
    yield ["by_json_text", "--conn-json", '{"conn_type":"http","password":"p%25","extra":"{\\"api_key\\": \\"k\\"}"}']
    yield ["by_address", "--conn-uri", "my-type://lo%20gin:pa%25ss%2Fw@host%2Fx:99/sche%2Fma?a=b&c=%7B%22d%22%3A1%7D"]
    yield ["by_address_whole", "--conn-uri", "http://https://:pw@Host/?__extra__=%7B%22d%22%3A%20%7B%22e%22%3A%20%22f%22%7D%7D"]
    yield ["empty_password", "--conn-type", "http", "--conn-password", "", "--conn-login", ""]
    for number, name in enumerate([*NAMES, *(f"generated_{one}" for one in range(150))]):
        words = [name, "--conn-type", "http"]
        for part in ("login", "password", "host", "schema"):
            if chance.random() < 0.7:
                words.append(f"--conn-{part}={_one_line(text(chance)) if part == 'host' else text(chance)}")
        if chance.random() < 0.4:
            words.append(f"--conn-port={chance.randint(0, 99999)}")
        extra = (
            EXTRAS[number % len(EXTRAS)] if number < 60 else json.dumps({text(chance): text(chance) for _ in range(chance.randint(0, 3))})
        )
        yield words if extra is None else [*words, f"--conn-extra={extra}"]


def _one_line(host):
    """What stands before `://` in a host goes into an address as it is: a line break there breaks the export itself."""
    return host.replace("\n", "").replace("\u2028", "")


def addresses(chance):
    for _ in range(3000):
        head = chance.choice(["http", "my-type", "HTTP", "a_b", "", "postgresql", "x+y"]) + chance.choice(["://"] * 8 + ["//", ":", ""])
        who = chance.choice(["", "u@", "u:p@", ":p%25@", "u:p@q@", "%zz:%C3%A9@", ":@", f"{text(chance, 3)}@"])
        host = chance.choice(["h", "Host", "", "a%2Fb", "A%2FB", "https://h", "h.example", "[::1]", "[x", "1.2.3.4", text(chance, 3)])
        port = chance.choice(["", "", ":80", ":x", ":", ":99999", ":-1"])
        query = chance.choice(
            [
                "",
                "",
                "?",
                "?a=b",
                "?a=%7B%22b%22%3A%22c%22%7D",
                "?__extra__=%7B%22a%22%3A%22b%22%7D",
                "?__extra__=x",
                "?a=%5B1%5D",
                "?a=%22q%22",
                "?a=1&a=2",
                f"?{text(chance, 3)}",
            ]
        )
        yield head + who + host + port + chance.choice(["", "/", "/s", "/a%2Fb", "//x"]) + query + chance.choice(["", "", "#f"])


@pytest.fixture(scope="module")
def genuine(tmp_path_factory):
    chance = random.Random(71)
    order = {
        "add": [*orders(chance)],
        "addresses": [one for one in addresses(chance) if "\x00" not in one],
        "variables": [["OPENAI_API_KEY", KEY], ["acme_group", '{"a": 1}'], ["retries", "5"]],
    }
    return {"order": order} | airflow_here.ask(order, tmp_path_factory.mktemp("airflow"))


def flat(name, tree):
    """Airflow's `extra` by dotted names, as texts; what has no text is left out."""
    found = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            found = flat(f"{name}.{key}", value) | found
    for key, value in tree.items():
        if not (value is None or value == "" or isinstance(value, dict | list)):
            found[f"{name}.{key}"] = value if isinstance(value, str) else json.dumps(value)
    return found


def theirs(one):
    """As ours: names of parts, and texts."""
    plain = {name: str(value) for name, value in one.items() if name != "extra" and value not in {None, ""}}
    return plain | flat("extra", one["extra"])


def of_today(genuine, one):
    """Until 2.10 Airflow took each value of a query as text; since then it is looked into."""
    if not genuine["version"].startswith("2."):
        return one
    return one | {"extra": {name: looked_into(value) for name, value in one["extra"].items()}}


def looked_into(value):
    try:
        return json.loads(value) if isinstance(value, str) and value else value
    except ValueError:
        return value


def read(text, name="connections"):
    return {one.name: one.parts for one in connections(text, name)}


def test_airflow_took_most_of_them(genuine):
    assert len(genuine["stored"]) > 140, genuine["refused"][:5]
    assert {"acme_sendgrid", "stripe", "by_address_whole", "empty_password"} <= genuine["stored"].keys()


@pytest.mark.parametrize("form", ["json", "yaml", "json.env"])
def test_an_export_is_what_airflow_has_stored(genuine, form):
    assert read(genuine["files"][form]) == {name: theirs(one) for name, one in genuine["stored"].items()}


def test_an_export_of_addresses_is_what_airflow_reads_of_them(genuine):
    found = read(genuine["files"]["env"])
    assert found.keys() == genuine["stored"].keys()
    for name, one in genuine["of_addresses"].items():
        if one is None:  # Airflow refuses its own address; where only for what `__extra__` holds, the password is no worse for it
            assert found[name] is None or found[name].get("password") == genuine["stored"][name]["password"], name
        else:
            assert found[name] == theirs(of_today(genuine, one)), name


def test_an_address_written_by_hand_is_what_airflow_reads_of_it(genuine):
    read_by_both = 0
    for address, one in zip(genuine["order"]["addresses"], genuine["addresses"], strict=True):
        ours = taken_apart(address)
        if one is None or ours is None:
            assert ours is None or one is not None or _refused_for_extra(ours), address
            continue
        read_by_both += 1
        assert parts_of(address) == theirs(of_today(genuine, one)), address
    assert read_by_both > 1000


def _refused_for_extra(ours):
    """Airflow refuses a connection for its extra; the password beside it is no worse."""
    return isinstance(ours["extra"], str)


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_listing_with_values(genuine, form):
    found = read(genuine["listed"][form])
    assert {name: (one or {}).get("password") for name, one in found.items()} == {
        name: one["password"] or None for name, one in genuine["stored"].items()
    }


@pytest.mark.parametrize("form", ["plain", "table"])
def test_a_table_for_people_is_refused(genuine, form):
    with pytest.raises(UsageError) as refusal:
        read(genuine["listed"][form])
    assert refusal.value.tries[0] == "airflow connections export FILE --file-format json"


def test_variables_are_read_as_a_flat_object(genuine, tmp_path):
    path = tmp_path / "variables.json"
    path.write_text(genuine["variables"])
    found = file.read(path, None, Wanted())
    path.unlink()
    assert [(one.provider, one.value.reveal()) for one in found.findings] == [("openai", KEY)]


@pytest.mark.parametrize("form", ["json", "yaml", "env", "json.env"])
def test_the_whole_way(genuine, tmp_path, form):
    path = tmp_path / f"connections.{form}"
    path.write_text(genuine["files"][form])
    found = airflow.read(path, Wanted(only=("openai",)), ("acme",))
    path.unlink()
    assert [(one.website, one.provider, one.field, one.value.reveal()) for one in found.findings] == [("acme", "openai", "api_key", KEY)]
    assert found.names == len(genuine["stored"])
