"""Long exports: a page at a time, each recorded before it leaves; killed or without room, nothing stands under the name; and the way back."""

import errno
import json
import shutil
import sqlite3
import sys
from contextlib import closing

import pytest
from tests.faults.forking import Forking

from integrations_cli import registry
from integrations_cli.actions import export as exporting
from integrations_cli.actions import surveys
from integrations_cli.actions.export import Chosen
from integrations_cli.cli import long
from integrations_cli.masking import Secret
from integrations_cli.store import bundle, open_store
from integrations_cli.store.sealing import New
from integrations_cli.store.vault import key_text

PROVIDERS = ("anthropic", "groq", "openai")
SITES = 7
EXPORTED = 'SELECT count(*) FROM audit_row WHERE instr(body, \'"action":"credentials.exported"\')'
KEY = key_text(bytes(range(32)))


def value(site, provider):
    return f"{provider}-{site}-0123456789abcdefEXAMPLE"


def fill(config, sites=SITES):
    with open_store(config) as store, store.writing() as here:
        slugs = [f"site-{site:03}" for site in range(sites)]
        here.websites.add_missing(slugs)
        ids = here.websites.ids(slugs)
        rows = [New(ids[slug], registry.get(name), {"api_key": Secret(value(slug, name))}, {}) for slug in slugs for name in PROVIDERS]
        here.bulk.add(rows, "integration.added")


@pytest.fixture
def filled(made, monkeypatch):
    """Seven websites with three integrations each; pages of two websites."""
    fill(made)
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    with open_store(made) as store:
        store.needs = "disclose"
        yield store


@pytest.fixture
def sealed_away(ready, home, config, monkeypatch):
    """The same through the command line, with a key to seal under, and everything that is longer than a line counting as long."""
    fill(config)
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    monkeypatch.setattr(bundle, "CHUNK", 256)
    monkeypatch.setattr(long, "LONG", 200)
    (home / "key").write_text(KEY)
    yield ready


def poured(store, between, chosen=None):
    """The records, with what happens after each page has left."""
    found = []

    def out(data):
        found.extend(json.loads(line) for line in data.splitlines())
        between(found)

    done = exporting.pour(store, chosen or Chosen(None), "jsonl", exporting.as_line, out)
    return found, done


def test_nothing_leaves_before_it_is_in_the_log(filled, made):
    def recorded(found):
        with sqlite3.connect(made.database) as connection:
            assert connection.execute(EXPORTED).fetchone()[0] >= len(found)
        pages.append(len(found))

    pages = []
    found, done = poured(filled, recorded)
    assert [(one["website"], one["provider"]) for one in found] == [
        (f"site-{site:03}", name) for site in range(SITES) for name in PROVIDERS
    ]
    assert all(one["credentials"] == {"api_key": value(one["website"], one["provider"])} for one in found)
    assert (pages, done.count, done.lost) == ([6, 12, 18, 21], 21, [])
    with filled.reading() as here:
        assert {one.problem for one in here.audit.verify()} == {None}


def test_others_write_between_two_pages_and_no_website_comes_twice_or_is_passed_over(filled, made):
    """Renamed to the other end of the alphabet, removed, added: each website is as it was when its page was read."""

    def meanwhile(found):
        if len(found) == 6:
            with open_store(made) as other, other.writing() as here:
                here.websites.rename("site-000", "zz-late")
                here.websites.rename("site-005", "aa-early")
                here.websites.remove("site-006")
                here.websites.add("site-001b")
                here.integrations.add("site-001b", registry.get("openai"), {"api_key": Secret("0123456789EXAMPLE")}, {})

    found, done = poured(filled, meanwhile)
    slugs = list(dict.fromkeys(one["website"] for one in found))
    assert sorted(slugs) == ["aa-early", "site-000", "site-001", "site-002", "site-003", "site-004"]
    assert done.count == len(found) == 18 and len({(one["website"], one["provider"]) for one in found}) == 18


def test_only_what_was_chosen(filled):
    found, _ = poured(filled, lambda found: None, Chosen(["site-004", "site-001"], {"groq"}))
    assert [(one["website"], one["provider"]) for one in found] == [("site-001", "groq"), ("site-004", "groq")]


def test_a_version_that_was_put_back_by_hand_is_left_out(filled, made):
    """As everywhere: an old number that is active, and a previous one that is newer."""
    with sqlite3.connect(made.database) as connection:
        mine = "integration_id = (SELECT i.id FROM integration i JOIN website w ON w.id = i.website_id WHERE slug || provider = 'site-003groq')"
        done = connection.execute(
            "INSERT INTO credential_version (integration_id, version, state, data_key_id, blob, bound, card, created_at, actor) "
            f"SELECT integration_id, 2, 'previous', data_key_id, blob, bound, card, created_at, actor FROM credential_version WHERE {mine}"
        )
        assert done.rowcount == 1
    found, done = poured(filled, lambda found: None)
    assert done.lost == ["groq of site-003"] and done.count == 20
    assert ("site-003", "groq") not in {(one["website"], one["provider"]) for one in found}


