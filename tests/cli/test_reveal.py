"""`get --reveal`, `get --copy`, `env`: recorded before the first byte, refused where somebody reads along."""

import json
import os
import shlex
import subprocess
import time

import pytest

SECRET = "sk-ant-" + "api03-" + "7" * 60 + "EXAMPLEAA"


@pytest.fixture
def acme(ready):
    ready("add", "anthropic", "--no-test", "--secret-stdin", "api_key", stdin=SECRET.encode())
    ready("add", "mailchimp", "--no-test", "--secret-stdin", "api_key", stdin=b"0123456789abcdef0123456789abcdef-us21")
    return ready


def newest(run):
    return json.loads(run("audit", "list", "--json").out)["items"][0]


def test_reveal_prints_it_and_says_so_in_the_log(acme):
    assert acme("get", "anthropic", "api_key").code == 8
    ran = acme("get", "anthropic", "api_key", "--reveal")
    assert (ran.code, ran.out) == (0, SECRET + "\n")
    assert acme("get", "anthropic", "api_key", "--reveal", "--no-newline").out == SECRET
    entry = newest(acme)
    assert (entry["action"], entry["via"], entry["fields"]) == ("credential.revealed", "get --reveal", ["api_key"])
    assert SECRET not in json.dumps(entry)


@pytest.mark.parametrize(
    "where, cause", [("CI", "in_ci"), ("GITHUB_ACTIONS", "in_ci"), ("CLAUDECODE", "assistant"), ("CODEX_SANDBOX", "assistant")]
)
@pytest.mark.parametrize("words", [["get", "anthropic", "api_key", "--reveal"], ["env", "anthropic", "--reveal"]])
def test_where_somebody_reads_along_it_is_refused_and_recorded(acme, where, cause, words):
    ran = acme(*words, **{where: "1"})
    assert ran.code == 8
    assert SECRET not in ran.out + ran.err
    assert "integrations exec anthropic -w acme -- COMMAND" in ran.err
    entry = newest(acme)
    assert (entry["action"], entry["outcome"], entry["cause"]) == ("credential.revealed", "refused", cause)

    allowed = acme(*words, "--allow-reveal", **{where: "1"})
    assert allowed.code == 0
    assert SECRET in allowed.out
    assert newest(acme)["outcome"] == "ok"


def test_a_full_log_shows_nothing(acme, home):
    database = home / ".local/share/integrations/store.db"
    database.chmod(0o644)
    ran = acme("get", "anthropic", "api_key", "--reveal")
    assert ran.code == 8
    assert SECRET not in ran.out


def test_disabled_and_not_set(acme):
    acme("disable", "anthropic")
    assert acme("get", "anthropic", "api_key", "--reveal").code == 8
    assert acme("env", "anthropic", "--reveal").code == 8
    assert "ANTHROPIC" not in acme("env").out
    acme("enable", "anthropic")
    assert acme("get", "stripe", "secret_key", "--reveal").code == 3


def test_env_is_masked_and_needs_no_key(acme, home):
    for key in (home / ".config/integrations/keys").iterdir():
        key.unlink()
    ran = acme("env", "--json")
    assert ran.code == 0
    items = {one["name"]: one for one in json.loads(ran.out)["items"]}
    assert set(items) == {"ANTHROPIC_API_KEY", "MAILCHIMP_API_KEY", "MAILCHIMP_SERVER_PREFIX"}
    assert items["ANTHROPIC_API_KEY"]["hint"] == "LEAA"
    assert items["ANTHROPIC_API_KEY"]["value"] is None
    assert SECRET not in ran.out
    assert acme("env", "--reveal").code == 6


def test_a_shell_reads_what_env_writes(acme):
    text = acme("env", "anthropic", "--reveal", "--style", "shell").out
    ran = subprocess.run(["sh", "-c", text + 'printf %s "$ANTHROPIC_API_KEY"'], capture_output=True, check=True)
    assert ran.stdout.decode() == SECRET
    from dotenv import dotenv_values

    text = acme("env", "anthropic", "--reveal").out
    import io

    assert dotenv_values(stream=io.StringIO(text), interpolate=False) == {"ANTHROPIC_API_KEY": SECRET}


@pytest.mark.parametrize("value", ["plain", "it's", 'a"b', "back\\slash", "$HOME `x` $(y)", "two\nlines", "‘curly’", " spaces "])
def test_every_style_quotes(value):
    from integrations_cli.cli.view.variables import assignment

    ran = subprocess.run(["sh", "-c", assignment("shell", "A", value) + '; printf %s "$A"'], capture_output=True, check=True)
    assert ran.stdout.decode() == value
    assert shlex.split(assignment("shell", "A", value))[1] == f"A={value}"
    assert assignment("powershell", "A", value).count("'") >= 2
    assert assignment("fish", "A", value).startswith("set -gx A '")


def test_a_github_job_gets_them_for_its_later_steps(acme, tmp_path):
    target = tmp_path / "github.env"
    target.write_text("BEFORE=1\n")
    ran = acme("env", "mailchimp", "--github-env", GITHUB_ACTIONS="true", CI="true", GITHUB_ENV=str(target))
    assert ran.code == 0, ran.err
    text = target.read_text()
    assert text.startswith("BEFORE=1\nMAILCHIMP_API_KEY<<end_")
    lines = text.splitlines()[1:]
    name, end = lines[0].split("<<")
    assert (name, lines[1], lines[2]) == ("MAILCHIMP_API_KEY", "0123456789abcdef0123456789abcdef-us21", end)
    assert "::add-mask::0123456789abcdef0123456789abcdef-us21\n" in ran.err
    assert "us21" not in ran.out
    assert acme("env", "mailchimp", "--github-env").code == 2
    target.unlink()


def test_the_clipboard_is_cleared_if_it_still_holds_the_value(acme, tmp_path, environ):
    board = tmp_path / "board"
    for name, script in {"xclip": f'if [ "$3" = -o ]; then cat {board}; else cat > {board}; fi'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{environ['PATH']}"
    assert acme("get", "anthropic", "api_key", "--copy", PATH=str(tmp_path / "empty")).code == 3
    ran = acme("get", "anthropic", "api_key", "--copy", "--clear-after", "1s", PATH=path, DISPLAY=":9")
    assert ran.code == 0, ran.err
    assert ran.out == ""
    assert board.read_text() == SECRET
    until = time.monotonic() + 120
    while board.read_text() and time.monotonic() < until:
        time.sleep(0.05)
    assert board.read_text() == ""


@pytest.mark.parametrize("script", ["cat > /dev/null; exit 1", "exec < /dev/null; exit 1"])
def test_a_clipboard_that_takes_nothing_is_not_said_to_hold_it(acme, tmp_path, environ, script):
    (tmp_path / "xclip").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "xclip").chmod(0o755)
    ran = acme("get", "anthropic", "api_key", "--copy", PATH=f"{tmp_path}{os.pathsep}{environ['PATH']}", DISPLAY=":9")
    assert (ran.code, ran.out) == (74, "")
    assert "could not be put into the clipboard" in ran.err and "integrations get anthropic api_key --reveal -w acme" in ran.err
    assert SECRET not in ran.err
