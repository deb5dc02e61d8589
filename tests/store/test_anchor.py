"""The anchor: a line for each commit; what it costs does not grow with the websites; kills, full disks and other stores do no harm."""

import hmac
import json
import sqlite3

import pytest

from integrations_cli.errors import Unreadable
from integrations_cli.store import chain, glance, inspection, journal, open_store, provenance
from integrations_cli.store.anchor import Anchor
from integrations_cli.store.vault import lp


def lines(config):
    return config.anchor.read_bytes().splitlines(keepends=True)


def rename(store, new):
    with store.writing() as here:
        here.websites.rename(next(one.slug for one in here.websites.all() if one.slug != "beta"), new)


def cut(config, slug):
    """The last entry of a website's chain, and its head put right."""
    with sqlite3.connect(config.database) as connection:
        (ident,) = connection.execute("SELECT id FROM website WHERE slug = ?", (slug,)).fetchone()
        connection.execute("DELETE FROM audit_row WHERE chain = ?1 AND seq = (SELECT max(seq) FROM audit_row WHERE chain = ?1)", (ident,))
        connection.execute(
            "UPDATE audit_head SET (seq, mac) = (SELECT seq, mac FROM audit_row WHERE chain = ?1 ORDER BY seq DESC LIMIT 1) WHERE chain = ?1",
            (ident,),
        )


def test_a_commit_adds_one_line_with_the_chains_it_moved(made, store):
    before = lines(made)
    rename(store, "gamma")
    after = lines(made)
    assert after[:-1] == before
    assert len(json.loads(after[-1])["heads"]) == 1
    assert made.anchor.stat().st_mode & 0o777 == 0o600


def test_it_is_written_anew_before_it_grows_for_ever(made, store, monkeypatch):
    monkeypatch.setattr(journal, "WINDOW", 1500)
    for number in range(20):
        rename(store, f"site-{number}")
    assert made.anchor.stat().st_size <= journal.WINDOW
    assert len(lines(made)) < 10
    with open_store(made) as again:
        assert inspection.inspect(again).exit == 0


def test_the_number_of_websites_does_not_change_what_a_write_reads(made, store, monkeypatch):
    monkeypatch.setattr(journal, "WINDOW", 1500)
    with store.writing() as here:
        for number in range(300):
            here.websites.add(f"site-{number}", None)
    for number in range(9):
        rename(store, f"other-{number}")
    assert made.anchor.stat().st_size > 10 * journal.WINDOW
    recent = Anchor(made.anchor, store.id).journal.recent()
    assert sum(len(line.heads) for line in recent) < 10
    rename(store, "last")
    with open_store(made) as again:
        assert {one.anchor for one in inspection.inspect(again).reports} == {"matches"}


@pytest.mark.parametrize("torn", [b"{", b'{"epoch":1,"heads":{"00', b'{"epoch":1,"heads":{},"mac":"00"}'])
def test_what_a_kill_left_of_a_line_is_ignored_and_cleared_away(made, store, torn):
    with made.anchor.open("ab") as file:
        file.write(torn)
    assert not provenance.older(made.database, made.anchor)
    rename(store, "gamma")
    assert torn not in [line.rstrip(b"\n") for line in lines(made)]
    assert all(line.endswith(b"\n") for line in lines(made))
    with open_store(made) as again:
        assert inspection.inspect(again).exit == 0


