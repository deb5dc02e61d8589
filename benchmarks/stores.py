"""Scratch stores for the benchmarks: real ones, made by the tool's own rooms; and some filled by SQL with rows of the same shape.

    python benchmarks/stores.py HOME 1000000

makes a real one with so many integrations, which takes about three minutes.
"""

import json
import os
import sqlite3
import sys
from pathlib import Path

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store
from integrations_cli.store.bulk import New

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


def filled(config: configuration.Config, integrations: int) -> None:
    """The same, but real: each sealed under the key of its website, marked and logged. About 150 µs each."""
    definitions = [registry.get(name) for name in PROVIDERS]
    with open_store(config) as store:
        with store.reading() as here:
            there = len(here.integrations.all())
        sites = [f"x{at:07}" for at in range(max(0, integrations - there) // len(PROVIDERS))]
        for at in range(0, len(sites), 100):
            with store.writing() as here:
                here.websites.add_missing(sites[at : at + 100])
                ids = here.websites.ids(sites[at : at + 100])
                here.bulk.add(
                    (
                        New(ident, one, {one.credentials[0].name: Secret(f"key-{slug}-{one.name}-0123456789EXAMPLE")}, {})
                        for slug, ident in ids.items()
                        for one in definitions
                    ),
                    "integration.added",
                )


if __name__ == "__main__":
    filled(real(Path(sys.argv[1]), 10), int(sys.argv[2]))
