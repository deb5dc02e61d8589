"""Pieces of a long source against what is stored: rows that are looked at together give the lines that `planning` makes of each."""

import dataclasses
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tests import keys
from tests.actions.test_straight import GOOD, LINES, read

from integrations_cli import registry
from integrations_cli.actions.pieces import Look
from integrations_cli.actions.plan import Policy
from integrations_cli.actions.routes import Routes
from integrations_cli.actions.straight import Forms
from integrations_cli.errors import UsageError
from integrations_cli.masking import Secret
from integrations_cli.sources.mapping import Mapped
from integrations_cli.store.sealing import New

SITES = ("acme", "globex")
SAME, OTHER = "same", Secret("another-0123456789-EXAMPLE")
STATES = [
    *[SAME] * 6,
    "absent",
    "another value",
    "without a value",
    "another setting",
    "one setting more",
    "switched off",
    "ends",
    "ends when the source says",
    "damaged card",
    "damaged settings",
    "no text",
    "bytes",
    "no version",
]
DAMAGE = {
    "damaged card": "UPDATE credential_version SET card = '{\"api_key\": 3}' WHERE integration_id = ?",
    "damaged settings": "UPDATE integration SET settings = '[' WHERE id = ?",
    "no text": "UPDATE integration SET expires_at = CAST(x'c3' AS TEXT) WHERE id = ?",
    "bytes": "UPDATE integration SET expires_at = x'c3' WHERE id = ?",
    "no version": "DELETE FROM credential_version WHERE integration_id = ?",
}
POLICIES = some.builds(
    Policy,
    on_conflict=some.sampled_from(["fail", "fail", "skip", "update"]),
    unknown_fields=some.sampled_from(["fail", "drop"]),
    allow_incomplete=some.booleans(),
)


class UndoError(Exception):
    """The example is over: nothing of it stays."""


def lines_of(here, piece, routes, policy, forms):
    look = Look(here, piece, routes, policy, forms)
    return look.lines(), look.ignored


def everything(line):
    """Also what a comparison of lines leaves out."""
    return line, {name: value.reveal() for name, value in line.credentials.items()}, dict(line.settings)


def keep(here, line, state):
    """Store what a line would create, or something like it."""
    website = here.websites.ids(SITES)[line.website]
    credentials, given, enabled, ends = dict(line.credentials), dict(line.settings), line.enabled is not False, line.expires_at
    if state == "another value" and credentials:
        credentials[min(credentials)] = OTHER
    elif state == "without a value" and len(credentials) > 1:
        del credentials[max(credentials)]
    elif state in {"another setting", "one setting more"}:
        names = [one.name for one in registry.get(line.provider).settings if (one.name in given) == (state == "another setting")]
        given |= dict.fromkeys(names[:1], "another")
    elif state == "switched off":
        enabled = not enabled
    elif state == "ends":
        ends = "2029-01-31T23:59:59Z"
    elif state == "ends when the source says":
        ends = line.expires_at or "2029-01-31T23:59:59Z"
    copies = here.bulk.add([New(website, registry.get(line.provider), credentials, given, enabled, ends)], "integration.migrated")
    if state in DAMAGE:
        here.audit.connection().execute(DAMAGE[state], [*copies.rows])


