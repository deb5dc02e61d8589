"""Many checks side by side: what one of them meets touches none of the others."""

import contextlib
import linecache
import resource
import sqlite3
import sys
import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from tests import keys
from tests.loopback import ThirdParty, answers
from tests.web import chaos

from integrations_cli import registry
from integrations_cli.actions import check
from integrations_cli.actions import list as listing
from integrations_cli.actions import test as testing
from integrations_cli.actions.test import many
from integrations_cli.errors import Refused, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import ok
from integrations_cli.store import trail
from integrations_cli.store.store import utcnow

GOOD = b'{"data": [], "object": "list", "scopes": ["mail.send"], "is_available": true, "email": "a@example.com", "portalId": 1}'
HOSTS = {
    "openai": "api.openai.com",
    "groq": "api.groq.com",
    "mistral": "api.mistral.ai",
    "sendgrid": "api.sendgrid.com",
    "brevo": "api.brevo.com",
    "hubspot": "api.hubapi.com",
    "deepseek": "api.deepseek.com",
}


def filled(store, providers=HOSTS, websites=("acme", "beta")):
    with store.writing() as here:
        for website in websites:
            if here.websites.find(website) is None:
                here.websites.add(website)
            for name in providers:
                definition = registry.get(name)
                values = {field: Secret(text) for field, text in keys.GOOD[name].items() if definition.is_credential(field)}
                here.integrations.add(website, definition, values, {})
    return listing.cards(store.path)


def by_host(third_party, **other):
    """Every provider answers well, but these."""
    odd = {HOSTS[name]: behave for name, behave in other.items()}

    def behave(connection, request):
        odd.get(request.host, answers(200, GOOD))(connection, request)

    third_party.behave = behave


def asking(third_party, deadline=2.0):
    web = third_party.web(deadline)
    return lambda definition, credentials, settings: check.run(web, definition, credentials, settings)


def words(done):
    return {(one.website, one.card.provider): one.word for one in done.results}


def status(store):
    return {(card.website, card.provider): card.status for card in listing.cards(store.path)}


def test_all_are_asked_and_remembered_in_order(store, third_party):
    by_host(third_party, groq=answers(401))
    cards = filled(store)
    done = many(store, asking(third_party), cards, utcnow, jobs=4)
    assert [(one.website, one.card.provider) for one in done.results] == [(card.website, card.provider) for card in cards]
    assert {word for (_, name), word in words(done).items() if name == "groq"} == {"rejected"}
    assert {word for (_, name), word in words(done).items() if name not in {"groq", "deepseek"}} == {"ok"}
    assert {state for (_, name), state in status(store).items() if name == "groq"} == {"error"}
    actions = [row["action"] for row in trail.newest(store.path, trail.Wanted(), 1000)]
    assert actions.count("check.started") == actions.count("check.finished") == len(cards)


def test_one_that_hangs_costs_its_deadline_and_nothing_else(store, third_party):
    by_host(third_party, groq=chaos.silence)
    cards = filled(store, websites=[f"site-{number}" for number in range(8)])
    began = time.monotonic()
    done = many(store, asking(third_party, 1.0), cards, utcnow, jobs=6)
    assert time.monotonic() - began < chaos.LONG / 3
    assert {word for (_, name), word in words(done).items() if name == "groq"} == {"unreachable"}
    assert {word for (_, name), word in words(done).items() if name == "openai"} == {"ok"}
    assert {state for (_, name), state in status(store).items() if name == "groq"} == {"untested"}


def test_every_kind_of_chaos_at_once(store, third_party):
    """Twelve misbehaviours, one each; every check ends in time, memory stays, and no state speaks about a key."""
    kinds = [
        *chaos.BAD,
        answers(500, b"<html>"),
        answers(200, b"<html>ok</html>"),
        answers(200, b"{"),
        answers(429, b"", {"retry-after": "7"}),
    ]
    names = [name for name in registry.names() if name in keys.GOOD and len(registry.get(name).hosts) == 1 and name not in {"stripe"}]
    chosen = [name for name in names if not registry.get(name).hosts[0].startswith("^")][: len(kinds)]
    behaviours = {registry.get(name).hosts[0]: kind for name, kind in zip(chosen, kinds, strict=False)}
    third_party.behave = lambda connection, request: behaviours[request.host](connection, request)
    cards = filled(store, chosen, ["acme"])
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    done = many(store, asking(third_party, 1.0), cards, utcnow, jobs=len(kinds) * 2)
    assert time.monotonic() - began < chaos.LONG / 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024
    assert len(done.results) == len(chosen) >= 10
    assert set(words(done).values()) <= {"unreachable", "rate_limited", "misconfigured"}
    assert set(status(store).values()) <= {"untested"}


