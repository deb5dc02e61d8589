"""The names of the environment are those of the design, for every provider that exists."""

import re

import pytest
from tests import keys
from tests.conftest import SHARED

from integrations_cli import registry
from integrations_cli.sources import dotenv, env
from integrations_cli.sources.finding import Reading
from integrations_cli.sources.names import Named, Wanted, interpret


def test_the_table_of_the_design():
    path = SHARED / "MIGRATION.md"
    if not path.exists():
        pytest.skip("MIGRATION.md is not here: set INTEGRATIONS_SHARED")
    section = path.read_text().partition("### 3.3 `env`")[2].partition("### 3.4")[0]
    table = re.search(r"```\n(.*?)```", section, re.DOTALL)[1]
    rows, name = {}, ""
    for line in table.splitlines():
        if not line.startswith(" "):
            name, _, line = line.partition(" ")
        rows.setdefault(name.rstrip(","), []).append(line.strip())
    checked = 0
    for one in registry.all():
        if one.name not in rows:
            continue
        for part in " · ".join(rows[one.name]).split(" · "):
            words = part.partition(";")[0].split(",")[0].split()  # behind a semicolon stands a remark
            if len(words) < 2 or words[0].rstrip("*") not in {field.name for field in one.fields} or words[1] == "=":
                continue
            field = one.field(words[0].rstrip("*"))
            names = [word.rstrip("+") for word in words[1:]]
            asked = [
                word.rstrip("+") for word in words[1:] if word.endswith("+") or word.startswith("AWS_")
            ]  # "only with --include: AWS_*"
            assert list(field.env_if_asked) == asked, field.name
            assert list(field.env) == [name for name in names if name not in asked], field.name
            checked += 1
    assert checked >= 25


def test_the_environment_is_read_by_name_and_not_changed():
    environ = {"OPENAI_API_KEY": "sk-0123456789abcdefEXAMPLE", "PATH": "/bin", "openai_api_key": "no", "GOOGLE_API_KEY": "AIzaEXAMPLE"}
    before = dict(environ)
    found = env.read(environ)
    assert [(one.provider, one.field, one.place) for one in found.findings] == [("openai", "api_key", "OPENAI_API_KEY")]
    assert environ == before
    assert [one.provider for one in env.read(environ, Wanted(include=("GOOGLE_API_KEY",))).findings] == ["google_ai", "openai"]
    assert env.read(environ, Wanted(only=("stripe",))).findings == []


URL = "cloudinary://012345678901234:abc%2DdefEXAMPLE@acme-example?secure=true"


def found_in(**environ):
    reading = env.read(environ)
    return {(one.field, one.value.reveal(), one.place) for one in reading.findings}, reading


def test_a_value_that_holds_several_fields_is_split():
    found, reading = found_in(CLOUDINARY_URL=URL)
    assert found == {
        ("api_key", "012345678901234", "CLOUDINARY_URL"),
        ("api_secret", "abc-defEXAMPLE", "CLOUDINARY_URL"),
        ("cloud_name", "acme-example", "CLOUDINARY_URL"),
    }
    assert (reading.faults, reading.ignored) == ([], [])


def test_a_name_of_its_own_and_a_part_are_both_found_and_must_agree():
    found, _ = found_in(CLOUDINARY_URL=URL, CLOUDINARY_CLOUD_NAME="other-example")
    assert {("cloud_name", "other-example", "CLOUDINARY_CLOUD_NAME"), ("cloud_name", "acme-example", "CLOUDINARY_URL")} < found
    assert len(found) == 4  # planning makes a conflict of it
    found, _ = found_in(CLOUDINARY_URL=URL, CLOUDINARY_CLOUD_NAME="  ")
    assert ("cloud_name", "acme-example", "CLOUDINARY_URL") in found


@pytest.mark.parametrize("text", ["https://example.com/secretEXAMPLE", "cloudinary://secretEXAMPLE", "cloudinary://a:b:secretEXAMPLE@c@d"])
def test_a_value_of_another_form_is_an_error_that_does_not_repeat_it(text):
    found, reading = found_in(CLOUDINARY_URL=text)
    assert not found
    assert [(one.reason, one.provider) for one in reading.faults] == [("syntax", "cloudinary")]
    assert "EXAMPLE" not in str(reading)


def test_placeholders_and_references_in_it_are_told_apart():
    _, reading = found_in(CLOUDINARY_URL="cloudinary://<your_api_key>:<your_api_secret>@acme-example")
    assert [one.reason for one in reading.ignored] == ["placeholder", "placeholder"]
    assert [one.reason for one in found_in(CLOUDINARY_URL="op://vault/cloudinary/url")[1].faults] == ["reference"]
    assert [one.reason for one in found_in(CLOUDINARY_URL="  ")[1].ignored] == ["empty"]


