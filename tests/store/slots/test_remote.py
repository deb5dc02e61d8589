"""Slots `vault` and `aws-kms`: the same contract for both; a Vault on loopback that really encrypts, and moto's KMS with a real key."""

import base64
import json
import sqlite3
import time

import pytest
from tests.loopback import answers
from tests.standins import TOKEN, InFront, Transit, certified

from integrations_cli import config as configuration
from integrations_cli.errors import Locked, Unreadable
from integrations_cli.store import create, open_store, vault
from integrations_cli.store.slots import KINDS, Place, SlotFailed, kind

STORE, SLOT, OTHER = b"\x10" * 16, b"\x60" * 16, b"\x61" * 16


class Vaulted:
    """A machine that knows a Vault."""

    name = "vault"

    def __init__(self, front, cafile):
        self.front = front
        self.environ = {"VAULT_ADDR": front.address, "VAULT_CACERT": cafile, "VAULT_TOKEN": TOKEN}
        self.file = ""
        self.without = ("VAULT_TOKEN", "VAULT_ADDR")


class Kms:
    """A machine that knows a key of AWS."""

    name = "aws-kms"

    def __init__(self, front, cafile, key):
        self.front = front
        self.environ = {"AWS_ACCESS_KEY_ID": "AKIA" + "0" * 16, "AWS_SECRET_ACCESS_KEY": "x" * 33 + "EXAMPLE", "AWS_CA_BUNDLE": cafile}
        self.file = f'[aws-kms]\nkey = "{key}"\nregion = "us-east-1"\nendpoint = "https://localhost:{front.port}/"\n'
        self.without = ()


@pytest.fixture(scope="module")
def moto():
    """A KMS with one symmetric key."""
    boto3 = pytest.importorskip("boto3", reason="moto and boto3 are not installed")
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    running = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    port = running.get_host_and_port()[1]
    made = {"aws_access_key_id": "AKIA" + "0" * 16, "aws_secret_access_key": "x" * 40, "region_name": "us-east-1"}
    client = boto3.client("kms", endpoint_url=f"http://127.0.0.1:{port}", **made)
    yield port, [client.create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    running.stop()


@pytest.fixture(params=["vault", "aws-kms"])
def there(request, tmp_path):
    """A service of each kind, and a machine that is configured for it."""
    tls, cafile = certified(tmp_path)
    if request.param == "vault":
        with Transit(tls) as front:
            yield Vaulted(front, cafile)
    else:
        port, keys = request.getfixturevalue("moto")
        with InFront(tls, port) as front:
            yield Kms(front, cafile, keys[0])


def machine(home, there, **more):
    """The configuration of that machine; a value of None takes a variable away."""
    folder = home / ".config/integrations"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "config.toml").write_text(there.file)
    environ = {"HOME": str(home), "AWS_EC2_METADATA_DISABLED": "true", **there.environ, **more}
    return configuration.load({name: value for name, value in environ.items() if value is not None})


def made(config, there, slot_id=SLOT):
    place = Place(config, STORE)
    return place, kind(there.name).create(place, slot_id)


# ── the contract of every slot kind ──


def test_what_is_made_is_opened_again(home, there):
    place, one = made(machine(home, there), there)
    assert len(one.key) == 32
    assert kind(there.name).unlock(place, SLOT, one.locator, dict(one.params)) == one.key
    assert kind(there.name).create(place, OTHER).key != one.key


def test_nothing_kept_here_or_shown_is_the_key(home, there):
    _, one = made(machine(home, there), there)
    kept = json.dumps(dict(one.params)) + one.locator + repr(one)
    for form in (one.key.hex(), base64.b64encode(one.key).decode(), vault.key_text(one.key), repr(one.key)):
        assert form not in kept
    for value in (TOKEN, there.environ.get("AWS_SECRET_ACCESS_KEY", TOKEN)):
        assert value not in kept


@pytest.mark.parametrize("part", ["store", "slot"])
def test_the_service_refuses_it_for_another_place(home, there, part):
    place, one = made(machine(home, there), there)
    other = Place(place.config, b"\x11" * 16) if part == "store" else place
    with pytest.raises(SlotFailed) as refusal:
        kind(there.name).unlock(other, OTHER if part == "slot" else SLOT, one.locator, dict(one.params))
    assert "belongs to another slot" in refusal.value.why


