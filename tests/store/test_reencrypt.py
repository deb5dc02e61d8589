"""`key rotate --reencrypt`: everybody works meanwhile, a stop anywhere is resumed, invariants I1–I4 hold at every commit."""

import json
import os
import re
import sqlite3
import threading
import time

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as some

from integrations_cli import registry
from integrations_cli.errors import Conflict, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import ciphers, glance, key_slots, moulds, open_store, operations, reencrypt, resealing, root, trail, vault
from integrations_cli.store.key_rows import data_key_aad

SITES, PROVIDERS = 3, ("anthropic", "openai", "groq")


def value(site, provider, turn=0):
    return {"api_key": Secret(f"{provider}-{site}-{turn}-0123456789abcdefEXAMPLE")}


@pytest.fixture
def filled(made, monkeypatch):
    """Three websites with three integrations each, one of them rotated (so it has a previous version); batches of four."""
    monkeypatch.setattr(resealing, "AT_ONCE", 4)
    with open_store(made) as store:
        with store.writing() as here:
            for site in range(SITES):
                here.websites.add(f"site-{site}")
                for provider in PROVIDERS:
                    row = here.integrations.add(f"site-{site}", registry.get(provider), value(site, provider), {})
                    if provider == "groq":
                        here.integrations.conceal(row, registry.get(provider), value(site, provider, 1))
        yield store


def expected():
    return {
        (f"site-{site}", provider): value(site, provider, 1 if provider == "groq" else 0) for site in range(SITES) for provider in PROVIDERS
    }


def everything(config):
    """What a fresh process opens, previous versions too; the log is unbroken."""
    found = {}
    with open_store(config) as store, store.reading() as here:
        assert {one.problem for one in here.audit.verify()} == {None}
        for site in here.websites.all():
            for row in here.integrations.all(site.slug):
                found[site.slug, row.provider] = here.integrations.reveal(row)
                if row.provider == "groq":
                    assert here.integrations.reveal_previous(row) == value(1 if site.slug == "site-7" else int(site.slug[5:]), "groq")
    return found


def invariants(config, root_key):
    """I1 and I2, read with nothing but the tables: every live blob opens with a data key that is wrapped under the current root key,
    a slot opens that, and no key is gone that something is sealed with."""
    with sqlite3.connect(config.database) as connection:
        ((store_id,),) = connection.execute("SELECT id FROM store")
        root_id, key = root_key
        opened = {}
        for ident, scope, scope_id, wrapped, under in connection.execute("SELECT id, scope, scope_id, wrapped, root_key_id FROM data_key"):
            assert under == root_id
            row = type("Row", (), {"id": ident, "scope": scope, "scope_id": scope_id})
            opened[ident] = vault.open_(key, root_id, wrapped, data_key_aad(store_id, row))
        live = connection.execute(
            "SELECT v.blob, v.bound, v.version, v.data_key_id, i.id, i.website_id, i.provider FROM credential_version v "
            "JOIN integration i ON i.id = v.integration_id WHERE length(v.blob) > 0"
        ).fetchall()
        for blob, bound, version, ident, integration, website, provider in live:
            where = vault.credential_aad(store_id, website, integration, version, provider, vault.destination_hash(json.loads(bound)))
            assert vault.open_(opened[ident], ident, blob, where)
        assert connection.execute("SELECT count(*) FROM key_slot WHERE root_key_id = ?", (root_id,)).fetchone()[0] >= 1
        return len(live)


def quiet(step, done, total):
    pass


def root_of(store):
    with store.reading() as here:
        return store.keys.root(here.session)


def data_keys(config):
    with sqlite3.connect(config.database) as connection:
        return {row[0]: row[1:] for row in connection.execute("SELECT id, scope, state, wrapped FROM data_key")}


def blobs(config):
    with sqlite3.connect(config.database) as connection:
        return [row[0] for row in connection.execute("SELECT blob FROM credential_version WHERE length(blob) > 0")]


def test_everything_is_sealed_anew_and_nothing_old_is_left(filled, made):
    before, sealed = data_keys(made), blobs(made)
    cards = {(card.website, card.provider): card.credentials["api_key"] for card in glance.cards(made.database)}
    report = reencrypt.reencrypt(filled, quiet)
    assert (report.versions, report.left, report.resumed) == (SITES * 4, [], False)
    assert everything(made) == expected()
    after = data_keys(made)
    kept = {ident for ident in after if ident in before}
    assert {after[ident][:2] for ident in kept} == {("audit", "retired")}, "the old audit key verifies the old entries"
    assert sorted(one[:2] for one in after.values()).count(("website", "active")) == SITES
    data = made.database.read_bytes()
    assert not any(blob in data for blob in sealed), "free pages too"
    assert not any(one[2] in data for ident, one in before.items() if ident not in kept)
    assert all(blob in data for blob in blobs(made)), "the search looks at the right bytes"
    fresh = {(card.website, card.provider): card.credentials["api_key"] for card in glance.cards(made.database)}
    assert all(fresh[one].hint == cards[one].hint and fresh[one].fingerprint != cards[one].fingerprint for one in cards)
    with filled.reading() as here:
        assert operations.unfinished(here.session) is None


