"""Run under the preload shim: a rotation or a rollback struck at one write after the other, each in a fork with a home of its own.

`python -m tests.faults.rotations WAY ERRNO SAMPLE FOLDER` prints one JSON line per point: how it ended, what was found, what came of
`--resume`, and of `--abort`. WAY is rotate, rollback, or careless: a rotation that destroys the old key first, for the negative control.
"""

import ctypes
import json
import os
import shutil
import sqlite3
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests import keys

from integrations_cli import config as configuration
from integrations_cli import registry
from integrations_cli.actions.check import too_often
from integrations_cli.actions.rotate import Policy, Rotation
from integrations_cli.errors import Conflict, IntegrationsError, Unreadable
from integrations_cli.masking import Secret
from integrations_cli.provider import ok
from integrations_cli.store import create, glance, open_store

DEFINITION = replace(registry.get("paypal"), per_minutes=(1000, 1))
OLD = {"client_id": Secret("A" + "b" * 60 + "EXAMPLE"), "client_secret": Secret(keys.GOOD["paypal"]["client_secret"])}
NEW = {"client_secret": Secret("E" + "d" * 60 + "EXAMPLE")}
SETTINGS, MOVED = {"environment": "sandbox"}, {"environment": "live"}
NAMES = {OLD["client_secret"].reveal(): "old", NEW["client_secret"].reveal(): "new"}
shim = ctypes.CDLL(None)


def opened(home):
    return open_store(configuration.load({"HOME": str(home)}))


def rotation(store):
    def check(definition, credentials, settings):
        with store.writing() as here:  # as the command does before it asks
            too_often(here, here.websites.get("acme").id, definition)
        assert (credentials["client_secret"] == NEW["client_secret"]) == (settings == MOVED), "key and settings belong together"
        return ok("Acme", "1")

    return Rotation(store, check, "acme", DEFINITION, Policy(), lambda *_: None, lambda: datetime.now(UTC))


def start(store):
    rotation(store).start(NEW, MOVED)


def careless(store):
    with store.writing() as here:
        row = here.integrations.get("acme", "paypal")
        here.session.connection().exec_driver_sql("UPDATE credential_version SET state = 'destroyed', blob = x'' WHERE state = 'active'")
        here.vacuum()
        here.audit.record("rotation.started", integration=row)
    with store.writing() as here:
        here.integrations.conceal(here.integrations.get("acme", "paypal"), DEFINITION, {**OLD, **NEW}, settings=MOVED)


def forked(work, *, at=0, number=0, count=None):
    """Run it in a fork: its exit code, or minus the signal."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            shim.fault_arm(at, number)
            code = work() or 0
        except IntegrationsError as error:
            code = error.exit_code
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            if count is not None:
                calls = shim.fault_calls()
                shim.fault_arm(0, 0)
                count.write_text(str(calls))
            os._exit(code)
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status)


def ways(name):
    def go(home):
        with opened(home) as store:
            if name == "rotate":
                start(store)
            elif name == "rollback":
                rotation(store).roll_back()
            else:
                careless(store)

    return go


def found(home):
    """What is in the store, by a fresh reader: who is in use, where the rotation stands, and whether everything is whole."""
    config = configuration.load({"HOME": str(home)})
    with sqlite3.connect(config.database) as connection:
        whole = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        whole = whole and not connection.execute("PRAGMA foreign_key_check").fetchall()
    with opened(home) as store, store.reading() as here:
        whole = whole and not any(one.problem for one in here.audit.verify())
        row = here.integrations.get("acme", "paypal")
        previous = None
        try:
            values = here.integrations.reveal(row)
            with suppress(Conflict):
                previous = NAMES[here.rotations.reveal(row, "previous")[0]["client_secret"].reveal()]
            if here.rotations.pending(row) is not None:
                here.rotations.reveal(row, "pending")
        except Unreadable:
            return {"whole": False, "active": None, "state": "unreadable", "previous": None}
        active = NAMES.get(values["client_secret"].reveal()) if values else None
        together = bool(values) and (row.settings == MOVED) == (active == "new")
    return {
        "whole": whole and together,
        "active": active,
        "state": glance.rotation(config.database, "acme", "paypal").state,
        "previous": previous,
    }


def base(folder, name):
    home = folder / "base"
    home.mkdir()
    config = configuration.load({"HOME": str(home)})
    create.prepare(config, "file", recovery=False).commit()
    with opened(home) as store:
        with store.writing() as here:
            here.websites.add("acme", None)
            here.integrations.add("acme", DEFINITION, OLD, SETTINGS, outcome=ok("Acme", "1"))
        if name == "rollback":
            start(store)
    return home


def resumed(home, name):
    """`--resume`; where nothing is under way, the command once more, unless it was done already."""
    wanted = "old" if name == "rollback" else "new"
    with opened(home) as store:
        try:
            rotation(store).resume()
        except Conflict:
            if found(home)["active"] != wanted:
                ways(name)(home)


def aborted(home):
    with opened(home) as store, suppress(Conflict):
        rotation(store).abort()


def in_fork(home, work, file):
    file.unlink(missing_ok=True)
    code = forked(lambda: (work(home), file.write_text(json.dumps(found(home))))[1] and 0)
    return json.loads(file.read_text()) | {"code": code} if file.exists() else {"code": code}


def strike(folder, source, name, point, number):
    home, file = folder / f"home{point}", folder / f"found{point}.json"
    shutil.copytree(source, home)
    ended = forked(lambda: ways(name)(home), at=point, number=number)
    seen = in_fork(home, lambda _: None, file)
    undone = seen
    if seen.get("state") == "pending":
        copy = folder / f"copy{point}"
        shutil.copytree(home, copy)
        undone = in_fork(copy, aborted, file)
        shutil.rmtree(copy)
    done = in_fork(home, lambda home: resumed(home, name), file)
    shutil.rmtree(home)
    return {"point": point, "ended": ended, "seen": seen, "aborted": undone, "resumed": done}


def main(name, number, sample, folder):
    folder = Path(folder)
    source = base(folder, name)
    first = folder / "first"
    shutil.copytree(source, first)
    code = forked(lambda: ways(name)(first), count=folder / "count")
    total = int((folder / "count").read_text())
    print(json.dumps({"total": total, "code": code}), flush=True)
    step = max(1, total // sample) if sample else 1
    for point in range(1, total + 1, step):
        print(json.dumps(strike(folder, source, name, point, number)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
