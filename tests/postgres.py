"""A real PostgreSQL server below a temporary folder, on a socket of its own; gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def binary(name: str) -> str:
    """The program, from PATH or where distributions put it; skips the test where there is none."""
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        pytest.skip(f"no PostgreSQL server here: {name} is missing")
    return found


class Server:
    """Runs programs against the server. The login `app` owns everything; `reader` is for SELECT alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def dsn(self, database: str, user: str = "app") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def sql(self, database: str, text: str) -> str:
        command = [binary("psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database), "-f", "-"]
        return subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout

    def load(self, database: str, dump: Path) -> str:
        """A database made from a dump, which the login `reader` may read."""
        self.sql("postgres", f'CREATE DATABASE "{database}"')
        self.sql(database, dump.read_text())
        self.sql(database, "GRANT USAGE ON SCHEMA public TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        return self.dsn(database, "reader")

    def log(self) -> str:
        return (self.folder / "log").read_text()


@contextmanager
def server() -> Iterator[Server]:
    """Start one. PostgreSQL refuses to run as root: then as nobody."""
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    initdb, pg_ctl = binary("initdb"), binary("pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a short path: sockets have a limit
    if user is not None:
        os.chown(folder, user, -1)
    try:
        run = {"check": True, "capture_output": True, "user": user, "cwd": folder, "timeout": 60}
        data = folder / "data"
        subprocess.run([initdb, "-D", data, "-U", "app", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"], **run)
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c log_statement=all"
        subprocess.run([pg_ctl, "-D", data, "-l", folder / "log", "-o", options, "-w", "start"], **run)
        try:
            one = Server(folder)
            one.sql("postgres", "CREATE ROLE reader LOGIN")
            yield one
        finally:
            subprocess.run([pg_ctl, "-D", data, "-m", "immediate", "-w", "stop"], **run)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
