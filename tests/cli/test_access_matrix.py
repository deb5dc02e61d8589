"""The authorisation matrix: every role × every command × a website of one's own, a foreign one and a missing one. Every cell, through
the real command line."""

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass

import pytest
from tests import keys
from tests.conftest import ROOT, Ran
from tests.loopback import ThirdParty
from tests.sources.rails import vectors

from integrations_cli.access import Principal
from integrations_cli.cli import app, needs
from integrations_cli.cli.tools import Doors

OWN, FOREIGN, MISSING = "acme", "quux-1", "quux-2"
# the table once more, spelled out: what access.py says must be this
ALLOWED = {
    "owner": {"see", "use", "edit", "disclose", "audit", "keys", "grant"},
    "admin": {"see", "use", "edit", "disclose", "audit"},
    "operator": {"see", "use", "disclose"},
    "viewer": {"see"},
    "auditor": {"see", "audit"},
    "none": set(),
}
PEOPLE = {role: Principal(40000 + number, f"the-{role}") for number, role in enumerate(ALLOWED)}
YAML = "sendgrid:\n  api_key: {}\n".format(keys.GOOD["sendgrid"]["api_key"])


@dataclass(frozen=True)
class Line:
    """A command line; `{site}` stands for the website. `ends` are the exit codes where it is allowed, `need` what it needs."""

    words: str
    need: str
    ends: tuple[int, ...] = (0,)

    @property
    def path(self) -> tuple[str, ...]:
        words = tuple(self.words.split())
        return words[:2] if words[:2] in app.paths() else words[:1]

    @property
    def scoped(self) -> bool:
        return "{site}" in self.words


NEW = "--secret-env api_key=NEW"
LINES = [
    Line("add mapbox -w {site} --no-test --secret-env access_token=TOKEN", "edit"),
    Line("add mapbox --questions", ""),
    Line("list -w {site}", "see"),
    Line("list -A", "see"),
    Line("show anthropic -w {site}", "see"),
    Line("test anthropic -w {site}", "use"),
    Line("test --all -A", "use"),
    Line("test anthropic -w {site} --explain", "see"),
    Line("set anthropic max_tokens=100 -w {site}", "edit"),
    Line(f"rotate anthropic -w {{site}} {NEW}", "edit"),
    Line("exec anthropic -w {site} -- true", "disclose"),
    Line("edit anthropic -w {site}", "edit", (2,)),  # no terminal
    Line("enable anthropic -w {site}", "edit"),
    Line("disable anthropic -w {site}", "edit"),
    Line("rollback anthropic -w {site} --yes", "edit"),
    Line("rebind anthropic -w {site} --yes", "edit"),
    Line("remove anthropic -w {site} --confirm anthropic", "edit"),
    Line("get anthropic max_tokens -w {site}", "see"),
    Line("get anthropic api_key -w {site} --reveal", "disclose"),
    Line("get anthropic api_key -w {site} --copy", "disclose", (0, 2, 3)),  # there may be no clipboard
    Line("env anthropic -w {site}", "see"),
    Line("env anthropic -w {site} --reveal", "disclose"),
    Line("env anthropic -w {site} --github-env", "disclose", (2,)),  # outside of a job
    Line("website add another", "store"),
    Line("website list", "see"),
    Line("website show {site}", "see"),
    Line("website use {site}", "see"),
    Line("website use --clear", ""),
    Line("website rename {site} renamed --yes", "keys"),
    Line("website remove {site} --confirm {site}", "keys"),
    Line("providers list", ""),
    Line("providers show zoho", ""),
    Line("providers check {root}/docs/example-provider/acme_crm.py", ""),
    Line("migrate env -w {site} --yes", "edit"),
    Line("migrate dotenv {home}/x.env -w {site} --yes", "edit"),
    Line("migrate file {home}/x.csv -w {site} --yes", "edit"),
    Line("migrate airflow {home}/x.json -w {site} --yes", "edit"),
    Line("migrate column --db {home}/x.db --table shops --column mail_key=sendgrid.api_key -w {site} --yes", "edit"),
    Line("migrate rails --root {home}/app -w {site} --yes", "edit"),
    Line("migrate rails-credentials --root {home}/app -w {site} --yes", "edit"),
    Line("migrate rails-db --db {home}/rails.db --secret-env primary_key=PRIMARY --secret-env key_derivation_salt=SALT -w {site} --yes", "edit", (0, 12)),
    Line("migrate apply {home}/plan-{site}.json --yes", "edit"),
    Line("export -w {site} --out {home}/out --secret-file passphrase={home}/phrase", "disclose"),
    Line("export -A --out {home}/out --secret-file passphrase={home}/phrase", "disclose"),
    Line("export -w {site} --out {home}/out --without-credentials", "see"),
    Line("audit list -w {site}", "audit"),
    Line("audit list -A", "audit"),
    Line("history anthropic -w {site}", "audit"),
    Line("history -A", "audit"),
    Line("audit verify", "audit"),
    Line("audit export -w {site} --to {home}/out", "audit"),
    Line("audit export -A --to -", "audit"),
    Line("audit checkpoint", "store"),
    Line("usage show -w {site}", "see"),
    Line("usage show -A", "see"),
    Line("usage record anthropic -w {site}", "use"),
    Line("due -w {site}", "see"),
    Line("due -A", "see"),
    Line("who-uses --file {home}/leaked", "see", (0, 3)),  # 3: nobody of one's own
    Line("doctor", "see"),
    Line("doctor --deep", "use"),
    Line("doctor --fix --yes", "store"),
    Line("init --slot file --no-recovery", "store"),
    Line("key status", "store"),
    Line("key rotate --yes", "store"),
    Line("key slot list", "store"),
    Line("key affected", "store"),
    Line("key recovery", "store", (2,)),  # no terminal
    Line("store abandon-credentials --slot file --no-recovery --confirm abandon-credentials", "store", (4,)),  # a slot still opens it
    Line("store accept-restore --yes", "keys"),
    Line("store backup {home}/out", "store"),
    Line("store restore --drill {home}/copy.bak", "store"),
    Line("access list -w {site}", "audit"),
    Line("access list -A", "audit"),
    Line("access grant 4711 viewer -w {site}", "grant"),
    Line("access grant 4711 owner", "store"),
    Line("access revoke 40000 -A --yes", "store", (8,)),  # the last owner stays
    Line("access revoke 40004 -w {site} --yes", "grant", (0, 3)),  # has no role on the other one
    Line("store sweep", "store"),
    Line("store status", "store"),
    Line("store upgrade", "store"),
    Line("completion show bash", ""),
    Line("completion install bash", ""),
    Line("completion remove bash", ""),
    Line("demo", ""),
    Line("help words", ""),
    Line("overview", "see"),
]  # fmt: skip
LINES += [
    Line(f"{line.words} --create-websites", "store", line.ends)
    for line in LINES
    if line.path[0] == "migrate" and line.path != ("migrate", "apply")
]


