"""What other tools hand out, in the shapes that their sources and manuals give; the values are invented."""

import json

import pytest

from integrations_cli.errors import UsageError
from integrations_cli.sources import file, mapping
from integrations_cli.sources.names import Wanted

KEY = "sk-0123456789abcdefghijEXAMPLE"
HOOK = "whsec_0123456789abcdefEXAMPLE"
FOUND = [("openai", "api_key", KEY), ("stripe", "webhook_secret", HOOK)]

# cmd/export.go: json.NewEncoder of lower-case names, with the hyphens people have in them
CHAMBER = {"database_url": "postgres://x", "openai_api_key": KEY, "stripe-webhook-secret": HOOK}
CHAMBER_YAML = f"database_url: postgres://x\nopenai_api_key: {KEY}\nstripe-webhook-secret: {HOOK}\n"
# doppler secrets download --no-file --format json, and --format yaml; the three names of its own are among them
DOPPLER = {
    "DOPPLER_CONFIG": "prd",
    "DOPPLER_ENVIRONMENT": "prd",
    "DOPPLER_PROJECT": "shop",
    "OPENAI_API_KEY": KEY,
    "STRIPE_WEBHOOK_SECRET": HOOK,
}
DOPPLER_YAML = f'DOPPLER_CONFIG: "prd"\nDOPPLER_PROJECT: "shop"\nOPENAI_API_KEY: "{KEY}"\nSTRIPE_WEBHOOK_SECRET: "{HOOK}"\n'
# doppler secrets --json, before 3.58 and since; with --raw
DOPPLER_TABLE = {"DOPPLER_PROJECT": {"computed": "shop"}, "OPENAI_API_KEY": {"computed": KEY}, "STRIPE_WEBHOOK_SECRET": {"computed": HOOK}}
DOPPLER_NOW = {
    name: {"computed": one["computed"], "computedVisibility": "masked", "note": "", "raw": "${shared.KEY}", "rawVisibility": "masked"}
    for name, one in DOPPLER_TABLE.items()
}
# heroku config --json
HEROKU = {"DATABASE_URL": "postgres://x", "OPENAI_API_KEY": KEY, "RAILS_MAX_THREADS": "5", "STRIPE_WEBHOOK_SECRET": HOOK}
# vault kv get -format=json, of version 2 and 1; and what jq leaves of it
ANSWER = {"request_id": "0a1b", "lease_id": "", "lease_duration": 0, "renewable": False, "warnings": None}
METADATA = {
    "created_time": "2026-11-13T21:58:32.128442898Z",
    "custom_metadata": None,
    "deletion_time": "",
    "destroyed": False,
    "version": 3,
}
VALUES = {"OPENAI_API_KEY": KEY, "STRIPE_WEBHOOK_SECRET": HOOK}
VAULT_2 = ANSWER | {"data": {"data": VALUES, "metadata": METADATA}, "mount_type": "kv"}
VAULT_1 = ANSWER | {"lease_duration": 2764800, "data": VALUES}
VAULT_YAML = f"data:\n  data:\n    OPENAI_API_KEY: {KEY}\n    STRIPE_WEBHOOK_SECRET: {HOOK}\n  metadata:\n    version: 3\nlease_id: ''\nrenewable: false\n"
# airflow variables export
AIRFLOW = {"OPENAI_API_KEY": KEY, "STRIPE_WEBHOOK_SECRET": {"description": "of the shop", "value": HOOK}, "retries": 5, "tree": {"a": 1}}

SHAPES = {
    "chamber": CHAMBER, "doppler download": DOPPLER, "doppler secrets, old": DOPPLER_TABLE, "doppler secrets": DOPPLER_NOW, "heroku": HEROKU,
    "vault 2": VAULT_2, "vault 1": VAULT_1, "vault 2 through jq .data": VAULT_2["data"], "vault through jq .data.data": VALUES, "airflow": AIRFLOW,
}  # fmt: skip
YAML = {"chamber": CHAMBER_YAML, "doppler": DOPPLER_YAML, "vault": VAULT_YAML}


@pytest.fixture
def read(tmp_path):
    def go(data, name="key.json", rules=""):
        path, table = tmp_path / name, tmp_path / "map.toml"
        path.write_text(data if isinstance(data, str) else json.dumps(data))
        path.chmod(0o600)
        table.write_text(f"version = 1\n{rules}")
        try:
            return file.read(path, None, Wanted(mapped=mapping.load(table, ["acme"])))
        finally:
            path.unlink()

    return go


