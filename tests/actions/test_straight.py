"""The straight way of a bulk migration gives what the ordinary way gives, or nothing."""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tests import keys

from integrations_cli import registry
from integrations_cli.actions import straight
from integrations_cli.actions.plan import Line, Policy
from integrations_cli.actions.planning import build
from integrations_cli.actions.routes import Routes
from integrations_cli.actions.straight import Forms
from integrations_cli.errors import UsageError
from integrations_cli.sources import rows
from integrations_cli.sources.file import pieces_of
from integrations_cli.sources.mapping import Mapped
from integrations_cli.sources.names import Wanted

GOOD = [name for name in keys.GOOD if not registry.get(name).missing(set(keys.GOOD[name]))]
ODD = [
    "",
    " ",
    " k-0123456789-EXAMPLE ",
    "changeme",
    "•" * 8 + "abcd",
    "two words",
    "ä",
    "a\nb",
    "a\\b",
    'a"b',
    "\ud800",
    "x" * 9,
    7,
    True,
    None,
    1.5,
]
WEBSITES = some.sampled_from(["acme", "globex", " acme ", "new-one", "old name", "Not A Slug", "", "sk-ant-api03-x", None, 5])
PROVIDERS = some.sampled_from([*GOOD, "ai/openai", "OPENAI", "nobody", "maps", "", None])
FIELDS = some.sampled_from(["api_key", "organization_id", "default_model", "max_tokens", "account_id", "domain", "odd-name", "region"])
VALUES = some.sampled_from(["k-0123456789-abcdef-EXAMPLE", "4096", "org-1", "eu-west-1", "sk-ant-api03-" + "0" * 24, *ODD])


@some.composite
def objects(draw):
    """One that is right, as often as not with something changed."""
    provider = draw(some.sampled_from(GOOD))
    row = {
        "website": draw(some.sampled_from(["acme", "globex", "new-one", "newer"])),
        "provider": provider,
        "credentials": {**keys.GOOD[provider]},
    }
    changes = draw(some.integers(0, 3)) - 1
    for _ in range(changes):
        which = draw(some.integers(0, 7))
        if which == 0:
            row["website"] = draw(WEBSITES)
        elif which == 1:
            row["provider"] = draw(PROVIDERS)
        elif which == 2:
            row["enabled"] = draw(some.sampled_from([True, False, None, "yes", "perhaps"]))
        elif which == 3:
            row["expires_at"] = draw(some.sampled_from(["2027-01-31", "2027-01-31T10:00:00+02:00", "soon", None, 3]))
        elif which == 4:
            row["category"] = draw(some.sampled_from(["ai", "mail", None, 4]))
        elif which == 5:
            row["settings"] = {**as_object(row.get("settings")), draw(FIELDS): draw(VALUES)}
        elif which == 6:
            row["credentials"] = {**as_object(row["credentials"]), draw(FIELDS): draw(VALUES)}
        else:
            row[draw(some.sampled_from(["credentials", "settings", "more"]))] = draw(
                some.sampled_from([None, [], {}, "x", {"api_key": ["x"]}])
            )
    return row


def as_object(part):
    return part if isinstance(part, dict) else {}


def text(row, twice, spaces):
    """As a line; sometimes with a name that stands in it twice."""
    line = json.dumps(row, ensure_ascii=spaces % 2 == 0)
    if twice:
        line = line[:-1] + ', "website": "acme"}'
    return " " * (spaces // 8) + line + " " * (spaces % 8)


LINES = some.lists(some.builds(text, objects(), some.sampled_from([False] * 20 + [True]), some.integers(0, 9)), max_size=4)


def read(lines, mapped=None):
    """The one piece that they are, or None."""
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    return next(pieces_of(io.BytesIO(data), "key.jsonl", [], Wanted((), (), mapped or Mapped()), 1000), None)


def what_is_written(line: Line) -> tuple:
    credentials = {name: value.reveal() for name, value in line.credentials.items()}
    notes = {note for note in line.notes if not note.startswith("same_value_as")}  # a long run counts those
    return (*line.key, line.kind, line.enabled, line.expires_at, line.expect, credentials, dict(line.settings), notes)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=LINES, create=some.booleans(), mapped=some.booleans(), drop=some.booleans())
