"""A D-Bus session with an unlocked gnome-keyring of its own, for as long as a block lasts; nothing of the person's desktop is touched."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED = ("dbus-daemon", "dbus-send", "gnome-keyring-daemon")


def missing() -> list[str]:
    """What is not installed."""
    return [name for name in NEEDED if shutil.which(name) is None]


@contextmanager
def keyring(home: Path) -> Iterator[dict[str, str]]:
    """The variables by which programs find it."""
    (home / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(home / "run")}
    started = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    bus = subprocess.Popen(started, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ)
    try:
        assert bus.stdout is not None
        environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        words = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        daemon = subprocess.Popen(words, stdin=subprocess.PIPE, env=environ, **quiet)
        try:
            assert daemon.stdin is not None
            daemon.stdin.write(b"a password for an hour")
            daemon.stdin.close()
            _wait(environ)
            yield {name: environ[name] for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")}
        finally:
            daemon.kill()
            daemon.wait()
    finally:
        bus.kill()
        bus.wait()


def _wait(environ: dict[str, str]) -> None:
    asked = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetNameOwner"]
    for _ in range(200):
        if subprocess.run([*asked, "string:org.freedesktop.secrets"], env=environ, capture_output=True).returncode == 0:
            return
        time.sleep(0.05)
    raise SystemExit("gnome-keyring-daemon did not answer")