def found(reading):
    return [(one.provider, one.field, one.value.reveal()) for one in reading.findings]


@pytest.mark.parametrize("name", SHAPES)
def test_the_shapes_of_others(read, name):
    reading = read(SHAPES[name])
    assert (found(reading), reading.faults) == (FOUND, [])


@pytest.mark.parametrize("name", YAML)
def test_the_same_as_yaml(read, name):
    for ending in ("yaml", "yml"):
        assert found(read(YAML[name], f"key.{ending}")) == FOUND


def test_what_yaml_makes_numbers_of_stays_as_it_is_written(read):
    assert found(read("OPENAI_API_KEY: 0012345678901234567890\n", "key.yaml")) == [("openai", "api_key", "0012345678901234567890")]


def test_yaml_that_is_none_is_refused_and_told_without_its_text(read):
    with pytest.raises(UsageError) as refusal:
        read(f"OPENAI_API_KEY: '{KEY}\n", "key.yaml")
    assert "not valid YAML" in refusal.value.what
    assert KEY not in str(refusal.value.as_data())


def test_a_restricted_secret_of_doppler_is_an_error_and_not_left_out(read):
    """With the token of a person its value is not handed out."""
    reading = read({"OPENAI_API_KEY": {"computed": None, "computedVisibility": "restricted", "note": ""}})
    assert [(one.reason, one.provider) for one in reading.faults] == [("restricted", "openai")]
    assert "service token" in reading.faults[0].detail


def test_a_name_of_ours_with_no_text_is_an_error_and_not_left_out(read):
    reading = read({"OPENAI_API_KEY": ["x"], "GROQ_API_KEY": {}, "OTHER": ["x"], "BREVO_API_KEY": None})
    assert [(one.reason, one.provider) for one in reading.faults] == [("bad_type", "openai"), ("bad_type", "groq")]
    assert [one.reason for one in reading.ignored] == ["not_a_text"]


def test_a_deleted_version_in_vault_is_told(read):
    with pytest.raises(UsageError) as refusal:
        read(ANSWER | {"data": {"data": None, "metadata": METADATA | {"deletion_time": "2026-11-14T00:00:00Z"}}})
    assert "deleted" in refusal.value.why


@pytest.mark.parametrize("more", [{"data": {"rows": 5}}, {"data": {"data": {"x": "y"}}}, {"data": {"OPENAI_API_KEY": "another"}}])
def test_a_name_that_happens_to_be_data_hides_no_other(read, more):
    assert found(read({**VALUES, **more})) == FOUND


def test_a_secret_in_vault_that_has_a_part_called_data(read):
    assert found(read(ANSWER | {"data": VALUES | {"data": "x", "metadata": "y"}})) == FOUND


@pytest.mark.parametrize("name", ["api_key", "api-key", "ApiKey", "some key"])
def test_the_mapping_names_a_name_as_the_source_has_it(read, name):
    rules = f'[[map]]\nname = "{name}"\nto = "openai.api_key"\n'
    assert found(read(ANSWER | {"data": {"data": {name: KEY}, "metadata": {}}}, rules=rules)) == [("openai", "api_key", KEY)]


def test_connections_of_airflow_are_sent_to_their_own_command(read):
    with pytest.raises(UsageError) as refusal:
        read({"acme_openai": {"conn_type": "http", "password": KEY}})
    assert refusal.value.tries[0].startswith("integrations migrate airflow ")
    assert KEY not in str(refusal.value.as_data())


@pytest.mark.parametrize(
    "text",
    [
        f'OPENAI_API_KEY="{KEY}"\n',  # chamber export -f dotenv
        f"OPENAI_API_KEY={KEY}\n",  # heroku config --shell
        f'openai_api_key = "{KEY}"\n',  # chamber export -f tfvars
        f"# remark\nexport OPENAI_API_KEY={KEY}\n",
    ],
)
def test_lines_of_an_environment_are_sent_to_their_own_command(read, text):
    with pytest.raises(UsageError) as refusal:
        read(text, "key")
    assert refusal.value.tries[0].startswith("integrations migrate dotenv ")


def test_a_table_of_chamber_has_no_header_and_is_refused_without_its_text(read):
    with pytest.raises(UsageError) as refusal:
        read(f"openai_api_key,{KEY}\n", "key.csv")
    assert "must name the columns" in refusal.value.what
    assert KEY[:8] not in str(refusal.value.as_data())