def test_one_unreadable_row_does_not_stop_the_run(store, third_party):
    by_host(third_party)
    cards = filled(store)
    ident = bytes.fromhex(next(card.id for card in cards if (card.website, card.provider) == ("acme", "openai")))
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE credential_version SET blob = zeroblob(200) WHERE integration_id = ?", (ident,))
    done = many(store, asking(third_party), cards, utcnow)
    assert words(done)["acme", "openai"] == "unreadable"
    assert words(done)["beta", "openai"] == "ok"
    assert status(store)["acme", "openai"] == "unreadable"
    assert not [one for one in third_party.requests if one.host == "api.openai.com"][1:]


def test_the_eleventh_within_a_minute_is_not_sent(store, third_party):
    by_host(third_party)
    now = utcnow()
    store.clock = lambda: now  # on a busy machine eleven checks take longer than the six seconds after which there is one more
    cards = filled(store, ["openai"], ["acme"])
    for _ in range(10):
        assert words(many(store, asking(third_party), cards, utcnow)) == {("acme", "openai"): "ok"}
    sent = len(third_party.requests)
    result = many(store, asking(third_party), cards, utcnow).results[0]
    assert (result.word, result.duration_ms) == ("rate_limited", None)
    assert 1 <= result.outcome.retry_after <= 6
    assert len(third_party.requests) == sent
    assert status(store) == {("acme", "openai"): "connected"}


def test_retry_after_is_kept(store, third_party):
    third_party.says(429, b"", {"retry-after": "90"})
    cards = filled(store, ["openai"], ["acme"])
    assert many(store, asking(third_party), cards, utcnow).results[0].outcome.retry_after == 90
    result = many(store, asking(third_party), cards, utcnow).results[0]
    assert 85 <= result.outcome.retry_after <= 90
    assert len(third_party.requests) == 1


def test_younger_answers_are_used_again(store, third_party):
    by_host(third_party, groq=answers(503))
    cards = filled(store, ["openai", "groq"], ["acme"])
    many(store, asking(third_party), cards, utcnow)
    sent = len(third_party.requests)
    done = many(store, asking(third_party), listing.cards(store.path), utcnow, max_age=timedelta(minutes=15))
    assert {one.card.provider: one.cached for one in done.results} == {"openai": True, "groq": False}  # no answer is not an answer
    assert len(third_party.requests) == sent + 1
    done = many(store, asking(third_party), listing.cards(store.path), lambda: utcnow() + timedelta(hours=1), max_age=timedelta(minutes=15))
    assert {one.cached for one in done.results} == {False}


def test_another_account_is_said_aloud(store, third_party):
    cards = filled(store, ["hubspot"], ["acme"])
    third_party.says(200, b'{"portalId": 111, "accountType": "STANDARD"}')
    assert many(store, asking(third_party), cards, utcnow).results[0].outcome.notes == ()
    third_party.says(200, b'{"portalId": 222, "accountType": "STANDARD"}')
    notes = many(store, asking(third_party), cards, utcnow).results[0].outcome.notes
    assert any("another account than before" in note and "111" in note for note in notes)
    assert many(store, asking(third_party), cards, utcnow).results[0].outcome.notes == ()


@pytest.mark.parametrize("word", ["unreachable", "rate_limited"])
def test_no_answer_leaves_the_stored_state_alone(store, third_party, word):
    cards = filled(store, ["openai"], ["acme"])
    for first, state in ((answers(401), "error"), (answers(200, GOOD), "connected")):
        third_party.behave = first
        many(store, asking(third_party), cards, utcnow)
        third_party.says(503 if word == "unreachable" else 429)
        assert many(store, asking(third_party), cards, utcnow).results[0].word == word
        assert status(store) == {("acme", "openai"): state}
        attempt = listing.cards(store.path)[0].last_test
        assert attempt["outcome"] == word


def test_what_is_finished_is_kept_when_it_is_interrupted(store, third_party):
    release = threading.Event()
    by_host(third_party, groq=lambda connection, request: release.wait(5))
    cards = filled(store)

    def told(done, what):
        if done >= 6:
            raise KeyboardInterrupt

    done = many(store, asking(third_party, 5.0), cards, utcnow, jobs=4, told=told)
    release.set()
    assert done.interrupted
    assert 6 <= len(done.results) < len(cards) + 1
    assert all(one.word != "unreachable" for one in done.results)


def test_a_row_that_is_removed_meanwhile(store, third_party):
    by_host(third_party)
    cards = filled(store, ["openai", "groq"], ["acme"])
    with store.writing() as here:
        here.integrations.remove(here.integrations.get("acme", "groq"))
    assert words(many(store, asking(third_party), cards, utcnow)) == {("acme", "groq"): "untestable", ("acme", "openai"): "ok"}


def test_one_by_one_is_the_same(store, third_party):
    by_host(third_party)
    filled(store, ["openai"], ["acme"])
    assert testing.test(store, asking(third_party), "acme", registry.get("openai"), utcnow).word == "ok"