@pytest.mark.parametrize("at", range(3))
def test_each_line_is_signed(made, store, at):
    rename(store, "gamma")
    found = lines(made)
    data = json.loads(found[at + 1])
    name = next(iter(data["heads"]))
    data["heads"][name][0] -= 1
    found[at + 1] = json.dumps(data, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    made.anchor.write_bytes(b"".join(found))
    with open_store(made) as again:
        with pytest.raises(Unreadable) as refusal, again.writing():
            pass
        assert refusal.value.reason == "anchor"
        assert inspection.inspect(again).problems == (f"the anchor: {made.anchor} was changed",)


def test_another_websites_cut_tail_stops_the_writes_of_a_small_store(made, store):
    rename(store, "gamma")
    with store.writing() as here:
        here.websites.rename("beta", "delta")
    cut(made, "gamma")
    with open_store(made) as again, pytest.raises(Unreadable), again.writing():
        pass


@pytest.mark.parametrize("large", [journal.LARGE, -1])
def test_a_cut_that_a_large_store_did_not_notice_at_once_is_found_by_verify_also_after_it_was_written_on(made, store, monkeypatch, large):
    monkeypatch.setattr(journal, "LARGE", large)  # its heads are folded into bytes, not into a dictionary
    rename(store, "gamma")
    monkeypatch.setattr(journal, "WINDOW", 1)  # a write looks at the last lines only, as in a store with very many websites
    monkeypatch.setattr(journal, "HEAD", 10_000)
    for was, new in (("beta", "b"), ("b", "c"), ("c", "beta")):
        with store.writing() as here:
            here.websites.rename(was, new)
    cut(made, "gamma")
    with open_store(made) as again:
        with again.writing() as here:
            here.websites.rename("beta", "delta")
        with again.writing() as here:
            here.websites.rename("delta", "beta")
        assert inspection.inspect(again).exit == 7
        for slug in ("one", "two", "three"):
            rename(again, slug)
        assert inspection.inspect(again).exit == 7  # its number is reached again, by another entry
        signer, known = again.epochs()
        heads = again.anchor.heads(known, signer.epoch)
        assert isinstance(heads, dict) == (large > 0)
        Anchor(made.anchor, again.id)._put(signer, iter(heads.items()), len(heads))  # as when it has grown
        assert inspection.inspect(again).exit == 7


def test_a_file_of_another_store_is_replaced(made, store, tmp_path):
    first, *rest = lines(made)
    made.anchor.write_bytes(first.replace(store.id.hex().encode(), b"00" * 16) + b"".join(rest))
    rename(store, "gamma")
    assert json.loads(lines(made)[0])["store"] == store.id.hex()
    assert json.loads(lines(made)[0])["heads"] == 3


def test_an_anchor_that_cannot_be_written_harms_no_change(made, store):
    made.anchor.unlink()
    made.anchor.mkdir()  # as good as a full disk
    (made.anchor / "x").touch()
    with pytest.raises(Unreadable), open_store(made) as again, again.writing():
        pass
    (made.anchor / "x").unlink()
    made.anchor.rmdir()
    with store.writing() as here:
        here.websites.rename("acme", "gamma")
        made.anchor.mkdir()
    assert [line.slug for line in glance.websites(made.database)] == ["beta", "gamma"]


def test_behind_needs_no_key_and_looks_at_the_last_line(made, store):
    old = made.database.read_bytes()
    rename(store, "gamma")
    assert not provenance.older(made.database, made.anchor)
    made.database.write_bytes(old)
    assert provenance.older(made.database, made.anchor)
    made.anchor.write_bytes(b"nonsense\n")
    assert not provenance.older(made.database, made.anchor)  # whoever has the key will say so
    made.anchor.unlink()
    assert not provenance.older(made.database, made.anchor)


def test_lines_of_a_lost_epoch_are_passed_over(made, store):
    with store.writing() as here:
        here.audit.new_epoch_after_loss()
    with open_store(made) as again:
        rename(again, "gamma")
        found = inspection.inspect(again)
    assert {one.anchor for one in found.reports} == {"matches"}
    assert found.exit == 7
    assert not any(one.broken for one in found.reports)


def test_a_copy_from_before_a_re_encryption_is_older_although_the_key_to_the_anchor_is_not_in_it(made, store):
    old = made.database.read_bytes()
    with store.writing() as here:
        here.audit.new_epoch()
    made.database.write_bytes(old)
    with open_store(made) as again:
        with pytest.raises(Unreadable) as refusal, again.writing():
            pass
        assert refusal.value.reason == "restored"
        assert inspection.inspect(again).exit == 7
        again.accept()
        rename(again, "gamma")
        assert inspection.inspect(again).exit == 0


def test_a_change_is_made_although_the_anchor_cannot_be_written_anew(made, store, monkeypatch):
    for slug in ("one", "two", "three", "gamma"):
        rename(store, slug)
    found = lines(made)
    found[1] = found[1].replace(b'"mac":"', b'"mac":"0', 1)
    made.anchor.write_bytes(b"".join(found))
    monkeypatch.setattr(journal, "WINDOW", 1)  # a write looks at the last line only, and the file has grown
    monkeypatch.setattr(journal, "HEAD", 1)
    rename(store, "delta")
    assert "delta" in [line.slug for line in glance.websites(made.database)]
    with open_store(made) as again:
        assert inspection.inspect(again).problems == (f"the anchor: {made.anchor} was changed",)


def test_a_chain_that_others_wrote_on_goes_on_from_the_anchor(made, store):
    anchor = made.anchor.read_bytes()
    rename(store, "gamma")
    made.anchor.write_bytes(anchor)
    with open_store(made) as again:
        assert {one.name: one.anchor for one in inspection.inspect(again).reports} == {
            "beta": "matches",
            "gamma": "behind",
            "store": "matches",
        }


def test_a_signer_shows_no_key(store):
    with store.reading() as here:
        signer = store.keys.signer(here.session)
    assert isinstance(signer, chain.Signer)
    assert signer.key.hex() not in repr(signer)
    assert str(signer.key) not in repr(signer)


def as_the_first_version_wrote_it(made, store, heads=None):
    """The anchor as it was before it had lines: one object with every head, without the epoch."""
    with sqlite3.connect(made.database) as connection:
        found = connection.execute("SELECT chain, seq, mac FROM audit_head").fetchall()
    known = heads or {chain.hex(): [seq, mac.hex()] for chain, seq, mac in found}
    text = json.dumps(known, sort_keys=True).encode()
    mac = hmac.digest(store.audit_key(), lp(b"integrations/anchor/v1", store.id, text), "sha256").hex()
    data = {"format": "integrations.anchor/1", "store": store.id.hex(), "heads": known, "mac": mac}
    made.anchor.write_text(json.dumps(data, sort_keys=True))
    return known


def test_an_anchor_of_the_first_version_is_read_and_becomes_a_new_one(made, store):
    as_the_first_version_wrote_it(made, store)
    assert not provenance.older(made.database, made.anchor)
    rename(store, "gamma")
    assert json.loads(lines(made)[0])["format"] == journal.FORMAT
    rename(store, "delta")


def test_an_anchor_of_the_first_version_still_finds_a_cut_and_a_forgery(made, store):
    rename(store, "gamma")
    whole = as_the_first_version_wrote_it(made, store)
    cut(made, "gamma")
    assert provenance.older(made.database, made.anchor)
    with pytest.raises(Unreadable, match="older"), store.writing():
        pass
    made.anchor.write_text(made.anchor.read_text().replace(next(iter(whole.values()))[1], "0" * 64))
    with pytest.raises(Unreadable, match="changed"), store.writing():
        pass


def test_a_long_line_that_was_torn_goes_whole(made, store, monkeypatch):
    monkeypatch.setattr(journal, "WINDOW", 64)
    with made.anchor.open("ab") as file:
        file.write(b'{"epoch":1,"heads":{"' + b"a" * 500)
    rename(store, "gamma")
    assert all(isinstance(json.loads(line), dict) for line in lines(made))
    rename(store, "delta")


def test_a_write_finds_its_keys_by_the_index_however_many_websites_there_are(made, store):
    asked: list[str] = []
    with store.writing() as here:
        connection = here.audit.connection()
        connection.set_trace_callback(asked.append)
        here.session.info.pop("data_keys", None)  # as at its beginning
        here.session.expunge_all()
        assert here.audit.epoch_key(1) == store.keys.signer(here.session).key
        connection.set_trace_callback(None)
        keys = [statement for statement in asked if "FROM data_key" in statement]
        plans = [row[3] for one in keys for row in connection.execute("EXPLAIN QUERY PLAN " + one).fetchall()]
    assert plans
    assert not [plan for plan in plans if plan.startswith("SCAN")]


HEADS = '{"00":[1,"aa"]}'


@pytest.mark.parametrize(
    ("epoch", "heads", "mac"),
    [
        ("1", f'{{"00":[{10**40},"aa"]}}', "00"),
        ("1", f'{{"00":[{"9" * 5000},"aa"]}}', "00"),
        ("1", '{"00":[-1,"aa"]}', "00"),
        ("1", f'{{"00":[1,"aa",{10**40},"aa"]}}', "00"),
        (f"-{10**40}", HEADS, "00"),
        ("-1", HEADS, "00"),
        (str(2**53), HEADS, "00"),
        ("1e999", HEADS, "00"),
        ("true", HEADS, "00"),
        ("1", HEADS, "é"),
        ("1", HEADS, r"\ud800"),
        ("1", "[" * 100_000, "00"),
    ],
    ids=range(12),
)
def test_a_line_that_nobody_can_have_signed_is_refused_whatever_stands_in_it(made, store, epoch, heads, mac):
    with made.anchor.open("ab") as file:
        file.write(f'{{"epoch":{epoch},"heads":{heads},"mac":"{mac}"}}\n'.encode())
    assert not provenance.older(made.database, made.anchor)  # without the key nobody can say; it says so with the key
    with open_store(made) as again:
        with pytest.raises(Unreadable) as refusal, again.writing():
            pass
        assert refusal.value.reason == "anchor"
        assert inspection.inspect(again).problems == (f"the anchor: {made.anchor} was changed",)
