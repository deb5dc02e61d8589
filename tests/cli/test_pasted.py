"""A key that was pasted where the name of a file belongs is repeated by no command: not when it is refused, and not when it is taken."""

import pytest
from tests import keys
from tests.canary import canary, files_below, hits

from integrations_cli import pasted

SHAPES = {
    "with the beginning of a key": lambda: canary("sk-ant-" + "api03-"),
    "hex": lambda: canary(),
    "with slashes": lambda: f"{canary(size=16)[:16]}Ab/{canary(size=16)[:16]}Cd/{canary(size=8)}",
    "with points": lambda: "SG." + canary(size=16) + "." + canary(size=16),
    "a signed token": lambda: "eyJ" + canary(size=16) + "." + canary(size=16) + "." + canary(size=8),
}
TAKES = [
    ("export", "-w", "acme", "--without-credentials", "--out", "KEY"),
    ("export", "-w", "acme", "--accept-plaintext", "--out", "KEY"),
    ("import", "KEY"),
    ("migrate", "file", "KEY"),
    ("migrate", "airflow", "KEY"),
    ("migrate", "dotenv", "KEY"),
    ("migrate", "dotenv", "KEY", "old.env"),
    ("migrate", "dotenv", "old.env", "--mapping", "KEY"),
    ("migrate", "dotenv", "old.env", "--yes", "--report", "KEY"),
    ("migrate", "dotenv", "old.env", "--plan-out", "KEY"),
    ("migrate", "apply", "KEY", "--yes"),
    ("migrate", "rails", "--root", "KEY"),
    ("migrate", "rails", "--db", "KEY"),
    ("migrate", "rails-credentials", "--root", "KEY"),
    ("migrate", "rails-credentials", "--content", "KEY"),
    ("migrate", "rails-db", "--db", "KEY"),
    ("migrate", "column", "--db", "KEY", "--table", "x", "--column", "k=groq.api_key"),
    ("audit", "verify", "--since", "KEY"),
    ("audit", "export", "--to", "KEY"),
    ("store", "backup", "KEY"),
    ("store", "restore", "KEY"),
    ("store", "restore", "KEY", "--confirm", "KEY"),
    ("store", "restore", "--drill", "KEY"),
    ("test", "groq", "--report", "KEY"),
    ("test", "groq", "--report", "junit=KEY"),
    ("test", "groq", "--report", "KEY=x"),
    ("who-uses", "--file", "KEY"),
    ("doctor", "--dotenv", "KEY"),
    ("doctor", "--root", "KEY"),
    ("doctor", "--db", "KEY"),
    ("doctor", "--bundle", "KEY"),
    ("key", "recovery", "--recovery-file", "KEY"),
    ("key", "slot", "add", "env", "--key-file", "KEY"),
    ("key", "rotate", "--root", "--recovery-file", "KEY", "--yes"),
    ("store", "abandon-credentials", "--recovery-file", "KEY"),
    ("providers", "check", "KEY"),
    ("list", "--home", "KEY"),
    ("init", "--home", "KEY", "--slot", "file", "--no-recovery", "--yes"),
    ("init", "--home", "KEY", "--slot", "env", "--key-file", "KEY", "--no-recovery", "--yes"),
    ("init", "--home", "other", "--slot", "file", "--recovery-file", "KEY", "--yes"),
    ("doctor", "--home", "KEY"),
    ("store", "status", "-v", "--home", "KEY"),
    ("add", "openai", "--secret-file", "api_key=KEY"),
]


QUICK = {"hex", "with slashes"}


@pytest.mark.parametrize("shape", [pytest.param(one, marks=() if one in QUICK else pytest.mark.slow) for one in SHAPES])
def test_no_command_repeats_it(ready, home, monkeypatch, shape):
    monkeypatch.chdir(home)
    (home / "old.env").write_text("GROQ_API_KEY=" + keys.GOOD["groq"]["api_key"] + "\n")
    ready("add", "groq", "--no-test", "--secret-env", "api_key=K", K=keys.GOOD["groq"]["api_key"])
    for more in ((), ("--json",), ("--debug",)):
        for words in TAKES:
            key = SHAPES[shape]()
            for _ in range(2):  # the second time it could be there
                done = ready(*(word.replace("KEY", key) for word in (*words, *more)))
                assert done.out + done.err, words
                said = {"out": done.out.encode(), "err": done.err.encode()}
                assert not hits([key], said), [one.replace(key, "KEY") for one in (*words, *more, done.out, done.err)]
                assert hits([key], files_below(home / ".local", home / ".config")) == [], words


@pytest.mark.parametrize(
    "name",
    [
        "old.env",
        "../backups/store-2026-11-27.bak",
        "store-backup-2026-11-27-nightly-full",
        "projects/client2/secrets/production/env",
        "20261127T020000Z-store",
        "a-very-long-name-of-a-folder/and_another_one_2/key file",
        "/srv/0123456789abcdef0123456789abcdef/app",
        "~/keys/0123456789abcdef0123456789abcdef",
        "-",
        "",
    ],
)
def test_a_name_that_a_person_gives_is_shown(name):
    assert pasted.path(name) == name


@pytest.mark.parametrize("shape", SHAPES)
def test_what_looks_like_a_key_is_not_shown(shape, home, monkeypatch):
    monkeypatch.chdir(home)
    key = SHAPES[shape]()
    assert pasted.path(key) == "…"
    assert pasted.path(home / key) == f"{home}/…"
    assert key not in pasted.path(f"/elsewhere/{key}") or not pasted.SECRET_LIKE.fullmatch(key)
    assert pasted.path("wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY") == "…"