def test_a_second_account_is_named_not_merged():
    reading = found_in(R2_ASSETS_ACCESS_KEY_ID="x", CDN_ASSETS_BUCKET="y", R2_PUBLIC_URL="z")[1]
    assert [one.reason for one in reading.ignored] == ["second_account", "second_account", "related"]


def test_a_file_is_read_in_the_same_way(tmp_path):
    file = tmp_path / "secrets.env"
    file.write_text(f"# mail and images\nCLOUDINARY_URL='{URL}'\n")
    reading = dotenv.read([file])
    assert {(one.field, one.place) for one in reading.findings} == {
        (name, "secrets.env:2 CLOUDINARY_URL") for name in ("api_key", "api_secret", "cloud_name")
    }


@pytest.mark.parametrize("name", ["POSTHOG_API_KEY", "POSTHOG_PERSONAL_API_KEY", "ACME_POSTHOG_API_KEY"])
def test_posthogs_names_mean_the_key_that_the_value_looks_like(name):
    for value, field in (("phc_" + "0" * 36 + "EXAMPLE", "project_api_key"), ("phx_" + "0" * 36 + "EXAMPLE", "personal_api_key")):
        reading = interpret(Reading("env", "environment"), [Named(name, value, name)], Wanted(prefixes=["acme"]))
        assert [(found.provider, found.field) for found in reading.findings] == [("posthog", field)]


def test_a_prefix_stands_before_every_kind_of_name(tmp_path):
    path = tmp_path / "key"
    path.write_text("sk-0123456789abcdefEXAMPLE\n")
    environ = {"ACME_CLOUDINARY_URL": URL, "ACME_OPENAI_API_KEY_FILE": str(path), "ACME_GOOGLE_API_KEY": "AIza0123EXAMPLE"}
    found = env.read(environ, Wanted(prefixes=["acme", "globex"]))
    assert {(one.website, one.provider, one.field) for one in found.findings} == {
        *(("acme", "cloudinary", name) for name in ("api_key", "api_secret", "cloud_name")),
        ("acme", "openai", "api_key"),
        ("acme", "google_ai", "api_key"),
    }
    twice = env.read({"ACME_GOOGLE_CLOUDINARY_URL": URL}, Wanted(prefixes=["acme", "acme-google"]))
    assert [(one.website, one.provider) for one in twice.findings] == [("acme-google", "cloudinary")] * 3


def test_a_region_goes_with_the_keys_beside_it():
    environ = {
        "AWS_ACCESS_KEY_ID": "AKIA0EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "sEXAMPLE",
        "AWS_REGION": "eu-west-1",
        "AWS_SESSION_TOKEN": "t",
    }
    assert env.read(environ).findings == []
    found = env.read(environ, Wanted(include=["AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY"])).findings
    assert {one.field for one in found} == {"access_key_id", "secret_access_key", "region"}


@pytest.mark.parametrize(("value", "reason"), [("UA-12345-1", "retired_product"), ("GTM-ABC123", "no_such_provider")])
def test_ids_of_dead_and_of_other_products_are_left_and_named(value, reason):
    _, reading = found_in(GA_MEASUREMENT_ID=value)
    assert (reading.findings, [one.reason for one in reading.ignored]) == ([], [reason])


@pytest.mark.parametrize("mask", ["********", "•••", "••••••••"])
def test_a_mask_is_no_placeholder_although_it_is_one_character_repeated(mask):
    _, reading = found_in(OPENAI_API_KEY=mask)
    assert ([one.reason for one in reading.faults], reading.ignored) == (["masked"], [])


def test_digits_that_may_be_meant_are_no_placeholder():
    found, reading = found_in(HUBSPOT_PORTAL_ID="1111111", STRIPE_SECRET_KEY="0000")
    assert (found, [one.reason for one in reading.ignored]) == ({("portal_id", "1111111", "HUBSPOT_PORTAL_ID")}, ["placeholder"])


def test_a_service_account_lies_in_a_file_and_is_taken_only_if_asked(tmp_path):
    path = tmp_path / "key"
    path.write_text(keys.GOOD["google_analytics"]["service_account_json"] + "\n")
    pair = Named("GOOGLE_APPLICATION_CREDENTIALS", str(path), "GOOGLE_APPLICATION_CREDENTIALS")
    assert [one.reason for one in interpret(Reading("env", "environment"), [pair]).ignored] == ["ambiguous_without_include"]
    found = interpret(Reading("env", "environment"), [pair], Wanted(include=["GOOGLE_APPLICATION_CREDENTIALS"])).findings
    assert [(one.provider, one.field) for one in found] == [("google_analytics", "service_account_json")]
    assert found[0].value.reveal() == keys.GOOD["google_analytics"]["service_account_json"]
