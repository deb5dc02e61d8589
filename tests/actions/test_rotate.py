"""Rotation, step by step: what each outcome does at each step, what survives, what can be resumed, undone, finished."""

import sqlite3
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from tests import keys

from integrations_cli import registry
from integrations_cli.actions.rotate import Policy, Rotation
from integrations_cli.actions.set import set_values
from integrations_cli.actions.settings import set_plain
from integrations_cli.actions.sweep import sweep
from integrations_cli.actions.test import test as ask_again
from integrations_cli.actions.values import Values
from integrations_cli.errors import Aborted, BadValue, CheckFailed, Conflict, NotChecked, Refused, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.provider import Outcome, limited, misconfigured, ok, rate_limited, rejected, unreachable, untestable
from integrations_cli.store import glance, open_store, reencrypt, trail

ANTHROPIC, STRIPE, PAYPAL, TWILIO, ZOHO = (registry.get(name) for name in ("anthropic", "stripe", "paypal", "twilio", "zoho"))
OLD, NEW = {"api_key": Secret(keys.ANTHROPIC)}, {"api_key": Secret(keys.ANTHROPIC_NEW)}
GOOD = {name: {field: Secret(text) for field, text in values.items()} for name, values in keys.GOOD.items()}
SEVEN = [ok("Acme", "1"), limited("plan"), rejected(), misconfigured("region"), rate_limited(), unreachable("down"), untestable()]
BLAMING, SILENT = ("rejected", "misconfigured"), ("rate_limited", "unreachable", "untestable")
words = [one.word for one in SEVEN]


@dataclass
class World:
    """One store and a provider that answers what is in `says`, one after the other; the last answer is repeated."""

    store: object
    now: datetime = datetime(2026, 11, 26, 9, tzinfo=UTC)
    says: list = field(default_factory=lambda: [ok("Acme", "1")])
    asked: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    slept: list = field(default_factory=list)

    def clock(self):
        return self.now

    def check(self, definition, credentials, settings):
        self.asked.append((dict(credentials), dict(settings)))
        answer = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(answer, Outcome):
            return answer
        raise answer

    def rotation(self, definition=ANTHROPIC, **policy):
        say = lambda number, name, result: self.steps.append((number, name))  # noqa: E731
        return Rotation(self.store, self.check, "acme", definition, Policy(**policy), say, self.clock, self.slept.append)

    def set(self, definition, *, unset=(), credentials=None, **settings):
        values = Values(credentials=credentials or {}, settings=settings)
        return set_values(self.store, self.check, "acme", definition, values, unset, Policy(), lambda *_: None, self.clock).outcome

    def later(self, **span):
        self.now += timedelta(**span)
        return self


@pytest.fixture
def world(made):
    found = World(None)
    with open_store(made, clock=found.clock) as store:
        found.store = store
        with store.writing() as here:
            here.websites.add("acme", None)
        yield found


def add(world, definition=ANTHROPIC, values=OLD, settings=None, outcome=None, expires_at=None):
    with world.store.writing() as here:
        here.integrations.add("acme", definition, values, settings or {}, outcome=outcome, expires_at=expires_at)
    world.later(minutes=5)


def reveal(world, provider="anthropic"):
    with world.store.reading() as here:
        return here.integrations.reveal(here.integrations.get("acme", provider))


def card(world, provider="anthropic"):
    return glance.cards(world.store.path, "acme", provider)[0]


def stands(world, provider="anthropic"):
    return glance.rotation(world.store.path, "acme", provider)


def actions(world):
    with world.store.reading() as here:
        assert all(one.problem is None for one in here.audit.verify())
    found = [row["action"] for row in trail.newest(world.store.path, trail.Wanted(), 100)]
    return [one for one in reversed(found) if one.startswith(("rotation.", "credential."))]


def blobs(world):
    with sqlite3.connect(world.store.path) as connection:
        return dict(connection.execute("SELECT version, blob FROM credential_version ORDER BY version"))


BEFORE = {"untested": None, "connected": ok("Acme", "1"), "limited": limited("plan"), "error": rejected(), "silent": unreachable("down")}


# ── step 2, all seven outcomes ──


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("said", SEVEN[1:], ids=words[1:])
def test_only_a_proof_gets_past_the_first_test_and_nothing_else_is_touched(world, said, before):
    add(world, outcome=BEFORE[before], settings={"max_tokens": 7}, expires_at="2027-01-31T00:00:00Z")
    was = card(world)
    world.says = [said]
    with pytest.raises(CheckFailed if said.word in BLAMING else NotChecked):
        world.rotation().start(NEW)
    assert card(world) == was  # status, last test, last error, account, settings, times
    assert reveal(world) == OLD
    assert [settings for _, settings in world.asked] == [{"max_tokens": 7}]
    if said.word in BLAMING:
        assert stands(world).state == "idle"
        assert blobs(world)[2] == b""
        assert actions(world) == ["rotation.started", "rotation.checked", "credential.destroyed"]
    else:
        assert (stands(world).state, stands(world).outcome) == ("pending", said.word)
        assert actions(world) == ["rotation.started", "rotation.checked"]
        world.rotation().abort()
        assert (card(world), stands(world).state, blobs(world)[2]) == (was, "idle", b"")


