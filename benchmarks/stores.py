"""Scratch stores for the benchmarks: real ones, made by the tool's own rooms; large ones filled by SQL with rows of the same shape."""

import json
import os
import sqlite3
from pathlib import Path

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store

PROVIDERS = ("anthropic", "brevo", "cohere", "deepseek", "groq", "klaviyo", "mistral", "openai", "postmark", "sendgrid")


def real(home: Path, websites: int, slot: str = "file") -> configuration.Config:
    """Websites with one integration each, sealed and logged; the key in a file, or in another slot."""
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, slot, recovery=False).commit()
    with open_store(config) as store, store.writing() as here:
        for at in range(websites):
            here.websites.add(f"w{at:07}", None)
            here.integrations.add(f"w{at:07}", registry.get("anthropic"), {"api_key": Secret(f"sk-{at}-0123456789EXAMPLE")}, {})
    return config


def padded(config: configuration.Config, integrations: int) -> None:
    """Further websites with ten integrations each, up to so many in all; their seals are of the right size, and open nowhere."""
    now = "2026-11-26T00:00:00Z"
    card = json.dumps({"api_key": {"hint": "MPLE", "fp": "0123456789abcdef" * 2}})
    with sqlite3.connect(config.database) as connection:
        there = connection.execute("SELECT count(*) FROM integration").fetchone()[0]
        sites = [(os.urandom(16), f"x{at:07}") for at in range(max(0, integrations - there) // len(PROVIDERS))]
        rows = [(os.urandom(16), website, name) for website, _ in sites for name in PROVIDERS]
        connection.executemany("INSERT INTO website VALUES (?, ?2, ?2, ?3)", [(*site, now) for site in sites])
        connection.executemany(
            "INSERT INTO integration (id, website_id, category, provider, settings, enabled, created_at, updated_at) "
            "VALUES (?, ?, 'ai', ?, '{}', 1, ?4, ?4)",
            [(*row, now) for row in rows],
        )
        connection.executemany(
            "INSERT INTO credential_version (integration_id, version, state, data_key_id, blob, bound, card, created_at, actor) "
            "VALUES (?, 1, 'active', zeroblob(16), zeroblob(163), '{}', ?, ?, 'benchmark')",
            [(row[0], card, now) for row in rows],
        )
    connection.close()
