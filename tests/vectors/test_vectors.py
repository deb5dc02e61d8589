"""vectors.json, read by the tool and by two other implementations: a second one in Python, a third one in Node."""

import base64
import collections
import hmac
import json
import shutil
import subprocess
from io import BytesIO

import pytest
from tests.vectors import make, reader

from integrations_cli.actions import report
from integrations_cli.errors import IntegrationsError, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import bundle, chain, slots, vault, verifying

CASES = json.loads(make.FILE.read_text())["cases"]
BY_KIND = collections.defaultdict(list)
for _case in CASES:
    BY_KIND[_case["kind"]].append(_case)


def opened(one, aad):
    return vault.open_(bytes.fromhex(one["key"]), bytes.fromhex(one["key_id"]), bytes.fromhex(one["blob"]), aad)


def ids(one, *names):
    return (bytes.fromhex(one[name]) for name in names)


def message(one):
    return opened(one, bytes.fromhex(one["aad"])).hex() == one["plaintext"]


def credential(one):
    store, website, integration = ids(one, "store", "website", "integration")
    where = vault.credential_aad(store, website, integration, one["version"], one["provider"], vault.destination_hash(one["bound"]))
    return plain(opened(one, where)) == one["values"]


def plain(data):
    return {name: value.reveal() for name, value in vault.unpack_credentials(data).items()}


def data_key(one):
    store, ident, scope_id = ids(one, "store", "id", "scope_id")
    return opened(one, vault.aad("data-key", store, ident, one["scope"].encode(), scope_id)).hex() == one["plaintext"]


def root_key(one):
    key, slot, blob, store, root_id = ids(one, "key", "key_id", "blob", "store", "root_key_id")
    return slots.unwrap(key, slot, blob, store, one["slot_kind"], root_id).hex() == one["plaintext"]


def exported(one):
    box = bundle.Box(BytesIO(base64.b64decode(one["bundle"])))
    box.unlock(Secret(one["secret"]))
    return b"".join(box.chunks()).hex() == one["plaintext"]


def fingerprint(one):
    key, website = ids(one, "key", "website")
    return vault.fingerprint(key, website, one["provider"], one["field"], Secret(one["value"])).hex() == one["fp"]


def audit(one):
    key, where, before = ids(one, "key", "chain", "before")
    return chain.link(key, one["epoch"], where, one["seq"], before, one["body"].encode()).hex() == one["mac"]


def epoch(one):
    key, where, before = ids(one, "key", "chain", "before")
    return verifying.proof(key, one["epoch"], where, one["seq"], before) == one["proof"]


def plan(one):
    report.unsigned({**one["plan"], "mac": one["mac"]}, bytes.fromhex(one["key"]), bytes.fromhex(one["store"]), "plan")
    return True


OURS = {
    "message": message,
    "credential": credential,
    "data-key": data_key,
    "root-key": root_key,
    "plaintext": lambda one: plain(bytes.fromhex(one["plaintext"])) == one["values"],
    "key-text": lambda one: vault.read_key_text(one["text"]).hex() == one["key"],
    "fingerprint": fingerprint,
    "genesis": lambda one: hmac.compare_digest(chain.genesis(*ids(one, "key", "store", "chain")).hex(), one["mac"]),
    "audit": audit,
    "epoch": epoch,
    "plan": plan,
    "bundle": exported,
}


def ours(one):
    """The verdict of the tool, and its reason; any exception that is not one of ours is a failure of the test."""
    try:
        return ("valid" if OURS[one["kind"]](one) else "invalid"), None
    except IntegrationsError as error:
        return "invalid", error.reason if isinstance(error, Unreadable) else None


@pytest.mark.parametrize("kind", BY_KIND)
def test_the_tool_judges_every_case_as_it_should(kind):
    for one in BY_KIND[kind]:
        result, reason = ours(one)
        assert result == one["result"], one
        assert reason == one.get("reason", reason), one


@pytest.mark.parametrize("kind", BY_KIND)
def test_so_does_a_second_implementation(kind):
    for one in BY_KIND[kind]:
        assert reader.verdict(one) == one["result"], one


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here: the third reader of the vectors did not run")
def test_so_does_a_third_one_in_another_language():
    done = subprocess.run(["node", make.FILE.with_name("read.js")], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, f"{len(CASES)} cases, 0 judged otherwise\n"), done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here: the third reader of the vectors did not run")
def test_the_third_reader_does_not_agree_with_everything(tmp_path):
    turned = [{**one, "result": "valid" if one["result"] == "invalid" else "invalid"} for one in CASES]
    (tmp_path / "turned.json").write_text(json.dumps({"cases": turned}))
    done = subprocess.run(["node", make.FILE.with_name("read.js"), tmp_path / "turned.json"], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, f"{len(CASES)} cases, {len(CASES)} judged otherwise")


def test_there_are_enough_and_each_has_one_fault():
    negative = [one for one in CASES if one["result"] == "invalid"]
    assert len(CASES) >= 150 and len(negative) >= 0.8 * len(CASES)
    assert all(one["fault"] for one in negative) and all(one["fault"] is None for one in CASES if one not in negative)
    told = [(one["kind"], one["fault"]) for one in negative]
    assert len(set(told)) == len(told), collections.Counter(told).most_common(3)
    assert {one["kind"] for one in CASES if one["result"] == "valid"} == {one["kind"] for one in negative} == set(OURS)


def test_the_file_is_what_its_generator_writes():
    assert make.FILE.read_text() == make.text()
