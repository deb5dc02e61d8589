"""The keyring slot, against a real Secret Service and against backends that must not get a key."""

import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

NEEDED = [name for name in ("dbus-run-session", "gnome-keyring-daemon") if shutil.which(name) is None]
daemon = pytest.mark.skipif(bool(NEEDED), reason=f"not installed: {', '.join(NEEDED)} (Debian: dbus, gnome-keyring)")
SOURCE = str(Path(__file__).parents[3] / "src")


def in_session(home: Path, script: str, password: str = "pw") -> subprocess.CompletedProcess[str]:
    """Run Python in a D-Bus session with an unlocked keyring; `$KEYRING_PID` is the daemon."""
    (home / "run").mkdir(mode=0o700, exist_ok=True)
    program = home / "program.py"
    program.write_text(textwrap.dedent(script))
    shell = f"""
        printf %s {password!r} | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
        export KEYRING_PID=$!
        sleep 1
        {sys.executable} {program}
        code=$?
        kill -CONT $KEYRING_PID; kill $KEYRING_PID
        exit $code
    """
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(home / "run"), "PYTHONPATH": SOURCE}
    return subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", shell], capture_output=True, text=True, timeout=60, env=environ, check=False
    )


BEGIN = """
import os, signal, time
from integrations_cli import config
from integrations_cli.errors import IntegrationsError, Locked
from integrations_cli.store import create, open_store, slots
home = config.load({"HOME": os.environ["HOME"]})
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


@daemon
def test_a_frozen_daemon_ends_within_the_deadline(tmp_path):
    done = in_session(tmp_path, BEGIN + """
create.prepare(home, "keyring", recovery=False).commit()
os.kill(int(os.environ["KEYRING_PID"]), signal.SIGSTOP)
began = time.monotonic()
try:
    with open_store(home) as store:
        store.verify()
except Locked as error:
    print(error.exit_code, "no answer in 5 s" in error.why, time.monotonic() - began < 7, flush=True)
""")  # fmt: skip
    assert done.stdout == "6 True True\n", done.stderr


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
def test_a_locked_collection_ends_within_the_deadline(tmp_path):
    done = in_session(tmp_path, BEGIN + """
import secretstorage
create.prepare(home, "keyring", recovery=False).commit()
bus = secretstorage.dbus_init()
secretstorage.get_default_collection(bus).lock()
began = time.monotonic()
try:
    with open_store(home) as store:
        store.verify()
except Locked as error:
    print(error.exit_code, time.monotonic() - began < 7, flush=True)
""")  # fmt: skip
    assert done.stdout == "6 True\n", done.stderr


def outside(script: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Python without any D-Bus session."""
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCE} | environ
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, env=clean, check=False
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
    assert time.monotonic() - began < 2
    assert refusal.value.why == "no answer in 0.2 s"


def test_the_librarys_own_texts_are_not_shown():
    from integrations_cli.store.slots import SlotFailed, keyring

    def fails():
        raise RuntimeError("install keyrings.alt to store it in plain text")

    with pytest.raises(SlotFailed) as refusal:
        keyring.within(1, fails)
    assert "keyrings.alt" not in refusal.value.why