def test_a_proof_swaps_and_is_repeated_as_stored(world):
    add(world)
    assert world.rotation().start(NEW).word == "ok"
    assert (reveal(world), card(world).status, card(world).account) == (NEW, "connected", "Acme")
    assert [credentials for credentials, _ in world.asked] == [NEW, NEW]
    assert world.steps == [(1, "tested in memory"), (2, "swapped"), (3, "tested as stored")]
    assert actions(world) == ["rotation.started", "rotation.checked", "rotation.swapped", "rotation.confirmed"]
    assert stands(world).previous_until == "2026-11-27T09:05:00Z"


# ── step 4, all seven outcomes ──


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("said", SEVEN, ids=words)
def test_the_second_test_confirms_waits_or_brings_the_old_one_back(world, said, before):
    add(world, outcome=BEFORE[before], settings={"max_tokens": 7}, expires_at="2027-01-31T00:00:00Z")
    was = card(world)
    world.says = [ok("Beta", "1"), said]
    if said.word in BLAMING:
        with pytest.raises(CheckFailed):
            world.rotation().start(NEW)
        now = card(world)
        assert reveal(world) == OLD
        assert replace(now, version=was.version, updated_at=was.updated_at) == was  # status, errors, account, age, expiry
        assert stands(world).state == "idle" and stands(world).previous == {}
        assert [number for number, blob in blobs(world).items() if blob] == [3]
    elif said.word in SILENT:
        assert world.rotation().start(NEW).word == said.word
        assert (reveal(world), card(world).status) == (NEW, "connected")
        assert (stands(world).state, stands(world).previous_until) == ("swapped_unchecked", None)
    else:
        assert world.rotation().start(NEW).word == said.word
        assert (reveal(world), card(world).status, card(world).last_error) == (NEW, "connected", None)
        assert (stands(world).state, stands(world).previous_until) == ("idle", "2026-11-27T09:05:00Z")


def test_refused_as_stored_with_nothing_to_go_back_to_is_an_error_that_shows(world):
    add(world)
    with sqlite3.connect(world.store.path) as connection:
        connection.execute("UPDATE credential_version SET blob = x'00'")
    world.says = [ok(), rejected()]
    with pytest.raises(CheckFailed, match="no old one to bring back"):
        world.rotation().start(NEW)
    assert (reveal(world), card(world).status) == (NEW, "error")


def test_what_does_not_open_as_stored_is_replaced_by_the_old_one(world):
    add(world)

    def damage(number, name, result):
        if number == 2:
            with sqlite3.connect(world.store.path) as connection:
                connection.execute("UPDATE credential_version SET blob = zeroblob(300) WHERE state = 'active'")

    with pytest.raises(Unreadable, match="cannot be opened") as refusal:
        replace(world.rotation(), say=damage).start(NEW)
    assert "the old credential is back" in refusal.value.why
    assert reveal(world) == OLD


# ── what is not named survives ──


def test_settings_and_sibling_fields_survive(world):
    settings = {"organization_id": "org-EXAMPLE", "default_model": "gpt-x"}
    add(world, STRIPE, GOOD["stripe"] | {"webhook_secret": Secret("whsec_" + "0" * 20 + "EXAMPLE")})
    add(world, registry.get("openai"), GOOD["openai"], settings)
    fresh = {"secret_key": Secret("sk_test_" + "other0123EXAMPLE")}
    world.rotation(STRIPE).start(fresh)
    assert reveal(world, "stripe") == GOOD["stripe"] | {"webhook_secret": Secret("whsec_" + "0" * 20 + "EXAMPLE")} | fresh
    world.rotation(registry.get("openai")).start({"api_key": Secret("sk-" + "proj-other0123456789EXAMPLE")})
    assert card(world, "openai").settings == settings


def test_a_plain_setting_changed_while_one_waits_survives(world):
    add(world, settings={"max_tokens": 7})
    world.says = [unreachable("down"), ok()]
    with pytest.raises(NotChecked):
        world.rotation().start(NEW)
    assert world.set(ANTHROPIC, max_tokens=8, default_model="claude-opus-5") is None
    world.rotation().resume()
    assert (reveal(world), card(world).settings) == (NEW, {"max_tokens": 8, "default_model": "claude-opus-5"})


def test_the_expiry_belongs_to_the_key(world):
    add(world, expires_at="2027-01-31T00:00:00Z")
    world.rotation().start(NEW)
    assert card(world).expires_at is None
    world.rotation().roll_back()
    assert card(world).expires_at == "2027-01-31T00:00:00Z"


# ── policy ──


