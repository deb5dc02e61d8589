"""Roles as people use them: the first grant, denials and their entries, what somebody could read who is gone."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from functools import partial

import pytest
from tests import keys
from tests.canary import canary, hits
from tests.cli.test_shapes import fits
from tests.conftest import SHARED, typed

from integrations_cli import access, registry
from integrations_cli.access import Principal, acting
from integrations_cli.cli import long, topics
from integrations_cli.cli.completion.answer import lines
from integrations_cli.errors import NotFound, Refused
from integrations_cli.store import glance, open_store
from integrations_cli.store.names import Names

OWNER, BOB, EVE = Principal(50000, "olga"), Principal(50001, "bob"), Principal(50002, "eve")
HIDDEN = "hidden-site"


@pytest.fixture
def database(home):
    return home / ".local/share/integrations/store.db"


@pytest.fixture
def team(run, home, template):
    """acme and hidden-site; olga owns the store, bob is admin of acme, eve has no role."""

    def go(*words, by=OWNER, **more):
        return run(*words, principal=by, **more)

    def make(folder):
        as_owner = partial(typed, folder, principal=OWNER, K=keys.ANTHROPIC)
        as_owner("init", "--slot", "file", "--no-recovery", "--website", "acme")
        as_owner("website", "add", HIDDEN)
        for site in ("acme", HIDDEN):
            as_owner("add", "anthropic", "-w", site, "--no-test", "--secret-env", "api_key=K")
        as_owner("access", "grant", "50001", "admin", "-w", "acme")

    template("team", make, home)
    return go


def entries(database, action):
    with sqlite3.connect(database) as connection:
        slugs = dict(connection.execute("SELECT id, slug FROM website"))
        rows = connection.execute("SELECT chain, body FROM audit_row ORDER BY rowid").fetchall()
    return [(slugs.get(chain), body) for chain, text in rows if (body := json.loads(text))["action"] == action]


def plain(text):
    return " ".join(text.replace("`", "").split())


# ── switching on ──


def test_a_store_without_roles_is_open_and_says_so(ready):
    for who in (None, BOB, EVE):
        assert ready("list", "-w", "acme", principal=who).code == 0
        assert ready("website", "add", f"site-{who.uid if who else 0}", principal=who).code == 0
    assert "open to whoever can unlock it" in ready("access", "list", "-A", principal=EVE).err
    assert "open to whoever can unlock it" in ready("doctor", principal=EVE).out


def test_the_first_grant_makes_its_giver_an_owner_and_says_what_it_is_worth_once(ready, database):
    first = ready("access", "grant", "50001", "viewer", "-w", "acme", principal=OWNER)
    assert first.code == 0 and "you (olga) are an owner" in first.err
    assert plain(topics.WALLS) in plain(first.err)
    assert plain(topics.WALLS) in plain(ready("help", "security").out)
    second = ready("access", "grant", "50001", "admin", "-w", "acme", principal=OWNER)
    assert second.code == 0 and "prevent mistakes" not in second.err
    rows = json.loads(ready("access", "list", "-A", "--json", principal=OWNER).out)["items"]
    assert [(one["website"], one["principal"], one["role"]) for one in rows] == [
        (None, "uid:50000", "owner"),
        ("acme", "uid:50001", "admin"),
    ]
    assert "roles are checked" in ready("doctor", principal=OWNER).out
    assert [(site, one["to"], one["role"], one.get("was")) for site, one in entries(database, "access.granted")] == [
        (None, "uid:50000", "owner", None),
        ("acme", "uid:50001", "viewer", None),
        ("acme", "uid:50001", "admin", "viewer"),
    ]


def test_the_text_is_the_one_that_is_to_be_shipped():
    page = SHARED / "SECURITY.md"
    if not page.exists():
        pytest.skip("the security design is not beside the repository")
    text = re.search(r'\*\*Text to ship\*\*: \*"(With a local database.*?)"\*', page.read_text(), re.DOTALL)
    assert text and plain(text[1]) == plain(topics.WALLS)


def test_the_last_owner_stays_and_another_one_may_follow(team):
    refusal = team("access", "revoke", "50000", "-A", "--yes")
    assert refusal.code == 8 and "last owner" in refusal.err
    assert team("access", "grant", "50002", "owner").code == 0
    assert team("access", "revoke", "50000", "-A", "--yes", by=EVE).code == 0
    assert team("list", "-w", "acme").code == 3
    assert team("access", "grant", "50000", "admin", "-w", "acme").code == 3
    assert team("access", "revoke", "50002", "-A", "--yes", by=EVE).code == 8


def test_an_owner_owns_the_whole_store(team):
    assert team("access", "grant", "50002", "owner", "-w", "acme").code == 2
    assert team("access", "grant", "50002", "owner", by=BOB).code == 8
    assert team("website", "add", "third").code == 0
    assert team("access", "grant", "50002", "owner").code == 0
    assert team("show", "anthropic", "-w", HIDDEN, by=EVE).code == 0


STRANGE = ["bob\x1b[31m", "-1", "4294967295", "99999999999", "a" * 33, "bob;id", "../bob", "b\u202eob", "", "uid:", "٣"]


def test_a_name_that_is_none_is_refused_and_not_repeated(team, database):
    for who in STRANGE:
        for verb in (("grant", "--", who, "viewer"), ("revoke", "--", who)):
            ran = team("access", *verb, INTEGRATIONS_WEBSITE="acme")
            assert ran.code in {2, 3}, (who, ran.err)
            assert "\x1b" not in ran.err and "\u202e" not in ran.err and "unexpected" not in ran.err
    assert len(entries(database, "access.granted")) == 2


def test_a_user_of_this_machine_is_kept_as_a_number(team):
    import pwd

    somebody = next(one for one in pwd.getpwall() if one.pw_uid not in {0, 50000, 50001})
    assert team("access", "grant", somebody.pw_name, "auditor", "-w", "acme").code == 0
    assert f"uid:{somebody.pw_uid}" in team("access", "list", "-w", "acme").out
    assert team("access", "grant", "no-such-user-here", "auditor", "-w", "acme").code == 3


def test_the_recovery_key_is_the_way_back_into_a_store_that_was_restored_too(run, home, database):
    paper, bak = home / "paper", home / "bak"
    run("init", "--slot", "file", "--recovery-file", str(paper), "--website", "acme", "--yes", principal=OWNER)
    run("access", "grant", "1001", "viewer", "-w", "acme", principal=OWNER)
    run("store", "backup", str(bak), principal=OWNER)
    database.unlink()  # another machine, where people have other numbers
    stranger = Principal(4242, "stranger")
    assert run("store", "restore", str(bak), principal=stranger).code == 0
    assert run("store", "accept-restore", "--yes", principal=stranger).code == 8
    assert run("access", "grant", "4242", "owner", principal=stranger, INTEGRATIONS_KEY_FILE=str(paper)).code == 7
    done = run("store", "accept-restore", "--yes", principal=stranger, INTEGRATIONS_KEY_FILE=str(paper))
    assert done.code == 0, done.err
    assert run("access", "grant", "4242", "owner", principal=stranger, INTEGRATIONS_KEY_FILE=str(paper)).code == 0
    assert run("website", "list", principal=stranger).code == 0


def test_the_recovery_key_is_the_way_back(run, home, database):
    paper = home / "paper"
    run("init", "--slot", "file", "--recovery-file", str(paper), "--website", "acme", "--yes", principal=OWNER)
    run("access", "grant", "50001", "admin", "-w", "acme", principal=OWNER)
    assert run("access", "grant", "50001", "owner", principal=BOB).code == 8
    for words in (
        ("access", "grant", "50001", "viewer", "-w", "acme"),
        ("website", "add", "more"),
        ("access", "revoke", "50000", "-A", "--yes"),
    ):
        assert run(*words, principal=BOB, INTEGRATIONS_KEY_FILE=str(paper)).code == 8  # owners only, and nothing else
    assert run("access", "grant", "50001", "owner", principal=BOB, INTEGRATIONS_KEY_FILE=str(paper)).code == 0
    assert entries(database, "access.granted")[-1][1]["by"] == "recovery key"
    assert run("access", "revoke", "50000", "-A", "--yes", principal=BOB).code == 0
    paper.unlink()


CHANGES = [
    "INSERT INTO access_owner VALUES ('uid:50002')",
    "UPDATE access_owner SET principal = 'uid:50001'",
    "UPDATE access_grant SET role = 'operator'",
    "INSERT INTO access_grant (principal, website_id, role) SELECT 'uid:50002', id, 'admin' FROM website",
    "DELETE FROM access_grant",
    "DELETE FROM access_owner",
]


def test_roles_that_were_changed_in_sql_are_noticed(team, database):
    def noticed():
        return "changed outside of this tool" in team("doctor").out

    team("access", "grant", "50002", "owner")
    team("access", "revoke", "50002", "-A", "--yes")
    team("website", "add", "third")
    team("access", "grant", "50001", "viewer", "-w", "third")
    team("website", "remove", "third", "--confirm", "third")
    assert not noticed()
    assert team("audit", "verify", "--state").code == 0
    whole = database.read_bytes()
    for change in CHANGES:
        with sqlite3.connect(database) as connection:
            connection.execute(change)
        assert noticed(), change
        found = team("audit", "verify", "--state")
        assert found.code == 8 or (found.code == 7 and "not what the log says" in found.out), change  # or whoever asks is an owner no more
        database.write_bytes(whole)
    assert not noticed()


# ── denials ──


def test_somebody_without_a_role_is_told_whom_to_ask_and_not_to_add_a_website(team):
    ran = team("website", "list", by=EVE, COLUMNS="200")
    assert (ran.code, "website add" in ran.err) == (0, False)
    assert "you may not see any website" in ran.err
    assert "next: integrations access grant eve viewer -w SLUG" in ran.err
    assert json.loads(team("website", "list", "--json", by=EVE).out)["items"] == []
    assert "next:" not in team("website", "list", by=BOB).err


def test_a_denial_is_in_the_log_of_the_website(team, database):
    ran = team("access", "grant", "50001", "admin", "-w", "acme", by=BOB)
    assert ran.code == 8
    assert "olga" in ran.err or "50000" in ran.err  # who may grant it
    [(site, body)] = entries(database, "access.denied")
    assert (site, body["outcome"], body["wanted"], body["command"]) == ("acme", "refused", "grant", "access grant")
    assert body["actor"] == {"uid": 50001, "name": "bob"}
    assert team("audit", "verify").code == 0


def test_a_foreign_website_hears_of_it_and_a_missing_one_leaves_no_name(team, database):
    foreign, missing = team("list", "-w", HIDDEN, by=EVE), team("list", "-w", "missing-one", by=EVE)
    assert foreign.code == missing.code == 3
    assert foreign.err.replace(HIDDEN, "X") == missing.err.replace("missing-one", "X")
    assert [site for site, _ in entries(database, "access.denied")] == [HIDDEN, None]
    assert "missing-one" not in json.dumps([body for _, body in entries(database, "access.denied")])


def test_an_owners_slip_of_the_pen_is_no_denial(team, database):
    assert team("list", "-w", "amce").code == 3
    assert entries(database, "access.denied") == []


def test_a_denial_that_cannot_be_recorded_stays_one(team, database, home):
    for broken in ("key", "mode"):
        if broken == "key":
            for one in (home / ".config/integrations/keys").iterdir():
                one.rename(home / "away")
        else:
            (home / "away").rename(next((home / ".config/integrations").glob("keys")) / "x")
            database.chmod(0o644)
        ran = team("remove", "anthropic", "-w", "acme", "--confirm", "anthropic", by=EVE)
        assert ran.code == 3, broken
        assert team("website", "remove", "acme", "--confirm", "acme", by=BOB).code == 8
        assert team("audit", "list", "-w", "acme").code == 0
    assert entries(database, "access.denied") == []


def test_whether_a_slug_is_taken_is_not_told_to_whoever_may_add_none(team):
    told = {team("website", "add", slug, by=BOB).err for slug in ("acme", HIDDEN, "quite-new")}
    assert len(told) == 1
    assert team("website", "add", HIDDEN).code == 4


def test_a_source_that_names_its_websites_itself_is_asked_about_each(team, home, database):
    good = keys.GOOD["openai"]["api_key"]
    lines = {
        site: json.dumps({"website": site, "provider": "openai", "credentials": {"api_key": good}}) for site in ("acme", HIDDEN, "nowhere")
    }
    told = {}
    for site, line in lines.items():
        (home / "x.jsonl").write_text(line + "\n")
        ran = team("migrate", "file", str(home / "x.jsonl"), "--yes", by=BOB)
        told[site] = (ran.code, (ran.out + ran.err).replace(site, "SITE"))
    assert told["acme"][0] == 0
    assert told[HIDDEN] == told["nowhere"] and told["nowhere"][0] == 11
    team("access", "grant", "50001", "operator", "-w", "acme")
    (home / "x.jsonl").write_text(lines["acme"].replace("EXAMPLE", "EXAMPLF") + "\n")
    assert team("migrate", "file", str(home / "x.jsonl"), "--yes", "--on-conflict", "update", by=BOB).code == 8
    team("access", "grant", "50001", "admin", "-w", "acme")
    (home / "x.env").write_text(f"MAPBOX_ACCESS_TOKEN={keys.GOOD['mapbox']['access_token']}\n")
    assert team("migrate", "dotenv", str(home / "x.env"), "--fan-out", "all", "--yes", by=BOB).code == 0
    assert {card.website for card in _all(database) if card.provider == "mapbox"} == {"acme"}
    for path in (home / "x.jsonl", home / "x.env"):
        path.unlink()


# ── taking away ──


def test_revoking_lists_every_credential_with_its_page_and_its_command(team, third_party):
    for name in ("hubspot", "stripe", "mapbox"):
        given = [part for field, value in keys.GOOD[name].items() for part in ("--secret-env", f"{field}={field.upper()}")]
        team("add", name, "-w", "acme", "--no-test", *given, **{field.upper(): value for field, value in keys.GOOD[name].items()})
    team("disable", "mapbox", "-w", "acme")
    ran = team("access", "revoke", "50001", "-w", "acme", "--yes", "--json")
    data = fits("revoked", ran.out)
    stored = {
        card["provider"]: sorted(one["name"] for one in card["credentials"] if one["set"])
        for card in json.loads(team("list", "-w", "acme", "--json").out)["items"]
    }
    assert {one["provider"]: one["credentials"] for one in data["items"]} == stored
    assert set(stored) >= {"anthropic", "hubspot", "stripe", "mapbox"}
    for one in data["items"]:
        assert one["keys_url"] == registry.get(one["provider"]).keys_url
        assert one["rotate"] == f"integrations rotate {one['provider']} -w acme"
    assert data["revoked"] == [{"website": "acme", "role": "admin"}]
    assert team("show", "anthropic", "-w", "acme", by=BOB).code == 3
    assert HIDDEN not in ran.out
    assert team("access", "revoke", "50001", "-w", "acme", "--yes").code == 3


def test_what_a_revocation_would_do_is_told_without_doing_it(team, database):
    every = team("access", "revoke", "50001", "-A", "--dry-run")
    ran = team("access", "revoke", "50001", "-w", "acme", "-n", "--json")
    assert [one["provider"] for one in fits("revoked", ran.out)["items"]] == ["anthropic"]
    assert (every.code, ran.code, "would no longer be admin of acme" in ran.err) == (0, 0, True), ran.err
    assert entries(database, "access.revoked") == []
    assert team("show", "anthropic", "-w", "acme", by=BOB).code == 0
    assert team("access", "revoke", "50000", "-A", "-n").code == 8, "the last owner stays"
    assert team("access", "revoke", "50002", "-w", "acme", "-n").code == 3


def test_tab_knows_who_has_a_role_and_who_may_be_given_one(team, home):
    environ = {"HOME": str(home)}
    assert team("access", "grant", "root", "viewer", "-w", "acme").code == 0
    with acting(OWNER):
        told = lines(["access", "revoke", ""], environ).splitlines()
        assert told == ["50000\towner", "50001\tadmin", "root\tviewer"]
        assert "root\tviewer" in lines(["access", "grant", "ro"], environ).splitlines()
    with acting(BOB):
        assert lines(["access", "revoke", ""], environ) == ""


def test_an_owner_could_read_every_website_and_a_viewer_none(team, database):
    team("access", "grant", "50002", "owner")
    team("access", "grant", "50002", "viewer", "-w", "acme")
    data = fits("revoked", team("access", "revoke", "50002", "-A", "--yes", "--json").out)
    assert {one["website"] for one in data["items"]} == {"acme", HIDDEN}
    assert data["revoked"] == [{"website": None, "role": "owner"}, {"website": "acme", "role": "viewer"}]
    assert [(site, one["was"]) for site, one in entries(database, "access.revoked")] == [("acme", "viewer"), (None, "owner")]
    team("access", "grant", "50002", "viewer", "-w", "acme")
    ran = team("access", "revoke", "50002", "-w", "acme", "--yes")
    assert ran.code == 0 and "no credential" in ran.err and "anthropic" not in ran.out


def test_a_smaller_role_lists_them_too(team):
    ran = team("access", "grant", "50001", "auditor", "-w", "acme", "--json")
    assert [one["provider"] for one in fits("revoked", ran.out)["items"]] == ["anthropic"]
    assert team("access", "grant", "50001", "viewer", "-w", "acme").out == ""


def test_the_answer_no_changes_nothing(team):
    assert team("access", "revoke", "50001", "-w", "acme").code == 2  # nobody can be asked
    assert team("show", "anthropic", "-w", "acme", by=BOB).code == 0


def test_nothing_that_is_said_about_roles_holds_a_value(team, home):
    value = canary("sk-ant-api03-", 80)
    team("rotate", "anthropic", "-w", "acme", "--unchecked", "--reason", "EXAMPLE", "--secret-env", "api_key=K", K=value)
    said = [
        team("access", *words)
        for words in (
            ("list", "-A", "--json"),
            ("grant", "50001", "viewer", "-w", "acme"),
            ("grant", "50001", "operator", "-w", "acme"),
            ("revoke", "50001", "-w", "acme", "--yes", "--json"),
        )
    ]
    said += [team("get", "anthropic", "api_key", "-w", "acme", "--reveal", by=who) for who in (BOB, EVE)]
    assert [one.code for one in said] == [0, 0, 0, 0, 3, 3]
    assert hits([value], {str(at): (one.out + one.err).encode() for at, one in enumerate(said)}) == []


def test_roles_go_with_their_website_and_stay_when_it_is_renamed(team):
    team("website", "rename", "acme", "acme-two", "--yes")
    assert team("show", "anthropic", "-w", "acme-two", by=BOB).code == 0
    assert team("website", "remove", "acme-two", "--confirm", "acme-two").code == 0
    assert team("website", "add", "acme-two").code == 0
    assert team("list", "-w", "acme-two", by=BOB).code == 3
    assert json.loads(team("access", "list", "-A", "--json").out)["items"] == [
        {"website": None, "principal": "uid:50000", "name": access.name_of("uid:50000"), "role": "owner", "may": sorted(access.ACTIONS)}
    ]


def test_the_limit_is_what_the_text_says(team, config, database):
    """Whoever can read the file and use the key reads every credential, whatever the roles say: a script asks nobody."""
    from sqlmodel import select

    from integrations_cli.store.tables import Integration

    kept = database.read_bytes()
    team("access", "revoke", "50001", "-w", "acme", "--yes")
    team("rotate", "anthropic", "-w", "acme", "--unchecked", "--reason", "EXAMPLE", "--secret-env", "api_key=K", K=keys.ANTHROPIC_NEW)
    assert team("get", "anthropic", "api_key", "-w", "acme", "--reveal", by=BOB).code == 3  # by our doors nothing, new or old
    for now, value in ((True, keys.ANTHROPIC_NEW), (False, keys.ANTHROPIC)):
        if not now:
            database.write_bytes(kept)  # the copy of before
        with acting(BOB), open_store(config) as store, store.reading() as here:
            rows = here.session.exec(select(Integration)).all()
            assert value in {here.integrations.reveal(row)["api_key"].reveal() for row in rows}


# ── the other doors ──


def test_tab_offers_no_foreign_website(team, database):
    with acting(BOB):
        names = Names(str(database))
        assert [slug for slug, _ in names.websites()] == ["acme"]
        assert names.websites("hid") == []
        assert names.integrations(HIDDEN) == [] and names.credentials(HIDDEN, "anthropic") == []
        assert [row[1] for row in names.integrations(None)] == ["anthropic"]
        assert names.websites(limit=2) == [("acme", "acme")]
    with acting(EVE):
        assert Names(str(database)).websites() == [] and Names(str(database)).integrations(None) == []
    with acting(OWNER):
        assert len(Names(str(database)).websites()) == 2


def test_a_conversation_gives_no_website_for_another_action(team, config):
    with acting(BOB), open_store(config) as store:
        for needs, allowed in (("see", True), ("edit", True), ("grant", False), ("keys", False), ("nonsense", False)):
            store.needs = needs
            with store.reading() as here:
                assert here.websites.find(HIDDEN) is None
                with pytest.raises(NotFound):
                    here.websites.get(HIDDEN)
                with pytest.raises(NotFound):
                    here.integrations.find(HIDDEN, "anthropic")
                assert [one.slug for one in here.websites.all()] == ["acme"]
                ids = [card.id for card in _all(config.database)]
                assert len(here.integrations.all()) == len(here.integrations.by_ids(ids)) == int(allowed)
                if allowed:
                    assert here.websites.ids(["acme", HIDDEN]).keys() == {"acme"}
                else:
                    with pytest.raises(Refused):
                        here.websites.get("acme")
                    with pytest.raises(Refused):
                        here.websites.ids(["acme", HIDDEN])
        store.needs = "edit"
        with pytest.raises(Refused), store.writing() as here:
            here.websites.add("mine")
        with pytest.raises(Refused), store.writing() as here:
            here.websites.remove("acme")
        with pytest.raises(Refused), store.writing() as here:
            here.roles.grant(BOB, "owner", None)
    assert [card.website for card in _all(config.database)] == ["acme", HIDDEN]


def _all(database):
    with acting(OWNER):
        return glance.cards(database)


def test_an_application_asks_as_well(team, home, database):
    import integrations_cli

    with acting(BOB), integrations_cli.connect(environ={"HOME": str(home)}) as connection:
        told = {}
        for slug in (HIDDEN, "nowhere-to"):
            with pytest.raises(NotFound) as refusal:
                connection.website(slug)
            told[slug] = (refusal.value.what, refusal.value.why, refusal.value.tries)
        assert told[HIDDEN] == told["nowhere-to"]
        assert [one.slug for one in connection.websites()] == ["acme"]
        mine = connection.website("acme").integration_for("ai")
        assert mine.credential("api_key").reveal() == keys.ANTHROPIC
        team("access", "grant", "50001", "viewer", "-w", "acme")
        mine = connection.website("acme").integration_for("ai")
        for attempt in (
            lambda: mine.credential("api_key"),
            lambda: mine.test_connection(),
            lambda: mine.set_setting("max_tokens", 5),
            lambda: mine.rotate_credential("api_key", keys.ANTHROPIC_NEW),
            lambda: mine.record_usage(),
            lambda: mine.record_error("rejected"),
            lambda: mine.clear_error(),
        ):
            with pytest.raises(Refused):
                attempt()
    denied = entries(database, "access.denied")
    assert {(site, body["command"]) for site, body in denied} == {(HIDDEN, "python"), (None, "python"), ("acme", "python")}
    assert len(denied) == 9


def test_the_front_door_asks_as_well(team, home, database):
    """The program itself, as whoever runs the tests: the quick ways in ask like the long one."""
    team("access", "grant", str(os.getuid()), "viewer", "-w", "acme")

    def program(*words):
        environ = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "USER": "olga",
            "SUDO_UID": "50000",
        }
        done = subprocess.run([sys.executable, "-m", "integrations_cli", *words], env=environ, capture_output=True, text=True)
        assert keys.ANTHROPIC not in done.stdout + done.stderr
        return done.returncode

    denied = (
        ("get", "anthropic", "api_key", "-w", "acme", "--reveal"),
        ("exec", "anthropic", "-w", "acme", "--", "env"),
        ("env", "anthropic", "-w", "acme", "--reveal"),
        ("disable", "anthropic", "-w", "acme"),
        ("set", "anthropic", "max_tokens=5", "-w", "acme"),
        ("usage", "record", "anthropic", "-w", "acme"),
        ("website", "add", "another"),
    )
    assert [program(*words) for words in denied] == [8] * len(denied)
    assert [program("list", "-w", site) for site in ("acme", HIDDEN, "missing")] == [0, 3, 3]
    assert [body["wanted"] for _, body in entries(database, "access.denied")] == [
        *("disclose", "disclose", "disclose", "edit", "edit", "use", "keys", "see", "see")
    ]
    assert _all(database)[0].enabled and _all(database)[0].settings == {}


def test_an_older_store_is_read_as_one_without_roles(ready, database):
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TABLE access_owner")
        connection.execute("ALTER TABLE carried DROP COLUMN epoch")
        connection.execute("ALTER TABLE carried DROP COLUMN mac")
        connection.execute("UPDATE store SET format = 4")
    assert ready("list", "-w", "acme", principal=EVE).code == 0
    assert ready("doctor", principal=EVE).code == 23  # which says: store upgrade
    assert ready("store", "upgrade", "--yes", principal=EVE).code == 0
    assert ready("access", "grant", "50001", "admin", "-w", "acme", principal=OWNER).code == 0
    assert ready("list", "-w", "acme", principal=EVE).code == 3


@pytest.mark.parametrize("schema", [None, 4, "x"])
@pytest.mark.parametrize("table", ["access_owner", "access_grant"])
def test_roles_whose_table_is_gone_let_nobody_in(team, database, table, schema):
    with sqlite3.connect(database) as connection:
        connection.execute(f"DROP TABLE {table}")
        if schema is not None:
            connection.execute("UPDATE store SET format = ?", (schema,))
    for words in (("list", "-w", "acme"), ("show", "anthropic", "-w", "acme"), ("website", "list"), ("overview",)):
        ran = team(*words, by=EVE)
        told = "acme" in ran.out.replace("website add acme", "")  # an example, where there seems to be no website
        assert (ran.code, told) in {(3, False), (7, False), (74, False), (0, False)}, (words, ran)
    assert team("get", "anthropic", "api_key", "-w", "acme", "--reveal", "--allow-reveal", by=EVE).code not in {0, 1}
    assert team("website", "add", "gamma", by=EVE).code not in {0, 1}


@pytest.mark.parametrize("payload", ["\x1b[31mred", "\x9b31m", "\u202eevil", "=cmd()", "a\nb\tc", "x" * 5000, "[/x]", "uid:" + "9" * 40])
def test_hostile_rows_are_harmless(team, database, payload):
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO access_owner VALUES (?)", (payload,))
        connection.execute("INSERT INTO access_grant SELECT ?, id, ? FROM website", (payload, payload))
    lists = [("access", "list", "-A", "--format", form) for form in ("table", "json", "csv", "tsv")]
    for words, by in ((("website", "add", "x"), BOB), (("doctor",), OWNER), *((one, OWNER) for one in lists)):
        ran = team(*words, by=by)
        assert "unexpected" not in ran.err
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", ran.out + ran.err)


def test_the_list_fits_its_shape(team):
    rows = fits("access", team("access", "list", "-w", "acme", "--json").out)["items"]
    assert {one["role"] for one in rows} == {"owner", "admin"}
    assert fits("access", team("access", "list", "-A", "--json", by=BOB).out)["items"] == rows
    assert HIDDEN not in team("access", "list", "-A", by=BOB).out


def test_somebody_without_a_role_is_told_whom_to_ask(team):
    done = team("list", by=EVE)
    assert done.code == 8 and "you may not see any website" in done.err and "may grant a role" in done.err, done.err
    assert HIDDEN not in done.err and "website add" not in done.err


@pytest.mark.parametrize("size", ["short", "long"])
def test_a_plan_is_made_only_for_websites_that_one_may_change(team, home, size, monkeypatch):
    if size == "long":
        monkeypatch.setattr(long, "LONG", 10)
    for site, role in (("acme", "admin"), ("beta", "viewer")):
        if site == "beta":
            assert team("website", "add", site).code == 0
        assert team("access", "grant", "50001", role, "-w", site).code in {0, 4}
    path = home / "key.jsonl"
    rows = [
        {"website": site, "provider": "openai", "credentials": {"api_key": keys.GOOD["openai"]["api_key"]}} for site in ("acme", "beta")
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows[:1]))
    assert team("migrate", "file", str(path), "--dry-run", by=BOB).code == 10
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    plan = home / "plan.json"
    for more in (["--dry-run"], ["--plan-out", str(plan)], ["--yes"]):
        done = team("migrate", "file", str(path), *more, by=BOB)
        assert (done.code, "you may not change beta" in done.err, done.out) == (8, True, ""), done.err
    path.write_text(json.dumps({**rows[1], "website": HIDDEN}) + "\n" + json.dumps({**rows[1], "website": "nowhere"}) + "\n")
    found = json.loads(team("migrate", "file", str(path), "--dry-run", "--json", by=BOB).out)["lines"]
    assert len({(line["kind"], line["reason"], line["detail"]) for line in found}) == 1
    assert not plan.exists()
    path.unlink()