@dataclass
class House:
    """A store with two websites and somebody of every role; every command line meets it as it was made."""

    home: object
    template: object
    third_party: ThirdParty

    def run(self, role: str, line: str, site: str = OWN) -> Ran:
        words = line.format(site=site, home=self.home, root=ROOT).split()
        environ = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "NEW": keys.ANTHROPIC_NEW,
            "OLD": keys.ANTHROPIC,
            "TOKEN": keys.GOOD["mapbox"]["access_token"],
            "OPENAI_API_KEY": keys.GOOD["openai"]["api_key"],
            "PRIMARY": "x" * 32,
            "SALT": "y" * 32,
        }
        code = app.run(words, Doors(environ=environ, web=self.third_party.web, principal=PEOPLE[role]))
        sys.stdout.flush()
        sys.stderr.flush()
        return code

    def anew(self) -> None:
        shutil.rmtree(self.home)
        shutil.copytree(self.template, self.home, symlinks=True)


def sources(home):
    """What `migrate` reads."""
    import sqlite3

    from tests.sources.rails import legacy

    (home / "x.env").write_text(f"OPENAI_API_KEY={keys.GOOD['openai']['api_key']}\n")
    (home / "x.csv").write_text(f"provider,field,value\nopenai,api_key,{keys.GOOD['openai']['api_key']}\n")
    (home / "x.json").write_text(json.dumps({"sendgrid": {"conn_type": "http", "password": keys.GOOD["sendgrid"]["api_key"]}}))
    with sqlite3.connect(home / "x.db") as connection:
        connection.execute("CREATE TABLE shops (id INTEGER PRIMARY KEY, mail_key TEXT)")
        connection.execute("INSERT INTO shops VALUES (1, ?)", (keys.GOOD["sendgrid"]["api_key"],))
    connection.close()
    legacy.database(home / "rails.db", websites=[{"id": 1, "subdomain": OWN, "maps_api_key": legacy.MAPS.format(1)}], rows=[])
    vectors.application(home / "app", YAML)
    (home / "phrase").write_text("a long horse battery EXAMPLE\n")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The house, built once."""
    home = tmp_path_factory.mktemp("access") / "home"
    home.mkdir()
    with ThirdParty() as third_party:
        third_party.says(200, b'{"data": []}')
        made = House(home, home.with_name("template"), third_party)
        sources(home)

        def do(line, site=OWN):
            assert made.run("owner", line, site) in {0, 10}, line

        do("init --slot file --no-recovery --website acme")
        do("website add {site}", FOREIGN)
        for site in (OWN, FOREIGN):
            do("add anthropic -w {site} --no-test --secret-env api_key=NEW", site)
            do("rotate anthropic -w {site} --unchecked --reason EXAMPLE --secret-env api_key=OLD", site)
            do("usage record anthropic -w {site}", site)
            do("migrate dotenv {home}/x.env -w {site} --plan-out {home}/plan-{site}.json", site)
        for role, who in PEOPLE.items():
            if role not in {"owner", "none"}:
                do(f"access grant {who.uid} {role} -w {OWN}")
        do("store backup {home}/copy.bak")
        (home / "leaked").write_text(keys.ANTHROPIC)
        shutil.copytree(home, made.template, symlinks=True)
        yield made
        for folder in (home, made.template):  # what was written in the clear by a person; the rest must hold no key
            for name in ("x.env", "x.csv", "x.json", "x.db", "rails.db", "phrase", "leaked"):
                (folder / name).unlink(missing_ok=True)
            shutil.rmtree(folder / "app", ignore_errors=True)


@pytest.fixture
def cell(house, capfd):
    """Run one cell in a house as new."""

    def go(role, line, site=OWN):
        house.anew()
        capfd.readouterr()
        code = house.run(role, line, site)
        captured = capfd.readouterr()
        return Ran(code, captured.out, captured.err)

    return go


def expected(role: str, line: Line, site: str) -> tuple[int, ...]:
    """The exit codes of a cell."""
    allowed = ALLOWED[role]
    if line.need == "":
        return line.ends
    if line.need == "store":
        return (8,) if role != "owner" else (3,) if line.scoped and site == MISSING else line.ends  # -w never makes one
    if not line.scoped:
        if line.path == ("store", "accept-restore"):
            return (8,) if role != "owner" else line.ends  # the recovery key is not here
        if line.words == "doctor --deep":
            return line.ends  # it says what it did not open
        if line.words == "audit verify":
            return line.ends if "audit" in allowed else (8,)
        return (8,) if allowed and line.need not in allowed else line.ends  # where nothing is seen there is nothing to do
    if site == MISSING or "see" not in allowed or (site == FOREIGN and role != "owner"):
        return (4,) if line.path == ("migrate", "apply") else (3,)  # as if it had been removed since the plan was made
    return line.ends if line.need in allowed else (8,)


def test_every_command_and_every_word_of_its_needs_has_a_line():
    assert {line.path for line in LINES} == set(app.paths())
    for path in app.paths():
        module = sys.modules.get(name := "integrations_cli.cli.commands." + "_".join(path).replace("-", "_")) or __import__(
            name, fromlist=["x"]
        )
        declared = module.NEEDS  # forgotten is an error here, and denied at run time
        wanted = {declared} if isinstance(declared, str) else set(declared.values())
        assert wanted <= {*ALLOWED["owner"], "store", ""}
        assert {line.need for line in LINES if line.path == path} >= wanted, path


def sites_of(line: Line):
    if not line.scoped:
        return (OWN,)
    return (OWN, FOREIGN) if line.path == ("migrate", "apply") else (OWN, FOREIGN, MISSING)  # no plan is made for a missing one


QUICK = {
    "show anthropic",
    "get anthropic api_key -w {site} --reveal",
    "disable",
    "audit verify",
    "website remove",
    "access grant 4711 v",
    "test --all",
}


def parameters():
    return [
        pytest.param(line, id=line.words, marks=() if any(line.words.startswith(one) for one in QUICK) else pytest.mark.slow)
        for line in LINES
        if line.words != "demo"  # it has a home of its own
    ]


@pytest.mark.parametrize("line", parameters())
def test_every_cell(cell, line):
    for role in ALLOWED:
        told = {}
        for site in sites_of(line):
            ran = cell(role, line.words, site)
            where = (role, site, ran.code, ran.err[-600:])
            assert ran.code in expected(role, line, site), where
            assert "unexpected" not in ran.err, where
            if ran.code in {3, 8}:
                assert not any(value in ran.out + ran.err for value in (keys.ANTHROPIC, keys.ANTHROPIC_NEW)), "a denial shows a value"
                assert "try:" in ran.err or line.path == ("who-uses",), where
            if role != "owner" and site != FOREIGN:
                assert FOREIGN not in ran.out + ran.err, where
            told[site] = (ran.code, re.sub(re.escape(site), "SITE", ran.out + ran.err))
        if role != "owner" and MISSING in told:
            assert told[FOREIGN] == told[MISSING], role


def test_an_undeclared_command_needs_the_most():
    class Forgotten:
        MARKS = "W"

    assert needs.of(Forgotten, {}) == needs.STORE
    assert needs.of(type("Declared", (), {"NEEDS": {"reveal": "disclose", "": "see"}}), {"reveal": False}) == "see"
    assert needs.of(type("Declared", (), {"NEEDS": {"reveal": "disclose", "": "see"}}), {"reveal": True}) == "disclose"
    assert needs.of(type("Declared", (), {"NEEDS": {"reveal": "disclose"}}), {}) == needs.STORE