def test_another_account_is_refused_and_nothing_waits_unless_allowed(world):
    add(world, outcome=ok("Acme", "1"))
    was = card(world)
    world.says = [ok("Beta", "2")]
    with pytest.raises(Refused) as refusal:
        world.rotation().start(NEW)
    assert (refusal.value.exit_code, card(world), reveal(world), stands(world).state) == (8, was, OLD, "idle")
    assert actions(world)[-2:] == ["rotation.aborted", "credential.destroyed"]
    world.rotation(allow_account_change=True).start(NEW)
    assert (reveal(world), card(world).account) == (NEW, "Beta")


def test_the_account_of_before_is_back_when_another_one_fails_as_stored(world):
    add(world, outcome=ok("Acme", "1"))
    world.says = [ok("Beta", "2"), rejected()]
    with pytest.raises(CheckFailed):
        world.rotation(allow_account_change=True).start(NEW)
    world.says = [ok("Acme", "1")]
    world.rotation().start(NEW)  # its number is known as before: no refusal


@pytest.mark.parametrize("yes", [True, False])
def test_a_limited_key_is_a_question(world, yes):
    add(world)
    world.says = [limited("plan")]
    asked = []
    rotation = world.rotation(ask=lambda outcome: asked.append(outcome.message) or yes)
    if yes:
        assert rotation.start(NEW).word == "limited"
    else:
        with pytest.raises(Aborted):
            rotation.start(NEW)
    assert (asked, reveal(world), stands(world).state) == (["plan"], NEW if yes else OLD, "idle")


def test_a_limited_key_waits_where_nobody_can_be_asked(world):
    add(world)
    world.says = [limited("plan")]
    with pytest.raises(NotChecked) as refusal:
        world.rotation().start(NEW)
    assert refusal.value.tries[0].endswith("--resume --accept-limited")
    assert world.rotation(accept_limited=True).resume().word == "limited"
    assert reveal(world) == NEW


def test_an_untestable_provider_needs_a_reason(world):
    add(world)
    world.says = [untestable()]
    with pytest.raises(NotChecked) as refusal:
        world.rotation().start(NEW)
    assert refusal.value.tries[0].endswith("--resume --unchecked --reason TEXT")
    assert world.rotation(reason="the vendor has no test").resume().word == "untestable"
    assert (reveal(world), card(world).status) == (NEW, "untested")
    assert (stands(world).state, stands(world).previous_until) == ("idle", "2026-11-27T09:05:00Z")


@pytest.mark.parametrize("said", [unreachable("down"), rate_limited(), rejected()])
def test_a_reason_alone_is_no_way_around_a_test(world, said):
    add(world)
    world.says = [said]
    with pytest.raises((NotChecked, CheckFailed)):
        world.rotation(reason="in a hurry").start(NEW)
    assert reveal(world) == OLD


def test_unchecked_asks_nobody_and_the_reason_is_in_the_log(world):
    add(world)
    assert world.rotation(unchecked=True, reason="the vendor is down").start(NEW).word == "untestable"
    assert (world.asked, reveal(world), card(world).status) == ([], NEW, "untested")
    log = trail.newest(world.store.path, trail.Wanted(), 5)
    assert [row["reason"] for row in log if "reason" in row] == ["the vendor is down"]


def test_contradictions_are_refused(world):
    for options in ({"unchecked": True}, {"reason": "x", "keep": timedelta(0)}, {"unchecked": True, "reason": ""}):
        with pytest.raises(UsageError):
            Policy(**options)
    add(world)
    with pytest.raises(UsageError, match="credential is in it"):
        world.rotation(unchecked=True, reason=f"it is {keys.ANTHROPIC_NEW}").start(NEW)
    with pytest.raises(UsageError, match="nothing changed"):
        world.rotation().start(OLD)
    assert (world.asked, blobs(world).keys()) == ([], {1})


# ── one at a time ──


@pytest.mark.parametrize("way", ["rotate", "set", "store", "rollback"])
@pytest.mark.parametrize("state", ["pending", "swapped_unchecked"])
def test_nothing_else_replaces_a_credential_meanwhile(world, way, state):
    add(world)
    world.rotation().start({"api_key": Secret(keys.ANTHROPIC + "FIRST")})
    before = reveal(world)
    world.says = [unreachable("down")] if state == "pending" else [ok(), unreachable("down")]
    if state == "pending":
        with pytest.raises(NotChecked):
            world.rotation().start(NEW)
    else:
        world.rotation().start(NEW)
    assert stands(world).state == state
    third = {"api_key": Secret(keys.ANTHROPIC + "THIRD")}
    if way == "rollback" and state == "swapped_unchecked":
        world.rotation().roll_back()  # this is the way out
        assert reveal(world) == before
        return
    with pytest.raises(Conflict) as refusal:
        if way == "rotate":
            world.rotation().start(third)
        elif way == "set":
            world.set(ANTHROPIC, credentials=third)
        elif way == "rollback":
            world.rotation().roll_back()
        else:
            with world.store.writing() as here:
                here.integrations.conceal(here.integrations.get("acme", "anthropic"), ANTHROPIC, third)
    assert refusal.value.tries[0] == "integrations rotate anthropic -w acme --resume"
    assert reveal(world) == (before if state == "pending" else NEW)


