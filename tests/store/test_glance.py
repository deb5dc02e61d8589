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


def test_nothing_heavy_is_imported():
    program = "import sys, integrations_cli.store.glance, integrations_cli.actions.list; print(sorted({name.partition('.')[0] for name in sys.modules}))"
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
