"""Many rows at once: what is kept is what was given, and a later look finds every difference."""

import json
import os
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tests import keys

from integrations_cli import registry
from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import bulk, glance
from integrations_cli.store.ids import several
from integrations_cli.store.sealing import New

NAMES = ("openai", "groq", "mailgun")


def added(store):
    """Three integrations of acme, one of them with a setting and an end, one switched off."""
    with store.writing() as here:
        website = here.websites.ids(["acme"])["acme"]
        rows = [New(website, registry.get(name), {"api_key": Secret(keys.GOOD[name]["api_key"])}, {}) for name in NAMES[:2]]
        values = {"api_key": Secret(keys.GOOD["mailgun"]["api_key"])}
        rows.append(New(website, registry.get("mailgun"), values, {"domain": "mg.acme.example"}, False, "2027-01-31T23:59:59Z"))
        return here.bulk.add(rows, "integration.migrated")


def look(store, copies):
    with store.reading() as here:
        here.bulk.must_be_there(copies)


def change(store, statement):
    with sqlite3.connect(store.path) as connection:
        connection.execute(statement)
    connection.close()


def test_they_are_what_was_given_and_are_found_again(store):
    copies = added(store)
    look(store, copies)
    with store.reading() as here:
        for name in NAMES:
            row = here.integrations.get("acme", name)
            assert here.integrations.reveal(row) == {"api_key": Secret(keys.GOOD[name]["api_key"])}
        assert (row.settings, row.enabled, row.expires_at) == ({"domain": "mg.acme.example"}, False, "2027-01-31T23:59:59Z")
        assert not any(one.problem for one in here.audit.verify())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE integration SET enabled = 1 WHERE provider = 'mailgun'",
        "UPDATE integration SET expires_at = NULL",
        "UPDATE integration SET settings = '{}' WHERE provider = 'mailgun'",
        "UPDATE integration SET provider = 'mistral' WHERE provider = 'groq'",
        "UPDATE credential_version SET card = replace(card, 'fp', 'fq')",
        "UPDATE credential_version SET blob = zeroblob(length(blob))",
        "UPDATE credential_version SET state = 'previous'",
        "UPDATE credential_version SET version = 2",
        "UPDATE credential_version SET actor = 'somebody'",
        "UPDATE credential_version SET created_at = '2020-01-01T00:00:00Z'",
        "UPDATE credential_version SET data_key_id = randomblob(16)",
        "UPDATE integration SET created_at = '2020-01-01T00:00:00Z'",
        "UPDATE integration SET updated_at = CAST(updated_at AS BLOB)",
        "UPDATE integration SET website_id = (SELECT id FROM website WHERE slug <> 'acme') WHERE provider = 'groq'",
        "UPDATE data_key SET wrapped = zeroblob(length(wrapped)) WHERE scope = 'website'",
        "DELETE FROM data_key WHERE scope = 'website'",
        "DELETE FROM credential_version",
        "DELETE FROM integration WHERE provider = 'openai'",
    ],
)
def test_a_difference_is_found_on_a_fresh_connection(store, statement):
    copies = added(store)
    change(store, statement)
    with pytest.raises(Unreadable):
        look(store, copies)


@pytest.mark.parametrize("what", ["blob = zeroblob(163)", "card = '{}'", "bound = '{\"a\": 1}'"])
def test_a_database_that_keeps_something_else_keeps_nothing(store, what):
    change(
        store,
        "CREATE TRIGGER odd AFTER INSERT ON credential_version BEGIN"
        f" UPDATE credential_version SET {what} WHERE integration_id = NEW.integration_id; END",
    )
    with pytest.raises(Unreadable) as refusal:
        added(store)
    assert refusal.value.reason == "read_back"
    with store.reading() as here:
        assert here.integrations.all("acme") == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=some.data())
def test_many_at_once_are_what_adding_one_by_one_makes(store, data):
    """The same rows, marks and entries of the log; only ids, and what is made with them, are others."""
    names = data.draw(some.lists(some.sampled_from([*keys.GOOD]), min_size=1, max_size=4, unique=True))
    one, many = os.urandom(8).hex(), os.urandom(8).hex()  # the store stays
    rows = [(registry.get(name), {field: Secret(text) for field, text in keys.GOOD[name].items()}) for name in names]
    facts = {"enabled": data.draw(some.booleans()), "expires_at": data.draw(some.sampled_from([None, "2027-01-31T23:59:59Z"]))}
    with store.writing() as here:
        ids = here.websites.add_missing([one, many])
        for definition, values in rows:
            credentials, plain = split(definition, values)
            here.integrations.add(one, definition, credentials, plain, action="integration.migrated", **facts)
        here.bulk.add([New(ids[many], definition, *split(definition, values), *facts.values()) for definition, values in rows], ACTION)
    with store.reading() as here:
        assert told(here, one, ids[one]) == told(here, many, ids[many])
        assert not any(report.problem for report in here.audit.verify())


ACTION = "integration.migrated"


def split(definition, values):
    """Credentials and settings."""
    credentials = {name: value for name, value in values.items() if definition.is_credential(name)}
    return credentials, {name: value.reveal() for name, value in values.items() if name not in credentials}