def test_somebody_else_was_faster(world):
    add(world)
    mine = world.rotation()

    def aborted(definition, credentials, settings):
        world.rotation().abort()
        return ok()

    with pytest.raises(Conflict):
        replace(mine, check=aborted).start(NEW)
    assert (reveal(world), stands(world).state) == (OLD, "idle")


# ── stopped at any step ──


@pytest.mark.parametrize("at", [1, 2])
def test_stopped_while_the_provider_is_asked_it_goes_on_where_it_was(world, at):
    add(world)
    world.says = [ok("Acme", "1")] * (at - 1) + [KeyboardInterrupt(), ok("Acme", "1")]
    with pytest.raises(KeyboardInterrupt):
        world.rotation().start(NEW)
    assert stands(world).state == ("pending" if at == 1 else "swapped_unchecked")
    assert reveal(world) == (OLD if at == 1 else NEW)
    world.later(days=100)
    sweep(world.store)  # what is not proven has no end
    assert world.rotation().resume().word == "ok"
    assert (reveal(world), stands(world).state, stands(world).previous_until) == (NEW, "idle", "2027-03-07T09:05:00Z")
    world.rotation().roll_back()
    assert reveal(world) == OLD


def test_a_later_test_is_the_missing_step_as_well(world):
    add(world)
    world.says = [ok(), unreachable("down"), ok()]
    world.rotation().start(NEW)
    assert stands(world).state == "swapped_unchecked"
    ask_again(world.store, world.check, "acme", ANTHROPIC, world.clock)
    assert (stands(world).state, stands(world).previous_until) == ("idle", "2026-11-27T09:05:00Z")
    assert actions(world)[-1] == "rotation.confirmed"


def test_unproven_it_can_be_taken_as_it_is_with_a_reason(world):
    add(world)
    world.says = [ok(), unreachable("down")]
    world.rotation().start(NEW)
    world.rotation(unchecked=True, reason="the vendor is gone").resume()
    assert (stands(world).state, stands(world).previous_until) == ("idle", "2026-11-27T09:05:00Z")


def test_nothing_to_resume_abort_or_finish(world):
    add(world)
    for way in (world.rotation().resume, world.rotation().abort, world.rotation().roll_back):
        with pytest.raises(Conflict):
            way()
    assert world.rotation().finish() is False
    world.says = [ok(), unreachable("down")]
    world.rotation().start(NEW)
    for way in (world.rotation().abort, world.rotation().finish):
        with pytest.raises(Conflict) as refusal:
            way()
        assert "integrations rotate anthropic -w acme --resume" in refusal.value.tries


# ── how long the old one is kept ──


def test_keep_is_counted_from_the_proof_and_sweep_destroys(world):
    add(world)
    old = blobs(world)[1]
    world.says = [ok(), unreachable("down"), ok()]
    world.rotation(keep=timedelta(hours=2)).start(NEW)
    world.later(hours=5)
    assert sweep(world.store) == []
    world.rotation().resume()
    assert stands(world).previous_until == "2026-11-26T16:05:00Z"
    world.later(minutes=119)
    assert sweep(world.store) == []
    world.later(minutes=1)
    assert [(one.website, one.provider, one.version) for one in sweep(world.store)] == [("acme", "anthropic", 1)]
    assert old not in world.store.path.read_bytes()
    with pytest.raises(Conflict):
        world.rotation().roll_back()
    assert sweep(world.store) == []


def test_keep_nothing_destroys_as_soon_as_the_new_one_is_proven(world):
    add(world)
    old = blobs(world)[1]
    world.says = [ok(), rejected()]
    with pytest.raises(CheckFailed):
        world.rotation(keep=timedelta(0)).start(NEW)
    assert reveal(world) == OLD  # not proven as stored: nothing was destroyed
    world.says = [ok()]
    world.rotation(keep=timedelta(0)).start(NEW)
    assert (reveal(world), stands(world).previous) == (NEW, {})
    assert old not in world.store.path.read_bytes()
    assert actions(world)[-2:] == ["rotation.confirmed", "credential.destroyed"]


def test_keep_nothing_is_not_for_what_is_taken_without_a_test_in_the_end(world):
    add(world)
    world.says = [ok(), unreachable("down")]
    world.rotation(keep=timedelta(0)).start(NEW)
    world.rotation(unchecked=True, reason="it will be down for days").resume()
    assert (reveal(world), stands(world).state) == (NEW, "idle")
    assert stands(world).previous_until == "2026-11-27T09:05:00Z"
    assert world.rotation().roll_back().word == "unreachable"
    assert reveal(world) == OLD


def test_finish_destroys_the_old_one_now(world):
    add(world)
    old = blobs(world)[1]
    world.rotation().start(NEW)
    assert old in world.store.path.read_bytes()
    assert world.rotation().finish() is True
    assert old not in world.store.path.read_bytes()
    assert reveal(world) == NEW


# ── back ──


