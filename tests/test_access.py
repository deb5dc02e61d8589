"""The one decision, exhaustively, and what it rests on."""

import os
import subprocess
import sys
from itertools import product

import pytest
from tests.conftest import ROOT

from integrations_cli import denial
from integrations_cli.access import ACTIONS, OWNER, PER_WEBSITE, ROLES, Grants, Principal, acting, authorize, me, name_of

MINE, OTHER = b"m" * 16, b"o" * 16
BOB, EVE = Principal(1000, "bob"), Principal(1001, "eve")
ALLOWED = {
    "owner": "see use edit disclose audit keys grant",
    "admin": "see use edit disclose audit",
    "operator": "see use disclose",
    "viewer": "see",
    "auditor": "see audit",
}
STRANGE = ("", "OWNER", "root", "admin ", "owner\0", "*", "None")


def test_the_table_is_the_one_of_the_documents():
    assert {role: set(words.split()) for role, words in ALLOWED.items()} == {role: set(actions) for role, actions in ROLES.items()}
    assert set(ACTIONS) == set(ALLOWED["owner"].split())
    assert {*PER_WEBSITE, OWNER} == set(ROLES)


@pytest.mark.parametrize("role", [*ALLOWED, *STRANGE])
def test_every_role_action_and_website(role):
    """A role counts on its own website only; `owner` only for the whole store; whatever is not in the table is denied."""
    for action, asked, held in product((*ACTIONS, "", "SEE", "delete"), (MINE, OTHER, None), (MINE, None)):
        grants = Grants([("uid:7", None, OWNER), (BOB.ident, held, role)])
        owns = role == OWNER and held is None
        has = held is not None and held == asked and role in PER_WEBSITE and action in ALLOWED[role].split()
        assert authorize(BOB, action, asked, grants) is (action in ACTIONS and (owns or has)), (action, asked, held)
        assert not authorize(EVE, action, asked, grants)


def test_without_any_grant_everything_is_open_and_with_one_nothing_is():
    for action, website in product(ACTIONS, (MINE, None)):
        assert authorize(BOB, action, website, Grants())
        assert not authorize(BOB, action, website, Grants([("uid:1001", OTHER, "viewer")]))
        assert not authorize(BOB, action, website, Grants([("uid:1001", None, "nonsense")]))
    assert not authorize(BOB, "anything", MINE, Grants())


def test_names_are_not_looked_at():
    grants = Grants([("bob", MINE, "admin"), ("uid:1000 ", MINE, "admin"), ("1000", MINE, "admin"), ("UID:1000", None, "owner")])
    assert not any(authorize(BOB, action, MINE, grants) for action in ACTIONS)
    assert authorize(Principal(1000, "somebody else"), "see", MINE, Grants([("uid:1000", MINE, "viewer")]))


def test_the_principal_is_the_operating_systems_and_the_environment_has_no_say():
    program = "from integrations_cli.access import me; print(me().ident, me().name)"
    environ = {"USER": "mallory", "LOGNAME": "mallory", "SUDO_UID": "4711", "UID": "4711", "HOME": "/", "PYTHONPATH": ":".join(sys.path)}
    out = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True).stdout
    assert out.split()[0] == f"uid:{os.getuid()}"
    assert "mallory" not in out


def test_only_the_door_of_tests_says_otherwise():
    assert me().uid == os.getuid()
    with acting(BOB):
        assert me() is BOB
        with acting(None):
            assert me().uid == os.getuid()
        assert me() is BOB
    assert me().uid == os.getuid()
    told = [path for path in (ROOT / "src").rglob("*.py") if "acting(" in path.read_text()]
    assert {path.name for path in told} == {"tools.py", "app.py"}
    assert "principal" not in (ROOT / "src/integrations_cli/config.py").read_text()


@pytest.mark.parametrize("ident", ["uid:4294967295", "uid:99999999999999999999", "uid:-1", "uid:", "uid:x", "", "\x1b[31m", "uid:١"])
def test_a_strange_ident_has_itself_as_name(ident):
    assert name_of(ident) in {ident, ident.removeprefix("uid:")}


@pytest.mark.parametrize(("role", "action"), [(role, action) for role in PER_WEBSITE for action in ACTIONS if action not in ROLES[role]])
def test_a_denial_says_who_may_grant_the_least_role_that_loses_nothing(role, action):
    error = denial.on_website(BOB, action, "acme", MINE, Grants([("uid:7777777", None, OWNER), (BOB.ident, MINE, role)]))
    assert (error.exit_code, error.denied) == (8, (action, MINE))
    assert role in str(error.why) and "7777777" in str(error.why)
    fit = error.tries[0].split()[4]
    fitting = [one for one in ROLES if {action, *ROLES[role]} <= ROLES[one]]
    assert fit in fitting and all(len(ROLES[fit]) <= len(ROLES[one]) for one in fitting)
    assert ("-w acme" in error.tries[0]) is (fit != OWNER)


def test_hostile_names_do_nothing_to_a_screen():
    hostile = Principal(1000, "bob\x1b[31m\u202e\n")
    grants = Grants([("\x1b]0;owned\x07", None, OWNER), (hostile.ident, MINE, "\x9bviewer")])
    for error in (
        denial.on_website(hostile, "edit", "acme", MINE, grants),
        denial.on_store(hostile, grants),
        denial.on_any(hostile, "audit", grants),
    ):
        text = "".join([error.what, str(error.why), *error.tries])
        assert not any(sign in text for sign in "\x1b\x07\x9b\u202e\n")