class Stop(BaseException):
    """A kill, at this point: nothing may be caught on the way out."""


def stopped_after(store, commits, at_each):
    """Run it until so many commits are done, looking around after each; True if it was finished before."""
    made = []

    def told(step, done, total):
        made.append(step)
        at_each()
        if len(made) >= commits:
            raise Stop

    try:
        reencrypt.reencrypt(store, told)
    except Stop:
        return False
    return True


def test_at_every_commit_everything_opens_others_write_and_a_second_start_goes_on(filled, made):
    """I1 to I4, at each point where it can be stopped; every start is a new process as far as memory goes."""
    turn = [0]
    root_key = root_of(filled)

    def look():
        assert invariants(made, root_key) >= SITES * 4
        assert everything(made) == expected() | others
        turn[0] += 1
        slug = f"new-{turn[0]}"
        with open_store(made) as writer, writer.writing() as here:  # a writer, while it is under way
            here.websites.add(slug)
            here.integrations.add(slug, registry.get("openai"), value(99, "openai", turn[0]), {})
            others[slug, "openai"] = value(99, "openai", turn[0])
            row = here.integrations.get("site-1", "openai")
            here.integrations.conceal(row, registry.get("openai"), value(1, "openai"), action="credential.set")
        with open_store(made) as other:
            for act in (lambda: _add(other), lambda: root.survey(other)):
                with pytest.raises(Conflict):
                    act()

    others = {}
    ends = []
    for commits in (1, 1, 2, 2, 99):
        with open_store(made) as store:
            ends.append(stopped_after(store, commits, look))
    assert ends == [False] * 4 + [True]
    assert everything(made) == expected() | others
    assert {state for scope, state, _ in data_keys(made).values() if scope != "audit"} == {"active"}


def _add(store):
    with key_slots.fresh(store, "file") as new:
        key_slots.add(store, new)


def test_after_a_stop_other_key_operations_are_refused_until_it_is_resumed(filled, made):
    before = sorted(made.keys_dir.iterdir())
    with pytest.raises(Stop):
        reencrypt.reencrypt(filled, _stop)
    for act in (
        lambda: _add(filled),
        lambda: root.survey(filled),
        lambda: key_slots.remove(filled, key_slots.listed(filled)[0]),
    ):
        with pytest.raises(Conflict) as refusal:
            act()
        assert refusal.value.tries == ("integrations key rotate --resume",)
    assert sorted(made.keys_dir.iterdir()) == before
    with sqlite3.connect(made.database) as connection:
        connection.execute("UPDATE key_operation SET pid = 1")  # of a process that is gone

    def told(step, done, total):
        with sqlite3.connect(made.database) as connection:
            assert connection.execute("SELECT pid FROM key_operation").fetchall() == [(os.getpid(),)]

    report = reencrypt.reencrypt(filled, told, resume=True)
    assert report.resumed and report.versions == SITES * 4 - 4
    _add(filled)
    with pytest.raises(Conflict, match="nothing to resume"):
        reencrypt.reencrypt(filled, quiet, resume=True)
    assert everything(made) == expected()


def test_a_website_that_is_removed_or_added_in_the_middle(filled, made):
    with pytest.raises(Stop):
        reencrypt.reencrypt(filled, _stop)
    with filled.writing() as here:
        here.websites.remove("site-0")
        here.websites.rename("site-1", "site-7")
        here.websites.add("late")
    reencrypt.reencrypt(filled, quiet, resume=True)
    assert {slug for slug, _ in everything(made)} == {"site-7", "site-2"}
    assert {state for scope, state, _ in data_keys(made).values() if scope != "audit"} == {"active"}


def _stop(step, done, total):
    raise Stop


def test_a_damaged_cursor_means_from_the_start(filled, made):
    with pytest.raises(Stop):
        reencrypt.reencrypt(filled, _stop)
    with sqlite3.connect(made.database) as connection:
        connection.execute("UPDATE key_operation SET cursor = 'nonsense'")
    reencrypt.reencrypt(filled, quiet)
    assert everything(made) == expected()
    assert {state for scope, state, _ in data_keys(made).values() if scope != "audit"} == {"active"}