def test_back_and_forth(world):
    add(world, outcome=ok("Acme", "1"))
    age = card(world).credentials["api_key"].changed_at
    world.rotation().start(NEW)
    for wanted in (OLD, NEW, OLD):
        assert world.rotation().roll_back().word == "ok"
        assert (reveal(world), card(world).status, stands(world).state) == (wanted, "connected", "idle")
    assert card(world).version == 5
    assert card(world).credentials["api_key"].changed_at == age
    assert actions(world).count("rotation.rolled_back") == 3
    assert [number for number, blob in blobs(world).items() if blob] == [4, 5]


@pytest.mark.parametrize("said", SEVEN, ids=words)
def test_what_the_old_one_is_told_decides(world, said):
    add(world)
    world.rotation().start(NEW)
    was = card(world)
    world.says = [said]
    if said.word in BLAMING:
        with pytest.raises(CheckFailed, match="nothing changed"):
            world.rotation().roll_back()
        assert (reveal(world), card(world), stands(world).state) == (NEW, was, "idle")
    else:
        assert world.rotation().roll_back().word == said.word
        assert reveal(world) == OLD
        assert stands(world).state == ("swapped_unchecked" if said.word in ("rate_limited", "unreachable") else "idle")
        assert stands(world).previous["api_key"].fingerprint == was.credentials["api_key"].fingerprint


def test_refused_as_stored_after_going_back_brings_back_the_newer_one(world):
    add(world)
    world.rotation().start(NEW)
    world.says = [ok(), rejected()]
    with pytest.raises(CheckFailed):
        world.rotation().roll_back()
    assert reveal(world) == NEW


def test_going_back_repairs_what_is_damaged(world):
    add(world)
    world.rotation().start(NEW)
    with sqlite3.connect(world.store.path) as connection:
        connection.execute("UPDATE credential_version SET blob = zeroblob(300) WHERE state = 'active'")
    world.rotation().roll_back()
    assert reveal(world) == OLD


# ── settings that travel ──


def test_a_setting_that_decides_where_it_is_sent_travels_with_the_pending_version(world):
    add(world, PAYPAL, GOOD["paypal"], {"environment": "sandbox"})
    was = card(world, "paypal")
    world.says = [unreachable("down")]
    with pytest.raises(NotChecked):
        world.set(PAYPAL, environment="live")
    assert world.asked == [(GOOD["paypal"], {"environment": "live"})]
    assert (card(world, "paypal"), reveal(world, "paypal")) == (was, GOOD["paypal"])
    world.says = [ok()]
    world.rotation(PAYPAL).resume()
    now = card(world, "paypal")
    assert (now.settings, reveal(world, "paypal")) == ({"environment": "live"}, GOOD["paypal"])
    assert now.credentials == was.credentials  # the same key, as old as before
    world.rotation(PAYPAL).roll_back()
    assert world.asked[-1] == (GOOD["paypal"], {"environment": "sandbox"})
    assert (card(world, "paypal").settings, reveal(world, "paypal")) == ({"environment": "sandbox"}, GOOD["paypal"])


@pytest.mark.parametrize("said", [rejected(), misconfigured("environment")], ids=["rejected", "misconfigured"])
def test_a_refused_setting_is_forgotten_and_one_refused_as_stored_goes_back(world, said):
    add(world, PAYPAL, GOOD["paypal"], {"environment": "sandbox"}, outcome=ok())
    for answers in ([said], [ok(), said]):
        world.says = answers
        with pytest.raises(CheckFailed):
            world.set(PAYPAL, environment="live")
        assert card(world, "paypal").settings == {"environment": "sandbox"}
        assert card(world, "paypal").status == "connected"
        assert reveal(world, "paypal") == GOOD["paypal"]


def test_unset_and_changed_settings_travel_with_a_new_key_and_go_back_with_it(world):
    add(world, settings={"max_tokens": 7, "default_model": "claude-x"})
    world.says = [unreachable("down")]
    with pytest.raises(NotChecked):
        world.set(ANTHROPIC, credentials=NEW, unset=("default_model",), max_tokens=9)
    assert card(world).settings == {"max_tokens": 7, "default_model": "claude-x"}
    world.says = [ok()]
    world.rotation().resume()
    assert card(world).settings == {"max_tokens": 9}
    world.rotation().roll_back()
    assert (card(world).settings, reveal(world)) == ({"max_tokens": 7, "default_model": "claude-x"}, OLD)


def test_a_destination_of_a_waiting_version_edited_in_sql_closes_it(world):
    add(world, PAYPAL, GOOD["paypal"], {"environment": "sandbox"})
    world.says = [unreachable("down"), ok()]
    with pytest.raises(NotChecked):
        world.set(PAYPAL, environment="live")
    with sqlite3.connect(world.store.path) as connection:
        connection.execute("UPDATE carried SET settings = '{}' WHERE version = 2")
    with pytest.raises(Unreadable) as refusal:
        world.rotation(PAYPAL).resume()
    assert refusal.value.tries == ("integrations rotate paypal -w acme --abort",)
    assert len(world.asked) == 1
    world.rotation(PAYPAL).abort()
    assert reveal(world, "paypal") == GOOD["paypal"]


