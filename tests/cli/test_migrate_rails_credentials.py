"""`migrate rails-credentials` through the command: every file of the vectors, the choice of file and key, and no value anywhere."""

import base64
import json
import shutil
import sys
from pathlib import Path

import pytest
from tests.sources.rails import vectors

from integrations_cli.store import open_store

EXPECTED = vectors.expected()
ZOHO = "client_id: 1000.{0}EXAMPLE\n  client_secret: {1}EXAMPLE\n  refresh_token: 1000.{1}.{1}EXAMPLE\n".format(
    "ABCDEFGH01", "0a1b2c3d4e" * 3
)
MAPS = "AIzaSy0123456789abcdefghijklmnopEXAMPLE"


def migrated(run, *words, **more):
    return run("migrate", "rails-credentials", "-w", "acme", *words, **more)


def stored(config, website, provider):
    """What the store holds in the end, in the clear."""
    with open_store(config) as store, store.reading() as here:
        row = here.integrations.find(website, provider)
        return {**{name: value.reveal() for name, value in here.integrations.reveal(row).items()}, **row.settings} if row else None


@pytest.mark.parametrize("name", sorted(EXPECTED["credentials_files"]))
def test_every_file_through_the_command(ready, config, name):
    wanted = EXPECTED["credentials_files"][name]
    folder = vectors.FOLDER / "credentials_files"
    given = ("--content", str(folder / f"{name}.yml.enc"), "--secret-file", f"master_key={folder / name}.key")
    ran = migrated(ready, *given, "--only", "zoho", "--yes", "--json")
    assert "Traceback" not in ran.out + ran.err
    if wanted["expect"] == "error" or (wanted["expect"] in {"ok_nonstandard", "error_or_ok"} and ran.code == 7):
        assert (ran.code, json.loads(ran.err)["error"]["code"]) == (7, "unreadable")
        return
    ruby = wanted.get("parsed", {}).get("zoho", {})
    texts = {key: str(value) for key, value in ruby.items() if value and not isinstance(value, list)}
    if {"client_id", "client_secret", "refresh_token"} <= texts.keys():
        assert ran.code == 0, ran.err
        assert stored(config, "acme", "zoho").items() >= texts.items()
    elif wanted["expect"] == "error_or_ignore":
        assert ran.code == 0, ran.err
    else:
        assert ran.code in {0, 11}, ran.err  # no zoho, or not all of it
        assert stored(config, "acme", "zoho") is None
    assert not any(
        isinstance(value, str) and len(value) > 8 and value in ran.out + ran.err for value in texts.values() if "https" not in value
    )


@pytest.mark.parametrize("name", sorted(EXPECTED["deployments"]))
def test_file_and_key_are_those_that_rails_takes(ready, config, name):
    deployment = EXPECTED["deployments"][name]
    root = vectors.FOLDER / Path(deployment["dir"]).name
    wanted = deployment["production_credentials"]
    ran = migrated(ready, "--root", str(root), "--only", "zoho", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert all(line["from"][0].startswith(wanted["content_file"]) for line in json.loads(ran.out)["lines"])
    assert stored(config, "acme", "zoho").items() >= wanted["parsed"]["zoho"].items()


@pytest.fixture
def application(home):
    """An application directory with this YAML."""
    return lambda yaml: vectors.application(home / "app", yaml)


def test_a_second_run_finds_nothing_to_do_and_the_source_is_untouched(ready, application):
    root = application(f"zoho:\n  {ZOHO}")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(root.rglob("*")) if path.is_file()}
    assert migrated(ready, "--root", str(root), "--yes").code == 0
    again = migrated(ready, "--root", str(root), "--yes", "--json")
    assert (again.code, json.loads(again.out)["summary"]["unchanged"]) == (0, 1)
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(root.rglob("*")) if path.is_file()}


def test_the_key_from_the_environment_beats_the_file_and_a_better_one_is_named(ready, application):
    root = application(f"google_maps: {{api_key: {MAPS}}}")
    assert migrated(ready, "--root", str(root), "--dry-run", RAILS_MASTER_KEY=" ").code == 10
    ran = migrated(ready, "--root", str(root), "--dry-run", RAILS_MASTER_KEY="0" * 32)
    assert ran.code == 7
    assert "RAILS_MASTER_KEY does not open it" in ran.err
    assert "config/master.key would open it" in ran.err
    ran = migrated(
        ready, "--root", str(root), "--secret-env", "master_key=MINE", "--dry-run", RAILS_MASTER_KEY="0" * 32, MINE=vectors.KEY_TEXT
    )
    assert ran.code == 10


