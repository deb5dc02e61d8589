"""The JSON shapes are stable: real output against tests/schemas."""

import json
import re
from pathlib import Path

import pytest
from tests import keys

from integrations_cli import cli

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
SCHEMAS = Path(__file__).parents[1] / "schemas"


def fits(name: str, text: str) -> dict:
    """The document, which fits its schema."""
    data = json.loads(text)
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text())).validate(data)
    return data


@pytest.fixture
def filled(ready, third_party):
    """One integration in each of several states."""
    third_party.says(200, b'{"data": []}')
    ready("add", "anthropic", "--secret-env", "api_key=K", "--expires", "2030-01-31", K=keys.ANTHROPIC)
    third_party.says(401, b"{}")
    ready("add", "hubspot", "--no-test", "--secret-env", "api_key=K", K=keys.GOOD["hubspot"]["api_key"])
    ready("test", "hubspot")
    ready("add", "mapbox", "--no-test", "--secret-env", "access_token=K", K=keys.GOOD["mapbox"]["access_token"])
    ready("disable", "mapbox")
    return ready


def test_list_and_show(filled):
    items = fits("list", filled("list", "--json").out)["items"]
    assert {one["provider"]: one["status"] for one in items} == {"anthropic": "connected", "hubspot": "error", "mapbox": "disabled"}
    for one in items:
        fits("show", filled("show", one["provider"], "--json").out)
    assert fits("list", filled("list", "--status", "disabled", "--json").out)["items"][0]["provider"] == "mapbox"
    assert len(fits("list", filled("list", "--expiring", "2w", "--json").out)["items"]) == 0
    assert "anthropic" not in {one["provider"] for one in fits("available", filled("list", "--available", "--json").out)["items"]}


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [(200, "ok", 0), (401, "rejected", 20), (402, "limited", 0), (429, "rate_limited", 21), (500, "unreachable", 21)],
)
def test_test(filled, third_party, status, outcome, code):
    third_party.says(status, b'{"data": []}')
    ran = filled("test", "anthropic", "--json")
    data = fits("test", ran.out)
    assert (ran.code, data["exit"], data["results"][0]["outcome"], data["summary"][outcome]) == (code, code, outcome, 1)


def test_errors(filled):
    for words in (("show", "nothing"), ("list", "-w", "nowhere"), ("add", "stripe"), ("add", "anthropic"), ("list", "--nonsense")):
        fits("error", filled(*words, "--json").err.splitlines()[-1])


def test_plan_and_report(filled, home):
    (home / "x.env").write_text(
        f"ANTHROPIC_API_KEY={keys.ANTHROPIC_NEW}\nOPENAI_API_KEY={keys.GOOD['openai']['api_key']}\nSTRIPE_SECRET_KEY={keys.STRIPE_SECRET}\nGMAPS_API_KEY=changeme\n"
    )
    plan = fits("plan", filled("migrate", "dotenv", str(home / "x.env"), "--dry-run", "--json").out)
    assert {line["provider"]: line["kind"] for line in plan["lines"]} == {
        "anthropic": "conflict",
        "openai": "create",
        "stripe": "incomplete",
    }
    ran = filled("migrate", "dotenv", str(home / "x.env"), "--yes", "--continue-on-error", "--report", str(home / "r.json"), "--json")
    assert (ran.code, fits("report", ran.out)["summary"]["written"]) == (12, 1)
    assert fits("report", (home / "r.json").read_text())["state"] == "finished"


MORE = (  # the shape, and what prints it
    ("websites", "website list"),
    ("website", "website show acme"),
    ("env", "env anthropic"),
    ("affected", "key affected"),
    ("key", "key status --verify"),
    ("store", "store status"),
    ("providers", "providers list"),
    ("provider", "providers show paypal"),
    ("provider", "providers show stripe"),
    ("questions", "add stripe --questions"),
    ("explain", "test anthropic --explain"),
    ("usage", "usage show --by week"),
)


ODD = """from integrations_cli.provider import Field, Provider

provider = Provider(
    name="odd", title="Odd", category="ai", description="odd", keys_url="https://odd.example", hosts=("odd.example",),
    credentials=(Field("api_key", "API key"),), check=lambda http, given: None,
)
"""


def test_what_one_looks_at(filled, home):
    assert filled("usage", "record", "anthropic", "--count", "3", "--error", "timeout").code == 0
    for name, words in MORE:
        data = fits(name, filled(*words.split(), "--json").out)
        assert data["item"] if "item" in data else data["items"], words
    (home / "odd.py").write_text(ODD)
    assert fits("provider-check", filled("providers", "check", str(home / "odd.py"), "--json").out)["items"]


def test_every_shape_that_is_printed_has_a_schema():
    """`name="…"` of `rows`, and the first word of `item` and `stream_items`, wherever a view prints."""
    views = "".join(file.read_text() for file in (Path(cli.__file__).parent).rglob("*.py"))
    printed = {
        one for pair in re.findall(r'\.rows\([^\n]*name="([a-z-]+)"|\.(?:item|stream_items)\("([a-z-]+)"', views) for one in pair if one
    }
    assert len(printed) > 20
    assert printed <= {file.stem for file in SCHEMAS.glob("*.json")}