def test_an_old_version_put_back_as_the_waiting_one_is_refused(world):
    add(world)
    world.rotation().start(NEW)
    with sqlite3.connect(world.store.path) as connection:
        connection.execute("UPDATE credential_version SET state = 'pending', destroy_after = NULL WHERE version = 1")
    world.asked.clear()
    with pytest.raises(Unreadable):
        world.rotation().resume()
    assert world.asked == []


def test_an_integration_that_is_not_complete_is_filled_in_without_ceremony(world):
    add(world, STRIPE, {"publishable_key": GOOD["stripe"]["publishable_key"]})
    world.says = [unreachable("down")]
    assert world.set(STRIPE, credentials={"secret_key": GOOD["stripe"]["secret_key"]}).word == "unreachable"
    assert (reveal(world, "stripe"), stands(world, "stripe").state) == (GOOD["stripe"], "idle")


# ── a new key may need to settle ──

SETTLING = replace(ANTHROPIC, settles_within=10)


def test_a_refused_new_key_is_asked_again_while_it_may_settle(world):
    add(world)
    world.says = [rejected(), rejected(), ok()]
    world.rotation(SETTLING).start(NEW)
    assert (world.slept, len(world.asked), reveal(world)) == ([1, 2], 4, NEW)


@pytest.mark.parametrize(("said", "slept"), [(rejected(), [1, 2, 4, 3]), (misconfigured("x"), []), (unreachable("down"), [])])
def test_the_wait_is_bounded_and_only_for_a_refused_key(world, said, slept):
    add(world)
    world.says = [said]
    with pytest.raises((CheckFailed, NotChecked)):
        world.rotation(SETTLING).start(NEW)
    assert (world.slept, reveal(world)) == (slept, OLD)


def test_as_stored_nothing_is_asked_twice(world):
    add(world)
    world.says = [ok(), rejected()]
    with pytest.raises(CheckFailed):
        world.rotation(SETTLING).start(NEW)
    assert (world.slept, reveal(world)) == ([], OLD)


def test_a_program_that_does_not_wait_leaves_nothing_behind(world):
    add(world)
    world.says = [unreachable("down")]
    with pytest.raises(NotChecked, match="nothing changed"):
        world.rotation(wait=False).start(NEW)
    assert (reveal(world), stands(world).state, blobs(world)[2]) == (OLD, "idle", b"")


def test_a_bad_value_starts_nothing(world):
    add(world, registry.get("mailchimp"), GOOD["mailchimp"])
    with pytest.raises((BadValue, UsageError)):
        world.rotation(registry.get("mailchimp")).start(GOOD["mailchimp"])
    assert stands(world, "mailchimp").state == "idle"


# ── how long a key lasts ──


def sealed_for_elsewhere(world, check):
    add(world, ZOHO, GOOD["zoho"], expires_at="2027-01-01")
    before = card(world, "zoho")
    values = Values(settings={"api_domain": "https://www.zohoapis.eu"})
    set_values(world.store, world.check if check else None, "acme", ZOHO, values, [], Policy(), lambda *_: None, world.clock)
    after = card(world, "zoho")
    assert (after.settings, after.version) == (values.settings, before.version + 1)
    return after.expires_at


def test_a_key_that_is_sealed_anew_for_another_host_lasts_as_long_as_before(world):
    assert sealed_for_elsewhere(world, check=False) == "2027-01-01"


def test_a_key_that_is_sealed_anew_while_keys_are_replaced_lasts_as_long_as_before(world, monkeypatch):
    started = Rotation.start

    def after_the_keys(self, *given):
        reencrypt._begin(world.store, resume=False)
        return started(self, *given)

    monkeypatch.setattr(Rotation, "start", after_the_keys)
    assert sealed_for_elsewhere(world, check=True) == "2027-01-01"


# ── two at once ──


def meanwhile(world, provider, **settings):
    """Somebody else changes settings, from now on until the next answer of the provider."""
    with open_store(world.store.config, clock=world.clock) as other:
        save = Values(settings=settings)
        set_plain(other, "acme", registry.get(provider), save, [])


def test_of_two_who_change_settings_at_once_none_is_forgotten(world, monkeypatch):
    add(world)
    writing = world.store.writing

    def later():
        monkeypatch.setattr(world.store, "writing", writing)
        meanwhile(world, "anthropic", max_tokens=100)
        return writing()

    monkeypatch.setattr(world.store, "writing", later)
    set_plain(world.store, "acme", ANTHROPIC, Values(settings={"default_model": "x"}), [])
    assert card(world).settings == {"default_model": "x", "max_tokens": 100}


def test_settings_that_were_changed_during_the_test_are_not_taken_back(world):
    add(world, TWILIO, {})

    def check(definition, credentials, settings):
        meanwhile(world, "twilio", from_number="+15005550006")
        return unreachable("down")

    with pytest.raises(Conflict) as refusal:
        set_values(world.store, check, "acme", TWILIO, Values(credentials=GOOD["twilio"]), [], Policy(), lambda *_: None, world.clock)
    assert "settings" in refusal.value.why
    assert card(world, "twilio").settings == {"from_number": "+15005550006"}


