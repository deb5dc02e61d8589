"""Small databases of applications, made for one test."""

import json
import sqlite3
from contextlib import closing

from tests.sources.rails.test_formats import seal

from integrations_cli.masking import Secret
from integrations_cli.sources.rails.keyring import Keyring

PRIMARY, SALT = "legacy-primary-key-EXAMPLE", "legacy-salt-EXAMPLE"
KEYS = {"PRIMARY": PRIMARY, "SALT": SALT}
GIVEN = ("--secret-env", "primary_key=PRIMARY", "--secret-env", "key_derivation_salt=SALT")
MAPS = "AIzaSy{0:04d}abcdefghijklmnopqrstuvEXAMPLE"
WEBSITES = """CREATE TABLE pwb_websites (id INTEGER PRIMARY KEY, subdomain TEXT, custom_domain TEXT, maps_api_key TEXT, analytics_id TEXT,
 ga4_measurement_id TEXT, twilio_account_sid TEXT, twilio_auth_token TEXT, twilio_phone_number TEXT, twilio_enabled INTEGER,
 posthog_api_key TEXT, ntfy_access_token TEXT, ntfy_enabled INTEGER, external_feed_config TEXT, external_feed_provider TEXT, recaptcha_key TEXT)"""
ROWS = """CREATE TABLE pwb_website_integrations (id INTEGER PRIMARY KEY, website_id INTEGER, category TEXT, provider TEXT, credentials TEXT,
 settings TEXT, enabled)"""
_RING = None


def key():
    """The derived key that seals the rows of a test."""
    global _RING
    _RING = _RING or Keyring.derive([Secret(PRIMARY)], Secret(SALT))
    return _RING.keys[0]


def sealed(values, **headers):
    return seal(values if isinstance(values, str) else json.dumps(values), key(), **headers)


def database(path, *, rows=(), websites=({"id": 1, "subdomain": "acme"},), more=()):
    """An SQLite file. `rows` are (website_id, category, provider, credentials[, settings[, enabled]])."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(WEBSITES)
        connection.execute(ROWS)
        for website in websites:
            names = ", ".join(website)
            connection.execute(f"INSERT INTO pwb_websites ({names}) VALUES ({', '.join('?' * len(website))})", list(website.values()))
        for number, row in enumerate(rows, 1):
            connection.execute("INSERT INTO pwb_website_integrations VALUES (?,?,?,?,?,?,?)", (number, *row, *("{}", 1)[len(row) - 4 :]))
        for statement in more:
            connection.execute(statement)
        connection.commit()
    return str(path)
