"""`usage record` and `usage show`."""

import json

import pytest


@pytest.fixture
def used(ready):
    ready("add", "anthropic", "--no-test", "--secret-stdin", "api_key", stdin=b"sk-ant-" + b"api03-" + b"7" * 80 + b"EXAMPLEAA")
    for words in (["--count", "5"], ["--error", "timeout"], ["--action", "ask"]):
        ran = ready("usage", "record", "anthropic", "-w", "acme", *words)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
    return ready


def test_numbers_in_data(used):
    data = json.loads(used("usage", "show", "-w", "acme", "--json").out)
    (item,) = data["items"]
    assert data["format"] == "integrations.usage/1"
    assert (item["calls"], item["errors"], item["success"]) == (7, 1, 0.8571)
    assert len(item["by"]) == 14
    assert item["by"][-1]["calls"] == 7
    assert item["errors_by_class"] == {"timeout": 1}
    assert {one["action"]: one["calls"] for one in item["actions"]} == {"use": 6, "ask": 1}
    assert data["estimate"]["prices_as_of"]


def test_a_line_for_people(used):
    ran = used("usage", "show", "--format", "table", COLUMNS="120")
    assert "▁▁▁▁▁▁▁▁▁▁▁▁▁█" in ran.out
    assert "LAST 14 DAYS" in ran.out
    assert "0000000000000" + "9" in used("usage", "--format", "table", "--ascii").out
    weeks = used("usage", "show", "anthropic", "--since", "90d", "--by", "week", "--format", "table").out
    assert "WEEKS" in weeks
    assert used("usage", "show", "--format", "csv").out.splitlines()[1].startswith("acme,anthropic,7,1,")


def test_unused_for_sees_it(used):
    assert json.loads(used("list", "--unused-for", "0d", "--json").out)["items"] != []
    assert json.loads(used("list", "--unused-for", "1d", "--json").out)["items"] == []
    assert json.loads(used("show", "anthropic", "--json").out)["item"]["used_at"] is not None


@pytest.mark.parametrize(
    "words, code",
    [
        (["mapbox"], 3),
        (["anthropic", "--count", "0"], 2),
        (["anthropic", "--count", "x"], 2),
        (["anthropic", "--error", "a b"], 2),
        (["anthropic", "--action", "x" * 41], 2),
        (["anthropic", "-w", "nowhere"], 3),
    ],
)
def test_what_cannot_be_counted_is_refused(used, words, code):
    assert used("usage", "record", *words).code == code
    assert json.loads(used("usage", "--json").out)["items"][0]["calls"] == 7


def test_no_time_back_is_today_alone(used):
    for since in ("0d", "1d"):
        (item,) = json.loads(used("usage", "show", "-w", "acme", "--since", since, "--json").out)["items"]
        assert len(item["by"]) == 1