SOME = ("blob = zeroblob(163)", """card = replace(card, '"fp": "', '"fp": "0')""")
MORE = ("blob = x'00'", "card = '[1]'", "card = 7", "bound = 'x'", "data_key_id = x'00'", "data_key_id = 'text'")


@pytest.mark.parametrize("damage", [*SOME, *(pytest.param(one, marks=pytest.mark.slow) for one in MORE)])
def test_a_version_that_cannot_be_opened_keeps_its_key_and_nothing_is_mended_silently(filled, made, damage):
    with sqlite3.connect(made.database) as connection:
        connection.execute(f"UPDATE credential_version SET {damage} WHERE rowid = (SELECT min(rowid) FROM credential_version)")
        hurt = connection.execute("SELECT * FROM credential_version WHERE rowid = (SELECT min(rowid) FROM credential_version)").fetchone()
        slug, provider = connection.execute(
            "SELECT w.slug, i.provider FROM integration i JOIN website w ON w.id = i.website_id WHERE i.id = ?", (hurt[0],)
        ).fetchone()
    report = reencrypt.reencrypt(filled, quiet)
    assert report.left == [(slug, provider)] and report.versions == SITES * 4 - 1
    with sqlite3.connect(made.database) as connection:
        now = connection.execute("SELECT * FROM credential_version WHERE integration_id = ? AND version = ?", hurt[:2]).fetchone()
    assert now == hurt, "left exactly as it was"
    assert [state for scope, state, _ in data_keys(made).values() if scope == "website"].count("retired") == 1
    with open_store(made) as store:  # a new value repairs it, and the next run leaves nothing behind
        with store.writing() as here:
            row = here.integrations.get(slug, provider)
            for _ in range(2):  # the second time nothing damaged is kept as previous
                here.integrations.conceal(row, registry.get(provider), value(7, provider))
        assert reencrypt.reencrypt(store, quiet).left == []
    assert {state for scope, state, _ in data_keys(made).values() if scope != "audit"} == {"active"}


def test_versions_of_a_website_without_a_key_in_use_are_left_as_they_are(filled, made):
    """Its key was taken away by hand in the middle: nobody knows what to seal them with, and the old key stays."""
    with pytest.raises(Stop):
        reencrypt.reencrypt(filled, _stop)
    with sqlite3.connect(made.database) as connection:
        (site,) = connection.execute("SELECT id FROM website WHERE slug = 'site-2'").fetchone()
        connection.execute("DELETE FROM data_key WHERE scope_id = ? AND state = 'active'", (site,))
        hurt = connection.execute(
            "SELECT blob FROM credential_version v JOIN integration i ON i.id = v.integration_id WHERE website_id = ?", (site,)
        )
        left = hurt.fetchall()
    report = reencrypt.reencrypt(filled, quiet)
    assert report.left == [("site-2", provider) for provider in sorted(PROVIDERS)]
    assert set(blobs(made)) >= {blob for (blob,) in left}
    assert [one[:2] for one in data_keys(made).values()].count(("website", "retired")) == 1


def damaged_at_the_end(made, step, damage):
    """Somebody writes in the last version, which is sealed anew already, when the old keys are about to go."""

    def told(now, done, total):
        if now == step and done == total:
            with sqlite3.connect(made.database) as connection:
                last = "rowid = (SELECT max(rowid) FROM credential_version)"
                connection.execute(f"UPDATE credential_version SET {damage} WHERE {last}")

    return told


@pytest.mark.parametrize("step", ["re-encrypting", "verifying"])
@pytest.mark.parametrize("damage", ["blob = zeroblob(163)", "blob = x'00'", "blob = substr(blob, 1, 90)"])
def test_a_version_that_is_not_under_its_new_key_at_the_end_stops_it_before_an_old_key_goes(filled, made, step, damage):
    """The row is named; once it is repaired, a second start finishes."""
    before = data_keys(made)
    with pytest.raises(Unreadable) as refusal:
        reencrypt.reencrypt(filled, damaged_at_the_end(made, step, damage))
    assert refusal.value.what == "groq of site-2 does not open under its new key"
    assert refusal.value.why == "version 2; no old key was destroyed"
    assert refusal.value.tries == ("integrations rotate groq -w site-2", "integrations key rotate --resume")
    after = data_keys(made)
    assert set(before) < set(after), "no key is gone"
    with filled.reading() as here:
        assert operations.unfinished(here.session) is not None
    with open_store(made) as store:
        with pytest.raises(Unreadable):
            reencrypt.reencrypt(store, quiet, resume=True)
        with store.writing() as here:
            row = here.integrations.get("site-2", "groq")
            for _ in range(2):  # the second time nothing damaged is kept as previous
                here.integrations.conceal(row, registry.get("groq"), value(2, "groq", 1))
        assert reencrypt.reencrypt(store, quiet, resume=True).left == []
    assert {state for scope, state, _ in data_keys(made).values() if scope != "audit"} == {"active"}