# ── what travels with a version, edited by whoever holds the database file ──

CARRIED = {
    "a setting": "UPDATE carried SET settings = '{\"max_tokens\": 666}'",
    "a setting that goes": "UPDATE carried SET settings = '{}'",
    "how long the old one is kept": "UPDATE carried SET keep = 0",
    "when it ends": "UPDATE carried SET expires_at = '2099-01-01'",
    "nothing at all": "DELETE FROM carried",
    "no signature": "UPDATE carried SET mac = NULL, epoch = NULL",
    "an epoch that there is not": "UPDATE carried SET epoch = 7",
    "something that is no object": "UPDATE carried SET settings = '[1]'",
}


@pytest.mark.parametrize("edit", CARRIED)
def test_what_waits_with_a_new_key_is_used_only_as_it_was_written(world, edit):
    add(world, settings={"max_tokens": 7})
    world.says = [unreachable("down"), ok()]
    with pytest.raises(NotChecked):
        world.set(ANTHROPIC, credentials=NEW, max_tokens=9)
    with sqlite3.connect(world.store.path) as connection:
        connection.execute(CARRIED[edit])
    for policy in ({}, {"unchecked": True, "reason": "trust me"}):
        with pytest.raises(Unreadable):
            world.rotation(**policy).resume()
    assert (len(world.asked), card(world).settings) == (1, {"max_tokens": 7})
    world.rotation().abort()
    assert reveal(world) == OLD


@pytest.mark.parametrize("edit", CARRIED)
def test_what_goes_back_with_the_old_key_is_used_only_as_it_was_written(world, edit):
    add(world, settings={"max_tokens": 7})
    world.set(ANTHROPIC, credentials=NEW, max_tokens=9)
    with sqlite3.connect(world.store.path) as connection:
        connection.execute(CARRIED[edit])
    with pytest.raises(Unreadable):
        world.rotation().roll_back()
    assert (reveal(world), card(world).settings) == (NEW, {"max_tokens": 9})


def test_what_came_with_a_key_is_not_put_back_as_what_goes_with_it(world):
    """Both are of the same version, and both were signed."""
    add(world, settings={"max_tokens": 7})
    world.says = [unreachable("down"), ok()]
    with pytest.raises(NotChecked):
        world.set(ANTHROPIC, credentials=NEW, max_tokens=9)
    with sqlite3.connect(world.store.path) as connection:
        came = connection.execute("SELECT settings, expires_at, keep, epoch, mac FROM carried WHERE version = 2").fetchone()
    world.rotation().resume()
    world.rotation().roll_back()
    with sqlite3.connect(world.store.path) as connection:
        assert connection.execute("SELECT count(*) FROM carried WHERE version = 2").fetchone() == (1,)
        connection.execute("UPDATE carried SET (settings, expires_at, keep, epoch, mac) = (?, ?, ?, ?, ?) WHERE version = 2", came)
    with pytest.raises(Unreadable):
        world.rotation().roll_back()


