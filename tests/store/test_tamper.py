"""Every byte of every ciphertext and wrapped key of a store, and every ciphertext in the place of every other (SECURITY.md, G3 and G4)."""

import random
from dataclasses import dataclass

import pytest
from sqlmodel import select
from tests import keys
from tests.store.test_vault import changed, reason_at

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.errors import Unreadable
from integrations_cli.masking import Secret
from integrations_cli.store import create, open_store, slots, vault
from integrations_cli.store.key_rows import active_slots, data_key_aad
from integrations_cli.store.tables import CredentialVersion, DataKey
from integrations_cli.store.versions import Versions

NAMES = ("openai", "anthropic", "stripe", "paypal", "hubspot", "sendgrid", "mailchimp", "zoho", "groq", "mistral", "cohere")
WEBSITES = tuple(f"w{number}" for number in range(6))


@dataclass(frozen=True)
class Seal:
    """One ciphertext of a store, and the only place where it opens."""

    what: str
    blob: bytes
    key: bytes
    key_id: bytes
    aad: bytes

    def opens(self, blob=None, aad=None):
        """`opened`, or the reason why not; any other exception fails the test."""
        try:
            vault.open_(self.key, self.key_id, self.blob if blob is None else blob, self.aad if aad is None else aad)
        except Unreadable as error:
            return error.reason
        return "opened"


def fill(home, providers, times):
    """A store with six websites; each credential is set `times` times."""
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=True).commit()
    found = []
    with open_store(config) as store:
        with store.writing() as here:
            for slug in WEBSITES:
                here.websites.add(slug, None)
                for name in providers:
                    here.integrations.add(slug, registry.get(name), secrets(name, 1), {})
        found += sealed(store)
        for number in range(2, times + 1):
            with store.writing() as here:
                for row in here.integrations.all():
                    here.integrations.conceal(row, registry.get(row.provider), secrets(row.provider, number))
            found += [one for one in sealed(store) if one.what.startswith("credential") and one not in found]
    return found


def secrets(name, number):
    return {field: Secret(f"{text}{number}") for field, text in keys.GOOD[name].items()}


def sealed(store):
    """What lies in the database, with its key and its place."""
    found = []
    with store.reading() as here:
        session, ring = here.session, store.keys
        store.verify()
        for slot in (row for row in active_slots(session) if row.kind == "file"):
            key = slots.kind("file").unlock(ring.place, slot.id, slot.locator, slot.params)
            where = vault.aad("root-key", store.id, b"file", slot.root_key_id)
            found.append(Seal("slot", slot.wrapped_root, key, slot.id, where))
        for row in session.exec(select(DataKey)):
            found.append(Seal("data key", row.wrapped, ring._root, row.root_key_id, data_key_aad(store.id, row)))
        versions = Versions(session, ring, store.clock)
        owners = {row.id: row for row in here.integrations.all()}
        for row in session.exec(select(CredentialVersion).where(CredentialVersion.state == "active")):
            place = versions._aad(owners[row.integration_id], row.version, row.bound)
            found.append(Seal(f"credential {row.version}", row.blob, ring.by_id(session, row.data_key_id), row.data_key_id, place))
    return found


@pytest.fixture(scope="module")
def one_store(tmp_path_factory):
    """66 credentials of 6 websites, 8 data keys, 1 slot that can be opened here."""
    return fill(tmp_path_factory.mktemp("one"), NAMES, 1)


def test_every_seal_opens_in_its_own_place(one_store):
    assert [one.what.split()[0] for one in one_store] == ["slot"] + ["data"] * 8 + ["credential"] * 66
    assert {one.opens() for one in one_store} == {"opened"}


def tamper(seals, changes):
    tried = 0
    for one in seals:
        for at in range(len(one.blob)):
            for change in changes(at):
                assert one.opens(changed(one.blob, at, change)) == reason_at(at), (one.what, at, change)
                tried += 1
    return tried


def test_some_changes_of_every_byte_of_every_seal(one_store):
    """Each byte of each ciphertext with one bit turned, and all 255 changes of one credential and of one wrapped key."""
    chosen = random.Random(11)
    tried = tamper(one_store, lambda at: (1 << chosen.randrange(8),))
    tried += tamper(one_store[1:2] + one_store[-1:], lambda at: range(1, 256))
    assert tried >= 75_000


@pytest.mark.slow
def test_every_byte_times_255_of_every_seal(one_store):
    assert tamper(one_store, lambda at: range(1, 256)) >= 3_700_000


def test_cuts_and_splices_of_the_seals_of_one_store(one_store):
    chosen = random.Random(12)
    for one in one_store:
        other = chosen.choice([seal for seal in one_store if seal is not one])
        for at in chosen.sample(range(1, len(one.blob)), 40):
            assert one.opens(one.blob[:at]) != "opened"
            assert one.opens(one.blob[at:]) != "opened"
            for spliced in (one.blob[:at] + other.blob[at:], other.blob[:at] + one.blob[at:]):
                assert one.opens(spliced) != "opened" or spliced == one.blob  # two of one key begin with the same 19 bytes


# ── the swap matrix: 6 websites × 6 integrations × 3 versions ──


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    """108 credentials, and the wrapped keys."""
    return fill(tmp_path_factory.mktemp("matrix"), NAMES[:6], 3)


def accepted(seals, others):
    """How many of `others` open in the place of one of `seals`: with their own key, as if it had been moved along, and with the place's."""
    count = tried = 0
    for place in seals:
        for other in others:
            if other is not place:
                tried += 1
                count += other.opens(aad=place.aad) == "opened" or place.opens(other.blob) == "opened"
    return count, tried


def test_no_credential_opens_in_the_place_of_another(matrix):
    credentials = [one for one in matrix if one.what.startswith("credential")]
    assert len(credentials) == 108
    assert accepted(credentials, credentials) == (0, 108 * 107)


def test_no_seal_of_one_table_opens_in_another(matrix):
    credentials = [one for one in matrix if one.what.startswith("credential")]
    wraps = [one for one in matrix if not one.what.startswith("credential")]
    assert accepted(wraps, wraps)[0] == accepted(credentials, wraps)[0] == accepted(wraps, credentials)[0] == 0


def test_no_seal_of_one_store_opens_in_another(matrix, one_store):
    """The same websites and providers, other ids: not even with the key moved along."""
    assert accepted(matrix[::4], one_store[::2])[0] == accepted(one_store[::2], matrix[::4])[0] == 0


def test_without_the_place_in_the_data_the_matrix_would_find_it(tmp_path, monkeypatch):
    """The negative control: with an empty place every credential of a website opens in the place of every other."""
    monkeypatch.setattr(vault, "credential_aad", lambda *place: b"")
    seals = [one for one in fill(tmp_path, NAMES[:2], 1) if one.what.startswith("credential")]
    assert accepted(seals, seals) == (12 * 11, 12 * 11)