@some.composite
def rows(draw):
    """One that is right, as often as not with something changed that still may be."""
    provider = draw(some.sampled_from(GOOD))
    definition = registry.get(provider)
    row = {"website": draw(some.sampled_from(["acme"] * 4 + ["globex", "globex", "new-one", "old name", "?"])), "provider": provider}
    given, chosen = {**keys.GOOD[provider]}, {}
    for change in draw(some.lists(some.sampled_from(["enabled", "expires_at", "setting", "trimmed", "odd", "left out"]), max_size=2)):
        name = draw(some.sampled_from(sorted(given))) if given else ""
        if change == "enabled":
            row["enabled"] = draw(some.booleans())
        elif change == "expires_at":
            row["expires_at"] = draw(some.sampled_from(["2027-01-31", "2029-01-31"]))
        elif change == "setting" and definition.settings:
            one = draw(some.sampled_from(definition.settings))
            chosen[one.name] = draw(some.sampled_from([one.default or "another", "another", "4096", "eu-west-1", "https://own.example"]))
        elif change == "trimmed" and given:
            given[name] = f" {given[name]} "
        elif change == "odd" and given:
            given[name] = draw(some.sampled_from(["odd-0123456789-EXAMPLE", "odd-9876543210-EXAMPLE", "short", "two words", "changeme"]))
        elif given:
            del given[name]
    return json.dumps(row | {"credentials": given} | ({"settings": chosen} if chosen else {}))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    lines=some.lists(some.one_of(rows(), rows(), rows(), rows(), some.just("")), min_size=1, max_size=7),
    odd=some.one_of(some.just([]), LINES),
    create=some.booleans(),
    policy=POLICIES,
    states=some.lists(some.sampled_from(STATES), min_size=12, max_size=12),
)
def test_it_gives_what_planning_gives(store, lines, odd, create, policy, states):
    places = Mapped(websites={"old name": "acme"})
    try:
        piece = read([*lines, *odd], places)
    except UsageError:  # a line that nobody can read: the ordinary way has said so
        return
    if piece is None or not piece.rows:
        return
    with pytest.raises(UndoError), store.writing() as here:
        here.websites.add_missing(["globex"])
        routes = Routes(None, {**here.websites.ids(SITES)}, mapped=places, create=create)
        made, _ = lines_of(here, piece, routes, Policy(unknown_fields="drop", allow_incomplete=True), None)
        wanted = [line for line in made if line.provider and line.kind in {"create", "incomplete"} and line.website in SITES]
        for line, state in zip(wanted, states, strict=False):
            if state != "absent" and (line.credentials or state not in DAMAGE):
                keep(here, line, state)
        found, ignored = lines_of(here, piece, routes, policy, Forms())
        planned, others = lines_of(here, piece, routes, policy, None)
        assert [everything(line) for line in found] == [everything(line) for line in planned]
        assert ignored == others
        raise UndoError


CREDENTIALS = keys.GOOD | {
    "aws_s3": {**keys.GOOD["aws_s3"], "session_token": "0" * 25 + "EXAMPLE"},
    "mailchimp": {"api_key": keys.GOOD["mailchimp"]["api_key"]},  # the other follows from it
}
SETTINGS = {
    "openai": {"organization_id": "org-1", "max_tokens": 8192},
    "mailchimp": {"double_optin": True},
    "whatsapp": {"phone_number_id": "0123456789"},
    "plausible": {"site_id": "acme.example", "host": "https://stats.acme.example"},
    "aws_s3": {"region": "eu-west-1", "bucket": "acme-example"},
    "twilio": {},
}
SAID = [
    {},
    {"enabled": True},
    {"enabled": False},
    {"expires_at": "2027-01-31"},
    {"settings": None},
    {"credentials": None},
    {"credentials": "trimmed"},
    {"credentials": "the first"},
    {"credentials": "changeme"},
    {"settings": "unknown"},
]
STORED = [
    "absent",
    SAME,
    "another value",
    "without a value",
    "another setting",
    "without a setting",
    "switched off",
    "ends",
    "ends as said",
    *DAMAGE,
]


def said(provider, change, website):
    row = {"website": website, "provider": provider, "credentials": CREDENTIALS[provider], "settings": SETTINGS[provider]} | change
    if row["credentials"] in ("trimmed", "the first"):
        values = {name: f" {value}" for name, value in CREDENTIALS[provider].items()} if row["credentials"] == "trimmed" else {}
        row["credentials"] = values or dict([*CREDENTIALS[provider].items()][:1])
    if row["credentials"] == "changeme":
        row["credentials"] = dict.fromkeys(CREDENTIALS[provider], "changeme")
    if row["settings"] == "unknown":
        row["settings"] = {"no_such_field": "x"}
    return {name: value for name, value in row.items() if value is not None}