def test_an_altered_wrapped_key_is_refused(home, there):
    place, one = made(machine(home, there), there)
    text = one.params["wrapped"]
    for bent in (
        text[:-6] + ("AAAA" if text[-6:-2] != "AAAA" else "BBBB") + text[-2:],
        text[: len(text) // 2],
        "",
        "x",
        7,
        None,
        "A" * 9000,
    ):
        with pytest.raises(SlotFailed) as refusal:
            kind(there.name).unlock(place, SLOT, one.locator, {**one.params, "wrapped": bent})
        assert text not in str(refusal.value.as_data())


BAD = [
    *({"key": "../../sys/raw"}, {"key": ""}, {"key": 7}, {"key": None}, {"key": "a b"}, {"key": "a?b=c"}, {"key": "x\nEXAMPLE"}),
    *({"mount": "../sys", "region": "evil.example/"}, {"mount": "", "region": ""}, {"mount": "a//b", "region": "us-east-1.evil.example"}),
]


def test_parameters_from_the_database_are_checked_before_anything_is_sent(home, there):
    place, one = made(machine(home, there), there)
    before = there.front.connections
    for bad in BAD:
        with pytest.raises(SlotFailed) as refusal:
            kind(there.name).unlock(place, SLOT, one.locator, {**one.params, **bad})
        assert "out of range" in refusal.value.why, bad
    assert there.front.connections == before


def test_probe_asks_nobody(home, there):
    config = machine(home, there)
    before = there.front.connections
    assert kind(there.name).probe(Place(config, STORE)) is None
    for name in there.without:
        assert kind(there.name).probe(Place(machine(home, there, **{name: None}), STORE))
    there.file = ""
    if there.name == "aws-kms":
        assert "no key is chosen" in kind(there.name).probe(Place(machine(home, there), STORE))
    assert there.front.connections == before


def test_a_store_lives_on_it_and_destroys_nothing_there(home, there):
    config = machine(home, there)
    create.prepare(config, there.name, recovery=False).commit()
    with open_store(config) as store:
        store.verify()
        assert store.keys.opened_by.kind == there.name
        row = store.keys.opened_by
        kind(there.name).destroy(Place(config, store.id), row.id, row.locator)
        assert kind(there.name).unlock(Place(config, store.id), row.id, row.locator, row.params)
    before = there.front.connections
    assert [(line.kind, line.usable, line.opened) for line in create.key_status(config)] == [(there.name, True, None)]
    assert there.front.connections == before, "a status asks no service unless it shall verify"
    assert [line.opened for line in create.key_status(config, verify=True)] == [True]
    for table, column in (("key_slot", "id"), ("store", "id")):  # moved to another slot or store by hand
        data = config.database.read_bytes()
        with sqlite3.connect(config.database) as connection:
            connection.execute(f"UPDATE {table} SET {column} = ?", (OTHER,))
        with open_store(config) as store, pytest.raises((Locked, Unreadable)):
            store.verify()
        config.database.write_bytes(data)


# ── the network ──


def test_down(home, there):
    _, one = made(machine(home, there), there)
    there.environ = {name: value.replace(str(there.front.port), "1") for name, value in there.environ.items()}
    there.file = there.file.replace(str(there.front.port), "1")
    with pytest.raises(SlotFailed) as refusal:
        kind(there.name).unlock(Place(machine(home, there), STORE), SLOT, one.locator, dict(one.params))
    assert "refused" in refusal.value.why


def test_an_authority_that_is_not_trusted(home, there):
    name = "VAULT_CACERT" if there.name == "vault" else "AWS_CA_BUNDLE"
    for value in (None, "/nowhere/ca.pem"):
        with pytest.raises(SlotFailed) as refusal:
            made(machine(home, there, **{name: value}), there)
        assert "certificate" in refusal.value.why


def slow(connection, request):
    time.sleep(2)
    connection.close()


MISBEHAVES = {
    "redirect": answers(307, b"", {"location": "https://evil.example/"}),
    "too long": answers(200, b'{"data":{"plaintext":"' + b"A" * 200_000 + b'"}}'),
    "no JSON": answers(200, b"<html>"),
    "another shape": answers(200, b'{"data":[],"Plaintext":7}'),
    "a short key": answers(200, json.dumps({"data": {"plaintext": "QUJD"}, "Plaintext": "QUJD"}).encode()),
    "deep": answers(200, b"[" * 60_000),
    "down": answers(503),
    "wait": answers(429),
    "nothing": lambda connection, request: connection.close(),
    "noise": lambda connection, request: connection.sendall(b"\x00\xff" * 50),
    "never": slow,
}


def test_whatever_it_answers_is_one_refusal_and_one_request(home, there, monkeypatch):
    from integrations_cli.store.slots import remote

    monkeypatch.setattr(remote, "DEADLINE", 1.0)
    place, one = made(machine(home, there), there)
    there.front.greet = lambda raw: True
    for name, there.front.behave in MISBEHAVES.items():
        before = there.front.connections
        with pytest.raises(SlotFailed) as refusal:
            kind(there.name).unlock(place, SLOT, one.locator, dict(one.params))
        said = str(refusal.value.as_data())
        assert "evil" not in said and "AAAA" not in said and one.params["wrapped"] not in said, name
        assert there.front.connections == before + 1, f"{name}: nothing is tried twice, and no redirect is followed"


def test_no_proxy_of_the_environment(home, there, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    place, one = made(machine(home, there, HTTPS_PROXY="http://127.0.0.1:9"), there)
    assert kind(there.name).unlock(place, SLOT, one.locator, dict(one.params)) == one.key
    there.file += '[network]\nproxy = "http://127.0.0.1:9"\n'
    with pytest.raises(SlotFailed):
        kind(there.name).unlock(Place(machine(home, there), STORE), SLOT, one.locator, dict(one.params))
    there.file += 'private_hosts = ["localhost"]\n'
    assert kind(there.name).unlock(Place(machine(home, there), STORE), SLOT, one.locator, dict(one.params)) == one.key


# ── Vault ──


@pytest.fixture
def transit(tmp_path):
    tls, cafile = certified(tmp_path)
    with Transit(tls) as front:
        yield Vaulted(front, cafile)


def test_vault_gets_our_place_as_context_and_a_key_that_ignores_it_is_refused(home, transit):
    made(machine(home, transit), transit)
    first = json.loads(transit.front.requests[0].body)
    assert base64.b64decode(first["context"]) == vault.aad("slot-key", STORE, SLOT, b"vault")
    assert transit.front.requests[0].path == "/v1/transit/encrypt/integrations"
    transit.front.derived = False
    with pytest.raises(SlotFailed) as refusal:
        made(machine(home, transit), transit)
    assert "derived=true" in refusal.value.why


def test_vault_rotates_its_key_and_old_wrapped_keys_open(home, transit):
    place, one = made(machine(home, transit), transit)
    transit.front.keys["integrations"].append(b"\x07" * 32)
    assert kind("vault").unlock(place, SLOT, one.locator, dict(one.params)) == one.key
    assert kind("vault").create(place, SLOT).params["wrapped"].startswith("vault:v2:")


@pytest.mark.parametrize("way", ["variable", "named file", "home"])
def test_vault_finds_its_token_as_vaults_own_command_does(home, transit, way):
    more = {"VAULT_TOKEN": TOKEN if way == "variable" else None}
    if way != "variable":
        path = home / ("named" if way == "named file" else ".vault-token")
        path.write_text(TOKEN + "\n")
        path.chmod(0o600)
        more |= {"VAULT_TOKEN_FILE": str(path)} if way == "named file" else {}
    config = machine(home, transit, **more)
    place, one = made(config, transit)
    assert kind("vault").unlock(place, SLOT, one.locator, dict(one.params)) == one.key
    assert TOKEN not in repr(config)


@pytest.mark.parametrize("token", ["", "hvs.another-EXAMPLE", "two words", "line\nbreak", "\x7f"])
def test_vault_with_a_token_that_is_none(home, transit, token):
    (home / ".vault-token").write_text(token)
    with pytest.raises(SlotFailed) as refusal:
        made(machine(home, transit, VAULT_TOKEN=None), transit)
    assert not token.strip() or token not in str(refusal.value.as_data())


def test_vault_only_over_tls_and_never_where_the_database_says(home, transit):
    for address in ("http://localhost:8200", "localhost:8200", "ftp://x", "https://user@localhost:1", "https://[", "https://"):
        with pytest.raises(SlotFailed):
            made(machine(home, transit, VAULT_ADDR=address), transit)
    place, one = made(machine(home, transit), transit)
    assert "address" not in one.params
    assert kind("vault").unlock(place, SLOT, one.locator, {**one.params, "address": "https://evil.example"}) == one.key


def test_vault_mount_key_and_namespace_are_chosen_in_the_configuration(home, transit):
    transit.file = f'[vault]\naddress = "{transit.front.address}"\nkey = "other"\nnamespace = "team"\n'
    transit.front.keys["other"] = [b"\x09" * 32]
    _, one = made(machine(home, transit, VAULT_ADDR=None), transit)
    assert one.locator == "other"
    assert transit.front.requests[-1].path == "/v1/transit/decrypt/other"
    assert transit.front.requests[-1].headers["x-vault-namespace"] == "team"
    transit.file += 'mount = "secret/transit"\n'
    with pytest.raises(SlotFailed) as refusal:
        made(machine(home, transit, VAULT_ADDR=None), transit)
    assert "no such transit key or mount" in refusal.value.why


# ── KMS ──


@pytest.fixture
def kms(moto, tmp_path):
    tls, cafile = certified(tmp_path)
    with InFront(tls, moto[0]) as front:
        yield Kms(front, cafile, moto[1][0])


def test_kms_another_key_does_not_open_it(home, kms, moto):
    place, one = made(machine(home, kms), kms)
    with pytest.raises(SlotFailed):
        kind("aws-kms").unlock(place, SLOT, one.locator, {**one.params, "key": moto[1][1]})


def test_kms_the_region_may_stand_in_the_arn_or_the_environment(home, kms):
    kms.file = kms.file.replace('region = "us-east-1"\n', "")
    assert made(machine(home, kms), kms)[1].params["region"] == "us-east-1"
    kms.file = kms.file.replace("arn:aws:kms:us-east-1:123456789012:", "").replace("key/", "")
    assert made(machine(home, kms, AWS_REGION="us-east-1"), kms)[1].params["region"] == "us-east-1"
    assert "AWS_REGION" in kind("aws-kms").probe(Place(machine(home, kms), STORE))


def test_kms_signs_and_says_for_what(home, kms):
    kms.front.greet = lambda raw: True
    kms.front.says(400, b'{"__type":"AccessDeniedException","message":"EXAMPLE"}')
    with pytest.raises(SlotFailed) as refusal:
        made(machine(home, kms), kms)
    assert "not allowed" in refusal.value.why
    sent = kms.front.requests[-1]
    assert sent.headers["x-amz-target"] == "TrentService.Encrypt"
    assert sent.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIA")
    assert "/us-east-1/kms/aws4_request" in sent.headers["authorization"]
    assert json.loads(sent.body)["EncryptionContext"] == {
        "purpose": "integrations/slot-key/v1",
        "store": STORE.hex(),
        "slot": SLOT.hex(),
        "kind": "aws-kms",
    }


def test_kms_without_credentials(home, kms, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "none"))
    with pytest.raises(SlotFailed) as refusal:
        made(machine(home, kms, AWS_ACCESS_KEY_ID=None), kms)
    assert "no AWS credentials" in refusal.value.why


def test_kms_with_a_profile(home, kms, monkeypatch):
    (home / "credentials").write_text(f"[acme]\naws_access_key_id = {'AKIA' + '0' * 16}\naws_secret_access_key = {'x' * 33}EXAMPLE\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "credentials"))
    place, one = made(machine(home, kms, AWS_ACCESS_KEY_ID=None, AWS_PROFILE="acme"), kms)
    assert kind("aws-kms").unlock(place, SLOT, one.locator, dict(one.params)) == one.key
    with pytest.raises(SlotFailed) as refusal:
        made(machine(home, kms, AWS_ACCESS_KEY_ID=None, AWS_PROFILE="nobody"), kms)
    assert "AWS credentials failed" in refusal.value.why


def test_every_kind_is_registered():
    assert {"vault", "aws-kms"} < set(KINDS)
    assert all(kind(name).title for name in KINDS)