def test_no_key_no_file_and_a_strange_secret(ready, application, home):
    root = application("a: b")
    (root / "config/master.key").unlink()
    assert migrated(ready, "--root", str(root), "--dry-run").code == 2
    assert migrated(ready, "--root", str(home), "--dry-run").code == 3
    assert migrated(ready, "--root", str(root), "--rails-env", "../x", "--dry-run").code == 2
    assert migrated(ready, "--root", str(root), "--secret-env", "api_key=HOME", "--dry-run").code == 2


YAML = f"""
google_maps: {{api_key: {MAPS}, region_EXAMPLE: x}}
r2: {{account_id: 0123456789abcdef0123456789abcdef, buckets: [a]}}
secret_key_base: {"5" * 40}
stripe_secret_key: {"sk_test_" + "0123456789abcdefghijEXAMPLE"}
sf: {{client_id: 3MVG90123456789EXAMPLE}}
active_record_encryption: {{primary_key: {"k" * 32}}}
google: {{api_key: {MAPS[:-7]}OTHEREX}}
{MAPS}:
production: {{openai: {{api_key: sk-0123456789abcdefghijEXAMPLE}}}}
"""


def test_bytes_that_are_no_text_are_not_passed_over(ready, application):
    """`!binary` of a value in another encoding, or that is no base64: it is named, and nothing is written."""
    for value in ("!binary /w==", "!binary '=x'"):
        root = application(f"google_maps: {{api_key: {value}}}\nopenai: {{api_key: {'sk-' + '0123456789abcdefghijEXAMPLE'}}}\n")
        ran = migrated(ready, "--root", str(root), "--yes", "--json")
        told = {line["provider"]: (line["kind"], line["reason"]) for line in json.loads(ran.out)["lines"]}
        assert (ran.code, told) == (11, {"google_maps": ("invalid", "bad_type"), "openai": ("create", None)})
        shutil.rmtree(root)
    root = application("google_maps: {api_key: !binary " + base64.b64encode(MAPS.encode()).decode() + "}\n")
    assert migrated(ready, "--root", str(root), "--dry-run").code == 10


def test_names_decide(ready, application):
    root = application(YAML)
    shown = json.loads(migrated(ready, "--root", str(root), "--dry-run", "--json").out)
    assert {line["provider"]: line["kind"] for line in shown["lines"]} == {
        "google_maps": "invalid",  # an unknown field of a provider we know
        "salesforce": "incomplete",
        "stripe": "incomplete",
    }
    shown = json.loads(
        migrated(ready, "--root", str(root), "--dry-run", "--json", "--unknown-fields", "drop", "--include", "GOOGLE_API_KEY").out
    )
    kinds = {line["provider"]: line["kind"] for line in shown["lines"]}
    assert (kinds["google_maps"], kinds["google_ai"]) == ("create", "create")
    reasons = {one["from"].partition(" ")[2]: one["reason"] for one in shown["ignored"]}
    assert reasons["secret_key_base"] == reasons["active_record_encryption.primary_key"] == "infrastructure"
    assert reasons["r2.account_id"] == "no_credential"
    assert MAPS not in json.dumps(shown)
    below = json.loads(migrated(ready, "--root", str(root), "--under", "production", "--dry-run", "--json").out)
    assert [(line["provider"], line["kind"]) for line in below["lines"]] == [("openai", "create")]
    assert migrated(ready, "--root", str(root), "--under", "nothing", "--dry-run").code == 3


@pytest.mark.parametrize("words", [(), ("--json",), ("--show-ignored",), ("--debug",)])
def test_no_value_is_shown(ready, application, words):
    root = application(YAML + "\nbroken: [" * ("--debug" in words))
    for more in (("--dry-run",), ("--yes", "--continue-on-error")):
        ran = migrated(ready, "--root", str(root), *more, *words)
        for value in (MAPS, "0123456789abcdefghij", "k" * 32, "5" * 40, vectors.KEY_TEXT):
            assert value not in ran.out + ran.err


def test_without_the_extra_it_says_what_to_install(ready, application, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    ran = migrated(ready, "--root", str(application("a: b")), "--dry-run")
    assert ran.code == 2
    assert "pip install 'integrations-cli[rails]'" in ran.err
