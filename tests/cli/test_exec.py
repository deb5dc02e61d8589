"""`exec`: the child gets exactly the named variables, nothing else gets them, and it is written down before the child starts."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from base64 import b64encode
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests import canary
from tests.canary import files_below, forms

from integrations_cli.cli.child import files

SECRET = "sk-ant-" + "api03-" + "7" * 60 + "EXAMPLEAA"
PROGRAM = [sys.executable, "-m", "integrations_cli"]
DUMP = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"


@pytest.fixture
def world(ready, home, environ):
    """A store with anthropic, stripe (test keys) and a disabled openai; the environment of real processes."""
    ready("add", "anthropic", "--no-test", "--secret-stdin", "api_key", stdin=SECRET.encode())
    ready("add", "stripe", "--no-test", "--secret-env", "secret_key=K", "--secret-env", "publishable_key=P",
          K="sk_test_" + "4eC39HqLyjEXAMPLE", P="pk_test_" + "4eC39HqLyjEXAMPLE")  # fmt: skip
    ready("add", "openai", "--no-test", "--secret-stdin", "api_key", stdin=b"sk-" + b"proj-0123456789abcdefEXAMPLE")
    ready("disable", "openai")
    return environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8"}


def go(world, *words, stdin=b"", **more):
    return subprocess.run([*PROGRAM, *words], env=world | more, input=stdin, capture_output=True, timeout=60, check=False)


def child_environment(world, home, *words, **more):
    target = home / "child.json"
    ran = go(world, "exec", *words, "--", sys.executable, "-c", DUMP, str(target), **more)
    assert ran.returncode == 0, ran.stderr.decode()
    found = json.loads(target.read_text())
    target.unlink()
    return found, ran


def test_the_child_sees_exactly_the_named_variables(world, home):
    found, ran = child_environment(world, home, "anthropic", "-w", "acme", SOMETHING="else")

    assert found["ANTHROPIC_API_KEY"] == SECRET
    assert set(found) - {"ANTHROPIC_API_KEY", "LC_CTYPE"} == set(world) | {"SOMETHING"}
    assert "STRIPE_SECRET_KEY" not in found
    assert b"ANTHROPIC_API_KEY" in ran.stderr
    assert SECRET.encode() not in ran.stderr + ran.stdout


def test_pristine_only_and_prefix(world, home):
    words = ["--all", "--only", "secret_key,anthropic.api_key", "--prefix", "ACME_", "--pristine"]
    found, _ = child_environment(world, home, *words, SOMETHING="else")

    assert {name for name in found if name.startswith("ACME_")} == {"ACME_STRIPE_SECRET_KEY", "ACME_ANTHROPIC_API_KEY"}
    assert set(found) <= {"ACME_STRIPE_SECRET_KEY", "ACME_ANTHROPIC_API_KEY", "PATH", "HOME", "LANG", "LC_CTYPE"}


def test_never_our_own_key(world, home):
    key = next((home / ".config/integrations/keys").iterdir())
    copy = home / "given"
    copy.write_bytes(key.read_bytes())
    copy.chmod(0o600)
    text = key.read_text().split()[-1]

    found, _ = child_environment(world, home, "anthropic", INTEGRATIONS_KEY_FILE=str(copy))
    assert not any(name.startswith("INTEGRATIONS_KEY") for name in found)
    found, _ = child_environment(world, home, "anthropic", INTEGRATIONS_KEY=text)
    assert not any(text in value for value in found.values())
    read, write = os.pipe()
    os.write(write, text.encode())
    os.close(write)
    probe = f"import os\ntry: os.fstat({read})\nexcept OSError: raise SystemExit(7)"
    ran = subprocess.run([*PROGRAM, "exec", "anthropic", "--key-fd", str(read), "--mask", "off", "--", sys.executable, "-c", probe],
                         env=world, pass_fds=[read], capture_output=True, timeout=60, check=False)  # fmt: skip
    assert ran.returncode == 7, ran.stderr


def test_exit_codes_and_signals(world):
    assert go(world, "exec", "anthropic", "--", "sh", "-c", "exit 41").returncode == 41
    assert go(world, "exec", "anthropic", "--mask", "off", "--", "sh", "-c", "exit 42").returncode == 42
    assert go(world, "exec", "anthropic", "--mask", "on", "--", "sh", "-c", "exit 43").returncode == 43
    assert go(world, "exec", "anthropic", "--", "sh", "-c", "kill -TERM $$").returncode == 128 + signal.SIGTERM
    assert go(world, "exec", "anthropic", "--mask", "off", "--", "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM
    assert go(world, "exec", "anthropic", "--", "there-is-no-such-program").returncode == 127
    assert go(world, "exec", "anthropic", "--", "/etc/passwd").returncode == 126


@pytest.mark.parametrize("mask", ["auto", "off", "on"])
def test_a_program_that_would_not_start_after_all_says_why(world, tmp_path, mask):
    for name, text, code, why in (
        ("orphan", "#!/nowhere/interpreter\n", 127, "no such file or directory"),
        ("nothing", "\x00\x01", 126, "exec format error"),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
        done = go(world, "exec", "anthropic", "--mask", mask, "--", str(tmp_path / name))
        told = (done.stdout + done.stderr).decode()
        assert (done.returncode, "error: the command could not be started" in told, f"why: {why}" in told) == (code, True, True), told


@pytest.mark.parametrize("mask", ["auto", "on"])
def test_a_signal_reaches_the_child(world, mask):
    script = "trap 'echo got it; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    running = subprocess.Popen([*PROGRAM, "exec", "anthropic", "--mask", mask, "--", "sh", "-c", script], env=world, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline().strip() == b"ready"
    running.send_signal(signal.SIGTERM)
    assert running.stdout.read().strip() == b"got it"
    assert running.wait(120) == 9


@pytest.mark.parametrize("mask", ["auto", "on"])
def test_what_the_child_prints_is_masked_also_in_two_writes(world, mask):
    script = (
        "import base64, os, sys, time, urllib.parse\n"
        "v = os.environ['ANTHROPIC_API_KEY']\n"
        "def out(text):\n"
        "    for at in (text[:20], text[20:]):\n"
        "        os.write(1, at.encode()); os.write(2, at.encode()); time.sleep(0.2)\n"
        "    os.write(1, b'\\n')\n"
        "out('raw ' + v); out(base64.b64encode(('u:' + v).encode()).decode()); out(v.encode().hex())\n"
        "sys.stdout.write('colour \\x1b[31m' + str(os.isatty(1)) + '\\x1b[0m\\n')\n"
    )
    ran = go(world, "exec", "anthropic", "--mask", mask, "--", sys.executable, "-c", script)

    assert ran.returncode == 0
    whole = {name: form for name, form in forms(SECRET).items() if "half" not in name and not name.startswith("base64")}
    assert not [name for name, form in whole.items() if form in ran.stdout + ran.stderr]
    assert b64encode(SECRET[2:50].encode())[2:-4] not in ran.stdout + ran.stderr
    assert b"raw [redacted]" in ran.stdout
    assert (b"colour \x1b[31m" + (b"True" if mask == "on" else b"False") + b"\x1b[0m\n") in ran.stdout


def test_off_means_off(world):
    assert SECRET.encode() in go(world, "exec", "anthropic", "--mask", "off", "--", "sh", "-c", "echo $ANTHROPIC_API_KEY").stdout


def test_stdin_and_file(world, home):
    ran = go(
        world, "exec", "anthropic", "--mask", "off", "--stdin", "api_key", "--", "sh", "-c", "cat; env | grep -c '^ANTHROPIC_API_KEY' >&2"
    )
    assert ran.stdout.decode() == SECRET
    assert ran.stderr.decode().splitlines()[-1] == "0"

    script = "import os; p = os.environ['ANTHROPIC_API_KEY_FILE']; print(p, oct(os.stat(p).st_mode & 0o777), open(p).read(), sep='\\n')"
    ran = go(world, "exec", "anthropic", "--mask", "off", "--file", "api_key", "--", sys.executable, "-c", script)
    path, mode, value = ran.stdout.decode().splitlines()
    assert (mode, value) == ("0o600", SECRET)
    assert not os.path.exists(path)
    assert not os.path.exists(os.path.dirname(path))


def test_a_file_without_memory_is_a_pipe(monkeypatch, tmp_path):
    monkeypatch.setattr(files, "_IN_MEMORY", ())
    with files.laid_out({"NAME_FILE": SECRET}) as (paths, _):
        assert stat.S_ISFIFO(os.stat(paths["NAME_FILE"]).st_mode)
        assert stat.S_IMODE(os.stat(paths["NAME_FILE"]).st_mode) == 0o600
        for _ in range(2):
            with open(paths["NAME_FILE"]) as file:
                assert file.read() == SECRET
            time.sleep(0.05)
    assert not os.path.exists(paths["NAME_FILE"])


def test_it_is_written_down_before_the_child_starts(world, home):
    ran = go(world, "exec", "anthropic", "--mask", "off", "--", *PROGRAM, "audit", "list", "--json", "-w", "acme")

    newest = json.loads(ran.stdout)["items"][0]
    assert (newest["action"], newest["outcome"], newest["fields"], newest["via"]) == ("credential.revealed", "ok", ["api_key"], "exec")
    assert newest["provider"] == "anthropic"
    assert canary.hits([SECRET], files_below(home, but=["key"])) == []
    shown = json.loads(go(world, "show", "anthropic", "--json").stdout)["item"]
    assert shown["used_at"] is not None


def test_refusals(world):
    audit = lambda: json.loads(go(world, "audit", "list", "--json").stdout)["items"]  # noqa: E731
    before = len(audit())

    assert go(world, "exec", "openai", "--", "true").returncode == 8
    assert go(world, "exec", "anthropic").returncode == 2
    assert go(world, "exec", "--", "true").returncode == 2
    assert go(world, "exec", "mapbox", "--", "true").returncode == 3
    assert go(world, "exec", "anthropic", "--strict", "--", "true", ANTHROPIC_API_KEY="x").returncode == 4
    assert go(world, "exec", "anthropic", "--only", "NOPE", "--", "true").returncode == 2
    assert go(world, "exec", "anthropic", "--prefix", "1-", "--", "true").returncode == 2
    assert len(audit()) == before
    assert go(world, "exec", "--all", "--", "sh", "-c", "test -z $OPENAI_API_KEY").returncode == 0


def test_a_damaged_row_stops_it_before_the_child(world, home):
    import sqlite3

    with sqlite3.connect(home / ".local/share/integrations/store.db") as database:
        database.execute("UPDATE credential_version SET blob = X'00' || substr(blob, 2)")
    ran = go(world, "exec", "--all", "--", "sh", "-c", "echo started")
    assert ran.returncode == 7
    assert b"started" not in ran.stdout
    assert json.loads(go(world, "show", "anthropic", "--json").stdout)["item"]["status"] == "unreadable"


def test_in_a_github_job_the_runner_learns_it_first(world):
    ran = go(world, "exec", "anthropic", "--", "sh", "-c", "echo $ANTHROPIC_API_KEY", GITHUB_ACTIONS="true")
    assert f"::add-mask::{SECRET}\n".encode() in ran.stderr
    assert SECRET.encode() not in ran.stdout


def test_the_childs_words_are_untouched(world):
    words = ["--website", "x", "--", "-h", "a b", "", "--json"]
    ran = go(world, "exec", "anthropic", "--", sys.executable, "-c", "import json, sys; print(json.dumps(sys.argv[1:]))", *words)
    assert json.loads(ran.stdout) == words


@pytest.mark.parametrize("mask", ["off", "on"])
def test_a_child_that_outlives_us_keeps_its_file_until_it_ends(world, mask):
    code = (
        "import os, signal, sys; path = os.environ['ANTHROPIC_API_KEY_FILE']; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "open(sys.argv[1], 'w').write(path)\nwhile True: signal.pause()"
    )
    told = Path(world["HOME"]) / "told"
    words = ["exec", "anthropic", "--file", "api_key", "--mask", mask, "--", sys.executable, "-c", code, str(told)]
    with subprocess.Popen([*PROGRAM, *words], env=world, stdin=subprocess.DEVNULL) as running:
        until = time.monotonic() + 60
        while not (told.exists() and told.read_text()):
            assert time.monotonic() < until
            time.sleep(0.02)
        path = Path(told.read_text())
        child = next(int(one) for one in children(running.pid))
        running.kill()
    if not path.is_file():
        os.kill(child, signal.SIGKILL)
        pytest.skip("no place in memory here")
    os.utime(path.parent, (0, 0))
    with files.laid_out({"K_FILE": SECRET}):
        assert path.exists()
    os.kill(child, signal.SIGKILL)
    while path.exists():
        assert time.monotonic() < until
        with files.laid_out({"K_FILE": SECRET}):
            time.sleep(0.02)


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_what_a_kill_has_left_is_removed_and_nothing_else():
    program = (
        "from integrations_cli.cli.child import files\n"
        f"with files.laid_out({{'K_FILE': {SECRET!r}}}) as (paths, _):\n    print(paths['K_FILE'], flush=True)\n    input()"
    )
    with ExitStack() as ending:
        killed, alive, fresh = (
            ending.enter_context(
                subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(3)
        )
        paths = {one: Path(one.stdout.readline().strip()) for one in (killed, alive, fresh)}
        for one in (killed, fresh):
            one.kill()
            one.wait()
        for one in (killed, alive):
            os.utime(paths[one].parent, (0, 0))
        there = [path.read_text() == SECRET for path in paths.values() if path.is_file()]  # pipes, where there is no memory to write to
        if there != [True] * 3:
            pytest.skip("no place in memory here")
        with files.laid_out({"K_FILE": SECRET}):
            assert [path.exists() for path in paths.values()] == [False, True, True]
        shutil.rmtree(paths[fresh].parent)
        alive.communicate("\n", timeout=20)
        assert not paths[alive].exists()
