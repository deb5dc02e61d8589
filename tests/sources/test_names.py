"""The names of the environment are those of the design, for every provider that exists."""

import re

import pytest
from tests.conftest import SHARED

from integrations_cli import registry
from integrations_cli.sources import env


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
            words = part.split(",")[0].split()
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
    assert [one.provider for one in env.read(environ, include=("GOOGLE_API_KEY",)).findings] == ["google_ai", "openai"]
    assert env.read(environ, only=("stripe",)).findings == []