# ── the way back ──


def export(go, home, *more):
    done = go("export", "-A", "--out", str(home / "all.export"), "--secret-file", f"key={home / 'key'}", *more)
    assert done.code == 0, done.err
    return home / "all.export"


def test_a_long_sealed_one_is_verified_read_in_pieces_and_written(sealed_away, run, home, environ, monkeypatch):
    path = export(sealed_away, home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) > 10 * 256, "many chunks"
    environ["HOME"] = str(home / "other")
    assert run("init", "--slot", "file", "--no-recovery").code == 0
    words = ("import", str(path), "--secret-file", f"key={home / 'key'}", "--create-websites")
    assert run(*words, "--dry-run").code == 10
    monkeypatch.setattr(surveys, "PIECE", 4)
    done = run(*words, "--yes")
    assert done.code == 0 and "21 read back and compared" in done.err, done.err
    assert run("get", "groq", "api_key", "-w", "site-006", "--reveal").out.strip() == value("site-006", "groq")
    assert "nothing to do" in run(*words, "--yes").err


@pytest.mark.parametrize("damage", ["last byte", "cut at a chunk", "a chunk in the middle"])
def test_nothing_is_written_unless_all_of_it_is_what_was_sealed(sealed_away, run, home, environ, damage):
    path = export(sealed_away, home)
    data = bytearray(path.read_bytes())
    start, size = data.index(b"\n") + 1 + 32, 256 + 16
    whole = start + (len(data) - start) // size * size
    if damage == "last byte":
        data[-1] ^= 1
    elif damage == "cut at a chunk":
        data = data[:whole] if whole < len(data) else data[: whole - size]
    else:
        data[start + 5 * size + 7] ^= 1
    path.write_bytes(data)
    environ["HOME"] = str(home / "other")
    assert run("init", "--slot", "file", "--no-recovery").code == 0
    done = run("import", str(path), "--secret-file", f"key={home / 'key'}", "--create-websites", "--yes")
    assert done.code == 7 and "altered or cut" in done.err, done.err
    assert json.loads(run("list", "-A", "--json").out)["items"] == []
    assert "site-" not in run("website", "list").out


def test_what_is_missing_or_wrong_is_said_of_a_long_one_too(sealed_away, run, home):
    path = export(sealed_away, home)
    assert sealed_away("import", str(path), "--dry-run").code == 2
    (home / "key").write_text(key_text(bytes(range(1, 33))))
    done = sealed_away("import", str(path), "--secret-file", f"key={home / 'key'}", "--dry-run")
    assert done.code == 7 and "another passphrase or key" in done.err


# ── killed, and without room ──


@pytest.fixture(scope="module")
def forking(tmp_path_factory):
    if shutil.which("gcc") is None or sys.platform != "linux":
        pytest.skip("the shim needs gcc and Linux")
    with closing(Forking(tmp_path_factory.mktemp("shim"))) as other:
        yield other


@pytest.fixture
def exporting_to(made, home, forking):
    """The command in a process that the shim strikes at a write-class call; into an empty folder."""
    fill(made, 30)
    (home / "folder").mkdir()
    (home / "key").write_text(KEY)

    def go(*words, at=0, number=0):
        return forking.run(home, "export", "-A", "--out", str(home / "folder" / "out"), *words, fault=at, number=number)

    return go


FORMS = {"sealed": ("--secret-file", "key=KEY"), "plain": ("--accept-plaintext",)}


def struck(go, home, words, points, number=0):
    """At each point nothing at all lies in the folder, or the whole file does; once more without a fault it is written."""
    words, folder = [word.replace("KEY", str(home / "key")) for word in words], home / "folder"
    code, calls, said = go(*words)
    assert code == 0, said
    size = (folder / "out").stat().st_size
    assert calls > 10, "the shim sees the writes"
    for at in points(calls):
        (folder / "out").unlink(missing_ok=True)
        code, _, said = go(*words, at=at, number=number)
        left = {path.name: path.stat().st_size for path in folder.iterdir()}
        assert left in ({}, {"out": size}), (at, left)
        assert code == (74 if number else -9) or left, (at, code, said)
    (folder / "out").unlink(missing_ok=True)
    assert go(*words)[0] == 0 and (folder / "out").stat().st_size == size
    (folder / "out").unlink()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", [0, errno.ENOSPC], ids=["killed", "full"])
def test_killed_or_without_room_nothing_stands_under_the_name(exporting_to, home, form, number):
    struck(exporting_to, home, FORMS[form], lambda calls: (1, calls // 2, *range(calls - 4, calls + 1)), number)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", [0, errno.ENOSPC, errno.EIO], ids=["killed", "full", "broken"])
def test_at_every_write(exporting_to, home, form, number):
    struck(exporting_to, home, FORMS[form], lambda calls: range(1, calls + 1), number)