def test_a_damaged_wish_how_long_to_keep_keeps_it_a_day(world):
    add(world)
    world.says = [ok(), unreachable("down"), ok()]
    world.rotation(keep=timedelta(0)).start(NEW)
    with sqlite3.connect(world.store.path) as connection:
        connection.execute("UPDATE carried SET keep = 1")
    world.rotation().resume()
    assert stands(world).previous_until == (world.now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_travels_is_read_after_the_keys_were_replaced(world):
    add(world, settings={"max_tokens": 7})
    world.set(ANTHROPIC, credentials=NEW, max_tokens=9)
    reencrypt.reencrypt(world.store, lambda *_: None)
    world.rotation().roll_back()
    assert (reveal(world), card(world).settings) == (OLD, {"max_tokens": 7})


def in_between(monkeypatch, world, doing, at):
    """Somebody else does something just before this command opens its `at`-th conversation."""
    reading, times = world.store.reading, []

    def later():
        times.append(1)
        if len(times) == at:
            monkeypatch.setattr(world.store, "reading", reading)
            doing()
        return reading()

    monkeypatch.setattr(world.store, "reading", later)


@pytest.mark.parametrize("check", [True, False], ids=["tested", "untested"])
def test_a_plain_setting_that_somebody_changes_while_a_destination_is_set_is_not_lost(world, monkeypatch, check):
    sendgrid = registry.get("sendgrid")
    add(world, sendgrid, GOOD["sendgrid"], {"region": "global"})
    in_between(monkeypatch, world, lambda: meanwhile(world, "sendgrid", default_sender="a@example.com"), at=2)
    values = Values(settings={"region": "eu"})
    set_values(world.store, world.check if check else None, "acme", sendgrid, values, [], Policy(), lambda *_: None, world.clock)
    assert card(world, "sendgrid").settings == {"region": "eu", "default_sender": "a@example.com"}


# ── only the version that was seen ──


@pytest.mark.parametrize("ending", ["limited", "no answer", "another account"])
def test_only_the_version_that_was_tested_is_given_up(world, ending):
    """While one person reads what came of the test, another one gives up that key, and starts with their own."""
    add(world, outcome=ok("Acme", "1"))
    theirs = {"api_key": Secret(keys.ANTHROPIC_NEW + "2")}

    def replaced(version):
        world.rotation().abort()
        with world.store.writing() as here:
            row = here.integrations.get("acme", "anthropic")
            here.rotations.start(row, ANTHROPIC, theirs, {}, timedelta(hours=1))

    said = {"limited": limited("plan"), "no answer": unreachable("down"), "another account": ok("Other", "2")}[ending]
    mine = world.rotation(ask=lambda outcome: replaced(2) or False, wait=False)
    if ending == "limited":
        world.says = [said]
        with pytest.raises(Conflict):
            mine.start(NEW)
    else:

        def check(definition, credentials, settings):
            replaced(2)
            return said

        with pytest.raises(Conflict):
            replace(mine, check=check).start(NEW)
    assert stands(world).state == "pending"
    world.says = [ok("Acme", "1")]
    world.rotation().resume()
    assert reveal(world) == theirs


def test_a_key_that_got_no_answer_is_given_up_and_not_the_one_that_somebody_else_began(world, monkeypatch):
    add(world)
    writing, times = world.store.writing, []

    def later():
        times.append(1)
        if len(times) == 3:  # started, checked, and now given up
            monkeypatch.setattr(world.store, "writing", writing)
            world.rotation().abort()
            with writing() as here:
                here.rotations.start(here.integrations.get("acme", "anthropic"), ANTHROPIC, NEW, {}, timedelta(hours=1))
        return writing()

    monkeypatch.setattr(world.store, "writing", later)
    world.says = [unreachable("down")]
    with pytest.raises(Conflict):
        world.rotation(wait=False).start(NEW)
    assert stands(world).state == "pending"


def test_an_end_that_was_written_in_sql_does_not_end_what_is_in_use(world):
    add(world)
    world.rotation().start(NEW)
    with sqlite3.connect(world.store.path) as connection:
        connection.execute("UPDATE credential_version SET destroy_after = '2020-01-01T00:00:00Z' WHERE state = 'active'")
    assert sweep(world.store) == []
    assert reveal(world) == NEW


def test_the_log_names_only_what_changed_also_while_keys_are_replaced(world):
    add(world, STRIPE, GOOD["stripe"])
    reencrypt._begin(world.store, resume=False)
    fresh = {"secret_key": Secret(keys.GOOD["stripe"]["secret_key"] + "2")}
    world.rotation(STRIPE).start(fresh)
    world.rotation(STRIPE).roll_back()
    world.says = [ok(), rejected()]
    with pytest.raises(CheckFailed):
        world.rotation(STRIPE).start({"secret_key": Secret(keys.GOOD["stripe"]["secret_key"] + "3")})
    told = [row for row in trail.newest(world.store.path, trail.Wanted(), 100) if row["action"] in FIELDS]
    assert {row["action"] for row in told} == FIELDS
    assert all(row["fields"] == ["secret_key"] for row in told), told


FIELDS = {"rotation.started", "rotation.swapped", "rotation.rolled_back"}


def test_what_follows_from_a_key_follows_the_new_one(world):
    """The key of another data centre: its server goes with it, unless somebody says otherwise."""
    mailchimp = registry.get("mailchimp")
    add(world, mailchimp, GOOD["mailchimp"])
    key = keys.GOOD["mailchimp"]["api_key"].rpartition("-")[0]
    world.rotation(mailchimp).start({"api_key": Secret(f"{key}-us7")})
    assert reveal(world, "mailchimp")["server_prefix"] == Secret("us7")
    world.set(mailchimp, credentials={"api_key": Secret(f"{key}-us8")})
    assert reveal(world, "mailchimp")["server_prefix"] == Secret("us8")
    world.set(mailchimp, credentials={"server_prefix": Secret("us9")})
    assert reveal(world, "mailchimp") == {"api_key": Secret(f"{key}-us8"), "server_prefix": Secret("us9")}


def test_a_rotation_that_somebody_starts_while_the_old_key_is_tested_is_a_conflict(world):
    add(world)
    world.rotation().start(NEW)

    def check(definition, credentials, settings):
        with open_store(world.store.config, clock=world.clock) as other, other.writing() as here:
            row = here.integrations.get("acme", "anthropic")
            here.rotations.start(row, ANTHROPIC, {"api_key": Secret(keys.ANTHROPIC_NEW + "2")}, {}, timedelta(hours=1))
        return ok("Acme", "1")

    with pytest.raises(Conflict) as refusal:
        replace(world.rotation(), check=check).roll_back()
    assert "integrations rotate anthropic -w acme --abort" in refusal.value.tries
    assert (reveal(world), stands(world).state) == (NEW, "pending")
