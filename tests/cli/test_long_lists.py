"""Long lists go out page by page without cards: the same bytes as before, and nothing is held open while a pipe is slow."""

import csv
import io
import json
import random
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations_cli import registry
from integrations_cli.access import Principal, acting
from integrations_cli.actions import lines
from integrations_cli.actions import list as listing
from integrations_cli.cli.view import cards as view
from integrations_cli.cli.view import formats, listed
from integrations_cli.cli.view import out as screens
from integrations_cli.masking import safe
from integrations_cli.store import glance, pages

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WORDS = (None, None, "ok", "limited", "rejected", "unreachable", "", "=cmd\t\x1b[31m", "gone\u202e")
TIMES = (None, "", "2026-11-01T00:00:00Z", "2026-11-27T00:00:00Z", "2027-03-01T00:00:00Z", "yesterday")
HOSTILE = ("acme", "beta", "Ünï\u200bcode", "-=formula", "tab\there", "back\\slash", "\x1b[2Jnot", "z'quote\"s")
FP = "c0ffee11" * 4
FORMATS = ("tsv", "csv", "ndjson", "json")


def mark(chosen):
    one = {"hint": chosen.choice([None, "Qx7A", "\u202eab", "a\\nb", "=1+1"]), "fp": FP}
    damaged = [{"hint": 7, "fp": FP}, {"fp": FP}, {"hint": None}, {"hint": "abcd", "fp": 5}, "text", None]
    return {**one, "since": chosen.choice(["2026-01-01T00:00:00Z", 4])} if chosen.random() < 0.9 else chosen.choice(damaged)


def stored(chosen, provider):
    """The column `card` of a version: mostly what we write, sometimes whatever a disk makes of it."""
    if chosen.random() < 0.1:
        return chosen.choice(
            ["", "{}", "[]", "null", '{"broken', " {} ", "\ufeff{}", "[" * 90_000, '{"a": {"hint": null, "fp": "' + FP + '"}} ']
        )
    outline = registry.outline(provider)
    names = [name for name, _ in outline.credentials] if outline else ["api_key", "account_id"]
    return json.dumps({name: mark(chosen) for name in names if chosen.random() < 0.85})


def fill(path, seed, rows):
    """Rows of every shape, sound and damaged, straight into the tables."""
    chosen = random.Random(seed)
    providers = [*registry.built_in(), "nobody_knows"]
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = off")
        made = [(chosen.randbytes(16), slug) for slug in [*HOSTILE, *(f"site-{at:03}" for at in range(rows // 12))]]
        connection.executemany("INSERT OR IGNORE INTO website VALUES (?, ?2, ?2, '2026-01-01T00:00:00Z')", made)
        sites = connection.execute("SELECT id, slug FROM website").fetchall()
        there = [(site, chosen.choice(["ai", "email", "x\ty"]), name) for site, _ in sites for name in providers]
        for site, category, name in chosen.sample(there, min(rows, len(there))):
            ident, version = chosen.randbytes(16), chosen.choice([None, 1, 2])
            settings = chosen.choice(["{}", "{}", '{"max_tokens": 4}', '{"account_id": "1", "bucket": "b"}', '{"broken', "[1]"])
            values = (ident, site, category, name, settings, chosen.choice([1, 1, 1, 0]), *(chosen.choice(TIMES) for _ in range(3)))
            error = (chosen.choice(WORDS), version or 1, chosen.choice(TIMES), chosen.choice(["", *TIMES[2:]]), chosen.choice(TIMES[1:]))
            connection.execute(
                "INSERT INTO integration (id, website_id, category, provider, settings, enabled, last_used_at, expires_at, unreadable_since,"
                " last_error_outcome, last_error_version, last_error_at, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    *values[:8],
                    values[8] if chosen.random() < 0.1 else None,
                    *(error if chosen.random() < 0.3 else (None, None, None, *error[3:])),
                ),
            )
            if version:
                said = (chosen.choice(WORDS), chosen.choice(TIMES), chosen.choice([None, "ok", "limited", "rejected"]))
                connection.execute(
                    "INSERT INTO credential_version (integration_id, version, state, data_key_id, blob, bound, card, outcome, outcome_at, verdict,"
                    " created_at, actor) VALUES (?, ?, 'active', x'00', x'00', '{}', ?, ?, ?, ?, '2026-02-01T00:00:00Z', 'test')",
                    (ident, version, stored(chosen, name), *said),
                )
    connection.close()


def printed(work, **options):
    """What a command prints to both streams, or the class of its refusal."""
    stdout, stderr = io.StringIO(), io.StringIO()
    work(screens.Out(screens.Options(**options), {}, stdout, stderr, lambda: NOW))
    return stdout.getvalue(), stderr.getvalue()


def by_cards(place, websites, provider, wanted):
    """All cards first, as a table needs them."""
    return lambda out: view.listing(out, websites or ["acme"], wanted.of(listing.cards(place, websites, provider)), websites is None)


def by_pages(place, websites, provider, wanted):
    def work(out):
        if out.json_mode:
            view.items(out, listing.card_pages(place, websites, provider, wanted))
        else:
            listed.streamed(out, websites or ["acme"], lines.lines(place, websites, provider, wanted), websites is None)

    return work


def choices(chosen):
    """Which websites and provider, and what is wanted of them."""
    status = chosen.choice([None, None, "error", "incomplete", "unreadable", "connected"])
    days = (chosen.choice([None, None, timedelta(days=14)]), chosen.choice([None, None, timedelta(days=10)]))
    wanted = listing.wanted(chosen.choice([None, None, "ai"]), status, *days, lambda: NOW)
    return chosen.choice([None, None, ["acme"], ["beta", HOSTILE[2]]]), chosen.choice([None, None, None, "openai"]), wanted


def compare(path, seed):
    chosen = random.Random(seed)
    fields = chosen.choice([(), (), ("provider", "status"), ("hint", "key", "website"), ("key",)])
    for shape in FORMATS:
        found = choices(chosen)
        there = (
            tuple(name for name in fields if name not in {"key", "hint"}) if "json" in shape else fields
        )  # no item of JSON has these two
        options = {"format": shape, "fields": there, "header": chosen.random() < 0.7}
        assert printed(by_pages(path, *found), **options) == printed(by_cards(path, *found), **options)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_bytes_with_and_without_cards(store, seed, monkeypatch):
    monkeypatch.setattr(pages, "FIRST", 7)
    monkeypatch.setattr(pages, "SIZE", 23)
    fill(store.path, seed, 150)
    for turn in range(4):
        compare(store.path, f"{seed}.{turn}")


CELLS = st.one_of(st.none(), st.booleans(), st.text("a\t\n\\\x1b\x7fé", max_size=3))


@given(st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=4))
def test_a_page_is_written_as_its_lines_are(rows):
    lines = ["\t".join(formats.tsv(formats.plain(cell)) for cell in row) + "\n" for row in rows]
    assert formats.tsv_lines(rows) == "".join(lines)


@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.booleans(), st.text('a ,"=+\t\n\\\x1b\x7fé', max_size=3)), min_size=1, max_size=3), max_size=4
    )
)
def test_a_page_of_csv_is_written_as_its_cells_are(rows):
    whole = io.StringIO()
    writer = csv.writer(whole, lineterminator="\n")
    for row in rows:
        writer.writerow([formats.no_formula(safe(formats.plain(cell), None)) for cell in row])
    assert formats.csv_lines(rows) == whole.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 140))
