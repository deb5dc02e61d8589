"""Columns of the websites table where the reference application kept keys before it had integrations (MIGRATION.md §3.6)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from integrations_cli import registry
from integrations_cli.errors import NotFound, Unreadable
from integrations_cli.provider import Provider
from integrations_cli.sources.database import Row, text_of
from integrations_cli.sources.finding import Entry, Fault, Ignored, Reading
from integrations_cli.sources.rails_rows import file, sort, truth

FIELDS: Mapping[str, tuple[str, str]] = {
    "maps_api_key": ("google_maps", "api_key"),
    "ga4_measurement_id": ("google_analytics", "measurement_id"),
    "analytics_id": ("google_analytics", "measurement_id"),
    "posthog_api_key": ("posthog", "project_api_key"),
    "posthog_host": ("posthog", "host"),
    "twilio_account_sid": ("twilio", "account_sid"),
    "twilio_auth_token": ("twilio", "auth_token"),
    "twilio_phone_number": ("twilio", "from_number"),
    "ntfy_access_token": ("ntfy", "access_token"),
    "ntfy_topic_prefix": ("ntfy", "topic_prefix"),
    "ntfy_server_url": ("ntfy", "server_url"),
    "gtm_container_id": ("google_tag_manager", "container_id"),
}
SWITCHES = {"twilio": "twilio_enabled", "ntfy": "ntfy_enabled"}
FEED, FEED_PROVIDER, FEED_SWITCH = "external_feed_config", "external_feed_provider", "external_feed_enabled"
NEVER = "recaptcha_key"
COLUMNS = (*FIELDS, *SWITCHES.values(), FEED, FEED_PROVIDER, FEED_SWITCH, NEVER)
_DEFAULTS = {"ntfy_server_url": "https://ntfy.sh"}  # what the table itself fills in says nothing
_DEAD = re.compile(r"UA-.*", re.IGNORECASE)
_CONTAINER = re.compile(r"GTM-.*", re.IGNORECASE)


@dataclass
class Columns:
    """Reads the columns of one website after another. The integrations rows come first, columns fill gaps.

    `taken` is what the rows hold: (website, provider, field) → the value, to be compared.
    """

    reading: Reading
    taken: Mapping[tuple[str, str], Mapping[str, str]]
    only: tuple[str, ...] = ()

    def add(self, row: Row, table: str, key: object, website: str) -> None:
        """One website."""
        for column, (provider, name) in FIELDS.items():
            if column in row:
                self._one(row[column], column, f"{table}:{key} {column}", website, provider, name)
        for provider, switch in SWITCHES.items():
            tokens = [column for column, (owner, _) in FIELDS.items() if owner == provider and column not in _DEFAULTS]
            if any(_filled(row.get(column)) for column in tokens) and _known(provider) and (website, provider) not in self.taken:
                on = truth(row.get(switch))
                self.reading.entries.append(Entry(provider, f"{table}:{key} {switch}", website, bool(on)))
        if _filled(row.get(NEVER)):
            self._left(f"{table}:{key} {NEVER}", "never_migrated", website)
        self._feed(row, f"{table}:{key} {FEED}", website)

    def _one(self, cell: object, column: str, place: str, website: str, provider: str, name: str) -> None:
        try:
            text = text_of(cell)
        except Unreadable as error:
            self.reading.faults.append(Fault(place, error.reason, error.what, provider, name, website, "unreadable"))
            return
        if text is None or text == "" or text == _DEFAULTS.get(column):
            return
        self.reading.names += 1
        definition = _known(provider)
        rows = self.taken.get((website, provider), {})
        if provider == "google_analytics" and (_DEAD.match(text.strip()) or _CONTAINER.match(text.strip())):
            self._left(place, "retired_product" if _DEAD.match(text.strip()) else "no_such_provider", website)
        elif definition is None or all(one.name != name for one in definition.fields):
            self._left(place, "no_such_provider", website)
        elif self.only and definition.name not in self.only:
            self._left(place, "not_asked_for", website)
        elif name in rows and rows[name].strip() != text.strip() and text.strip():
            self._left(place, "row_wins", website)
            self.reading.entries.append(Entry(definition.name, place, website, notes=("row_wins",)))
        else:
            for found in sort(place, website, definition.name, definition, name, text, typed=True):
                file(self.reading, found)

    def _feed(self, row: Row, place: str, website: str) -> None:
        """`external_feed_config`, JSON: only for a plug-in provider of the name that stands beside it."""
        try:
            named, text = text_of(row.get(FEED_PROVIDER)), text_of(row.get(FEED))
            values = json.loads(text or "{}")
        except (Unreadable, ValueError, RecursionError):
            self._left(place, "no_such_provider", website)
            return
        if not isinstance(values, dict) or not any(isinstance(one, str) and one.strip() for one in values.values()):
            return
        definition = _known(named or "")
        if definition is None or (self.only and definition.name not in self.only):
            self._left(place, "no_such_provider" if definition is None else "not_asked_for", website)
            return
        self.reading.entries.append(Entry(definition.name, place, website, truth(row.get(FEED_SWITCH)) is not False))
        for name, value in values.items():
            for found in sort(place, website, definition.name, definition, name, value, typed=True):
                file(self.reading, found)

    def _left(self, place: str, reason: str, website: str) -> None:
        self.reading.ignored.append(Ignored(place, reason, website))


def _known(name: str) -> Provider | None:
    try:
        return registry.get(name) if name else None
    except NotFound:
        return None


def _filled(cell: object) -> bool:
    return bool(cell.strip()) if isinstance(cell, str | bytes) else False
