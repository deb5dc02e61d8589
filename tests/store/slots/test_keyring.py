"""The keyring slot, against a real Secret Service and against backends that must not get a key."""

import importlib
import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

NEEDED = [name for name in ("dbus-run-session", "dbus-send", "gnome-keyring-daemon") if shutil.which(name) is None]
daemon = pytest.mark.skipif(bool(NEEDED), reason=f"not installed: {', '.join(NEEDED)} (Debian: dbus, gnome-keyring)")
SOURCE = str(Path(__file__).parents[3] / "src")


def in_session(home: Path, script: str, password: str = "pw", cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a D-Bus session with an unlocked keyring; `$KEYRING_PID` is the daemon."""
    (home / "run").mkdir(mode=0o700, exist_ok=True)
    program = home / "program.py"
    program.write_text(textwrap.dedent(script))
    shell = f"""
        printf %s {password!r} | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
        export KEYRING_PID=$!
        for attempt in $(seq 100); do
            dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetNameOwner \\
                string:org.freedesktop.secrets >/dev/null 2>&1 && break
            sleep 0.05
        done
        {sys.executable} {program}
        code=$?
        kill -CONT $KEYRING_PID; kill $KEYRING_PID
        exit $code
    """
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(home / "run"), "PYTHONPATH": SOURCE} | more
    return subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", shell], capture_output=True, text=True, timeout=300, env=environ, cwd=cwd, check=False
    )


BEGIN = """
import os, signal, time
from integrations_cli import config
from integrations_cli.errors import IntegrationsError, Locked
from integrations_cli.store import create, open_store, slots
from integrations_cli.store.slots import keyring
home = config.load({"HOME": os.environ["HOME"]})
place, slot_id = slots.Place(home, bytes(16)), b"\\1" * 16

def timed(work):  # what it was refused with, and the seconds that took
    began = time.monotonic()
    try:
        return "opened", work()
    except Locked as error:
        return error.why, time.monotonic() - began

def opens():
    with open_store(home) as store:
        store.verify()

def items():
    import secretstorage
    return len(list(secretstorage.get_default_collection(secretstorage.dbus_init()).get_all_items()))
"""


@daemon
def test_written_read_back_and_opened_by_a_real_daemon(tmp_path):
    done = in_session(tmp_path, BEGIN + """
assert slots.probe(home, "keyring") is None
create.prepare(home, "keyring", recovery=False).commit()
with open_store(home) as store:
    store.verify()
print([(line.kind, line.usable) for line in create.key_status(home)])
""")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[('keyring', True)]\n"


FROZEN = """
create.prepare(home, "keyring", recovery=False).commit()
assert keyring.DEADLINE == 5
keyring.DEADLINE = SECONDS
os.kill(int(os.environ["KEYRING_PID"]), signal.SIGSTOP)
for work in (opens, lambda: slots.kind("keyring").create(place, slot_id), lambda: slots.kind("keyring").destroy(place, slot_id, "")):
    why, took = timed(work)
    print(why.split(": ")[-1], took < keyring.DEADLINE + 20, flush=True)
print(slots.probe(home, "keyring"))
"""


@daemon
@pytest.mark.parametrize("deadline", [0.3, pytest.param(5, marks=pytest.mark.slow)])
def test_a_frozen_daemon_ends_within_the_deadline(tmp_path, deadline):
    done = in_session(tmp_path, f"{BEGIN}{FROZEN}".replace("SECONDS", str(deadline)))
    assert done.stdout == f"no answer in {deadline} s True\n" * 3 + f"no answer in {deadline} s\n", done.stderr


@daemon
def test_a_wrong_password_leaves_it_locked_and_says_so_at_once(tmp_path):
    done = in_session(tmp_path, BEGIN + 'create.prepare(home, "keyring", recovery=False).commit()\nopens()\n')
    assert done.returncode == 0, done.stderr
    done = in_session(tmp_path, BEGIN + """
why, took = timed(opens)
print(why, took < 20)
print(slots.probe(home, "keyring"))
print(timed(lambda: slots.kind("keyring").create(place, slot_id))[0])
""", password="another")  # fmt: skip
    assert done.stdout == "slot 1, keyring: the keyring is locked True\n" + "the keyring is locked\n" * 2, done.stderr


@daemon
def test_at_a_desktop_a_person_gets_longer_but_not_for_ever(tmp_path):
    in_session(tmp_path, BEGIN + 'create.prepare(home, "keyring", recovery=False).commit()\n')
    done = in_session(tmp_path, BEGIN + """
assert keyring.ASKED == 60
keyring.ASKED = 1
why, took = timed(opens)
print(why.split(": ")[0], took < 20)
print(slots.probe(home, "keyring"))
""", password="another", DISPLAY=":987")  # fmt: skip
    assert done.stdout == "slot 1, keyring True\nthe keyring is locked\n", done.stderr


@daemon
def test_an_item_is_never_overwritten_and_a_probe_leaves_none(tmp_path):
    done = in_session(tmp_path, BEGIN + """
from integrations_cli.errors import Conflict
assert slots.probe(home, "keyring") is None and items() == 0
kind = slots.kind("keyring")
made = kind.create(place, slot_id)
try:
    kind.create(place, slot_id)
except Conflict as error:
    print(error.what)
assert items() == 1
assert kind.unlock(place, slot_id, "", {}) == made.key
kind.destroy(place, slot_id, "")
kind.destroy(place, slot_id, "")
print(items(), made.locator)
""")  # fmt: skip
    assert done.stdout == "the keyring has such an item already\n0 Secret Service\n", done.stderr


@daemon
def test_nothing_injected_is_even_loaded(tmp_path):
    """By the environment, by keyring's own configuration, or by modules that lie where the tool was started."""
    cwd, path, settings = tmp_path / "cwd", tmp_path / "path", tmp_path / ".config" / "python_keyring"
    for folder in (cwd / "integrations_cli", cwd / "keyring", path, settings):
        folder.mkdir(parents=True)
    record = f"import pathlib\npathlib.Path({str(tmp_path / 'loaded')!r}).write_text(__name__)\n"
    for file in (cwd / "integrations_cli/__init__.py", cwd / "keyring/__init__.py", cwd / "hashlib.py", path / "evil.py"):
        file.write_text(record)
    (settings / "keyringrc.cfg").write_text(f"[backend]\ndefault-keyring=evil.Keyring\nkeyring-path={path}\n")
    done = in_session(tmp_path, BEGIN + """
create.prepare(home, "keyring", recovery=False).commit()
opens()
print(items())
""", cwd=cwd, PYTHON_KEYRING_BACKEND="evil.Keyring", KEYRING_PROPERTY_PREFERRED_COLLECTION="/org/freedesktop/secrets/collection/session", PYTHONPATH=f"{SOURCE}:{path}")  # fmt: skip
    assert done.stdout == "1\n", done.stderr
    assert not (tmp_path / "loaded").exists()


@daemon
def test_a_missing_item_locks_the_store_and_nothing_is_made_again(tmp_path):
    done = in_session(tmp_path, BEGIN + """
import keyring.backends.SecretService as service
create.prepare(home, "keyring", recovery=False).commit()
backend = service.Keyring()
import sqlite3
connection = sqlite3.connect(home.database)
user = connection.execute("SELECT lower(hex(s.id)) || '/' || lower(hex(k.id)) FROM store s, key_slot k").fetchone()[0]
backend.delete_password("integrations", user)
for attempt in range(2):
    try:
        with open_store(home) as store:
            store.verify()
    except Locked as error:
        print(error.why)
""")  # fmt: skip
    assert done.stdout == "slot 1, keyring: the item is missing from the keyring\n" * 2, done.stderr


@daemon
def test_a_collection_that_was_locked_meanwhile(tmp_path):
    done = in_session(tmp_path, BEGIN + """
import secretstorage
create.prepare(home, "keyring", recovery=False).commit()
secretstorage.get_default_collection(secretstorage.dbus_init()).lock()
why, took = timed(opens)
print(why, took < 20)
""")  # fmt: skip
    assert done.stdout == "slot 1, keyring: the keyring is locked True\n", done.stderr


def outside(script: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Python without any D-Bus session."""
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE} | environ
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=300, env=clean, check=False
    )


def test_without_a_session_init_says_so_and_offers_the_key_file(tmp_path):
    done = outside(BEGIN + """
print(slots.probe(home, "keyring"))
try:
    create.prepare(home, "keyring", recovery=False)
except Locked as error:
    print(error.exit_code, error.tries)
print(home.database.exists())
""", HOME=str(tmp_path))  # fmt: skip
    assert done.stdout == "no D-Bus session\n6 ('integrations init --slot file',)\nFalse\n", done.stderr


@pytest.mark.parametrize(
    "backend",
    [
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "keyrings.alt.file.PlaintextKeyring",
        "evil.Keyring",
        "keyring.backends.chainer.ChainerBackend",
    ],
)
def test_an_injected_backend_never_gets_a_key(tmp_path, backend):
    (tmp_path / "evil.py").write_text(
        "import keyring.backend\nclass Keyring(keyring.backend.KeyringBackend):\n    priority = 99\n"
        "    def set_password(self, *a): open('/dev/stdout', 'w').write('GOT IT')\n    def get_password(self, *a): return None\n"
        "    def delete_password(self, *a): pass\n"
    )
    done = outside(BEGIN + """
try:
    create.prepare(home, "keyring", recovery=False)
except Locked as error:
    print("refused")
""", HOME=str(tmp_path), PYTHON_KEYRING_BACKEND=backend, PYTHONPATH=f"{SOURCE}:{tmp_path}")  # fmt: skip
    assert done.stdout == "refused\n", done.stderr


def test_a_backend_that_hangs_ends_within_the_deadline():
    from integrations_cli.store.slots import SlotFailed, keyring

    began = time.monotonic()
    with pytest.raises(SlotFailed) as refusal:
        keyring.within(0.2, lambda: time.sleep(30))
    assert time.monotonic() - began < 20
    assert refusal.value.why == "no answer in 0.2 s"


def test_the_librarys_own_texts_are_not_shown():
    from integrations_cli.store.slots import SlotFailed, keyring

    def fails():
        raise RuntimeError("install keyrings.alt to store it in plain text")

    with pytest.raises(SlotFailed) as refusal:
        keyring.within(1, fails)
    assert "keyrings.alt" not in refusal.value.why


def test_a_keyring_that_forgets_is_noticed_by_a_fresh_process(tmp_path):
    (tmp_path / "forgetful.py").write_text(
        "class Keyring:\n    priority = 9\n    def get_password(self, *a): return None\n"
        "    def set_password(self, *a): pass\n    def delete_password(self, *a): raise AssertionError\n"
    )
    done = outside(BEGIN + """
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere"
keyring.BACKENDS = (("forgetful", "Keyring", "forgetful"),)
print(slots.probe(home, "keyring"))
print(timed(lambda: create.prepare(home, "keyring", recovery=False))[0])
""", HOME=str(tmp_path), PYTHONPATH=f"{SOURCE}:{tmp_path}")  # fmt: skip
    assert done.stdout == "what was written does not read back from a fresh process\n" * 2, done.stderr


def test_a_bus_that_is_not_there_or_never_answers(tmp_path):
    done = outside(BEGIN + """
import socket
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + os.environ["HOME"] + "/none"
print(slots.probe(home, "keyring"))
mute = socket.socket(socket.AF_UNIX)
mute.bind(os.environ["HOME"] + "/mute")
mute.listen()
os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + os.environ["HOME"] + "/mute"
keyring.DEADLINE = 0.4  # the library gives up after 1 s here, and goes on for ever elsewhere
why, took = timed(lambda: create.prepare(home, "keyring", recovery=False))
print(why, took < 20)
""", HOME=str(tmp_path))  # fmt: skip
    assert done.stdout == "no keyring service answers\nno answer in 0.4 s True\n", done.stderr


def test_the_reader_of_a_fresh_process_gets_no_key_in_its_environment_or_arguments(monkeypatch, tmp_path):
    from integrations_cli.store.slots import keyring

    seen = tmp_path / "seen"
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nenv > {seen}; echo "$@" >> {seen}; exit 0\n')
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    for name in ("INTEGRATIONS_KEY", "INTEGRATIONS_KEY_FILE", "PYTHON_KEYRING_BACKEND"):
        monkeypatch.setenv(name, "canary-EXAMPLE")
    assert keyring.read_back("store/slot", b"\x77" * 32) is True
    assert "canary-EXAMPLE" not in seen.read_text()
    assert "77" * 32 not in seen.read_text()
    assert seen.read_text().endswith("-P -m integrations_cli.store.slots.readback store/slot\n")


@daemon
def test_an_item_is_the_one_that_the_keyring_library_finds_and_leaves(tmp_path):
    done = in_session(tmp_path, BEGIN + """
from keyring.backends.SecretService import Keyring
from integrations_cli.store.slots import secret_service
ours, theirs = secret_service.Keyring(), Keyring()
theirs.appid = "integrations"  # as builds before this one named it
ours.set_password("integrations", "store/slot", "key-EXAMPLE-1")
print(theirs.get_password("integrations", "store/slot"))
theirs.set_password("integrations", "store/slot", "key-EXAMPLE-2")
print(ours.get_password("integrations", "store/slot"), ours.get_password("integrations", "store/other"), ours.closed)
ours.delete_password("integrations", "store/slot")
print(theirs.get_password("integrations", "store/slot"), items())
""")  # fmt: skip
    assert done.stdout == "key-EXAMPLE-1\nkey-EXAMPLE-2 None False\nNone 0\n", done.stdout + done.stderr


@pytest.mark.parametrize("name", ["libsecret.Keyring", "kwallet.DBusKeyring", "macOS.Keyring", "Windows.WinVaultKeyring"])
def test_every_backend_on_the_list_is_there(name):
    from integrations_cli.store.slots import keyring

    module, kind = name.split(".")
    assert (f"keyring.backends.{module}", kind) in [backend[:2] for backend in keyring.BACKENDS]
    source = Path(importlib.import_module("keyring.backends").__path__[0])
    text = (source / module / "__init__.py" if module == "macOS" else source / f"{module}.py").read_text()
    assert f"class {kind}(" in text
    assert len(keyring.BACKENDS) == 5
