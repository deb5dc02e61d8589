"""What is read without a key is what the models say; nothing heavy is imported for it."""

import random
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.actions import list as listing
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome
from integrations_cli.store import glance

WORDS = ("ok", "limited", "rejected", "misconfigured", "rate_limited", "unreachable", "untestable")


@pytest.mark.parametrize("seed", range(6))
def test_a_glance_equals_the_models(store, seed):
    chosen = random.Random(seed)
    with store.writing() as here:
        for website in ("acme", "beta"):
            for definition in registry.all():
                if chosen.random() < 0.6:
                    values = {name: Secret(text) for name, text in keys.GOOD[definition.name].items()} if chosen.random() < 0.8 else {}
                    if values and chosen.random() < 0.3:
                        values.pop(next(iter(values)))
                    outcome = Outcome(chosen.choice(WORDS)) if chosen.random() < 0.5 else None
                    row = here.integrations.add(website, definition, values, {}, enabled=chosen.random() < 0.8, outcome=outcome)
                    if values and chosen.random() < 0.5:
                        here.integrations.remember(
                            row, Outcome(chosen.choice(WORDS), account="Acme"), datetime.now(UTC), here.integrations.version(row)
                        )
                    if chosen.random() < 0.1:
                        here.integrations.mark_unreadable(row)
                    if chosen.random() < 0.5:
                        here.integrations.used(row, datetime.now(UTC))
    with store.reading() as here:
        expected = [here.integrations.card(row, registry.get(row.provider)) for row in here.integrations.all()]
    assert [listing.complete(card) for card in glance.cards(store.path)] == expected
    assert {card.but(missing=()).status for card in expected} <= {
        "disabled",
        "unreadable",
        "error",
        "not_configured",
        "incomplete",
        "untested",
        "connected",
    }


@pytest.mark.parametrize("seed", range(4))
def test_what_is_due_is_what_a_look_at_every_card_finds(store, seed):
    chosen = random.Random(seed)
    days = [f"2026-{month:02}-01T00:00:00Z" for month in range(1, 13)]
    with store.writing() as here:
        for definition in registry.all():
            values = {name: Secret(text) for name, text in keys.GOOD[definition.name].items()} if chosen.random() < 0.8 else {}
            here.integrations.add(chosen.choice(["acme", "beta"]), definition, values, {}, enabled=chosen.random() < 0.8)
    with sqlite3.connect(store.path) as connection:
        for (ident,) in connection.execute("SELECT id FROM integration").fetchall():
            times = (chosen.choice([None, *days]), chosen.choice([None, *days]), chosen.choice(days), ident)
            connection.execute("UPDATE integration SET expires_at = ?, last_used_at = ?, created_at = ? WHERE id = ?", times)
            connection.execute("UPDATE credential_version SET created_at = ? WHERE integration_id = ?", (chosen.choice(days), ident))
    expires, changed, used = chosen.choice(days), chosen.choice([None, *days]), chosen.choice([None, *days])

    def is_due(card):
        mark = next(iter(card.credentials.values()))
        soon = card.expires_at is not None and card.expires_at <= expires
        old = changed is not None and mark.changed_at <= changed
        return soon or old or (used is not None and (card.used_at or card.created_at) <= used)

    expected = [card for card in glance.cards(store.path) if card.enabled and card.credentials and is_due(card)]
    assert glance.due(store.path, None, expires, changed, used) == expected
    assert glance.due(store.path, "acme", expires, changed, used) == [card for card in expected if card.website == "acme"]


def test_nothing_heavy_is_imported():
    program = "import sys, integrations_cli.store.glance, integrations_cli.actions.list, integrations_cli.actions.due; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    for heavy in ("sqlmodel", "sqlalchemy", "pydantic", "cryptography", "httpx", "keyring", "typer", "rich", "questionary"):
        assert f"'{heavy}'" not in out


@pytest.mark.parametrize("column", ["card", "settings", "bound", "blob", "outcome", "created_at"])
def test_one_damaged_column_never_breaks_a_list(store, column):
    with store.writing() as here:
        here.integrations.add("acme", registry.get("anthropic"), {"api_key": Secret(keys.ANTHROPIC)}, {})
        here.integrations.add("beta", registry.get("anthropic"), {"api_key": Secret(keys.ANTHROPIC)}, {})
    table = "integration" if column == "settings" else "credential_version"
    with sqlite3.connect(store.path) as connection:
        connection.execute(f"UPDATE {table} SET {column} = '{{\"broken' WHERE rowid = 1")
    assert [card.website for card in glance.cards(store.path)] == ["acme", "beta"]


def test_it_creates_nothing(tmp_path):
    with pytest.raises(Exception, match="no store yet"):
        glance.cards(tmp_path / "store.db")
    assert list(tmp_path.iterdir()) == []