def test_what_is_sealed_anew_is_compared_before_the_commit(filled, made, monkeypatch):
    made_so_far = []

    class Sometimes:
        def __init__(self, key):
            self.decrypt, self._encrypt = AESGCM(key).decrypt, AESGCM(key).encrypt

        def encrypt(self, nonce, plaintext, data):
            made_so_far.append(1)
            wrong = len(plaintext) == 64 and len(made_so_far) % 7 == 0
            return self._encrypt(nonce, b"{}" + b" " * 62 if wrong else plaintext, data)

    monkeypatch.setattr(ciphers, "AESGCM", Sometimes)
    with pytest.raises(Unreadable) as refusal:
        reencrypt.reencrypt(filled, quiet)
    assert re.fullmatch(r"(anthropic|openai|groq) of site-[0-2] does not open under its new key", refusal.value.what)
    assert refusal.value.why.endswith("no old key was destroyed")
    monkeypatch.undo()
    assert everything(made) == expected()


def test_what_the_database_makes_of_it_is_compared_before_the_commit(filled, made):
    with sqlite3.connect(made.database) as connection:
        connection.execute("""CREATE TRIGGER bad AFTER UPDATE OF blob ON credential_version WHEN new.version = 2
            BEGIN UPDATE credential_version SET blob = zeroblob(length(new.blob)) WHERE rowid = new.rowid; END""")
    with pytest.raises(Unreadable) as refusal:
        reencrypt.reencrypt(filled, quiet)
    assert re.fullmatch(r"groq of site-[0-2] does not open under its new key", refusal.value.what)
    with sqlite3.connect(made.database) as connection:
        connection.execute("DROP TRIGGER bad")
    assert everything(made) == expected()


def test_a_broken_log_stops_it_before_anything_is_changed(filled, made):
    with sqlite3.connect(made.database) as connection:
        connection.execute("UPDATE audit_row SET body = replace(body, 'site-1', 'site-x')")
    before = data_keys(made)
    with pytest.raises(Unreadable, match="audit log is broken"):
        reencrypt.reencrypt(filled, quiet)
    assert data_keys(made) == before


@pytest.mark.slow
def test_readers_and_writers_side_by_side(filled, made, monkeypatch):
    """Real threads with stores of their own, as other processes have: nothing fails, nothing is lost."""
    done, faults, written = threading.Event(), [], []

    def reader():
        with open_store(made) as store:
            while not done.is_set():
                with store.reading() as here:
                    for row in here.integrations.all("site-2"):
                        here.integrations.reveal(row)

    def writer(name):
        with open_store(made) as store:
            while not done.is_set():
                with store.writing() as here:
                    slug = f"{name}-{len(written)}"
                    here.websites.add(slug)
                    here.integrations.add(slug, registry.get("openai"), value(50, "openai"), {})
                written.append(slug)
                time.sleep(0.05)  # two loops without a pause would starve anybody

    def guarded(work, *given):
        try:
            work(*given)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=guarded, args=one) for one in ((reader,), (writer, "a"), (writer, "b"))]
    for thread in threads:
        thread.start()
    monkeypatch.setattr(reencrypt, "WORKING", 0.0)  # small batches: a turn for others after each
    with open_store(made) as store:
        reencrypt.reencrypt(store, quiet)
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert written
    assert everything(made) == expected() | {(slug, "openai"): value(50, "openai") for slug in written}
    assert {state for scope, state, _ in data_keys(made).values() if scope != "audit"} == {"active"}


