"""The JSON shapes are stable: real output against tests/schemas."""

import json
from pathlib import Path

import pytest
from tests import keys

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