def test_it_gives_what_planning_gives(lines, create, mapped, drop):
    places = Mapped(websites={"old name": "acme"}) if mapped else Mapped()
    routes = Routes(None, {"acme": b"", "globex": b""}, mapped=places, create=create)
    try:
        piece = read(lines, places)
    except UsageError:  # a line that nobody can read: the ordinary way has said so
        return
    found = straight.lines(piece.rows, routes, Forms()) if piece is not None and piece.rows else None
    whole = piece.whole() if piece is not None else None
    if piece is not None and piece.rows:
        assert (whole.names, piece.findings, piece.entries) == (piece.names, [], [])
    assert found is None or (whole.faults, whole.ignored) == ([], [])
    if found is None or len({line.key for line in found}) < len(found):
        return
    planned = build(whole, routes, lambda website: {}, lambda *_: None, Policy(unknown_fields="drop" if drop else "fail")).lines
    assert sorted(map(what_is_written, found), key=repr) == sorted(map(what_is_written, planned), key=repr)
    assert all(line.writes for line in planned)
    for line in found:  # a website before its first integration
        assert (
            line.adds_website
            or line.website in routes.known
            or found.index(line) > [one.key for one in found].index((line.website, "", ""))
        )


def test_most_rows_go_straight():
    """Every provider's good values; else the property above would hold of nothing."""
    piece = read([json.dumps({"website": "acme", "provider": one, "credentials": keys.GOOD[one]}) for one in GOOD])
    assert len(GOOD) > 25
    assert [line.provider for line in straight.lines(piece.rows, Routes(None, {"acme": b""}), Forms())] == GOOD


PAIR = '{"website": "acme", "provider": "openai", "credentials": {"api_key": "k-0123456789-EXAMPLE"}}'
ODD_LINES = [
    ['{"website": "acme", "provider": "openai", "credentials": {"api_key": [{}', "{}]}}", f"{PAIR},{PAIR}"],
    ['{"website": "acme", "provider": "openai", "settings": {"a": {}', '{}, "b": {}}}', f"{PAIR}, {PAIR}"],
    [f"{PAIR},{PAIR}", "", PAIR],
    [f"{PAIR}]", f"[{PAIR}"],
    [f"{PAIR},{{}}"],
    ['{"website": "acme", "provider": "openai", "credentials": {"api_key": "}', '{"}}'],
    ['{"website": "acme", "provider": "openai", "settings": {"max_tokens": 1, "max_tokens": 2}}'],
    ['{"website": "acme", "provider": "openai", "credentials": {"api_key": "a"}, "credentials": {"api_key": "b"}}'],
    ['{"website": "acme", "website": "globex", "provider": "openai", "credentials": {"api_key": "a"}}'],
]


@pytest.mark.parametrize("lines", ODD_LINES, ids=map(str, range(len(ODD_LINES))))
def test_lines_that_are_right_only_together_are_not_read_together(lines):
    for some_lines in (lines, [PAIR, *lines, PAIR]):
        assert rows.read([line.encode() + b"\n" for line in some_lines], lambda raw, category: raw) is None


def test_lines_are_read_whatever_stands_behind_them():
    assert len(rows.read([f"{PAIR}{end}".encode() for end in ("\n", " \t\r\n", "\x85\u2028 \n", "")], lambda raw, category: raw)) == 4
    assert rows.read([b"\n", b" \r\n"], lambda raw, category: raw) == []


def test_a_moment_before_all_time_is_no_date():
    line = PAIR[:-1] + ', "expires_at": "0001-01-01T00:00:00+23:00"}'
    assert rows.read([line.encode()], lambda raw, category: raw) is None
    assert "date" in read([line]).whole().faults[0].detail


@pytest.mark.parametrize(
    ("provider", "chosen", "credentials"),
    [
        ("google_analytics", {"measurement_id": "UA-12345-1"}, None),
        ("openai", {}, {"api_key": "op://vault/item/field"}),
        ("openai", {}, {"api_key": "${OTHER_KEY}"}),
        ("openai", {"organization_id": "vault:org"}, None),
    ],
)
def test_what_is_left_or_refused_by_its_value_goes_the_ordinary_way(provider, chosen, credentials):
    row = {"website": "acme", "provider": provider, "credentials": credentials or keys.GOOD[provider], "settings": chosen}
    piece = read([json.dumps(row)])
    assert straight.lines(piece.rows, Routes(None, {"acme": b""}), Forms()) is None
    assert len(piece.whole().ignored) + len(piece.whole().faults) == 1