def test_a_thousand_do_not_pile_up(store):
    """Threads are as many as were asked for, whatever the number of checks."""
    with ThirdParty() as third_party:
        by_host(third_party)
        cards = filled(store, ["openai"], [f"site-{number}" for number in range(60)])
        most, before = [], threading.active_count()  # other tests leave hung ones behind
        done = many(store, asking(third_party), cards, utcnow, jobs=5, told=lambda *_: most.append(threading.active_count()))
    assert len(done.results) == 60
    assert max(most) - before < 5 * 3 + 60  # the workers, with the helpers of each check, and the server's own


def head_put_back(store, website):
    """A chain whose next entry cannot be written: its head says it is shorter than it is."""
    with sqlite3.connect(store.path) as connection:
        mine = "chain = (SELECT id FROM website WHERE slug = ?)"
        connection.execute(f"UPDATE audit_head SET seq = seq - 1 WHERE {mine}", (website,))


def test_an_answer_that_cannot_be_stored_costs_no_other(store, third_party):
    """Storing many answers at once fails because of one website: the answers of all others are stored."""
    by_host(third_party)
    cards = filled(store, websites=["acme", "beta", "gamma"])
    ask, meanwhile = asking(third_party), threading.Lock()

    def asked(*given):
        if meanwhile.acquire(blocking=False):  # all are prepared, none has been stored
            head_put_back(store, "beta")
        return ask(*given)

    done = many(store, asked, cards, utcnow, jobs=4)
    assert {word for (website, _), word in words(done).items() if website == "beta"} == {"unreadable"}
    assert {one.error.reason for one in done.results if one.website == "beta"} == {"audit"}
    assert {word for (website, _), word in words(done).items() if website != "beta"} == {"ok"}
    assert {state for (website, _), state in status(store).items() if website == "beta"} == {"untested"}
    assert "untested" not in {state for (website, _), state in status(store).items() if website != "beta"}


def test_a_website_whose_log_was_cut_keeps_none_from_being_asked(store, third_party):
    by_host(third_party)
    cards = filled(store)
    head_put_back(store, "acme")
    done = many(store, asking(third_party), cards, utcnow)
    assert {word for (website, _), word in words(done).items() if website == "acme"} == {"unreadable"}
    assert words(done)["beta", "openai"] == "ok"
    assert len(third_party.requests) == len(HOSTS)
    with pytest.raises(Unreadable):
        testing.test(store, asking(third_party), "acme", registry.get("openai"), utcnow)


def test_a_store_that_takes_nothing_ends_the_run(store, third_party):
    """Not one row is at fault, so nothing more is asked."""
    by_host(third_party)
    cards = filled(store, websites=[f"site-{number}" for number in range(12)])
    ask = asking(third_party)

    def asked(*given):
        store.path.chmod(0o644)
        return ask(*given)

    with pytest.raises(Refused):
        many(store, asked, cards, utcnow, jobs=2)
    sent = len(third_party.requests)
    assert sent < len(cards)


# ── interrupted at any moment ──


class Interrupts:
    """Ctrl-C at the `at`-th line of these files that the calling thread comes to; `lines` counts them.

    Not at a `with`, which is come to once more on the way out, where Python itself lets no signal in.
    """

    FILES = ("actions/rounds.py", "store/store.py")

    def __init__(self, at):
        self.at, self.lines = at, 0

    def __enter__(self):
        sys.settrace(self._called)

    def __exit__(self, *_):
        sys.settrace(None)

    def _called(self, frame, event, argument):
        return self._line if frame.f_code.co_filename.endswith(self.FILES) else None

    def _line(self, frame, event, argument):
        if event == "line" and not linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip().startswith("with "):
            self.lines += 1
            if self.lines == self.at:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self._line


def finished(store):
    """How often the log says of each integration that its check was finished."""
    entries = list(trail.every(store.path, trail.Wanted(action="check.finished")))
    return Counter(entry["integration"] for entry in entries)


def interrupted_at(store, cards, at):
    before = finished(store)
    with contextlib.suppress(KeyboardInterrupt), Interrupts(at):
        many(store, lambda *_: ok(), cards, utcnow, jobs=2)
    return finished(store) - before


@pytest.fixture
def three(store):
    """Three integrations, and a store whose allowance of checks is never used up."""
    return filled(store, ["groq", "mistral", "openai"], ["acme"])


def all_lines(store, cards):
    counting = Interrupts(0)
    with counting:
        many(store, lambda *_: ok(), cards, utcnow, jobs=2)
    return counting.lines


def every_line(store, cards, step):
    with sqlite3.connect(store.path) as connection:
        for at in range(1, all_lines(store, cards) + 1, step):
            connection.execute("DELETE FROM check_bucket")
            connection.commit()
            found = interrupted_at(store, cards, at)
            assert set(found.values()) <= {1}, at
    connection.close()


def test_interrupted_at_any_line_no_answer_is_recorded_twice(store, three):
    every_line(store, three, 40)


@pytest.mark.slow
def test_interrupted_at_every_line_no_answer_is_recorded_twice(store, three):
    every_line(store, three, 1)