def test_the_same_bytes_in_many_stores(store, seed, monkeypatch):
    monkeypatch.setattr(pages, "FIRST", 1 + seed % 11)
    monkeypatch.setattr(pages, "SIZE", 1 + seed % 37)
    fill(store.path, seed, 60 + seed)
    for turn in range(12):
        compare(store.path, f"{seed}.{turn}")


@pytest.mark.parametrize(
    "column", ["website.slug", "integration.category", "integration.provider", "integration.settings", "credential_version.card"]
)
@pytest.mark.parametrize("shape", FORMATS)
def test_bytes_that_are_no_text_lose_no_row(store, monkeypatch, column, shape):
    monkeypatch.setattr(pages, "FIRST", 5)
    monkeypatch.setattr(pages, "SIZE", 9)
    fill(store.path, 9, 120)
    table, name = column.split(".")
    with sqlite3.connect(store.path) as connection:
        connection.execute(f"UPDATE {table} SET {name} = cast(x'6162ff' || randomblob(2) || x'ff' AS TEXT) WHERE rowid % 17 = 3")
    connection.close()
    everything = (store.path, None, None, listing.Wanted())
    assert printed(by_pages(*everything), format=shape) == printed(by_cards(*everything), format=shape)


def test_websites_without_a_role_are_on_no_page(store, monkeypatch):
    monkeypatch.setattr(pages, "FIRST", 3)
    monkeypatch.setattr(pages, "SIZE", 4)
    fill(store.path, 3, 200)
    with sqlite3.connect(store.path) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(access_grant)")]
        assert {"principal", "website_id", "role"} <= set(columns)
        made = {"principal": "'uid:4242'", "website_id": "id", "role": "'viewer'"}
        texts = ", ".join(made.get(name, "'2026-01-01T00:00:00Z'") for name in columns)
        connection.execute(f"INSERT INTO access_grant SELECT {texts} FROM website WHERE slug IN ('acme', 'site-003')")
    connection.close()
    everything = (store.path, None, None, listing.Wanted())
    with acting(Principal(4242, "viewer")):
        seen = printed(by_pages(*everything), format="csv")
        assert seen == printed(by_cards(*everything), format="csv")
    assert {row["website"] for row in csv.DictReader(io.StringIO(seen[0]))} == {"acme", "site-003"}


def test_others_write_while_a_reader_is_slow(store, monkeypatch):
    monkeypatch.setattr(pages, "FIRST", 10)
    monkeypatch.setattr(pages, "SIZE", 10)
    fill(store.path, 4, 100)
    before = [card.id for card in glance.cards(store.path)]
    seen = []
    for turn, page in enumerate(pages.pages(store.path, (*pages.KEY, "id"))):
        seen += [row[3] for row in page]
        writer = sqlite3.connect(store.path, timeout=0)
        with writer:  # raises `database is locked` while a reader holds the file
            writer.execute("INSERT INTO website VALUES (randomblob(16), ?1, ?1, '2026-01-01T00:00:00Z')", (f"new-{turn}",))
        writer.close()
    assert turn > 5
    assert seen == before


def test_what_stays_is_shown_once_whatever_comes_and_goes(store, monkeypatch):
    monkeypatch.setattr(pages, "FIRST", 10)
    monkeypatch.setattr(pages, "SIZE", 10)
    fill(store.path, 5, 100)
    before = [card.id for card in glance.cards(store.path)]
    seen, removed = [], set()
    for page in pages.pages(store.path, (*pages.KEY, "id")):
        seen += [row[3] for row in page]
        if page:  # the last one that was read, where the next page begins, and one that is still to come
            gone = {page[-1][3], *[one for one in before if one not in seen][4:5]}
            with sqlite3.connect(store.path) as writer:
                writer.executemany("DELETE FROM integration WHERE lower(hex(id)) = ?", [(one,) for one in gone])
            writer.close()
            removed |= gone
    assert len(seen) == len(set(seen))
    assert set(before) - removed <= set(seen) <= set(before)