def told(here, slug, website):
    """Everything that is stored of a website and does not follow from an id; what does is made again and compared."""
    found = []
    for row in here.integrations.all(slug):
        values, card = here.integrations.reveal(row), here.integrations.card(row, registry.get(row.provider))
        for name, mark in card.credentials.items():
            assert mark.fingerprint == here.integrations.fingerprint(website, row.provider, name, values[name])
        entries = here.audit.connection().execute("SELECT body FROM audit_row WHERE chain = ? ORDER BY seq", (website,))
        (entry,) = [body for body in map(json.loads, (text for (text,) in entries)) if body.get("integration") == row.id.hex()]
        assert entry.pop("row") == here.audit.row_mac(row)
        assert entry.pop("fp") == {name: mark.fingerprint[:8] for name, mark in card.credentials.items()}
        columns = [getattr(row, name) for name in ("category", "provider", "settings", "enabled", "expires_at", "last_used_at", "account")]
        hints = {name: mark.hint for name, mark in card.credentials.items()}
        known = {name: entry[name] for name in entry if name not in {"at", "integration"}}
        found.append((columns, {name: value.reveal() for name, value in values.items()}, hints, card.version, known))
    return found


def test_a_row_between_them_that_is_none_of_theirs_is_no_difference(store):
    copies = added(store)
    between = (int.from_bytes(min(copies.rows)) + 1).to_bytes(16)
    columns = "website_id, category, settings, enabled, created_at, updated_at"
    change(store, f"INSERT INTO integration (id, provider, {columns}) SELECT x'{between.hex()}', 'odd', {columns} FROM integration LIMIT 1")
    look(store, copies)


def test_a_version_too_many_is_found(store):
    copies = added(store)
    columns = "data_key_id, blob, bound, card, created_at, actor"
    change(
        store,
        f"INSERT INTO credential_version (integration_id, version, state, {columns}) "
        f"SELECT integration_id, 2, 'previous', {columns} FROM credential_version LIMIT 1",
    )
    with pytest.raises(Unreadable):
        look(store, copies)


def test_a_text_that_is_none_is_a_difference(store):
    copies = added(store)
    change(store, "UPDATE integration SET category = CAST(x'ff' AS TEXT) WHERE provider = 'groq'")
    with pytest.raises(Unreadable):
        look(store, copies)


def test_rows_are_found_by_an_index_however_many_there_are(store):
    added(store)
    with store.reading() as here:
        website = here.websites.ids(["acme"])["acme"]
        pairs = [(website, name) for name in (*NAMES, "stripe")] + [(bytes(16), "openai")]
        assert set(here.bulk.find(pairs)) == set(here.bulk.opened(pairs)) == set(pairs[:3])


def test_masked_views_are_those_that_are_read_without_a_key(store):
    added(store)
    change(store, "UPDATE integration SET account = CAST(x'c3' AS TEXT), last_error_outcome = 'rejected', last_error_version = 1")
    change(store, "UPDATE credential_version SET card = 'damaged' WHERE integration_id = (SELECT max(id) FROM integration)")
    wanted = {(one.website, one.provider): one for one in glance.cards(store.path)}
    assert len(wanted) > 1
    with store.reading() as here:
        assert here.bulk.cards([*wanted, ("acme", "stripe"), ("nobody", "openai")]) == wanted
        assert here.bulk.cards([]) == {}
        ids = here.websites.ids({slug for slug, _ in wanted})
        pairs = [(ids[slug], provider) for slug, provider in wanted]
        nothing = [(ident, f"p{number}") for number in range(2 * bulk.AT_ONCE) for ident in ids.values()]
        assert here.bulk.facts(nothing) == here.bulk.facts([]) == {}
        assert set(here.bulk.facts([*nothing, pairs[-1]])) == {pairs[-1]}


@pytest.mark.parametrize("query", [bulk._IDS, bulk._STORED, bulk._CARDS], ids=["ids", "stored", "cards"])
@pytest.mark.parametrize("count", [1, 7, bulk.AT_ONCE])
def test_a_question_for_many_places_goes_by_the_indexes_there_are(store, query, count):
    """With hundreds of places SQLite thinks an index of its own worth while, which it makes of the whole table, each time."""
    places = [("acme", "openai")] * count
    with store.reading() as here:
        plan = here.audit.connection().execute(
            "EXPLAIN QUERY PLAN " + bulk._among(query, places), [part for place in places for part in place]
        )
        steps = [step for *_, step in plan]
    assert [step for step in steps if step.startswith("SEARCH i USING ")], steps
    assert not [step for step in steps if "AUTOMATIC" in step or step.startswith(("SCAN w", "SCAN i", "SCAN v"))], steps


def test_ids_of_one_batch_are_neighbours_and_no_two_are_the_same():
    first, second = several(5000), several(5000)
    assert len({*first, *second}) == 10_000
    assert first == sorted(first)
    assert {len(one) for one in first} == {16}
    assert len({one[:4] for one in first}) == 1
    assert len({one[4:8] for one in first}) > 4000