def test_the_log_names_a_field_as_changed_only_when_its_value_changed(filled, made):
    """In the middle of it the stored fingerprint is of the old key: the same value is still the same value."""
    with pytest.raises(Stop):
        reencrypt.reencrypt(filled, _stop)
    with filled.writing() as here:
        for site in range(SITES):
            row = here.integrations.get(f"site-{site}", "openai")
            here.integrations.conceal(row, registry.get("openai"), value(site, "openai"))
    rows = trail.newest(filled.path, trail.Wanted(provider="openai", action="credential.set"), 20)
    assert len(rows) == SITES and not any(row.get("fields") for row in rows)


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_keys_are_replaced_some_at_a_time_each_once(filled, made, monkeypatch, pieces):
    monkeypatch.setattr(resealing, "AT_ONCE", pieces)
    before = data_keys(made)
    with pytest.raises(Stop):
        reencrypt.reencrypt(filled, _stop)
    after = data_keys(made)
    kinds = sorted((scope, state) for scope, state, _ in after.values())
    assert kinds == [
        *([("audit", "active"), ("audit", "retired"), ("fingerprint", "active"), ("fingerprint", "retired")]),
        *([("website", "active")] * SITES + [("website", "retired")] * SITES),
    ]
    assert {ident for ident, one in after.items() if one[1] == "retired"} == set(before)


def test_no_key_is_known_in_memory_that_is_gone(filled):
    before = set(filled.keys._open)
    reencrypt.reencrypt(filled, quiet)
    with filled.reading() as here:
        for row in here.integrations.all():
            here.integrations.reveal(row)
    assert len(filled.keys._open) == SITES + 3 and len(before & set(filled.keys._open)) == 1  # the old audit key


def test_a_batch_walks_the_file_and_sorts_nothing(filled, made):
    """Otherwise each batch would look at every version there is."""
    with sqlite3.connect(made.database) as connection:
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {resealing._BATCH}", (0, 1000))]
        assert steps[0].startswith("SEARCH v USING INTEGER PRIMARY KEY") and not any("ORDER BY" in step for step in steps), steps


def test_rows_that_were_numbered_anew_meanwhile_are_not_passed_over(filled, made):
    """The cursor is a row number, which SQLite may change in a VACUUM of another writer: here by hand, as its versions of today do not."""
    seen = []

    def told(step, done, total):
        seen.append(done)
        if len(seen) == 1:
            with sqlite3.connect(made.database) as connection:
                (cursor,) = connection.execute("SELECT cursor FROM key_operation WHERE kind = 'reencrypt'").fetchone()
                moved = connection.execute("UPDATE credential_version SET rowid = -rowid WHERE rowid > ? + 3", (int(cursor),)).rowcount
                assert moved == SITES * 4 - 7

    report = reencrypt.reencrypt(filled, told)
    assert seen[0] == 4
    assert report.versions == SITES * 4 and report.left == []
    assert everything(made) == expected()
    assert {state for scope, state, _ in data_keys(made).values() if scope != "audit"} == {"active"}


def put_back(made, columns):
    """The data key of the last version, and a way to write what it was into its row again just before the old keys go."""
    with sqlite3.connect(made.database) as connection:
        connection.execute("CREATE TABLE old AS SELECT * FROM credential_version WHERE rowid = (SELECT max(rowid) FROM credential_version)")
        (needed,) = connection.execute("SELECT data_key_id FROM old").fetchone()

    def told(step, done, total):
        if step == "verifying":
            with sqlite3.connect(made.database) as connection:
                where = "v.integration_id = old.integration_id AND v.version = old.version"
                assert connection.execute(f"UPDATE credential_version AS v SET {columns} FROM old WHERE {where}").rowcount == 1
                connection.execute("DROP TABLE old")

    return needed, told


def test_an_old_version_that_comes_back_before_the_end_keeps_its_key(filled, made):
    """Nothing is opened a second time at the end, yet no key goes that a row or a seal names."""
    needed, told = put_back(made, "blob = old.blob, card = old.card, data_key_id = old.data_key_id")
    report = reencrypt.reencrypt(filled, told)
    assert [ident for ident, (scope, state, _) in data_keys(made).items() if (scope, state) == ("website", "retired")] == [needed]
    assert report.left == [("site-2", "groq")]
    assert everything(made) == expected()


def test_an_old_seal_that_comes_back_before_the_end_stops_it(filled, made):
    needed, told = put_back(made, "blob = old.blob")
    with pytest.raises(Unreadable, match="groq of site-2 does not open under its new key"):
        reencrypt.reencrypt(filled, told)
    assert needed in data_keys(made)


@given(
    ids=some.tuples(some.binary(max_size=20), some.binary(max_size=20)),
    version=some.integers(0, 2**40),
    provider=some.text(max_size=9),
    bound=some.dictionaries(some.sampled_from(["base_url", "region"]), some.none() | some.text(max_size=9)),
)
def test_where_a_version_belongs_is_what_the_vault_says(ids, version, provider, bound):
    expected = vault.credential_aad(b"s" * 16, ids[0], ids[1], version, provider, vault.destination_hash(bound))
    assert moulds.place(b"s" * 16, ids[0], ids[1], version, provider, json.dumps(bound)) == expected