def stored(here, provider, state, website):
    definition, chosen = registry.get(provider), {**SETTINGS[provider]}
    values = {name: Secret(value) for name, value in keys.GOOD[provider].items() | CREDENTIALS[provider].items()}
    if state == "another value":
        values[min(values)] = OTHER
    elif state == "without a value":
        del values[max(values)]
    elif state == "another setting":
        chosen |= dict.fromkeys([*chosen][:1], "another")
    elif state == "without a setting":
        chosen = dict([*chosen.items()][1:])
    ends = {"ends": "2029-01-31T23:59:59Z", "ends as said": "2027-01-31T23:59:59Z"}.get(state)
    ident = here.websites.ids([website])[website]
    copies = here.bulk.add([New(ident, definition, values, chosen, state != "switched off", ends)], "integration.migrated")
    if state in DAMAGE:
        here.audit.connection().execute(DAMAGE[state], [*copies.rows])


@pytest.mark.parametrize("provider", SETTINGS)
def test_whatever_is_stored_and_whatever_is_said_of_it(store, provider):
    sites = [f"site-{number:02}" for number in range(len(STORED))]
    with pytest.raises(UndoError), store.writing() as here:
        here.websites.add_missing(sites)
        for site, state in zip(sites, STORED, strict=True):
            if state != "absent":
                stored(here, provider, state, site)
        for change in SAID:
            piece = read([json.dumps(said(provider, change, site)) for site in sites])
            for policy in (Policy(), Policy(on_conflict="update"), Policy("skip", unknown_fields="drop", allow_incomplete=True)):
                found, ignored = lines_of(here, piece, Routes(None, {}), policy, Forms())
                planned, others = lines_of(here, piece, Routes(None, {}), policy, None)
                assert list(map(everything, found)) == list(map(everything, planned))
                assert len(found) == len(sites)
                assert ignored == others
        raise UndoError


def never(numbers):
    """No row has to be looked at by itself."""
    raise AssertionError(numbers)


def test_what_is_plain_is_looked_at_together(store):
    """Every provider's good values, stored and new: else the two properties above would hold of nothing."""
    with store.writing() as here:
        for provider in ("openai", "mailchimp", "plausible"):
            stored(here, provider, SAME, "acme")
    rows = [said(provider, {}, site) for provider in ("openai", "mailchimp", "plausible") for site in ("acme", "beta")]
    rows.append({"website": "new-one", "provider": "groq", "credentials": keys.GOOD["groq"]})
    piece = dataclasses.replace(
        read([json.dumps(row) for row in rows if row["website"] == "acme" or row["provider"] != "plausible"]), again=never
    )
    with store.reading() as here:
        found = Look(here, piece, Routes(None, {}, create=True), Policy(), Forms()).lines()
    told = [(line.website, line.kind, line.provider) for line in found]
    assert told == [
        ("acme", "unchanged", "openai"),
        ("acme", "unchanged", "plausible"),
        ("acme", "unchanged", "mailchimp"),
        ("beta", "create", "openai"),
        ("beta", "create", "mailchimp"),
        ("new-one", "create", ""),
        ("new-one", "create", "groq"),
    ]


def test_a_website_that_both_ways_would_make_is_made_once(store):
    row = {"website": "new-one", "provider": "groq", "credentials": keys.GOOD["groq"]}
    piece = read([json.dumps(one) for one in (row, row, row | {"provider": "openai", "credentials": keys.GOOD["openai"]})])
    with store.reading() as here:
        found = Look(here, piece, Routes(None, {}, create=True), Policy(), Forms()).lines()
    assert [line.provider for line in found] == ["", "groq", "openai"]
